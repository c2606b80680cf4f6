package import Deltas
internal import Storage

/// The hub's schema as it grows: branches bring what their applications have added, and nothing
/// else. What they say of the rest is theirs to say, and changes nothing here.
extension HubStore {
  /// Takes over what a branch's schema has beyond this one: columns and tables get their place in
  /// the consolidated tables, with the values that rows have by default. What cannot be had beside
  /// the rest, or SQLite refuses, is left out. Returns the schema as it is then.
  ///
  /// Throws where the branch has seen a migration that this hub has not: its tables may be such
  /// that neither side's rows fit the other's.
  @discardableResult
  package func extend(by other: Schema) throws -> Schema {
    try storing("extend its schema") {
      try refreshSchema()
      guard !schema.lacksMigration(of: other) else {
        throw HubStoreError.schemaNotTaken(
          """
          the branch has seen migration \(other.revision), and the hub, which was restored from \
          before, only \(schema.revision). Declare it again: “tributary schema publish … \
          --revision \(other.revision)” at the hub. Then sync.
          """)
      }
      guard !schema.additions(in: other).isEmpty else { return schema }
      do {
        try database.transaction {
          try takeOver()
          try place(schema.additions(in: other))
        }
      } catch {
        forgetCaches()
        throw error
      }
      try refreshSchema()
      return schema
    }
  }

  /// In the caller's transaction.
  private func place(_ additions: [SchemaAddition]) throws {
    try stopWatching()
    var next = schema
    var byteCount = schema.encodedByteCountMax
    for addition in additions {
      var grown = next
      var grownByteCount = byteCount
      let isPlaced = try attempt {
        switch addition {
        case .table(let table):
          try make(table, in: &grown, &grownByteCount)
        case .columns(let columns, let id):
          try add(columns, to: id, in: &grown, &grownByteCount)
        }
      }
      guard isPlaced else { continue }
      next = grown
      byteCount = grownByteCount
    }
    guard next != schema else { return }
    try database.execute(HubSQL.updateSchema, [.blob(next.encoded)])
    schema = next
  }

  private func make(
    _ added: TableSchema, in next: inout Schema, _ byteCount: inout Int
  ) throws {
    guard next.tables.count < DeltaLimits.tablesMax else { throw NoPlace() }
    for name in [added.name] + added.columns.map(\.name) { try checkName(name) }
    try database.executeScript(HubSQL.createTable(added))
    var table = added
    table.createSQL = try statement(of: table)
    byteCount += Schema(tables: [table], otherSQL: []).encodedByteCountMax
    guard byteCount <= DeltaLimits.schemaBytesMax else { throw NoPlace() }
    _ = try HubTable(table, database: database)
    next.add(.table(table))
  }

  /// Those that can be added are, whatever becomes of the others.
  private func add(
    _ columns: [ColumnSchema], to id: TableID, in next: inout Schema, _ byteCount: inout Int
  ) throws {
    guard let index = next.tables.firstIndex(where: { $0.id == id }) else { throw NoPlace() }
    for column in columns {
      let table = next.tables[index]
      var sql = table.createSQL
      var grownByteCount = byteCount
      let isPlaced = try attempt {
        guard table.columns.count < DeltaLimits.columnsMax else { throw NoPlace() }
        try checkName(column.name)
        try database.executeScript(HubSQL.addColumn(column, to: table))
        sql = try statement(of: table)
        var alone = table
        alone.columns = [column]
        alone.createSQL = ""
        grownByteCount += Schema(tables: [alone], otherSQL: []).encodedByteCountMax
        grownByteCount += max(0, sql.utf8.count - table.createSQL.utf8.count)
        guard grownByteCount <= DeltaLimits.schemaBytesMax else { throw NoPlace() }
      }
      guard isPlaced else { continue }
      next.tables[index].columns.append(column)
      next.tables[index].createSQL = sql
      byteCount = grownByteCount
    }
    _ = try HubTable(next.tables[index], database: database)
  }

  /// A limit, or what no name may be.
  private struct NoPlace: Error {}

  /// Does something, or nothing of it if SQLite or a limit refuses. Returns whether it was done.
  private func attempt(_ body: () throws -> Void) throws -> Bool {
    try database.executeScript(HubSQL.beginAddition)
    do {
      try body()
      try database.executeScript(HubSQL.endAddition)
      return true
    } catch {
      switch error {
      case is NoPlace, StorageError.other, StorageError.constraint:
        try database.executeScript(HubSQL.undoAddition)
        return false
      default: throw error
      }
    }
  }

  private func checkName(_ name: String) throws {
    let isTaken = SchemaReader.asciiLowercased(name).hasPrefix(SchemaReader.ownPrefix)
    guard !isTaken else { throw NoPlace() }
  }

  /// As SQLite has it now.
  private func statement(of table: TableSchema) throws -> String {
    guard let sql = try database.firstRow(HubSQL.selectTableSQL, [.text(table.name)])?.first
    else { throw NoPlace() }
    guard sql.asText.utf8.count <= DeltaLimits.sqlBytesMax else { throw NoPlace() }
    return sql.asText
  }
}

extension Schema {
  /// How long its encoding is at most, in the format that can say everything.
  fileprivate var encodedByteCountMax: Int {
    var schema = self
    schema.revision = DeltaLimits.ordinalMax
    return schema.encoded.count
  }
}
