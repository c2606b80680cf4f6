package import Clocks
package import Deltas

/// Where one cell's standing value comes from.
package struct CellProvenance: Hashable, Sendable {
  /// Nil stands for the whole row: its insertion or deletion.
  package var column: ColumnID?
  package var dot: Dot
  package var branch: String
  package var position: LogPosition
  /// Corrected wall time of the write; nil for a row that was there before its branch joined.
  package var milliseconds: Int64?
  package var receivedMilliseconds: Int64
  package var value: Value?

  package init(
    column: ColumnID?, dot: Dot, branch: String, position: LogPosition, milliseconds: Int64?,
    receivedMilliseconds: Int64, value: Value?
  ) {
    self.column = column
    self.dot = dot
    self.branch = branch
    self.position = position
    self.milliseconds = milliseconds
    self.receivedMilliseconds = receivedMilliseconds
    self.value = value
  }
}
