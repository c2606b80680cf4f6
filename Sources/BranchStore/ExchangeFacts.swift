package import Basics
package import Clocks

/// What an exchange with the hub came to, besides the delta itself.
package struct ExchangeFacts: Hashable, Sendable {
  /// A changeset that the hub has durably accepted.
  package struct Accepted: Hashable, Sendable {
    package var counter: UInt64
    package var contentHash: ContentHash
    package var position: LogPosition
    /// What the hub added to the branch's clock when it came first, and its own clock then.
    package var clockOffsetMilliseconds: Int64
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

  package var accepted: [Accepted]
  /// The name of the generation in whose stretch `to` lies.
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
  /// Whether the delta has the blocks of this branch's own changesets too.
  package var isForAnyone = false
  /// Whether the delta is the rows that stand at `to`.
  package var isWholeState = false
  /// What the log up to `to` hashes to.
  package var logHash: ContentHash?
  /// What the hub's last backup has of the log, and that backup's number; 0 if there is none.
  package var durable = LogPosition.start
  package var backupNumber: UInt64 = 0
  /// The generations that the hub has opened since the branch's.
  package var lineage: [GenerationStep] = []
  package var notices: [BranchNotice] = []
  /// How many entries of the branch's timeline nobody has given back to the hub, if it has said so.
  package var lossCount: Int?

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
