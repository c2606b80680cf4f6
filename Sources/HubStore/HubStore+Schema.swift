internal import Basics
package import Deltas
internal import Storage

/// The hub's schema as it grows. Branches bring what their applications have added; what renames or
/// drops is declared at the hub.
extension HubStore {
  /// Reads the schema anew if another process has changed it, or the file was replaced. Cheap while
  /// nothing has.
  func refreshSchema() throws {
    let version = try database.integer(HubSQL.fileSchemaVersion)
    guard version != schemaVersion else { return }
    guard let bytes = try database.firstRow(HubSQL.selectSchema)?.first?.asBytes else {
      throw HubStoreError.damaged("its schema is missing")
    }
    let stored = try Schema(encoded: bytes)
    if stored != schema { schema = stored }
    schemaVersion = version
  }

  /// Takes over what a branch's schema has beyond this one: columns and tables get their place in
  /// the consolidated tables, with the values that rows have by default. What cannot be had beside
  /// the rest is left out. Returns the schema as it is then.
  @discardableResult
  package func extend(by other: Schema) throws -> Schema {
    try storing("extend its schema") {
      try refreshSchema()
      guard schema.extended(by: other) != schema else { return schema }
      do {
        try database.transaction {
          try takeOver()
          try alter(to: schema.extended(by: other))
        }
      } catch {
        forgetCaches()
        throw error
      }
      try refreshSchema()
      return schema
    }
  }

  /// In the caller's transaction: makes the tables those of another schema, which has all that this
  /// one has.
  func alter(to other: Schema) throws {
    var next = other
    try checkLimits(next)
    for index in next.tables.indices {
      let table = next.tables[index]
      do throws(StorageError) {
        if let before = schema.table(table.id) {
          try alter(before, to: table)
        } else {
          try database.executeScript(HubSQL.createTable(table))
        }
        if schema.table(table.id) != table,
          let sql = try database.firstRow(HubSQL.selectTableSQL, [.text(table.name)])?.first
        {
          next.tables[index].createSQL = sql.asText
        }
        _ = try HubTable(next.tables[index], database: database)
      } catch {
        guard case .other(_, let message) = error else { throw error }
        throw HubStoreError.schemaNotUsable("table \(table.name): \(message)")
      }
    }
    try database.execute(HubSQL.updateSchema, [.blob(next.encoded)])
    schema = next
  }

  private func alter(_ before: TableSchema, to table: TableSchema) throws(StorageError) {
    if before.name != table.name {
      try database.executeScript(HubSQL.renameTable(before.name, to: table.name))
    }
    for column in table.columns {
      guard let known = before.column(column.id) else {
        try database.executeScript(HubSQL.addColumn(column, to: table))
        continue
      }
      guard known.name != column.name else { continue }
      try database.executeScript(
        HubSQL.renameColumn(known.name, of: table.name, to: column.name))
    }
  }

  private func checkLimits(_ schema: Schema) throws {
    let names = schema.tables.flatMap { [$0.name] + $0.columns.map(\.name) }
    let isTaken = names.contains { name in
      SchemaReader.asciiLowercased(name).hasPrefix(SchemaReader.ownPrefix)
    }
    guard !isTaken else {
      throw HubStoreError.schemaNotUsable("a name begins with \(SchemaReader.ownPrefix)")
    }
    guard schema.encoded.count <= DeltaLimits.schemaBytesMax,
      schema.tables.count <= DeltaLimits.tablesMax,
      schema.tables.allSatisfy({ $0.columns.count <= DeltaLimits.columnsMax })
    else { throw HubStoreError.schemaNotUsable("it has too many tables or columns") }
  }
}
