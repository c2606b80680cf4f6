internal import Deltas
internal import Storage

/// A tracked table with what is computed from its schema once.
struct TrackedTable {
  let schema: TableSchema
  let sql: TableSQL
  let keyCount: Int
  let valueColumns: [ColumnID]

  init(_ schema: TableSchema) {
    self.schema = schema
    sql = TableSQL(schema)
    keyCount = schema.keyColumns.count
    valueColumns = schema.valueColumns
  }

  /// A key and values in the order of `sql.insert` as one row in the order of columns' numbers.
  func rowInColumnOrder(key: [Value], values: [Value]) -> [Value] {
    var byColumn: [ColumnID: Value] = [:]
    for (id, value) in zip(schema.keyColumns, key) { byColumn[id] = value }
    for (id, value) in zip(valueColumns, values) { byColumn[id] = value }
    return schema.columns.map(\.id).sorted().map { byColumn[$0] ?? .null }
  }
}
