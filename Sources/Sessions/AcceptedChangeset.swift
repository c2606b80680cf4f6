package import Basics
package import Clocks

/// A changeset that the hub has durably accepted, now or before.
package struct AcceptedChangeset: Hashable, Sendable {
  package var counter: UInt64
  package var contentHash: ContentHash
  package var position: LogPosition
  /// What the hub added to the author's clock when it came first.
  package var clockOffsetMilliseconds: Int64
  /// The hub's clock at that moment.
  package var receivedMilliseconds: Int64

  package init(
    counter: UInt64, contentHash: ContentHash, position: LogPosition,
    clockOffsetMilliseconds: Int64 = 0, receivedMilliseconds: Int64 = 0
  ) {
    self.counter = counter
    self.contentHash = contentHash
    self.position = position
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.receivedMilliseconds = receivedMilliseconds
  }
}
