internal import Deltas
internal import Storage

/// How much a branch keeps beside its rows.
package struct BranchMetadata: Hashable, Sendable {
  /// Entries of the journals.
  package var journaledCount: Int
  /// Changesets that the hub has not confirmed.
  package var outgoingCount: Int
  /// Incoming changes that wait.
  package var deferredCount: Int
  /// Entries of the log that no backup has.
  package var tailCount: Int
  package var tailByteCount: Int
  /// Tables that are to be compared with the hub's.
  package var gapCount: Int
  /// Kept for people, for ever.
  package var conflictCount: Int
}

extension BranchStore {
  /// Counts what is kept beside the rows. Linear in it.
  package func metadata() throws -> BranchMetadata {
    try performing {
      func count(_ sql: String) throws -> Int { Int(try database.integer(sql) ?? 0) }
      let tail = try tailSize()
      return BranchMetadata(
        journaledCount: try tables.reduce(0) {
          $0 + (try count(BranchSQL.countJournal($1.schema)))
        },
        outgoingCount: try count(BranchSQL.countOutgoing),
        deferredCount: try count(BranchSQL.countDeferred), tailCount: tail.entryCount,
        tailByteCount: tail.byteCount, gapCount: try gaps().count,
        conflictCount: try count(BranchSQL.countConflicts))
    }
  }
}

extension BranchSQL {
  static func countJournal(_ table: TableSchema) -> String {
    "SELECT count(*) FROM \(journal(table.id))"
  }
  static let countOutgoing = "SELECT count(*) FROM tributary_outgoing"
  static let countDeferred = "SELECT count(*) FROM tributary_deferred"
  static let countConflicts = "SELECT count(*) FROM tributary_ledger"
}
