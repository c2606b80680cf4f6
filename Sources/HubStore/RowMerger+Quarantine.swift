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
      try refused(row[0].asTable, row[1].asBytes)
    }
  }

  private func refused(_ id: TableID, _ encoded: [UInt8]) throws -> Refused? {
    guard let table = try store.table(id) else { return nil }
    let record = try encoded.withUnsafeBytes { try records.record(table.id, $0) }
    guard case .stored(let stored) = record else { return nil }
    let metadata = try stored.metadata()
    guard metadata.place == .quarantine else { return nil }
    return Refused(
      table: table, key: try RowKey(table: table.id, encoded: encoded), encoded: encoded,
      rowState: try store.state(metadata, [], key: encoded, in: table))
  }

  private func retry(_ sql: String, limit: Int) throws {
    for row in try refused(sql, limit: limit) {
      let values = standing(row.rowState, in: row.table)
      do throws(StorageError) {
        try row.table.write(row.key, values)
      } catch {
        guard case .constraint = error else { throw error }
        try store.database.execute(
          HubSQL.updateQuarantineTried,
          [Value(row.table.id), .blob(row.encoded), Value(position)])
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
    let metadata = try store.metadata(of: row.rowState, place: .table, table: row.table)
    try row.encoded.withUnsafeBytes { key in
      try records.update(row.table.id, key, metadata)
      try ledger.markContested(row.table.id, key)
    }
    try leaveQuarantine(row.table.id, row.encoded, .rowStands)
  }

  /// Forgets that a row was refused, and settles the conflict that says so.
  func leaveQuarantine(
    _ table: TableID, _ key: [UInt8], _ ending: LedgerWriter.RefusalEnding
  ) throws {
    let left = try store.database.rows(HubSQL.deleteQuarantine, [Value(table), .blob(key)])
    guard case .integer(let number)? = left.first?.first else { return }
    try ledger.settle(UInt64(number), ending)
  }

  // MARK: Ledger

  /// Keeps what waited in quarantine and a branch's change takes away that was told of the row
  /// without it: all that branches are sent of a refused row is what the table has (`shown`).
  func keepUnshown(
    _ before: RowState, _ after: RowState, _ shown: [Value]?, at key: RowKey, in table: HubTable,
    by version: Version
  ) throws {
    // Headquarters decide about what waits.
    guard try !store.isHeadquarters(version.dot.replica) else { return }
    let policy = store.policy
    let isAlive = after.isAlive(policy.deletes(of: table.id))
    let columns = table.cellColumns.filter { table.valueColumns.contains($0) }
    for (index, column) in columns.enumerated()
    where !policy.countsOperations(table: table.id, column: column) {
      guard let old = before.standing(column, table: table.id, policy: policy),
        old.version.position <= version.seen.upTo, shown?[index] != old.value
      else { continue }
      let new = after.standing(column, table: table.id, policy: policy)
      if isAlive, new?.version.dot != version.dot || new?.value == old.value { continue }
      try ledger.addKept(
        ConflictValue(
          dot: old.version.dot, milliseconds: old.version.milliseconds, value: old.value),
        of: column, at: key,
        against: ConflictValue(
          dot: version.dot, milliseconds: version.milliseconds,
          value: isAlive ? new?.value : nil), .unshown)
    }
  }

  /// Tells everybody of the rows that this changeset brought into quarantine and that stay there.
  func noteRefusals() throws {
    guard refusedCount > 0 else { return }
    var after: (table: Value, key: Value) = (.integer(0), .blob([]))
    while true {
      let page = try store.database.rows(
        HubSQL.selectQuarantineUnnoted,
        [Value(position), after.table, after.key, Value(HubStoreLimits.quarantinePageRowsMax)])
      guard let last = page.last else { return }
      after = (last[0], last[1])
      for row in page {
        guard let found = try refused(row[0].asTable, row[1].asBytes) else { continue }
        try noteRefusal(found, reason: row[2].asText)
      }
    }
  }

  private func noteRefusal(_ row: Refused, reason: String) throws {
    let cells = row.table.cellColumns.compactMap {
      row.rowState.standing($0, table: row.table.id, policy: store.policy)
    }
    guard let last = cells.max(by: { $0.version.position < $1.version.position }) else { return }
    let refused = ConflictValue(
      dot: last.version.dot, milliseconds: last.version.milliseconds, value: cells.first?.value)
    let id = try ledger.addRefusal(
      of: refused, standing: try obstacle(to: row, cells, reason: reason), at: row.key,
      tableName: row.table.schema.name, reason: reason)
    try store.database.execute(
      HubSQL.updateQuarantineConflict,
      [Value(row.table.id), .blob(row.encoded), Value(counter: id)])
  }

  /// What stands instead of a refused row: the row that has its unique values, else what the table
  /// still has under its key, else nothing.
  private func obstacle(
    to row: Refused, _ cells: [CellVersion], reason: String
  ) throws -> ConflictValue? {
    let table = row.table
    if let key = try table.holder(
      ofUniqueValuesIn: reason, wantedBy: row.key, standing(row.rowState, in: table)),
      key != row.key, let values = try table.values(of: key),
      let version = try latestVersion(key, in: table)
    {
      return ConflictValue(
        dot: version.dot, milliseconds: version.milliseconds, value: values.first ?? .null)
    }
    guard let values = try table.values(of: row.key),
      let first = cells.min(by: { $0.version.position < $1.version.position })
    else { return nil }
    return ConflictValue(
      dot: first.version.dot, milliseconds: first.version.milliseconds,
      value: values.first ?? .null)
  }

  private func latestVersion(_ key: RowKey, in table: HubTable) throws -> Version? {
    let encoded = key.encoded
    let record = try encoded.withUnsafeBytes { try records.record(table.id, $0) }
    let latest: StoredVersion?
    if case .stored(let stored) = record {
      latest = try stored.metadata().latest
    } else {
      latest = standingVersion(record)
    }
    return try latest.map { try store.version($0, key: encoded, in: table) }
  }
}
