package import Basics
package import Clocks

/// A changeset that the hub has durably accepted, now or before.
package struct AcceptedChangeset: Hashable, Sendable {
  package var counter: UInt64
  package var contentHash: ContentHash
  package var position: LogPosition

  package init(counter: UInt64, contentHash: ContentHash, position: LogPosition) {
    self.counter = counter
    self.contentHash = contentHash
    self.position = position
  }
}
