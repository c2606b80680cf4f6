package import Basics
package import Clocks

/// What an exchange with the hub came to, besides the delta itself.
package struct ExchangeFacts: Hashable, Sendable {
  /// A changeset that the hub has durably accepted.
  package struct Accepted: Hashable, Sendable {
    package var counter: UInt64
    package var contentHash: ContentHash
    package var position: LogPosition

    package init(counter: UInt64, contentHash: ContentHash, position: LogPosition) {
      self.counter = counter
      self.contentHash = contentHash
      self.position = position
    }
  }

  package var accepted: [Accepted]
  package var generation: GenerationID
  /// The delta's positions: from the branch's own to the log's head.
  package var from: LogPosition
  package var to: LogPosition
  /// The difference between the version vectors at the two.
  package var vectorDifference: [Dot]
  package var names: [ReplicaID: String]
  package var clockOffsetMilliseconds: Int64
  /// The hub's clock.
  package var timestamp: HybridTimestamp

  package init(
    accepted: [Accepted], generation: GenerationID, from: LogPosition, to: LogPosition,
    vectorDifference: [Dot], names: [ReplicaID: String], clockOffsetMilliseconds: Int64,
    timestamp: HybridTimestamp
  ) {
    self.accepted = accepted
    self.generation = generation
    self.from = from
    self.to = to
    self.vectorDifference = vectorDifference
    self.names = names
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.timestamp = timestamp
  }
}

/// The staged delta's bytes, piece by piece in their order; empty at the end.
package typealias DeltaSource = () throws -> [UInt8]
