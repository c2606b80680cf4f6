package import Clocks
package import Deltas

/// A log entry that a branch hands back to a hub which may have lost it.
package struct HandedEntry: Hashable, Sendable {
  /// Where the changeset's stream is: it may have stubs in place of blocks.
  package enum Source: Hashable, Sendable {
    case inline([UInt8])
    /// Staged before, in pieces.
    case uploaded(UploadedChangeset)
  }

  /// Every name that the entry's place in the log has had, as far as the branch knows.
  package var places: [CausalContext]
  /// What the hub called the changeset.
  package var dot: Dot
  /// What people call its author.
  package var name: String
  /// What the hub added to the author's clock when it merged the first time.
  package var clockOffsetMilliseconds: Int64
  package var receivedMilliseconds: Int64
  /// What the author had seen: a place on the path of the branch that hands it back, and entries
  /// above it by their positions on that path.
  package var seen: CausalContext
  package var seenAlso: [EntryKnowledge.Also]
  package var source: Source

  package init(
    places: [CausalContext], dot: Dot, name: String, clockOffsetMilliseconds: Int64,
    receivedMilliseconds: Int64, seen: CausalContext, seenAlso: [EntryKnowledge.Also],
    source: Source
  ) {
    self.places = places
    self.dot = dot
    self.name = name
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.receivedMilliseconds = receivedMilliseconds
    self.seen = seen
    self.seenAlso = seenAlso
    self.source = source
  }
}
