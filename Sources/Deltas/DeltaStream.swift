package import Basics
package import Clocks

/// What stands at the head of a delta: everything in the log after `from`, up to `to`.
///
/// For one receiver, generation, `from` and `to` the bytes are always the same, so a transfer can
/// go on at any byte.
package struct DeltaHeader: Hashable, Sendable {
  package var generation: GenerationID
  package var from: LogPosition
  package var to: LogPosition
  package var receiver: ReplicaID

  package init(
    generation: GenerationID, from: LogPosition, to: LogPosition, receiver: ReplicaID
  ) {
    self.generation = generation
    self.from = from
    self.to = to
    self.receiver = receiver
  }

  package var payload: [UInt8] { fatalError("unwritten") }
  package init(payload: [UInt8]) throws(DeltaDecodingError) { fatalError("unwritten") }
}

/// The head of one log entry in a delta.
package struct DeltaEntry: Hashable, Sendable {
  package var position: LogPosition
  package var dot: Dot
  package var contentHash: ContentHash
  package var timestamp: HybridTimestamp
  /// What the hub added to the author's clock when it merged.
  package var clockOffsetMilliseconds: Int64
  package var receivedMilliseconds: Int64
  /// Whether the author's blocks follow. They do not when the receiver is the author.
  package var hasBlocks: Bool

  package init(
    position: LogPosition, dot: Dot, contentHash: ContentHash, timestamp: HybridTimestamp,
    clockOffsetMilliseconds: Int64, receivedMilliseconds: Int64, hasBlocks: Bool
  ) {
    self.position = position
    self.dot = dot
    self.contentHash = contentHash
    self.timestamp = timestamp
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.receivedMilliseconds = receivedMilliseconds
    self.hasBlocks = hasBlocks
  }

  package var payload: [UInt8] { fatalError("unwritten") }
  package init(payload: [UInt8]) throws(DeltaDecodingError) { fatalError("unwritten") }
}

/// What ends a delta: nothing is applied before it has come.
package struct DeltaTrailer: Hashable, Sendable {
  package var entryCount: Int
  package var frameCount: Int

  package init(entryCount: Int, frameCount: Int) {
    self.entryCount = entryCount
    self.frameCount = frameCount
  }

  package var payload: [UInt8] { fatalError("unwritten") }
  package init(payload: [UInt8]) throws(DeltaDecodingError) { fatalError("unwritten") }
}

extension Conflict {
  /// Canonical bytes of a list of conflicts: the payload of a `conflicts` frame.
  package static func payload(of conflicts: [Conflict]) -> [UInt8] { fatalError("unwritten") }
  package static func list(payload: [UInt8]) throws(DeltaDecodingError) -> [Conflict] {
    fatalError("unwritten")
  }
}
