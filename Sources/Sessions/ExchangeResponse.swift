package import Basics
package import Clocks

/// What the hub took, and what it has that the branch lacks.
package struct ExchangeResponse: Hashable, Sendable {
  package var accepted: [AcceptedChangeset]
  /// The generation that names `to`.
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
  /// Whether the delta is for anyone: all entries come with their blocks, the receiver's own too.
  package var isForAnyone: Bool
  /// Whether the delta is the rows that stand at `to`, instead of the log's entries.
  package var isWholeState: Bool
  /// The hash of the log up to `to`: the next request tells it back.
  package var logHash: ContentHash
  /// What the last backup of the hub contains.
  package var durable: LogPosition
  /// How many backups there were; 0 if there was none.
  package var backupNumber: UInt64
  /// The generations of the path after the one of the branch's place, up to that of `to`. If the
  /// path does not have that one, the generation that it went on from is the first.
  package var lineage: [GenerationStep]
  /// What the branch's people have not been told yet, ascending.
  package var notices: [Notice]
  /// How many positions of the branch's timeline are lost, as far as the hub knows now.
  package var lossCount: UInt64
  /// By what conflicts come out from now on. Nil from a hub that does not say.
  package var policy: PolicyMark?

  package init(
    accepted: [AcceptedChangeset], generation: GenerationID, from: LogPosition, to: LogPosition,
    deltaByteCount: Int, deltaBytes: [UInt8], vectorDifference: [Dot], names: [ReplicaName],
    clockOffsetMilliseconds: Int64, timestamp: HybridTimestamp, isForAnyone: Bool = false,
    isWholeState: Bool = false, logHash: ContentHash = .zero, durable: LogPosition = .start,
    backupNumber: UInt64 = 0, lineage: [GenerationStep] = [], notices: [Notice] = [],
    lossCount: UInt64 = 0, policy: PolicyMark? = nil
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
    self.isForAnyone = isForAnyone
    self.isWholeState = isWholeState
    self.logHash = logHash
    self.durable = durable
    self.backupNumber = backupNumber
    self.lineage = lineage
    self.notices = notices
    self.lossCount = lossCount
    self.policy = policy
  }
}
