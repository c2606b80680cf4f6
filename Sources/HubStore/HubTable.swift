internal import Basics
internal import Deltas
internal import Merging
internal import Storage

/// One consolidated table: its prepared statements.
final class HubTable {
  let schema: TableSchema
  /// The columns that an insert carries.
  let valueColumns: [ColumnID]
  /// Those of them that are still synced.
  let liveColumns: [ColumnID]
  /// The cells that have versions: the columns outside the key, or the one that stands for the row.
  let cellColumns: [ColumnID]
  let cells: ColumnSet

  private let database: Database
  private let sql: TableSQL
  private let insertStatement: Statement
  private let insertLiveStatement: Statement
  private let deleteStatement: Statement
  private let selectStatement: Statement
  private let selectAllStatement: Statement
  private var updateStatements: [[ColumnID]: Statement] = [:]
  private let defaults: [ColumnID: Value]

  init(_ schema: TableSchema, database: Database) throws(StorageError) {
    self.schema = schema
    self.database = database
    valueColumns = schema.valueColumns
    cellColumns = RowState.cellColumns(of: schema)
    cells = ColumnSet(cellColumns)
    sql = TableSQL(schema)
    let known = try ColumnDefault.values(of: schema.name, in: database)
    var defaults: [ColumnID: Value] = [:]
    for column in schema.columns {
      defaults[column.id] = known[SchemaReader.asciiLowercased(column.name)]
    }
    self.defaults = defaults
    insertStatement = try database.prepare(sql.insert)
    liveColumns = valueColumns.filter { schema.column($0)?.isDropped != true }
    insertLiveStatement =
      liveColumns == valueColumns
      ? insertStatement : try database.prepare(sql.insert(liveColumns))
    deleteStatement = try database.prepare(sql.delete)
    selectStatement = try database.prepare(sql.selectByKey(valueColumns))
    selectAllStatement = try database.prepare(
      sql.selectByKey(schema.columns.map(\.id).sorted()))
  }

  var id: TableID { schema.id }
  var keyColumnCount: Int { schema.keyColumns.count }

  /// What a column holds in rows whose insertion says nothing of it.
  func defaultValue(of column: ColumnID) -> Value { defaults[column] ?? .null }

  /// The same; nil for a column that a new row has to give a value.
  func valueByItself(of column: ColumnID) -> Value? {
    defaults[column] ?? (schema.column(column)?.isNotNull == true ? nil : .null)
  }

  // MARK: Rows of a block, without copies

  /// Whether these are the columns of a new row of a branch that has all that is synced.
  func isWhole(_ columns: [ColumnID]) -> Bool {
    columns == valueColumns || columns == liveColumns
  }

  /// The statement that inserts a whole row: parameters are the key, then these columns.
  func insert(_ columns: [ColumnID]) -> Statement {
    columns == valueColumns ? insertStatement : insertLiveStatement
  }

  /// The statement that updates columns: parameters are the key, then those columns.
  func update(_ columns: [ColumnID]) throws(StorageError) -> Statement {
    if let statement = updateStatements[columns] { return statement }
    if updateStatements.count >= Self.updateStatementsMax { updateStatements.removeAll() }
    let statement = try database.prepare(sql.update(columns))
    updateStatements[columns] = statement
    return statement
  }

  private static let updateStatementsMax = 256

  /// Runs a statement with a row of a block: its key, then the values of the block's columns.
  ///
  /// Returns how many rows changed.
  func run(
    _ statement: Statement, _ values: BlockValues, row: Int, columnCount: Int
  ) throws(StorageError) -> Int {
    var index: Int32 = 1
    for part in 0..<keyColumnCount {
      try statement.bind(index, values.key(part, row: row), copying: false)
      index += 1
    }
    for column in 0..<columnCount {
      try statement.bind(index, values.value(column, row: row), copying: false)
      index += 1
    }
    defer { statement.reset() }
    _ = try statement.step()
    return database.changes
  }

  // MARK: Single rows

  /// The values of `cellColumns`, or nil if there is no such row.
  func values(of key: RowKey) throws(StorageError) -> [Value]? {
    try read(selectStatement, key).map { valueColumns.isEmpty ? [.null] : $0 }
  }

  /// All columns in the order of their numbers, or nil if there is no such row.
  func row(_ key: RowKey) throws(StorageError) -> [Value]? { try read(selectAllStatement, key) }

  /// The row that has the unique values which another was refused for, or nil where the reason
  /// does not tell. `values` are of `cellColumns`.
  func holder(
    ofUniqueValuesIn reason: String, wantedBy key: RowKey, _ values: [Value]
  ) throws(StorageError) -> RowKey? {
    guard let list = reason.split(separator: "UNIQUE constraint failed: ").last,
      reason.contains("UNIQUE constraint failed: ")
    else { return nil }
    let names = Set(list.split(separator: ", ").map(String.init))
    let columns = schema.columns.filter { names.contains("\(schema.name).\($0.name)") }.map(\.id)
    guard !columns.isEmpty, columns.count == names.count else { return nil }
    let held = Dictionary(
      uniqueKeysWithValues: zip(cellColumns + schema.keyColumns, values + key.values))
    let wanted = columns.map { held[$0] ?? .null }
    let sql = HubSQL.selectKey(of: schema, having: columns)
    return try database.firstRow(sql, wanted).map { RowKey(table: id, values: $0) }
  }

  /// Whether there may be rows with keys between two, both encoded; never false where there are.
  func mayHaveRows(from least: [UInt8], to greatest: [UInt8]) throws -> Bool {
    let least = try RowKey(table: id, encoded: least).values
    let greatest = try RowKey(table: id, encoded: greatest).values
    let equalCount = zip(least, greatest).prefix { $0 == $1 }.count
    let columns = schema.keyColumns.prefix(equalCount + 1).compactMap { schema.column($0) }
    guard columns.allSatisfy({ $0.collation == "BINARY" }) else {
      return try database.integer(HubSQL.selectAny(of: schema)) != nil
    }
    let sql = HubSQL.selectAny(of: schema, equal: equalCount)
    guard equalCount < least.count else {
      return try database.integer(sql, least) != nil
    }
    let (from, to) = (least[equalCount], greatest[equalCount])
    // Values of one class are ordered alike by SQLite and in encoded keys.
    guard Self.keyClass(from) == Self.keyClass(to) else {
      return try database.integer(HubSQL.selectAny(of: schema)) != nil
    }
    return try database.integer(sql, Array(least.prefix(equalCount)) + [from, to]) != nil
  }

  /// What sorts apart from others in encoded keys: integers, reals, UUIDs, other texts, blobs.
  private static func keyClass(_ value: Value) -> UInt8 {
    if case .integer = value { return 0 }
    return RowKey(table: TableID(1), values: [value]).encoded.first ?? 0
  }

  private func read(_ statement: Statement, _ key: RowKey) throws(StorageError) -> [Value]? {
    defer { statement.reset() }
    try statement.bind(key.values)
    guard try statement.step() else { return nil }
    return (0..<statement.columnCount).map { statement.value($0) }
  }

  /// Makes the row have these values of `cellColumns`, whether it is there or not.
  func write(_ key: RowKey, _ values: [Value]) throws(StorageError) {
    if valueColumns.isEmpty {
      if try row(key) == nil { try run(insertStatement, key.values) }
      return
    }
    try run(try update(valueColumns), key.values + values)
    if database.changes == 0 { try run(insertStatement, key.values + values) }
  }

  /// Whether there was such a row.
  @discardableResult
  func delete(_ key: RowKey) throws(StorageError) -> Bool {
    try run(deleteStatement, key.values)
    return database.changes > 0
  }

  private func run(_ statement: Statement, _ values: [Value]) throws(StorageError) {
    defer { statement.reset() }
    try statement.bind(values)
    _ = try statement.step()
  }
}
