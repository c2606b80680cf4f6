internal import Clocks
package import Deltas
internal import Storage

/// How far a change of a row that was made here has got.
package enum RowProgress: Hashable, Sendable {
  /// In the journal: the next sync sends it.
  case captured(milliseconds: Int64)
  /// In a sealed changeset that the hub has not confirmed.
  case sealed(counter: UInt64, milliseconds: Int64)
}

extension BranchStore {
  /// The changes of a row that the hub has not confirmed, oldest first. Reads the whole outbox.
  package func progress(of key: RowKey) throws -> [RowProgress] {
    try performing {
      guard let table = table(key.table) else { return [] }
      var result: [RowProgress] = []
      let encoded = key.encoded
      for changeset in try outbox() {
        try forEachOutboxBlock(counter: changeset.counter) { block in
          guard block.table == key.table else { return }
          block.withValues { values in
            for row in 0..<block.rowCount where values.encodedKey(row: row) == encoded {
              result.append(
                .sealed(
                  counter: changeset.counter, milliseconds: block.milliseconds(row: row)))
            }
          }
        }
      }
      let own = try ownKey(of: key)?.values ?? key.values
      for row in try database.rows(BranchSQL.selectJournalOfKey(table.schema), own) {
        result.append(.captured(milliseconds: JournalTime.milliseconds(row[1])))
      }
      return result
    }
  }
}
