package import Clocks

/// What an entry's author had seen of the log that the entry stands in.
package struct EntryKnowledge: Hashable, Sendable {
  /// An entry above `upTo` that the author had seen.
  package struct Also: Hashable, Sendable {
    /// The position of the lost timeline from which on it was seen; the start for an entry of the
    /// chain that the author's own continues.
    package var since: LogPosition
    package var position: LogPosition

    package init(since: LogPosition, position: LogPosition) {
      self.since = since
      self.position = position
    }
  }

  package var upTo: LogPosition
  /// Ascending by position.
  package var also: [Also]

  package init(upTo: LogPosition, also: [Also] = []) {
    self.upTo = upTo
    self.also = also
  }
}
