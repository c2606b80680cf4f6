package import Basics
package import Clocks
package import Deltas

package enum HubResponse: Hashable, Sendable {
  case exchange(ExchangeResponse)
  /// How many bytes of the changeset the hub has staged.
  case uploaded(byteCount: Int)
  case download(DownloadResponse)
  case compare(CompareResponse)
  case rows(FetchRowsResponse)
  case explanation(ExplainResponse)
  /// The log's head.
  case news(generation: GenerationID, head: LogPosition)
  case description(HubDescription)
  case refused(Refusal)
}

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

package struct ReplicaName: Hashable, Sendable {
  package var replica: ReplicaID
  package var name: String

  package init(replica: ReplicaID, name: String) {
    self.replica = replica
    self.name = name
  }
}

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

package struct DownloadResponse: Hashable, Sendable {
  package var offset: Int
  /// The whole delta's length.
  package var deltaByteCount: Int
  package var bytes: [UInt8]

  package init(offset: Int, deltaByteCount: Int, bytes: [UInt8]) {
    self.offset = offset
    self.deltaByteCount = deltaByteCount
    self.bytes = bytes
  }
}

package struct KeyedDigest: Hashable, Sendable {
  package var key: [UInt8]
  package var digest: RowDigest

  package init(key: [UInt8], digest: RowDigest) {
    self.key = key
    self.digest = digest
  }
}

package struct CompareResponse: Hashable, Sendable {
  /// The position whose state was digested.
  package var position: LogPosition
  /// One for each bucket, or empty when rows were asked for.
  package var buckets: [StateDigest]
  /// The rows of the buckets asked for.
  package var rows: [KeyedDigest]

  package init(position: LogPosition, buckets: [StateDigest], rows: [KeyedDigest]) {
    self.position = position
    self.buckets = buckets
    self.rows = rows
  }
}

package struct FetchRowsResponse: Hashable, Sendable {
  /// Beside the keys asked for: all columns in the order of their numbers, or nil if the hub has
  /// no such row.
  package var rows: [[Value]?]

  package init(rows: [[Value]?]) { self.rows = rows }
}

/// Where one cell's standing value comes from.
package struct CellProvenance: Hashable, Sendable {
  /// Nil stands for the whole row: its insertion or deletion.
  package var column: ColumnID?
  package var dot: Dot
  package var branch: String
  package var position: LogPosition
  /// Corrected wall time of the write; nil for a row that was there before its branch joined.
  package var milliseconds: Int64?
  package var receivedMilliseconds: Int64
  package var value: Value?

  package init(
    column: ColumnID?, dot: Dot, branch: String, position: LogPosition, milliseconds: Int64?,
    receivedMilliseconds: Int64, value: Value?
  ) {
    self.column = column
    self.dot = dot
    self.branch = branch
    self.position = position
    self.milliseconds = milliseconds
    self.receivedMilliseconds = receivedMilliseconds
    self.value = value
  }
}

package struct ExplainResponse: Hashable, Sendable {
  package var exists: Bool
  package var cells: [CellProvenance]
  package var conflicts: [Conflict]
  package var names: [ReplicaName]

  package init(
    exists: Bool, cells: [CellProvenance], conflicts: [Conflict], names: [ReplicaName]
  ) {
    self.exists = exists
    self.cells = cells
    self.conflicts = conflicts
    self.names = names
  }
}

package struct HubDescription: Hashable, Sendable {
  package var generation: GenerationID
  package var head: LogPosition
  package var schema: Schema
  package var names: [ReplicaName]

  package init(
    generation: GenerationID, head: LogPosition, schema: Schema, names: [ReplicaName]
  ) {
    self.generation = generation
    self.head = head
    self.schema = schema
    self.names = names
  }
}

/// Why the hub did nothing. Stable numbers: what a branch does next depends on them.
package enum RefusalCode: UInt16, Hashable, Sendable, CaseIterable {
  case malformed = 1
  case unsupportedProtocol = 2
  case notAllowed = 3
  case revoked = 4
  case schemaMismatch = 5
  /// The changeset does not continue the chain that the hub knows: the database was restored from
  /// a copy, or cloned.
  case chainBroken = 6
  /// The branch's position is not in this hub's log.
  case unknownPosition = 7
  case tooLarge = 8
  case tokenUnknown = 9
  case tokenUsed = 10
  case tokenExpired = 11
  case busy = 12
  case storage = 13
}

package struct Refusal: Error, Hashable, Sendable {
  package var code: RefusalCode
  /// What was not done, why, and what to do next.
  package var message: String

  package init(code: RefusalCode, message: String) {
    self.code = code
    self.message = message
  }
}
