import Deltas
import Storage
import TestSupport
import Testing

/// Finding in a file what is synced, under whatever name, and what it has beyond.
struct PlacementTests {
  private let folder: TemporaryFolder
  private let database: Database
  private let schema: Schema

  init() throws {
    folder = try TemporaryFolder()
    database = try Database(path: folder.path("a.db"), mode: .create)
    try database.executeScript(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v); CREATE TABLE loose(x)")
    schema = try SchemaReader.read(database, tables: nil)
  }

  private func placement(_ called: LocalNames = LocalNames()) throws -> SchemaPlacement {
    try SchemaReader.placement(of: schema, in: database, besides: [], called: called)
  }

  @Test func aFileThatIsAsItWasHasAllAndNothingMore() throws {
    let found = try placement()
    #expect(found.placed.tables == schema.tables)
    #expect(found.extended == schema)
    #expect(found.missing.isEmpty && found.missingColumns.isEmpty && found.differences.isEmpty)
    #expect(found.obstacles.isEmpty && found.unfit.isEmpty)
  }

  @Test func aMigrationReadsWhatIsSyncedAndWhatIsNamed() throws {
    try database.executeScript(
      """
      CREATE TABLE settings(id INTEGER PRIMARY KEY, printer TEXT);
      CREATE TABLE visit(id INTEGER PRIMARY KEY); ALTER TABLE item RENAME TO product;
      """)
    func names(_ migration: SchemaMigration, _ further: String...) throws -> [String] {
      try SchemaReader.read(database, after: migration, of: schema, besides: further)
        .tables.map(\.name)
    }
    let rename = SchemaMigration(renames: [.init(.init(table: "ITEM"), to: "Product")])
    #expect(try names(rename) == ["product"])
    #expect(try names(rename, "visit", "PRODUCT") == ["product", "visit"])
    #expect(try names(SchemaMigration()).isEmpty)
    #expect(throws: SchemaError.self) { try names(rename, "loose") }
    // What is synced nowhere belongs to the rest of the application's schema.
    let read = try SchemaReader.read(database, after: rename, of: schema, besides: [])
    #expect(read.otherSQL.contains { $0.contains("settings") })
    #expect(try schema.migrated(like: read, by: rename).tables.map(\.name) == ["Product"])
    #expect(throws: SchemaMigrationError.self) {
      try schema.migrated(
        like: SchemaReader.read(database, after: SchemaMigration(), of: schema, besides: []),
        by: SchemaMigration())
    }
  }

  @Test func additionsHaveTheirNumbersAndDefaults() throws {
    try database.executeScript(
      """
      ALTER TABLE item ADD COLUMN plain;
      ALTER TABLE item ADD COLUMN text TEXT DEFAULT 'it''s';
      ALTER TABLE item ADD COLUMN number INTEGER NOT NULL DEFAULT -7;
      ALTER TABLE item ADD COLUMN half DEFAULT 0.5;
      ALTER TABLE item ADD COLUMN loud TEXT AS (upper(name));
      CREATE TABLE more(a TEXT, b TEXT DEFAULT (datetime('now')), PRIMARY KEY (a, b));
      CREATE TABLE other(id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP, d DEFAULT "q");
      """)
    let found = try placement()
    let item = try #require(found.extended.table(TableID(1)))
    let names = ["plain", "text", "number", "half"]
    #expect(item.columns.map(\.name) == ["id", "name", "v"] + names)
    #expect(item.columns.suffix(4).map(\.id) == names.map { Schema.addedColumn($0, besides: []) })
    #expect(
      item.columns.suffix(4).map(\.defaultValue)
        == [nil, .text("it's"), .integer(-7), .real(0.5)])
    #expect(Set(found.extended.tables.map(\.name)) == ["item", "more", "other"])
    let other = try #require(found.extended.table(named: "other"))
    #expect(other.columns.map(\.defaultValue) == [nil, nil, .text("q")])
    let more = try #require(found.placed.table(named: "more"))
    #expect(more.keyNames == ["a", "b"])
    #expect(more.keyColumns.allSatisfy { $0.rawValue >= Schema.addedNumberMin })
    // Another file that has the same comes to the same.
    #expect(
      try SchemaReader.placement(of: found.extended, in: database, besides: []).extended
        == found.extended)
  }

  @Test func whatIsKnownToBeItsNameGoesFirst() throws {
    try database.executeScript(
      "ALTER TABLE item RENAME name TO title; ALTER TABLE item ADD COLUMN name TEXT")
    var called = LocalNames()
    called.columns[TableID(1)] = [ColumnID(2): "title", ColumnID(3): "gone"]
    let found = try placement(called)
    let item = try #require(found.placed.tables.first)
    #expect(item.column(ColumnID(2))?.name == "title")
    #expect(item.column(ColumnID(3))?.name == "v")
    #expect(item.columns.last?.name == "name")
    // By names alone the title is new.
    #expect(try placement().placed.tables.first?.column(ColumnID(2))?.name == "name")
  }

  @Test func whatStandsInTheWayIsSaid() throws {
    try database.executeScript(
      "DROP TABLE item; CREATE TABLE item(id TEXT PRIMARY KEY, name INTEGER)")
    let found = try placement()
    #expect(found.differences.count == 2)
    #expect(found.missingColumns.map(\.column.name) == ["v"])
    #expect(found.obstacles.count == 3)
    try database.executeScript("DROP TABLE item")
    #expect(try placement().obstacles == ["Table “item” is missing."])
  }
}
