internal import Basics
package import Deltas
internal import Storage

/// The hub's schema as it changes. What renames, drops or retypes is declared at the hub.
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

  /// Puts a migration in force: what an application's database has from now on, and what became of
  /// that which it has no more. Branches are told when they sync, whichever program they have.
  ///
  /// Tables whose columns are dropped or retyped are made anew; their rows must fit them.
  @discardableResult
  package func publish(_ like: Schema, by migration: SchemaMigration) throws -> Schema {
    try storing("publish the schema") {
      do {
        try database.transaction {
          try takeOver()
          let next: Schema
          do throws(SchemaMigrationError) {
            next = try schema.migrated(like: like, by: migration)
          } catch {
            throw HubStoreError.schemaNotTaken(error.message)
          }
          guard next != schema else { return }
          try alter(to: next, like: like)
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
  /// one has. `like` is the database's that it comes from: its statements are used as they are.
  private func alter(to other: Schema, like: Schema) throws {
    var next = other
    try checkLimits(next)
    try stopWatching()
    for table in next.tables {
      do throws(StorageError) {
        if let before = schema.table(table.id) {
          try alter(before, to: table)
        } else {
          try database.executeScript(table.createSQL)
        }
        try rebuild(table)
        _ = try HubTable(table, database: database)
      } catch {
        switch error {
        case .other(_, let message), .constraint(_, let message):
          throw HubStoreError.schemaNotTaken("table \(table.name): \(message).")
        default: throw error
        }
      }
    }
    next.otherSQL = like.otherSQL
    try makeUniqueIndexes(of: like)
    try database.execute(HubSQL.updateSchema, [.blob(next.encoded)])
    schema = next
    records?.forget()
    knownPruned = nil
    try refreshPolicy()
    try watchReferences()
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

  /// Makes a table anew of which columns were dropped or retyped, with the rows that it has. Values
  /// of dropped columns stay, for branches that have not heard of it yet.
  private func rebuild(_ table: TableSchema) throws(StorageError) {
    guard let before = schema.table(table.id), !table.isDropped else { return }
    let isSame = table.columns.allSatisfy { column in
      guard let known = before.column(column.id) else { return true }
      return known.isDropped == column.isDropped && known.affinity == column.affinity
        && known.collation == column.collation
    }
    guard !isSame else { return }
    // References of other tables go on to mean the table of this name.
    try database.executeScript(HubSQL.keepReferences)
    defer { try? database.executeScript(HubSQL.followReferences) }
    try database.executeScript(HubSQL.renameTable(table.name, to: HubSQL.formerTable))
    try database.executeScript(table.createSQL)
    for column in table.columns where column.isDropped {
      try database.executeScript(HubSQL.addColumn(column, to: table))
    }
    try database.executeScript(HubSQL.copyRows(of: table))
    try database.executeScript(HubSQL.dropFormerTable)
  }

  /// Unique indexes are constraints. Those that are there already stay.
  private func makeUniqueIndexes(of like: Schema) throws {
    for sql in like.otherSQL where Self.isUniqueIndex(sql) {
      do throws(StorageError) {
        try database.executeScript(sql)
      } catch {
        switch error {
        case .other(_, let message)
        where message.hasPrefix("no such table") || message.hasSuffix("already exists"):
          continue
        case .other(_, let message), .constraint(_, let message):
          throw HubStoreError.schemaNotTaken("an index: \(message).")
        default: throw error
        }
      }
    }
  }

  private func checkLimits(_ schema: Schema) throws {
    let names = schema.tables.flatMap { [$0.name] + $0.columns.map(\.name) }
    let isTaken = names.contains { name in
      SchemaReader.asciiLowercased(name).hasPrefix(SchemaReader.ownPrefix)
    }
    guard !isTaken else {
      throw HubStoreError.schemaNotTaken(
        "a name begins with \(SchemaReader.ownPrefix), as the engine's own do. Use another.")
    }
    guard schema.encoded.count <= DeltaLimits.schemaBytesMax,
      schema.tables.count <= DeltaLimits.tablesMax,
      schema.tables.allSatisfy({ $0.columns.count <= DeltaLimits.columnsMax })
    else { throw HubStoreError.schemaNotTaken("there would be too many tables or columns.") }
  }
}
