package import Clocks

/// What the hub took, and what it has that the branch lacks.
package struct ExchangeResponse: Hashable, Sendable {
  package var accepted: [AcceptedChangeset]
  package var generation: GenerationID
  /// The delta goes from the position the branch acknowledged to here: the log's head.
  package var from: LogPosition
  package var to: LogPosition
  /// The whole delta's length; 0 when there is nothing new.
  package var deltaByteCount: Int
  /// The whole delta if it is small, else its beginning, possibly empty.
  package var deltaBytes: [UInt8]
  /// The difference between the version vectors at `from` and `to`.
  package var vectorDifference: [Dot]
  /// The names of the replicas in the difference.
  package var names: [ReplicaName]
  /// How far the hub's clock is ahead of the branch's.
  package var clockOffsetMilliseconds: Int64
  package var timestamp: HybridTimestamp

  package init(
    accepted: [AcceptedChangeset], generation: GenerationID, from: LogPosition, to: LogPosition,
    deltaByteCount: Int, deltaBytes: [UInt8], vectorDifference: [Dot], names: [ReplicaName],
    clockOffsetMilliseconds: Int64, timestamp: HybridTimestamp
  ) {
    self.accepted = accepted
    self.generation = generation
    self.from = from
    self.to = to
    self.deltaByteCount = deltaByteCount
    self.deltaBytes = deltaBytes
    self.vectorDifference = vectorDifference
    self.names = names
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.timestamp = timestamp
  }
}
