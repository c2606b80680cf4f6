internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Rows whose changes turn out to have seen more than was known when they were merged.
extension RowMerger {
  /// Looks at such rows again: versions that others had seen after all go, and everybody is told
  /// what stands.
  func rereadRows() throws {
    for row in try store.database.rows(HubSQL.takeReread) {
      guard let table = try store.table(row[0].asTable) else { continue }
      try reread(row[1].asBytes, in: table)
    }
  }

  /// Everybody is to get the rows of a block as they stand: it came later than changes that had
  /// seen it, perhaps, and then what stands is not what it says. Of rows that stay here nobody is.
  func tellAll(_ keys: BlockKeys, rowCount: Int, of table: TableID) throws {
    guard !store.policy.withholds(table) else { return }
    try markAll(keys, rowCount: rowCount, of: table)
  }

  /// The log is to have the rows of a block as they stand.
  func markAll(_ keys: BlockKeys, rowCount: Int, of table: TableID) throws {
    try keys.withKeys { views in
      for row in 0..<rowCount {
        let key = views[row]
        if case .stored(let stored) = try records.record(table, key),
          try !stored.metadata().isComplete
        {
          continue
        }
        try ledger.markContested(table, key)
      }
    }
  }

  private func reread(_ encoded: [UInt8], in table: HubTable) throws {
    try encoded.withUnsafeBytes { key in
      // A row that has all from one block has nothing to lose.
      guard case .stored(let stored) = try records.record(table.id, key) else { return }
      let rowKey = try RowKey(table: table.id, encoded: encoded)
      let metadata = try stored.metadata()
      let values = metadata.place == .table ? try table.values(of: rowKey) : nil
      let before = try store.state(metadata, values ?? [], key: encoded, in: table)
      let after = before.normalized()
      guard after != before else { return }
      let place = try put(after, at: rowKey, in: table, encodedKey: key)
      try records.update(
        table.id, key, try store.metadata(of: after, place: place, table: table))
      if place != .partial { try ledger.markContested(table.id, key) }
      if references.isInGroup(table.id) { try touch(table.id, key) }
    }
  }
}
