import Deltas
import Foundation
import Storage
import TestSupport
import Testing

struct SchemaReaderTests {
  private let folder: TemporaryFolder
  private let database: Database

  init() throws {
    folder = try TemporaryFolder()
    database = try Database(path: folder.path("a.db"), mode: .create)
  }

  private func schema(_ sql: String, _ tables: [String]? = nil) throws -> Schema {
    try database.executeScript(sql)
    return try SchemaReader.read(database, tables: tables)
  }

  @Test func tablesAreNumberedByNameAndColumnsByDefinition() throws {
    let schema = try schema(
      """
      CREATE TABLE zebra(id INTEGER PRIMARY KEY, name TEXT);
      CREATE TABLE apple(a, b TEXT NOT NULL, k TEXT PRIMARY KEY);
      CREATE TABLE "客户 表"("编 号" TEXT PRIMARY KEY, "电""话" TEXT);
      """)
    #expect(schema.tables.map(\.name) == ["apple", "zebra", "客户 表"])
    #expect(schema.tables.map(\.id.rawValue) == [1, 2, 3])
    let apple = try #require(schema.table(named: "apple"))
    #expect(apple.columns.map(\.name) == ["a", "b", "k"])
    #expect(apple.columns.map(\.id.rawValue) == [1, 2, 3])
    #expect(apple.keyNames == ["k"])
    #expect(apple.columns.map(\.affinity) == [.blob, .text, .text])
    #expect(apple.columns.map(\.isNotNull) == [false, true, false])
    let chinese = try #require(schema.table(named: "客户 表"))
    #expect(chinese.columns.map(\.name) == ["编 号", "电\"话"])
  }

  @Test func integerPrimaryKeyHasNoIndexAndIsFoundAllTheSame() throws {
    let schema = try schema("CREATE TABLE t(x TEXT, id INTEGER PRIMARY KEY)")
    #expect(schema.tables[0].keyNames == ["id"])
    #expect(schema.tables[0].keyColumns == [ColumnID(2)])
  }

  @Test func compositeKeysKeepTheKeysOrderAndCollation() throws {
    let schema = try schema(
      """
      CREATE TABLE b(x TEXT, y INT, z ANY, PRIMARY KEY(y DESC, x COLLATE rtrim))
        WITHOUT ROWID, STRICT;
      CREATE TABLE c(name TEXT COLLATE nocase PRIMARY KEY, note TEXT COLLATE rtrim);
      """)
    let table = schema.tables[0]
    #expect(table.keyNames == ["y", "x"])
    #expect(table.columns.map(\.collation) == ["RTRIM", "BINARY", "BINARY"])
    #expect(table.columns.map(\.affinity) == [.text, .integer, .blob])
    #expect(table.isWithoutRowID)
    #expect(table.isStrict)
    #expect(schema.tables[1].columns.map(\.collation) == ["NOCASE", "RTRIM"])
  }

  @Test func generatedColumnsAreNotTracked() throws {
    let schema = try schema(
      """
      CREATE TABLE t(id INTEGER PRIMARY KEY, first TEXT, whole TEXT AS (first || last) STORED,
        last TEXT, short AS (substr(last, 1, 3)));
      """)
    #expect(schema.tables[0].columns.map(\.name) == ["id", "first", "last"])
    #expect(schema.tables[0].columns.map(\.id.rawValue) == [1, 2, 3])
  }

  @Test func tablesWithoutAKeyAreSkippedOrRefusedByName() throws {
    try database.executeScript("CREATE TABLE t(id INTEGER PRIMARY KEY); CREATE TABLE bare(x)")
    #expect(try SchemaReader.read(database, tables: nil).tables.map(\.name) == ["t"])
    #expect(try SchemaReader.skippedTables(in: database).map(\.name) == ["bare"])
    let error = #expect(throws: SchemaError.self) {
      try SchemaReader.read(database, tables: ["t", "bare"])
    }
    #expect(error == .noPrimaryKey(table: "bare"))
    #expect(error?.message.contains("“bare”") == true)
    #expect(throws: SchemaError.noSuchTable("absent")) {
      try SchemaReader.read(database, tables: ["absent"])
    }
  }

  @Test func viewsVirtualAndShadowTablesAreRefused() throws {
    try database.executeScript(
      """
      CREATE TABLE t(id INTEGER PRIMARY KEY);
      CREATE VIEW v AS SELECT * FROM t;
      CREATE VIRTUAL TABLE f USING fts5(q);
      """)
    for name in ["v", "f", "f_config", "sqlite_schema"] {
      #expect(throws: SchemaError.self) { try SchemaReader.read(database, tables: [name]) }
    }
    #expect(try SchemaReader.read(database, tables: nil).tables.map(\.name) == ["t"])
    #expect(throws: SchemaError.nothingToTrack) {
      let empty = try Database(path: folder.path("empty.db"), mode: .create)
      _ = try SchemaReader.read(empty, tables: nil)
    }
  }

  @Test func otherSQLMakesTheSameSchemaInANewFile() throws {
    let schema = try schema(
      """
      CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE);
      CREATE VIEW v AS SELECT name FROM t;
      CREATE INDEX i ON t(name) WHERE id > 3;
      CREATE TABLE total(n);
      CREATE VIRTUAL TABLE "全文" USING fts5(name, content='t', content_rowid='id');
      CREATE TRIGGER tr AFTER INSERT ON t BEGIN
        UPDATE total SET n = n + 1; INSERT INTO "全文"(rowid, name) VALUES (NEW.id, NEW.name);
      END;
      CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN INSERT INTO t(name) VALUES (NEW.name); END;
      CREATE TABLE tributary_state(id INTEGER PRIMARY KEY);
      CREATE TRIGGER tributary_1_i AFTER INSERT ON t BEGIN SELECT 1; END;
      INSERT INTO t(name) VALUES ('x');
      ANALYZE;
      """)
    #expect(schema.tables.map(\.name) == ["t"])
    let other = try Database(path: folder.path("b.db"), mode: .create)
    for sql in schema.tables.map(\.createSQL) + schema.otherSQL { try other.executeScript(sql) }
    let names =
      "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'tributary%' "
      + "AND name NOT LIKE 'sqlite_stat%' ORDER BY name"
    #expect(try other.rows(names) == database.rows(names))
    #expect(try SchemaReader.differences(expected: schema, in: other).isEmpty)
    try other.executeScript("INSERT INTO v(name) VALUES ('found')")
    #expect(
      try other.integer("SELECT count(*) FROM \"全文\" WHERE \"全文\" MATCH 'found'") == 1)
  }

  @Test func differencesAreSentences() throws {
    let expected = try schema(
      """
      CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, phone TEXT, tag TEXT COLLATE NOCASE);
      CREATE TABLE gone(id INTEGER PRIMARY KEY);
      """)
    let other = try Database(path: folder.path("b.db"), mode: .create)
    try other.executeScript(
      "CREATE TABLE T(ID INTEGER, name TEXT PRIMARY KEY, phone INTEGER, tag TEXT, extra)")
    let sentences = try SchemaReader.differences(expected: expected, in: other)
    #expect(sentences.count == 4)
    #expect(sentences.contains { $0.contains("“gone” is missing") })
    #expect(sentences.contains { $0.contains("“phone”") && $0.contains("integer affinity") })
    #expect(sentences.contains { $0.contains("“tag”") && $0.contains("NOCASE") })
    #expect(sentences.contains { $0.contains("has the key (name)") })
    #expect(try SchemaReader.differences(expected: expected, in: database).isEmpty)
  }

  @Test(
    arguments: [
      ("INT", Affinity.integer), ("POINT", .integer), ("VARCHAR(45)", .text), ("CLOB", .text),
      ("", .blob), ("BLOB SUB_TYPE TEXT", .text), ("BLOB", .blob), ("DOUBLE", .real),
      ("FLOATING", .real), ("DECIMAL(5,2)", .numeric), ("TIMESTAMP", .numeric), ("ANY", .numeric),
      ("CHARINT", .integer),
    ])
  func affinityFollowsSQLitesRules(type: String, affinity: Affinity) throws {
    #expect(SchemaReader.affinity(declaredType: type, isStrict: false) == affinity)
    try database.executeScript("CREATE TABLE a(c \(type))")
    // What SQLite makes of a text that looks like a number shows the affinity.
    try database.executeScript("INSERT INTO a VALUES ('12'), (12), (1.5)")
    let types = try database.rows("SELECT typeof(c) FROM a").map { $0[0] }
    let expected: [Value] =
      switch affinity {
      case .text: [.text("text"), .text("text"), .text("text")]
      case .blob: [.text("text"), .text("integer"), .text("real")]
      case .real: [.text("real"), .text("real"), .text("real")]
      case .integer, .numeric: [.text("integer"), .text("integer"), .text("real")]
      }
    #expect(types == expected)
  }

  @Test(.enabled(if: sharedData("sakila/sakila.db") != nil))
  func sakilaIsReadWhole() throws {
    let schema = try readShared("sakila/sakila.db")
    #expect(schema.tables.count == 16)
    #expect(schema.table(named: "film_actor")?.keyNames == ["actor_id", "film_id"])
    #expect(schema.otherSQL.filter { $0.hasPrefix("CREATE TRIGGER") }.count == 30)
    try rebuild(schema)
  }

  @Test(.enabled(if: sharedData("northwind/northwind.db") != nil))
  func northwindIsReadWhole() throws {
    let schema = try readShared("northwind/northwind.db")
    #expect(schema.tables.count == 13)
    #expect(schema.table(named: "Order Details")?.keyNames == ["OrderID", "ProductID"])
    try rebuild(schema)
  }

  private func readShared(_ name: String) throws -> Schema {
    let source = try #require(sharedData(name))
    let shared = try Database(path: source.path, mode: .readOnly)
    return try SchemaReader.read(shared, tables: nil)
  }

  private func rebuild(_ schema: Schema) throws {
    for sql in schema.tables.map(\.createSQL) + schema.otherSQL {
      try database.executeScript(sql)
    }
    #expect(try SchemaReader.read(database, tables: nil) == schema)
  }
}
