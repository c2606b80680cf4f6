internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Rows that the consolidated tables' constraints refuse.
///
/// The merge never fails, but UNIQUE, CHECK and NOT NULL can refuse what it comes to, although
/// each branch was right by itself. Such a row keeps all its versions and stands in quarantine;
/// the table keeps what it had under that key, and that is what everybody is sent. It is tried
/// again at the end of its changeset, and then with each later one. What a schema with such
/// constraints needs beyond that (choosing among rows, asking people) belongs here.
extension RowMerger {
  /// A row in quarantine that is being tried again.
  private struct Refused {
    let table: HubTable
    let key: RowKey
    let encoded: [UInt8]
    let rowState: RowState
  }

  /// Tries what this changeset had refused, now that its other rows are written, and some of what
  /// was refused before.
  func retryRefused() throws {
    if refusedCount > 0 {
      let limit = HubStoreLimits.togetherRowsMax
      try retry(HubSQL.selectQuarantineAt, limit: limit)
      try retryTogether(limit: limit)
    }
    guard try (store.database.integer(HubSQL.countQuarantine) ?? 0) > 0 else { return }
    try retry(HubSQL.selectQuarantineBefore, limit: HubStoreLimits.quarantineRetryRowsMax)
  }

  private func refused(_ sql: String, limit: Int) throws -> [Refused] {
    try store.database.rows(sql, [Value(position), Value(limit)]).compactMap { row in
      guard let table = try store.table(row[0].asTable) else { return nil }
      let encoded = row[1].asBytes
      let record = try encoded.withUnsafeBytes { try records.record(table.id, $0) }
      guard case .stored(let stored) = record else { return nil }
      let metadata = try stored.metadata()
      guard metadata.place == .quarantine else { return nil }
      return Refused(
        table: table, key: try RowKey(table: table.id, encoded: encoded), encoded: encoded,
        rowState: try store.state(metadata, [], key: encoded, in: table))
    }
  }

  private func retry(_ sql: String, limit: Int) throws {
    for row in try refused(sql, limit: limit) {
      let values = standing(row.rowState, in: row.table)
      do throws(StorageError) {
        try row.table.write(row.key, values)
      } catch {
        guard case .constraint = error else { throw error }
        continue
      }
      try release(row)
    }
  }

  /// Takes all that is still refused out of the tables and puts it in together, so that rows which
  /// exchange a unique value find room. What is refused even then goes back to what it was.
  private func retryTogether(limit: Int) throws {
    var rows = try refused(HubSQL.selectQuarantineAt, limit: limit)
    var attempts = 0
    while rows.count > 1, attempts < Self.togetherAttemptsMax {
      attempts += 1
      let failed = try tryTogether(rows)
      if failed.isEmpty {
        for row in rows { try release(row) }
        return
      }
      rows.removeAll { failed.contains($0.key) }
    }
  }

  private static let togetherAttemptsMax = 4

  private struct NotTogether: Error {}

  /// The keys of the rows that were refused; nothing is changed unless there are none.
  private func tryTogether(_ rows: [Refused]) throws -> Set<RowKey> {
    var failed: Set<RowKey> = []
    do {
      try store.database.savepoint {
        for row in rows { try row.table.delete(row.key) }
        for row in rows {
          do throws(StorageError) {
            try row.table.write(row.key, standing(row.rowState, in: row.table))
          } catch {
            guard case .constraint = error else { throw error }
            failed.insert(row.key)
          }
        }
        if !failed.isEmpty { throw NotTogether() }
      }
    } catch is NotTogether {}
    return failed
  }

  /// Ends a row's quarantine: it is in the table now, and everybody is told.
  private func release(_ row: Refused) throws {
    let metadata = try metadata(of: row.rowState, place: .table, table: row.table)
    try row.encoded.withUnsafeBytes { key in
      try records.update(row.table.id, key, metadata)
      try ledger.markContested(row.table.id, key)
    }
    try store.database.execute(
      HubSQL.deleteQuarantine, [Value(row.table.id), .blob(row.encoded)])
  }
}
