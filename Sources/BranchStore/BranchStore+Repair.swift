package import Deltas
internal import Storage

extension BranchStore {
  /// Makes rows what the hub says they are; nil stands for no row. Uncaptured, one transaction.
  ///
  /// Each row's values are all columns that are synced in the order of their numbers. Rows with
  /// changes that the hub has not confirmed are left as they are. Returns how many rows were
  /// written.
  package func restore(_ rows: [(key: RowKey, values: [Value]?)], wallMilliseconds: Int64) throws
    -> Int
  {
    try performing {
      try database.transaction {
        var state = try BranchState(database)
        _ = try seal(&state, wallMilliseconds: wallMilliseconds)
        try state.save(to: database)
        let applier = try Applier(self, from: state.position, replicas: try replicas())
        try applier.installGuards()
        var count = 0
        for row in rows {
          guard try !applier.held().isPending(HeldRows.hash(row.key)),
            let change = change(row.key, row.values)
          else { continue }
          if case .done = try applier.apply(change) {
            count += 1
            try applier.forget(row.key)
          }
        }
        try applier.removeGuards()
        return count
      }
    }
  }

  private func change(_ key: RowKey, _ values: [Value]?) -> RowChange? {
    guard let table = table(key.table) else { return nil }
    guard let values else {
      return RowChange(
        key: key, kind: .delete, columns: [], values: [], milliseconds: 0, base: nil)
    }
    let whole = known.table(table.schema.id) ?? table.schema
    let columns = whole.columns.map(\.id).sorted()
    guard values.count == columns.count else { return nil }
    let byColumn = Dictionary(uniqueKeysWithValues: zip(columns, values))
    return RowChange(
      key: key, kind: .insert, columns: whole.valueColumns,
      values: whole.valueColumns.map { byColumn[$0] ?? .null }, milliseconds: 0, base: nil)
  }
}
