internal import Deltas
internal import Merging
internal import Storage

/// A tracked table with what is computed from its schema and the policy once.
struct TrackedTable {
  let schema: TableSchema
  let sql: TableSQL
  let keyCount: Int
  let valueColumns: [ColumnID]
  /// The columns whose rule counts operations: their updates say what was there before. Ascending.
  let counted: [ColumnID]
  /// Which of its columns hold own keys; nil if none does.
  let keys: KeyColumns?
  /// Columns that are decided as one, and travel as one: each ascending.
  let units: [[ColumnID]]
  /// Whether what is written here goes to the hub and to no other branch.
  let isWithheld: Bool

  init(
    _ schema: TableSchema, policy: MergePolicy = MergePolicy(), keys: KeyColumns? = nil
  ) {
    self.schema = schema
    self.keys = keys
    sql = TableSQL(schema, keys: keys)
    keyCount = schema.keyColumns.count
    isWithheld = policy.withholds(schema.id)
    let valueColumns = schema.valueColumns
    self.valueColumns = valueColumns
    counted = valueColumns.filter {
      // What a reference was before is no number that could be counted with.
      policy.countsOperations(table: schema.id, column: $0) && keys?.domains[$0] == nil
    }
    // The policy may know columns that this schema has not yet.
    units = policy.units(of: schema.id).map { unit in
      unit.columns.filter { valueColumns.contains($0) }
    }
  }

  /// Whether the journal has what was there before.
  var isCounting: Bool { !counted.isEmpty }

  /// Of an update that writes some columns all that it has: units whole. Ascending, without the
  /// key's.
  func columns(with written: [ColumnID]) -> [ColumnID] {
    let whole = units.filter { unit in unit.contains { written.contains($0) } }
    return valueColumns.filter { column in
      written.contains(column) || whole.contains { $0.contains(column) }
    }
  }

  /// A key and values in the order of `sql.insert` as one row in the order of columns' numbers.
  func rowInColumnOrder(key: [Value], values: [Value]) -> [Value] {
    var byColumn: [ColumnID: Value] = [:]
    for (id, value) in zip(schema.keyColumns, key) { byColumn[id] = value }
    for (id, value) in zip(valueColumns, values) { byColumn[id] = value }
    return schema.columns.map(\.id).sorted().map { byColumn[$0] ?? .null }
  }
}
