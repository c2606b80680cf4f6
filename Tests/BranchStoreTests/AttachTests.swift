import Clocks
import Deltas
import Foundation
import Storage
import TestSupport
import Testing

@testable import BranchStore

/// A database becomes a branch, and is none again, without losing anything of its own.
struct AttachTests {
  private static let sql = """
    CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE total(n);
    CREATE INDEX by_name ON customer(name);
    CREATE VIEW seen AS SELECT name FROM customer;
    CREATE TRIGGER ai AFTER INSERT ON customer BEGIN UPDATE total SET n = n + 1; END;
    INSERT INTO customer VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cy');
    """

  private let identity = BranchIdentity(
    replica: ReplicaID(1), branch: "南山支行", hubURL: "https://hub.example",
    generation: TestBranch.generation)

  @Test func rowsThatAreThereAreTheFirstChangesWithoutATime() throws {
    let branch = try TestBranch(Self.sql)
    let outgoing = try #require(try branch.store.outbox().first)
    #expect(outgoing.isBaseline)
    #expect(outgoing.rowCount == 3)
    #expect(
      try branch.outgoing().map(\.brief)
        == ["insert 1 c2='Ann'", "insert 2 c2='Bob'", "insert 3 c2='Cy'"])
    #expect(try branch.seal().changesetCount == 0)
    #expect(try branch.store.status().pendingRowCount == 3)
    try branch.run("UPDATE customer SET name = 'x' WHERE id = 1")
    #expect(try branch.store.status().pendingRowCount == 4)
  }

  @Test func rowsThatTheHubHasAreNotSent() throws {
    let known = [RowKey(table: TableID(1), values: [.integer(2)]).encoded]
    let branch = try TestBranch(Self.sql, isKnown: { known.contains($1) })
    #expect(try branch.outgoing().map(\.brief) == ["insert 1 c2='Ann'", "insert 3 c2='Cy'"])
  }

  @Test func manyRowsBecomeChangesetsOfABoundedSize() throws {
    let branch = try TestBranch(
      """
      CREATE TABLE a(id INTEGER PRIMARY KEY, v);
      CREATE TABLE b(id INTEGER PRIMARY KEY, v);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
        INSERT INTO a SELECT i, 'value ' || i FROM n;
      INSERT INTO b SELECT * FROM a LIMIT 10;
      """)
    let outbox = try branch.store.outbox()
    #expect(outbox.count == 3)
    #expect(outbox.map(\.rowCount).reduce(0, +) == 120_010)
    #expect(outbox.allSatisfy { $0.rowCount < 70_000 })
    #expect(outbox.map(\.counter) == [1, 2, 3])
    var previous = outbox[0].contentHash
    for (changeset, stream) in zip(outbox, try branch.streams()).dropFirst() {
      var frames = FrameReader()
      frames.append(stream)
      var reader = ChangesetReader()
      guard let first = try frames.next(), case .header(let header) = try reader.read(first) else {
        throw DeltaDecodingError.truncated
      }
      #expect(header.previous == previous)
      #expect(header.isBaseline)
      previous = changeset.contentHash
    }
  }

  @Test func outboxBytesCanBeReadFromAnyOffset() throws {
    let branch = try TestBranch("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
    try branch.run(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
        INSERT INTO t SELECT i, randomblob(20000) FROM n
      """)
    try branch.seal()
    let whole = try branch.streams()[0]
    #expect(whole.count > 2 * BranchLimits.outboxPieceBytes)
    var generator = UInt64(7)
    for _ in 0..<50 {
      generator = generator &* 6_364_136_223_846_793_005 &+ 1
      let offset = Int(generator >> 33) % whole.count
      let count = Int(generator >> 20) % 400_000
      #expect(
        try branch.store.outboxBytes(counter: 1, offset: offset, byteCount: count)
          == Array(whole.dropFirst(offset).prefix(count)))
    }
    #expect(
      try branch.store.outboxBytes(counter: 1, offset: whole.count, byteCount: 9).isEmpty)
    #expect(try branch.store.outboxBytes(counter: 2, offset: 0, byteCount: 9).isEmpty)
  }

  @Test func aNewFileGetsTheApplicationsSchema() throws {
    let old = try TestBranch(Self.sql)
    let new = try TestBranch(nil, like: old.schema, replica: 2)
    let names = """
      SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE 'tributary%'
      AND name NOT LIKE 'sqlite_%' ORDER BY name
      """
    #expect(try new.rows(names) == old.rows(names))
    #expect(try new.rows("SELECT * FROM customer").isEmpty)
    #expect(try new.store.check().allSatisfy(\.isOK))
  }

  @Test func detachingLeavesNoTrace() throws {
    let branch = try TestBranch(Self.sql)
    try branch.run("INSERT INTO customer VALUES (4, 'Di')")
    try branch.seal()
    try branch.store.detach()
    #expect(
      try branch.rows("SELECT name FROM sqlite_schema WHERE name LIKE '%tributary%'").isEmpty)
    #expect(try branch.rows("SELECT count(*) FROM customer") == [[.integer(4)]])
    #expect(
      try branch.rows("SELECT count(*) FROM sqlite_schema WHERE type <> 'table'")
        == [[.integer(3)]])
    try branch.run("INSERT INTO customer VALUES (5, 'Ed')")
    #expect(throws: BranchStoreError.notABranch(path: branch.path)) {
      try BranchStore(path: branch.path)
    }
    let again = try BranchStore.attach(
      path: branch.path, identity: identity, schema: branch.schema, wallMilliseconds: 1)
    #expect(try again.status().pendingRowCount == 5)
  }

  @Test func whatCannotBeAttachedIsLeftAsItWas() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("a.db")
    let database = try Database(path: path, mode: .create)
    try database.executeScript(Self.sql)
    let schema = try SchemaReader.read(database, tables: nil)
    let before = try database.rows("SELECT * FROM sqlite_schema")

    let other = try Database(path: folder.path("other.db"), mode: .create)
    try other.executeScript("CREATE TABLE client(id TEXT PRIMARY KEY)")
    let unfit = try SchemaReader.read(other, tables: nil)
    #expect(
      throws: BranchStoreError.schemaDiffers(["Table “client” is missing."])
    ) {
      _ = try BranchStore.attach(
        path: path, identity: identity, schema: unfit, wallMilliseconds: 1)
    }
    #expect(try database.rows("SELECT * FROM sqlite_schema") == before)
    #expect(
      try BranchStore.obstacles(path: path, schema: unfit) == ["Table “client” is missing."])
    #expect(try BranchStore.obstacles(path: path, schema: schema).isEmpty)

    try database.executeScript(
      "CREATE TRIGGER needs AFTER INSERT ON customer BEGIN SELECT of_the_app(); END")
    let error = #expect(throws: BranchStoreError.self) {
      _ = try BranchStore.attach(
        path: path, identity: identity, schema: schema, wallMilliseconds: 1)
    }
    guard case .tableNotUsable("customer", _)? = error else { throw CancellationError() }
    #expect(try BranchStore.obstacles(path: path, schema: schema).count == 1)
    try database.executeScript("DROP TRIGGER needs")

    _ = try BranchStore.attach(path: path, identity: identity, schema: schema, wallMilliseconds: 1)
    #expect(throws: BranchStoreError.alreadyABranch(path: path)) {
      _ = try BranchStore.attach(
        path: path, identity: identity, schema: schema, wallMilliseconds: 1)
    }
    #expect(try BranchStore.obstacles(path: path, schema: schema).count == 1)
  }

  @Test func aFileThatIsNoDatabaseIsSaid() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("text.db")
    try Data(repeating: 65, count: 5_000).write(to: URL(fileURLWithPath: path))
    #expect(throws: BranchStoreError.storage(.notADatabase)) { try BranchStore(path: path) }
    #expect(throws: BranchStoreError.storage(.cannotOpen)) {
      try BranchStore(path: folder.path("absent.db"))
    }
    let empty = folder.path("empty.db")
    try Data().write(to: URL(fileURLWithPath: empty))
    #expect(throws: BranchStoreError.notABranch(path: empty)) { try BranchStore(path: empty) }
  }

  @Test func aNewFileThatCouldNotBeMadeIsNotLeftBehind() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("new.db")
    let schema = Schema(
      tables: [], otherSQL: ["CREATE VIRTUAL TABLE v USING no_such_module(x)"])
    #expect(throws: BranchStoreError.self) {
      _ = try BranchStore.attach(
        path: path, identity: identity, schema: schema, wallMilliseconds: 1)
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test(
    .enabled(if: sharedData("northwind/northwind.db") != nil),
    arguments: ["northwind/northwind.db", "sakila/sakila.db"])
  func realDatabasesAttachAndDetach(name: String) throws {
    let source = try #require(sharedData(name))
    let branch = try TestBranch(copyOf: source)
    let original = try Database(path: source.path, mode: .readOnly)
    for table in branch.schema.tables {
      #expect(
        try TableDigests.digest(of: table, in: original)
          == TableDigests.digest(of: table, in: branch.application))
    }
    let rowCount = try branch.store.outbox().map(\.rowCount).reduce(0, +)
    #expect(try branch.store.digests().map(\.digest.rowCount).reduce(0, +) == rowCount)
    #expect(try branch.store.check().allSatisfy(\.isOK))
    try branch.store.detach()
    #expect(
      try branch.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY name")
        == original.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY name"))
  }
}
