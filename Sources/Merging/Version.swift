package import Clocks

/// A write's or a deletion's place in history: who made it, and what its author had seen.
package struct Version: Hashable, Sendable {
  /// Whose, and which of its changesets.
  package let dot: Dot
  /// Where the hub's log has that changeset.
  package let position: LogPosition
  /// What the author had integrated of the row, besides its own chain.
  package let seen: Knowledge
  /// When, by the author's wall clock corrected by the offset the hub measured, and never after
  /// its receipt. Nil for a row that was there before its branch joined.
  package let milliseconds: Int64?
  /// Where the author says that it had integrated the row, if that was not where it stood. What is
  /// seen follows from it, and may turn out to be more.
  package let base: LogPosition?

  package init(
    dot: Dot, position: LogPosition, seen: Knowledge, milliseconds: Int64?,
    base: LogPosition? = nil
  ) {
    self.dot = dot
    self.position = position
    self.seen = seen
    self.milliseconds = milliseconds
    self.base = base
  }

  /// A version whose author had integrated the row up to one position, and nothing above.
  package init(dot: Dot, position: LogPosition, base: LogPosition, milliseconds: Int64?) {
    self.init(
      dot: dot, position: position, seen: Knowledge(upTo: base), milliseconds: milliseconds)
  }

  /// Whether the other happened before this one: this version's author had integrated it with the
  /// row, or it is an ancestor on its author's own chain.
  ///
  /// The position of a version that counts as the hub's says only by when the row was written: who
  /// had seen the entry there need not have seen the row. Only all up to there is enough.
  package func hasSeen(_ other: Version) -> Bool {
    guard other.dot.replica != .hub else { return other.position <= seen.upTo }
    return seen.contains(other.position)
      || (other.dot.replica == dot.replica && other.dot.counter < dot.counter)
  }
}
