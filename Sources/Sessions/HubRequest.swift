package import Basics
package import Clocks
package import Deltas

/// What a branch asks of the hub. Who asks is not in it: that comes from the certificate.
package enum HubRequest: Hashable, Sendable {
  case exchange(ExchangeRequest)
  case upload(UploadRequest)
  case download(DownloadRequest)
  case compare(CompareRequest)
  case fetchRows(FetchRowsRequest)
  case explain(ExplainRequest)
  /// Answered when the log has gone past this position, or after the hub's patience.
  case awaitNews(after: LogPosition)
  /// Whether the hub is there, and its schema.
  case describe
}

/// Push and pull in one round trip: small changesets inline, then everything new from the log.
package struct ExchangeRequest: Hashable, Sendable {
  package var schemaFingerprint: ContentHash
  /// The generation and position that the branch has durably integrated: its acknowledgement.
  /// Nil before its first exchange.
  package var integrated: CausalContext?
  /// The branch's wall clock while sending.
  package var wallMilliseconds: Int64
  /// Whole changeset streams, in the order of their counters.
  package var changesets: [[UInt8]]
  /// A changeset that was uploaded in pieces and is to be accepted now, before `changesets`.
  package var uploaded: UploadedChangeset?
  /// Where a partly staged delta from the integrated position ends. The hub ends its answer there
  /// too, so that a slow transfer goes on while the log grows; what is newer comes next time.
  package var resumeTo: LogPosition?

  package init(
    schemaFingerprint: ContentHash, integrated: CausalContext?, wallMilliseconds: Int64,
    changesets: [[UInt8]], uploaded: UploadedChangeset?, resumeTo: LogPosition? = nil
  ) {
    self.schemaFingerprint = schemaFingerprint
    self.integrated = integrated
    self.wallMilliseconds = wallMilliseconds
    self.changesets = changesets
    self.uploaded = uploaded
    self.resumeTo = resumeTo
  }
}

package struct UploadedChangeset: Hashable, Sendable {
  package var counter: UInt64
  package var contentHash: ContentHash
  /// The whole stream's length.
  package var byteCount: Int

  package init(counter: UInt64, contentHash: ContentHash, byteCount: Int) {
    self.counter = counter
    self.contentHash = contentHash
    self.byteCount = byteCount
  }
}

/// A piece of a changeset too large to travel inline. With no bytes: how much is there already?
package struct UploadRequest: Hashable, Sendable {
  package var changeset: UploadedChangeset
  /// Where the piece begins in the stream; what the hub already has it does not need again.
  package var offset: Int
  package var bytes: [UInt8]

  package init(changeset: UploadedChangeset, offset: Int, bytes: [UInt8]) {
    self.changeset = changeset
    self.offset = offset
    self.bytes = bytes
  }
}

/// A piece of the delta that an exchange announced.
package struct DownloadRequest: Hashable, Sendable {
  package var generation: GenerationID
  package var from: LogPosition
  package var to: LogPosition
  package var offset: Int
  /// The most bytes wanted.
  package var byteCount: Int

  package init(
    generation: GenerationID, from: LogPosition, to: LogPosition, offset: Int, byteCount: Int
  ) {
    self.generation = generation
    self.from = from
    self.to = to
    self.offset = offset
    self.byteCount = byteCount
  }
}

/// Asks for digests of the hub's rows, to compare without sending them.
///
/// Rows fall into 2^`bits` buckets by the leading bits of the SHA-256 of their encoded key.
package struct CompareRequest: Hashable, Sendable {
  package var table: TableID
  package var bits: Int
  /// Empty: the digest of every bucket. Otherwise: every row's key and digest in these buckets.
  package var buckets: [UInt32]

  package init(table: TableID, bits: Int, buckets: [UInt32]) {
    self.table = table
    self.bits = bits
    self.buckets = buckets
  }
}

/// Asks for whole rows by key, to name a difference or to heal it.
package struct FetchRowsRequest: Hashable, Sendable {
  package var table: TableID
  /// Encoded keys.
  package var keys: [[UInt8]]

  package init(table: TableID, keys: [[UInt8]]) {
    self.table = table
    self.keys = keys
  }
}

/// Asks where a row's values come from.
package struct ExplainRequest: Hashable, Sendable {
  package var table: TableID
  package var key: [UInt8]

  package init(table: TableID, key: [UInt8]) {
    self.table = table
    self.key = key
  }
}
