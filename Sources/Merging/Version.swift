package import Clocks

/// A write's or a deletion's place in history: who made it, and what its author had seen.
package struct Version: Hashable, Sendable {
  /// Whose, and which of its changesets.
  package let dot: Dot
  /// Where the hub's log has that changeset.
  package let position: LogPosition
  /// The position at which the author had integrated the row.
  package let base: LogPosition
  /// When, by the author's wall clock corrected by the offset the hub measured, and never after
  /// its receipt. Nil for a row that was there before its branch joined.
  package let milliseconds: Int64?

  package init(dot: Dot, position: LogPosition, base: LogPosition, milliseconds: Int64?) {
    self.dot = dot
    self.position = position
    self.base = base
    self.milliseconds = milliseconds
  }

  /// Whether the other happened before this one: it lies within the position at which this
  /// version's author had integrated the row, or is an ancestor on its author's own chain.
  package func hasSeen(_ other: Version) -> Bool {
    other.position <= base
      || (other.dot.replica == dot.replica && other.dot.counter < dot.counter)
  }
}
