package import Clocks

/// One concurrent value of a conflict, or a concurrent deletion.
package struct ConflictValue: Hashable, Sendable {
  package var dot: Dot
  /// Corrected wall time, UTC since 1970; nil for a row that was there before its branch joined.
  package var milliseconds: Int64?
  /// Nil for a deletion.
  package var value: Value?

  package init(dot: Dot, milliseconds: Int64?, value: Value?) {
    self.dot = dot
    self.milliseconds = milliseconds
    self.value = value
  }
}
