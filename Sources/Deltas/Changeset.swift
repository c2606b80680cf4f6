package import Basics
package import Clocks

/// What a change does to its row.
package enum ChangeKind: UInt8, Hashable, Sendable {
  /// The row came into being, with all its columns.
  case insert = 1
  /// Some of its columns took other values.
  case update = 2
  case delete = 3
}

/// One row's part of a changeset: one or more columns taking values at one time.
///
/// A row whose columns were written at different times has one row change for each time.
package struct RowChange: Hashable, Sendable {
  package var key: RowKey
  package var kind: ChangeKind
  /// Ascending, without the key's columns. All of them for an insert, none for a delete.
  package var columns: [ColumnID]
  /// Beside `columns`.
  package var values: [Value]
  /// The author's wall clock when it was written, UTC since 1970.
  package var milliseconds: Int64
  /// The position at which the author had integrated this row, where it is not the changeset's
  /// context: `.start` if it never had, nil if the context holds.
  package var base: LogPosition?

  package init(
    key: RowKey, kind: ChangeKind, columns: [ColumnID], values: [Value], milliseconds: Int64,
    base: LogPosition?
  ) {
    self.key = key
    self.kind = kind
    self.columns = columns
    self.values = values
    self.milliseconds = milliseconds
    self.base = base
  }
}

/// What stands at the head of a changeset. Its blocks follow, then a `ChangesetTrailer`.
package struct ChangesetHeader: Hashable, Sendable {
  package var dot: Dot
  /// The hash of the chain's changeset before this one; zero before the first.
  package var previous: ContentHash
  package var context: CausalContext
  package var timestamp: HybridTimestamp
  package var schemaFingerprint: ContentHash
  /// Rows that were there before the branch joined: they carry no time of their own and yield to
  /// any captured edit.
  package var isBaseline: Bool

  package init(
    dot: Dot, previous: ContentHash, context: CausalContext, timestamp: HybridTimestamp,
    schemaFingerprint: ContentHash, isBaseline: Bool
  ) {
    self.dot = dot
    self.previous = previous
    self.context = context
    self.timestamp = timestamp
    self.schemaFingerprint = schemaFingerprint
    self.isBaseline = isBaseline
  }
}

/// What closes a changeset: counts, and the hash that is its identity.
package struct ChangesetTrailer: Hashable, Sendable {
  package var rowCount: Int
  package var blockCount: Int
  /// SHA-256 over the header's canonical bytes and the SHA-256 of each block's raw bytes.
  package var contentHash: ContentHash

  package init(rowCount: Int, blockCount: Int, contentHash: ContentHash) {
    self.rowCount = rowCount
    self.blockCount = blockCount
    self.contentHash = contentHash
  }
}
