package import Clocks

/// What one branch's write would have made of what a conflict is about.
package struct ConflictSide: Hashable, Sendable {
  package var dot: Dot
  /// Corrected wall time, UTC since 1970; nil for a row that was there before its branch joined.
  package var milliseconds: Int64?
  /// What the hub added to the author's clock for that; nil where it is not known any more.
  package var clockOffsetMilliseconds: Int64?
  /// Beside the conflict's columns; of a change against a row's deletion the first value that it
  /// wrote, or none. Nil for a deletion.
  package var values: [Value]?

  package init(
    dot: Dot, milliseconds: Int64?, clockOffsetMilliseconds: Int64? = nil, values: [Value]?
  ) {
    self.dot = dot
    self.milliseconds = milliseconds
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.values = values
  }

  package init(_ value: ConflictValue) {
    self.init(
      dot: value.dot, milliseconds: value.milliseconds, values: value.value.map { [$0] })
  }
}
