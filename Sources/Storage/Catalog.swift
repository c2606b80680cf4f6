internal import CSQLite
internal import Deltas

/// What a file's schema holds, read in a few queries.
struct Catalog {
  enum Kind: Hashable {
    case ordinary
    case virtual
    case shadow
    case view
  }

  struct Column: Hashable {
    let name: String
    let declaredType: String
    let isNotNull: Bool
    /// From 1 in the primary key, 0 outside.
    let keyOrdinal: Int
    let isGenerated: Bool
    let collation: String
    /// As written; nil if there is none.
    let defaultSQL: String?
  }

  struct Table: Hashable {
    let name: String
    let kind: Kind
    let isWithoutRowID: Bool
    let isStrict: Bool
    let createSQL: String
    let columns: [Column]

    var key: [Column] {
      columns.filter { $0.keyOrdinal > 0 }.sorted { $0.keyOrdinal < $1.keyOrdinal }
    }
  }

  private struct Object {
    let type: String
    let name: String
    let table: String
    let sql: String
  }

  let tables: [Table]
  private let objects: [Object]

  init(_ database: Database) throws(SchemaError) {
    do {
      let objects = try Self.readObjects(database)
      tables = try Self.readTables(database, objects: objects)
      self.objects = objects
    } catch {
      throw .storage(error)
    }
  }

  private static func isOwn(_ name: String) -> Bool {
    SchemaReader.asciiLowercased(name).hasPrefix(SchemaReader.ownPrefix)
  }

  private static func readObjects(_ database: Database) throws(StorageError) -> [Object] {
    let statement = try database.cached(SchemaSQL.objects)
    defer { statement.reset() }
    var result: [Object] = []
    while try statement.step() {
      let object = Object(
        type: statement.text(0), name: statement.text(1), table: statement.text(2),
        sql: statement.text(3))
      if isOwn(object.name) || isOwn(object.table) || object.name.hasPrefix("sqlite_") { continue }
      result.append(object)
    }
    return result
  }

  private static func readTables(
    _ database: Database, objects: [Object]
  ) throws(StorageError) -> [Table] {
    var heads: [(name: String, kind: Kind, isWithoutRowID: Bool, isStrict: Bool)] = []
    let statement = try database.cached(SchemaSQL.tables)
    while try statement.step() {
      let kind: Kind =
        switch statement.text(1) {
        case "view": .view
        case "virtual": .virtual
        case "shadow": .shadow
        default: .ordinary
        }
      let name = statement.text(0)
      if isOwn(name) { continue }
      heads.append((name, kind, statement.integer(2) != 0, statement.integer(3) != 0))
    }
    statement.reset()
    let orphans = try shadowPrefixesOfUnknownModules(database, objects: objects)
    var result: [Table] = []
    for head in heads {
      let sql = objects.first { $0.name == head.name && $0.type == "table" }?.sql ?? ""
      let isOrphan = head.kind == .ordinary && orphans.contains { head.name.hasPrefix($0) }
      let isOrdinary = head.kind == .ordinary && !isOrphan
      result.append(
        Table(
          name: head.name, kind: isOrphan ? .shadow : head.kind,
          isWithoutRowID: head.isWithoutRowID, isStrict: head.isStrict, createSQL: sql,
          columns: isOrdinary ? try readColumns(database, table: head.name) : []))
    }
    return result
  }

  /// SQLite knows a virtual table's shadow tables only while it has the module. For one that it
  /// has not, the names must do: all shadow tables are called after their table.
  private static func shadowPrefixesOfUnknownModules(
    _ database: Database, objects: [Object]
  ) throws(StorageError) -> [String] {
    var result: [String] = []
    for object in objects where object.type == "table" {
      let words = object.sql.split(separator: " ", omittingEmptySubsequences: true)
      guard words.count > 2, SchemaReader.sameName(String(words[1]), "virtual"),
        let using = words.firstIndex(where: { SchemaReader.sameName(String($0), "using") }),
        using + 1 < words.count
      else { continue }
      let module = words[using + 1].prefix { $0 != "(" && !$0.isNewline }
      let known = try database.integer(SchemaSQL.hasModule, [.text(String(module))]) ?? 0
      if known == 0 { result.append(object.name + "_") }
    }
    return result
  }

  private static func readColumns(
    _ database: Database, table: String
  ) throws(StorageError) -> [Column] {
    var keyCollations: [String: String] = [:]
    for row in try database.rows(SchemaSQL.keyCollations, [.text(table)]) {
      guard case .text(let name) = row[0], case .text(let collation) = row[1] else { continue }
      keyCollations[String(decoding: name, as: UTF8.self)] = String(
        decoding: collation, as: UTF8.self)
    }
    let statement = try database.cached(SchemaSQL.columns)
    defer { statement.reset() }
    try statement.bind(1, .text(table))
    var result: [Column] = []
    while try statement.step() {
      let name = statement.text(1)
      let hidden = statement.integer(5)
      let collation =
        keyCollations[name] ?? columnCollation(database, table: table, column: name)
      result.append(
        Column(
          name: name, declaredType: statement.text(2), isNotNull: statement.integer(3) != 0,
          keyOrdinal: Int(statement.integer(4)), isGenerated: hidden == 2 || hidden == 3,
          collation: asciiUppercased(collation),
          defaultSQL: statement.isNull(6) ? nil : statement.text(6)))
    }
    return result
  }

  /// https://sqlite.org/c3ref/table_column_metadata.html
  private static func columnCollation(
    _ database: Database, table: String, column: String
  ) -> String {
    var collation: UnsafePointer<CChar>?
    let code = sqlite3_table_column_metadata(
      database.sqliteHandle, "main", table, column, nil, &collation, nil, nil, nil)
    guard code == SQLITE_OK, let collation else { return "BINARY" }
    return String(cString: collation)
  }

  private static func asciiUppercased(_ text: String) -> String {
    String(decoding: text.utf8.map { (97...122).contains($0) ? $0 - 32 : $0 }, as: UTF8.self)
  }

  /// The named table, if it can be tracked.
  func trackable(_ name: String) throws(SchemaError) -> Table {
    guard let table = tables.first(where: { SchemaReader.sameName($0.name, name) }) else {
      if Self.isOwn(name) { throw .notTrackable(table: name, why: "one of the engine's own") }
      throw .noSuchTable(name)
    }
    switch table.kind {
    case .view: throw .notTrackable(table: name, why: "a view")
    case .virtual: throw .notTrackable(table: name, why: "a virtual table")
    case .shadow: throw .notTrackable(table: name, why: "part of a virtual table")
    case .ordinary: break
    }
    guard !table.key.isEmpty else { throw .noPrimaryKey(table: table.name) }
    return table
  }

  /// What else a new file gets, in an order in which it can be made.
  func otherSQL(tracked: Set<String>) -> [String] {
    let shadows = Set(tables.filter { $0.kind == .shadow }.map(\.name))
    let virtuals = Set(tables.filter { $0.kind == .virtual }.map(\.name))
    func rank(_ object: Object) -> Int? {
      if shadows.contains(object.table) { return nil }
      switch object.type {
      case "table":
        if tracked.contains(object.name) { return nil }
        return virtuals.contains(object.name) ? 1 : 0
      case "index": return 2
      case "view": return 3
      case "trigger": return 4
      default: return nil
      }
    }
    var result: [[String]] = [[], [], [], [], []]
    for object in objects {
      if let rank = rank(object) { result[rank].append(object.sql) }
    }
    return result.flatMap { $0 }
  }
}

extension Catalog.Table {
  /// This table under a number of its own; its stored columns are numbered from 1.
  func schema(id: TableID) throws(SchemaError) -> TableSchema {
    let stored = columns.filter { !$0.isGenerated }
    guard stored.count <= DeltaLimits.columnsMax else {
      throw .tooLarge(what: "table “\(name)”'s number of columns", limit: DeltaLimits.columnsMax)
    }
    guard key.count <= DeltaLimits.keyColumnsMax else {
      throw .tooLarge(
        what: "table “\(name)”'s number of key columns", limit: DeltaLimits.keyColumnsMax)
    }
    var ids: [String: ColumnID] = [:]
    let columnSchemas = stored.enumerated().map { index, column in
      let id = ColumnID(UInt16(index + 1))
      ids[column.name] = id
      return ColumnSchema(
        id: id, name: column.name, declaredType: column.declaredType,
        affinity: SchemaReader.affinity(declaredType: column.declaredType, isStrict: isStrict),
        isNotNull: column.isNotNull, collation: column.collation)
    }
    return TableSchema(
      id: id, name: name, columns: columnSchemas, keyColumns: key.compactMap { ids[$0.name] },
      isWithoutRowID: isWithoutRowID, isStrict: isStrict, createSQL: createSQL)
  }
}
