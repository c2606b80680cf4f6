internal import CSQLite
package import Deltas

/// Reads a database's schema the way SQLite itself sees it, never by parsing its SQL.
package enum SchemaReader {
  /// An ordinary table that is not tracked unless it changes.
  package struct SkippedTable: Hashable, Sendable {
    package let name: String
    /// A sentence fragment: what it lacks.
    package let why: String
  }

  /// Names that start so are the engine's own.
  package static let ownPrefix = "tributary_"

  /// The schema of some tables, or of every table that has a primary key.
  ///
  /// Tables are numbered from 1 in the order of their names, columns from 1 in the order of CREATE
  /// TABLE without generated ones.
  package static func read(
    _ database: Database, tables requested: [String]?
  ) throws(SchemaError) -> Schema {
    let catalog = try Catalog(database)
    var chosen: [Catalog.Table] = []
    if let requested {
      for name in Set(requested).sorted() { chosen.append(try catalog.trackable(name)) }
    } else {
      chosen = catalog.tables.filter { $0.kind == .ordinary && !$0.key.isEmpty }
    }
    guard !chosen.isEmpty else { throw .nothingToTrack }
    guard chosen.count <= DeltaLimits.tablesMax else {
      throw .tooLarge(what: "the number of tables", limit: DeltaLimits.tablesMax)
    }
    chosen.sort { Array($0.name.utf8).lexicographicallyPrecedes(Array($1.name.utf8)) }
    var result: [TableSchema] = []
    for (index, table) in chosen.enumerated() {
      result.append(try table.schema(id: TableID(UInt16(index + 1))))
    }
    let names = Set(result.map(\.name))
    let schema = Schema(tables: result, otherSQL: catalog.otherSQL(tracked: names))
    try checkLimits(schema)
    return schema
  }

  /// The same, and what rows have by default in columns of which their insertion says nothing.
  package static func readWithDefaults(
    _ database: Database, tables requested: [String]?
  ) throws(SchemaError) -> Schema {
    var schema = try read(database, tables: requested)
    do {
      for table in schema.tables.indices {
        let defaults = try ColumnDefault.values(of: schema.tables[table].name, in: database)
        for column in schema.tables[table].columns.indices {
          let name = asciiLowercased(schema.tables[table].columns[column].name)
          schema.tables[table].columns[column].defaultValue = defaults[name]
        }
      }
    } catch {
      throw .storage(error)
    }
    return schema
  }

  /// What a database has of a schema's tables, under the names that a migration gives them, and of
  /// further tables that are named. Others are its own.
  package static func read(
    _ database: Database, after migration: SchemaMigration, of schema: Schema,
    besides further: [String]
  ) throws(SchemaError) -> Schema {
    let names = schema.tableNames(after: migration)
    var wanted = try Catalog(database).tables.filter { table in
      table.kind == .ordinary && names.contains { sameName($0, table.name) }
    }.map(\.name)
    for name in further where !wanted.contains(where: { sameName($0, name) }) {
      wanted.append(name)
    }
    guard !wanted.isEmpty else { return Schema(tables: [], otherSQL: []) }
    return try readWithDefaults(database, tables: wanted)
  }

  /// Refuses what other replicas could not be told: a hub that has it would not open.
  private static func checkLimits(_ schema: Schema) throws(SchemaError) {
    for table in schema.tables {
      let names = [table.name] + table.columns.flatMap { [$0.name, $0.declaredType, $0.collation] }
      guard names.allSatisfy({ $0.utf8.count <= DeltaLimits.nameBytesMax }) else {
        throw .tooLarge(
          what: "a name or type in table “\(table.name.prefix(40))”, in bytes,",
          limit: DeltaLimits.nameBytesMax)
      }
    }
    guard schema.otherSQL.count <= DeltaLimits.statementsMax else {
      throw .tooLarge(what: "the number of statements", limit: DeltaLimits.statementsMax)
    }
    for sql in schema.tables.map(\.createSQL) + schema.otherSQL
    where sql.utf8.count > DeltaLimits.sqlBytesMax {
      throw .tooLarge(
        what: "the statement “\(sql.prefix(40))…”, in bytes,", limit: DeltaLimits.sqlBytesMax)
    }
    guard schema.encoded.count <= DeltaLimits.schemaBytesMax else {
      throw .tooLarge(what: "all of it together, in bytes,", limit: DeltaLimits.schemaBytesMax)
    }
  }

  /// The ordinary tables that `read` leaves out when no tables are named, and why.
  package static func skippedTables(
    in database: Database
  ) throws(SchemaError) -> [SkippedTable] {
    try Catalog(database).tables
      .filter { $0.kind == .ordinary && $0.key.isEmpty }
      .map { SkippedTable(name: $0.name, why: "it has no primary key") }
  }

  /// One table as the file has it now, under another schema's numbers; nil if it is not there or
  /// has no key.
  package static func table(
    named name: String, id: TableID, in database: Database
  ) throws(SchemaError) -> TableSchema? {
    guard
      let table = try Catalog(database).tables.first(where: {
        sameName($0.name, name) && $0.kind == .ordinary
      }), !table.key.isEmpty
    else { return nil }
    return try table.schema(id: id)
  }

  /// Whether two names name one table or column: ASCII letters' case does not count.
  package static func sameName(_ left: String, _ right: String) -> Bool {
    left == right || asciiLowercased(left) == asciiLowercased(right)
  }

  /// Lower case for ASCII letters only, as SQLite compares identifiers.
  package static func asciiLowercased(_ text: String) -> String {
    String(
      decoding: text.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }, as: UTF8.self)
  }

  /// How SQLite converts what is stored in a column of a declared type.
  package static func affinity(declaredType: String, isStrict: Bool) -> Affinity {
    let type = asciiLowercased(declaredType)
    if isStrict, type == "any" { return .blob }
    if type.contains("int") { return .integer }
    if type.contains("char") || type.contains("clob") || type.contains("text") { return .text }
    if type.isEmpty || type.contains("blob") { return .blob }
    if type.contains("real") || type.contains("floa") || type.contains("doub") { return .real }
    return .numeric
  }
}
