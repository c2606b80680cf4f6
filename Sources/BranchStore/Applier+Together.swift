internal import Deltas
internal import Storage

extension Applier {
  /// The row that stands in the way of all.
  private struct NotTogether: Error {
    let index: Int
  }

  /// How SQLite's sentence begins when a unique value is taken.
  private static let uniqueReason = "UNIQUE"

  /// Takes refused rows out and puts them in again with their new values, for those that stand
  /// only in each other's way: two rows that swapped a unique value.
  func retryTogether() throws {
    var keys = try refusedRows().filter { $0.reason?.hasPrefix(Self.uniqueReason) == true }
      .map(\.key)
    guard keys.count <= BranchLimits.togetherRowsMax else { return }
    while keys.count > 1 {
      do {
        try database.savepoint { try replace(keys) }
        for key in keys { try forget(key) }
        return
      } catch let obstacle as NotTogether {
        keys.remove(at: obstacle.index)
      }
    }
  }

  private func replace(_ keys: [RowKey]) throws {
    var rows: [(index: Int, change: RowChange)] = []
    for (index, key) in keys.enumerated() {
      guard let change = try wholeRow(key) else { continue }
      guard change.kind == .insert else { throw NotTogether(index: index) }
      rows.append((index, change))
    }
    for row in rows {
      let deletion = RowChange(
        key: row.change.key, kind: .delete, columns: [], values: [],
        milliseconds: row.change.milliseconds, base: nil)
      try perform(deletion, index: row.index)
    }
    for row in rows { try perform(row.change, index: row.index) }
  }

  private func perform(_ change: RowChange, index: Int) throws {
    if case .refused = try apply(change) { throw NotTogether(index: index) }
  }

  /// What a row's waiting changes make of it; nil if they change nothing.
  private func wholeRow(_ key: RowKey) throws -> RowChange? {
    guard let change = try waitingChange(key), change.kind == .update else {
      return try waitingChange(key)
    }
    guard let table = tables[key.table]?.table,
      let values = try database.firstRow(
        table.sql.selectByKey(table.valueColumns), key.values)
    else { return nil }
    let current = RowChange(
      key: key, kind: .insert, columns: table.valueColumns, values: values,
      milliseconds: change.milliseconds, base: nil)
    return current.followed(by: change)
  }
}
