internal import Clocks
package import Deltas
internal import Storage

/// How far a change of a row that was made here has got.
package struct RowProgress: Hashable, Sendable {
  /// What was written: nil where that shows only when it is sealed.
  package var kind: ChangeKind?
  /// The columns written, outside the key.
  package var columns: [ColumnID]
  /// By this machine's clock; of several writes the last.
  package var milliseconds: Int64
  /// The changeset that has it, which the hub has not confirmed; nil as long as it is in the
  /// journal, and the next sync sends it.
  package var changeset: Changeset?

  package struct Changeset: Hashable, Sendable {
    package var counter: UInt64
    package var sealedMilliseconds: Int64

    package init(counter: UInt64, sealedMilliseconds: Int64) {
      self.counter = counter
      self.sealedMilliseconds = sealedMilliseconds
    }
  }

  package init(
    kind: ChangeKind?, columns: [ColumnID], milliseconds: Int64, changeset: Changeset? = nil
  ) {
    self.kind = kind
    self.columns = columns
    self.milliseconds = milliseconds
    self.changeset = changeset
  }
}

extension BranchStore {
  /// The changes of a row that the hub has not confirmed, oldest first. Reads the whole outbox.
  package func progress(of key: RowKey) throws -> [RowProgress] {
    try performing {
      guard let table = table(key.table) else { return [] }
      var result: [RowProgress] = []
      let encoded = key.encoded
      for changeset in try outbox() {
        var sealed: RowProgress.Changeset?
        try forEachOutboxBlock(counter: changeset.counter) { block in
          guard block.table == key.table else { return }
          let rows = block.withValues { values in
            (0..<block.rowCount).filter { values.encodedKey(row: $0) == encoded }
          }
          guard !rows.isEmpty else { return }
          if sealed == nil {
            let header = try Self.outboxHeader(changeset.counter, in: database)
            sealed = RowProgress.Changeset(
              counter: changeset.counter,
              sealedMilliseconds: header?.timestamp.milliseconds ?? 0)
          }
          for row in rows {
            result.append(
              RowProgress(
                kind: block.kind, columns: block.columns,
                milliseconds: block.milliseconds(row: row), changeset: sealed))
          }
        }
      }
      let own = try ownKey(of: key)?.values ?? key.values
      for row in try database.rows(BranchSQL.selectJournalOfKey(table.schema), own) {
        guard case .integer(let change) = row[0], change > BranchSQL.changeReplace
        else { continue }
        result.append(
          RowProgress(
            kind: Self.kind(ofEntry: change),
            columns: UInt16(exactly: change - 1).flatMap { $0 > 0 ? [ColumnID($0)] : nil } ?? [],
            milliseconds: JournalTime.milliseconds(row[1])))
      }
      return result
    }
  }

  /// A journal's entry says 0 for a delete, 1 for an insert, 1 + n for an update of column n.
  private static func kind(ofEntry change: Int64) -> ChangeKind? {
    switch change {
    case 0: .delete
    case 1: .insert
    case 2...: .update
    default: nil
    }
  }
}
