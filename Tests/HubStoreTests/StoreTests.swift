import Basics
import Clocks
import Deltas
import Foundation
import HubStore
import Storage
import TestSupport
import Testing

@testable import HubStore

@Suite struct StoreTests {
  private func error(_ body: () throws -> Void) -> HubStoreError? {
    do {
      try body()
    } catch let error as HubStoreError {
      return error
    } catch {}
    return nil
  }

  @Test func opensWhatItMade() throws {
    let hub = try TestHub()
    let store = try hub.reopened()
    #expect(try store.generation() == TestHub.generation)
    #expect(store.schema == SampleSchema.schema)
    #expect(try store.hostNames() == ["localhost"])
    #expect(try store.servedURL() == nil)
    try store.setServedURL("https://localhost:8443")
    #expect(try hub.store.servedURL() == "https://localhost:8443")
    #expect(try store.check().allSatisfy(\.isOK))
    #expect(try store.digests().map(\.digest.rowCount) == [0, 0, 0])
  }

  @Test func refusesFoldersThatAreNone() throws {
    let folder = try TemporaryFolder()
    let empty = folder.path("empty")
    #expect(error { _ = try HubStore(folder: empty) } == .notAHub(path: empty))
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
    #expect(error { _ = try HubStore(folder: empty) } == .notAHub(path: empty))
    try Data("no database at all, but long enough to be read as one".utf8)
      .write(to: URL(fileURLWithPath: empty + "/hub.db"))
    #expect(error { _ = try HubStore(folder: empty) } == .notAHub(path: empty))
    let other = folder.path("other")
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    try Database(path: other + "/hub.db", mode: .create).executeScript("CREATE TABLE t (a)")
    #expect(error { _ = try HubStore(folder: other) } == .notAHub(path: other))
    #expect(error { try create(other, SampleSchema.schema) } == .alreadyAHub(path: other))
  }

  private func create(_ folder: String, _ schema: Schema) throws {
    try HubStore.create(
      folder: folder, like: schema, generation: TestHub.generation, hostNames: [],
      wallMilliseconds: 0)
  }

  @Test func isMadeOnceAndWhole() throws {
    let folder = try TemporaryFolder()
    try create(folder.path("hub"), SampleSchema.schema)
    #expect(
      error { try create(folder.path("hub"), SampleSchema.schema) }
        == .alreadyAHub(path: folder.path("hub")))
    var broken = SampleSchema.schema
    broken.tables[2].createSQL = "CREATE TABLE voucher (code TEXT PRIMARY KEY)"
    let other = folder.path("other")
    guard case .schemaNotUsable(let why)? = error({ try create(other, broken) }) else {
      Issue.record("a table without its columns was taken")
      return
    }
    #expect(why.contains("voucher"))
    // Nothing was left behind, so that it can be made after all.
    try create(other, SampleSchema.schema)
  }

  @Test func takesUniqueIndexesOver() throws {
    let folder = try TemporaryFolder()
    var schema = SampleSchema.schema
    schema.otherSQL = [
      "CREATE TABLE untracked (a)",
      "CREATE UNIQUE INDEX name_once ON customer (name)",
      "create  unique\nindex other_once ON untracked (a)",
      "CREATE INDEX plain ON customer (city)",
      "CREATE TRIGGER t AFTER INSERT ON customer BEGIN DELETE FROM customer; END",
    ]
    try create(folder.path("hub"), schema)
    let database = try Database(path: folder.path("hub/hub.db"), mode: .readOnly)
    let names = try database.rows(
      """
      SELECT name FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'tributary%'
      ORDER BY name
      """)
    #expect(
      names.map(\.[0]) == ["customer", "membership", "name_once", "voucher"].map { .text($0) })
  }

  @Test func oddNamesAndKindsOfTables() throws {
    let folder = try TemporaryFolder()
    let application = try Database(path: folder.path("app.db"), mode: .create)
    try application.executeScript(
      """
      CREATE TABLE "客户 ""表" ("主键" TEXT PRIMARY KEY COLLATE NOCASE, "值 1" BLOB) STRICT;
      CREATE TABLE plain (a, b, c REAL, d AS (c * 2), PRIMARY KEY (b, a)) WITHOUT ROWID;
      """)
    let schema = try SchemaReader.read(application, tables: nil)
    let hub = try TestHub(schema: schema)
    var a = hub.branch(1)
    let table = schema.table(named: "客户 \"表")!
    let plain = schema.table(named: "plain")!
    func row(_ key: [Value], _ table: TableSchema, _ values: [Value]) -> RowChange {
      RowChange(
        key: RowKey(table: table.id, values: key), kind: .insert, columns: table.valueColumns,
        values: values, milliseconds: 100, base: nil)
    }
    a.write([
      row([.text("straße ")], table, [.blob([0, 1])]), row([.text("e\u{301}")], table, [.null]),
      row([.integer(1), .blob([])], plain, [.real(bits: Double(1.5).bitPattern)]),
      row([.real(bits: Double(2).bitPattern), .text([0xff, 0])], plain, [.null]),
    ])
    try hub.store.sync(&a)
    #expect(try hub.tables() == a.rows)
    a.write([
      .update(RowKey(table: table.id, values: [.text("straße ")]), [2: .blob([7])], at: 200),
      .delete(RowKey(table: plain.id, values: [.integer(1), .blob([])]), at: 200),
      // SQLite takes the two for one key; bytes differ.
      row([.text("STRAßE ")], table, [.blob([9])]),
    ])
    try hub.store.sync(&a)
    #expect(try hub.tables().count == 3)
    #expect(try hub.store.quarantinedRows().map(\.key.values) == [[.text("STRAßE ")]])
    #expect(a.rows == (try hub.tables()))
    let keys = [[Value.text("e\u{301}")], [.text("STRAßE ")], [.text("straße ")]].map {
      RowKey(table: table.id, values: $0).encoded
    }
    let rows = try hub.store.rows(of: table.id, keys: keys, bytesAtMost: 1_000)
    #expect(
      rows == [[.text("e\u{301}"), .null], nil, [.text("straße "), .blob([7])]])
    #expect(try hub.store.rows(of: table.id, keys: keys, bytesAtMost: 1)?.count == 1)
    #expect(try hub.store.rows(of: TableID(70), keys: keys, bytesAtMost: 1) == nil)
  }

  @Test func everyStatementPrepares() throws {
    let hub = try TestHub()
    try hub.store.database.execute(HubSQL.createContested)
    try hub.store.database.execute(HubSQL.createNoted(keyColumnsMax: 1))
    let names = ["HubSQL", "HubSQL+Timelines", "HubSQL+Pruning", "HubSQL+References"]
    let source = try names.map { name in
      try String(
        contentsOf: projectFolder.appendingPathComponent("Sources/HubStore/\(name).swift"),
        encoding: .utf8)
    }.joined()
    // The closing quotes are three or one; what is between is the statement.
    let pattern = #/static let (\w+) = (?:"{3}\n(?s:(.*?))\n *"{3}|"(.*)")\n/#
    var count = 0
    // What later ones are made of.
    var parts: [String: String] = [:]
    for match in source.matches(of: pattern) {
      var sql = String(match.output.2 ?? match.output.3 ?? "")
      for (name, part) in parts { sql = sql.replacing("\\(\(name))", with: part) }
      parts[String(match.output.1)] = sql
      let isPart = ["connection", "create", "createThirdFormat", "replicaColumns", "isAliasDone"]
        .contains(match.output.1)
      guard !isPart else { continue }
      _ = try hub.store.database.prepare(sql)
      count += 1
    }
    #expect(count > 100)
  }

  @Test(arguments: 0..<200) func recordsReadWhatTheyWrite(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    func version() -> StoredVersion {
      StoredVersion(
        position: LogPosition(UInt64.random(in: 0...300, using: &random)),
        milliseconds: random.chance(300) ? nil : Int64.random(in: -5...5, using: &random),
        base: random.chance(300) ? LogPosition(3) : nil, isInLog: random.chance(200),
        isSettled: random.chance(200))
    }
    var metadata = RowMetadata(latest: version())
    metadata.place = [.table, .gone, .quarantine][Int.random(in: 0...2, using: &random)]
    metadata.isComplete = random.chance(800)
    metadata.deletions = (0..<Int.random(in: 0...2, using: &random)).map { _ in version() }
    metadata.groups = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      let columns = ColumnSet(
        (0..<Int.random(in: 1...4, using: &random)).map { _ in
          ColumnID(UInt16.random(in: 0...200, using: &random))
        })
      let versions = (0..<Int.random(in: 0...2, using: &random)).map { _ in version() }
      let values = columns.columns.map { _ in versions.map { _ in Value.text("v") } }
      return RowMetadata.Group(
        columns: columns, versions: versions, values: random.chance(500) ? values : [])
    }
    guard let detail = metadata.detail else {
      #expect(metadata == RowMetadata(latest: metadata.latest))
      return
    }
    func read(_ bytes: [UInt8]) throws -> RowMetadata {
      try RowMetadata(
        position: metadata.latest.position, milliseconds: metadata.latest.milliseconds,
        detail: bytes)
    }
    #expect(try read(detail) == metadata)
    // Damaged bytes are an error or another record, never a trap.
    for index in detail.indices {
      var damaged = detail
      damaged[index] ^= UInt8(1 << (seed % 8))
      _ = try? read(damaged)
      _ = try? read(Array(detail.prefix(index)))
    }
  }

  @Test func readersSeeOneStateWhileItIsWritten() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    let reader = try hub.database()
    try hub.store.sync(&a)
    try reader.readTransaction {
      #expect(try reader.integer("SELECT count(*) FROM customer") == 1)
      a.write([.insertCustomer(2, "Bob", at: 100)])
      try hub.store.sync(&a)
      #expect(try reader.integer("SELECT count(*) FROM customer") == 1)
    }
    #expect(try reader.integer("SELECT count(*) FROM customer") == 2)
  }

  @Test func checkTellsWhatWasTampered() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    a.write([.insertCustomer(2, "Bob", at: 100)])
    try hub.store.sync(&a)
    let file = try Database(path: hub.store.folder + "/hub.db", mode: .readWrite)
    try file.execute("DELETE FROM tributary_log_frame WHERE position = 2 AND type = 2")
    #expect(try hub.store.check().filter { !$0.isOK }.count == 1)
    try file.execute("DELETE FROM tributary_log WHERE position = 2")
    #expect(try hub.store.check().filter { !$0.isOK }.count == 1)
    try file.execute("ALTER TABLE customer DROP COLUMN city")
    #expect(try hub.store.check().filter { !$0.isOK }.count == 2)
  }
}
