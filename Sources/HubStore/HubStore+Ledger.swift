package import Clocks
package import Deltas
internal import Merging
internal import Storage

/// The ledger, and where values come from.
extension HubStore {
  /// The ledger's entries, newest first.
  package func conflicts(openOnly: Bool, atMost limit: Int = .max) throws -> [Conflict] {
    try storing("read its ledger") {
      let sql = openOnly ? HubSQL.selectLedgerOpen : HubSQL.selectLedger
      return try database.rows(sql, [Value(limit)]).map { try Self.conflict(in: $0[0]) }
    }
  }

  /// What an entry of the ledger says, by its content: what was said last.
  static func conflict(in content: Value) throws -> Conflict {
    guard let last = try Conflict.list(payload: content.asBytes).first else {
      throw HubStoreError.damaged("an entry of the ledger is empty")
    }
    return last
  }

  private func conflicts(of table: TableID, key: [UInt8]) throws -> [Conflict] {
    let parameters = [Value(table), .blob(key)]
    return try database.rows(HubSQL.selectLedgerOfRow, parameters).map {
      try Self.conflict(in: $0[0])
    }
  }

  /// Where one cell's standing value comes from.
  package struct Provenance: Hashable, Sendable {
    /// Nil stands for the whole row: its insertion or deletion.
    package var column: ColumnID?
    package var dot: Dot
    package var branch: String
    package var position: LogPosition
    /// Corrected wall time of the write; nil for a row that was there before its branch joined.
    package var milliseconds: Int64?
    package var receivedMilliseconds: Int64
    package var value: Value?
  }

  /// What the hub can tell of a row.
  package struct Explanation: Hashable, Sendable {
    /// Whether the row is in the consolidated table.
    package var exists: Bool
    /// Of the row itself first, then of its columns.
    package var cells: [Provenance]
    /// The ledger's entries of this row, newest first.
    package var conflicts: [Conflict]
    /// Why the row is in quarantine, if it is.
    package var quarantineReason: String?
  }

  /// Where a row's values come from. Empty for a row that the hub never heard of.
  package func explain(table id: TableID, key: [UInt8]) throws -> Explanation {
    try storing("explain a row") {
      try database.readTransaction {
        records?.forget()
        knownPruned = nil
        try refreshPolicy()
        guard let table = try table(id) else {
          return Explanation(exists: false, cells: [], conflicts: [], quarantineReason: nil)
        }
        let rowKey = try RowKey(table: id, encoded: key)
        let row = try table.row(rowKey)
        let reason = try database.firstRow(
          HubSQL.selectQuarantineReason, [Value(id), .blob(key)])?.first?.asText
        return Explanation(
          exists: row != nil, cells: try provenance(of: rowKey, key, in: table),
          conflicts: try conflicts(of: id, key: key), quarantineReason: reason)
      }
    }
  }

  private func provenance(
    of rowKey: RowKey, _ key: [UInt8], in table: HubTable
  ) throws -> [Provenance] {
    let values = try table.values(of: rowKey)
    let metadata: RowMetadata
    let record = try key.withUnsafeBytes { try rowRecords().record(table.id, $0) }
    switch record {
    case .unknown, .covered:
      guard values != nil, let version = try standingVersion(record) else { return [] }
      metadata = RowMetadata(latest: version)
    case .stored(let stored): metadata = try stored.metadata()
    }
    var state = try state(metadata, values ?? [], key: key, in: table)
    if metadata.place == .table, let values {
      state.keep(Array(zip(table.cellColumns, values)), of: table.id, policy: policy)
    }
    let names = try names()
    func provenance(_ version: Version, _ column: ColumnID?, _ value: Value?) throws -> Provenance {
      Provenance(
        column: column, dot: version.dot, branch: name(of: version, among: names),
        position: version.position, milliseconds: version.milliseconds,
        receivedMilliseconds: try log.entry(version.position)?.receivedMilliseconds ?? 0,
        value: value)
    }
    var result: [Provenance] = []
    let standing = table.cellColumns.compactMap { column in
      state.standing(column, table: table.id, policy: policy).map { (column, $0) }
    }
    // What the row itself goes back to: its deletion, or the earliest write that still stands.
    let isAlive = state.isAlive(policy.deletes(of: table.id))
    let rowVersion =
      isAlive
      ? standing.map(\.1.version).min { $0.position < $1.position }
      : (state.deletions + state.group.taking).max { $0.position < $1.position }
    if let rowVersion { result.append(try provenance(rowVersion, nil, nil)) }
    for (column, cell) in standing where column != RowState.presenceColumn && isAlive {
      result.append(try provenance(cell.version, column, cell.value))
    }
    return result
  }
}
