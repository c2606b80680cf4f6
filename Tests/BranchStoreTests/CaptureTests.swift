import BranchStore
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

/// What any program writes is captured, and comes out of a seal as it should.
struct CaptureTests {
  private let customers = """
    CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, phone TEXT COLLATE NOCASE, extra);
    """

  private func branch(_ sql: String) throws -> TestBranch {
    let branch = try TestBranch(sql)
    #expect(try branch.store.outbox().isEmpty)
    return branch
  }

  private func brief(_ branch: TestBranch, after sql: String) throws -> [String] {
    try branch.run(sql)
    return try branch.sealed().map(\.brief)
  }

  @Test func insertsUpdatesAndDeletesBecomeOneChangeEach() throws {
    let branch = try branch(customers)
    #expect(
      try brief(
        branch, after: "INSERT INTO customer VALUES (1, 'Ann', '1', x'00'), (2, 'B', '2', 3)")
        == ["insert 1 c2='Ann' c3='1' c4=x'00'", "insert 2 c2='B' c3='2' c4=3"])
    #expect(
      try brief(branch, after: "UPDATE customer SET name = 'Änn' WHERE id = 1")
        == ["update 1 c2='Änn'"])
    #expect(
      try brief(branch, after: "UPDATE customer SET name = 'C', phone = '3' WHERE id = 2")
        == ["update 2 c2='C' c3='3'"])
    #expect(try brief(branch, after: "DELETE FROM customer WHERE id = 1") == ["delete 1"])
    #expect(try branch.store.outbox().map(\.counter) == [1, 2, 3, 4])
  }

  @Test func aRowWrittenOftenIsSealedOnceWithItsLastValues() throws {
    let branch = try branch(customers)
    #expect(
      try brief(
        branch,
        after: """
          INSERT INTO customer VALUES (1, 'a', 'b', NULL);
          UPDATE customer SET name = 'c';
          UPDATE customer SET phone = 'd';
          """) == ["insert 1 c2='c' c3='d' c4=null"])
    #expect(try branch.seal().rowCount == 0)
    #expect(
      try brief(branch, after: "UPDATE customer SET name = 'x'; UPDATE customer SET name = 'y'")
        == ["update 1 c2='y'"])
  }

  @Test func whatChangesNothingIsNotCaptured() throws {
    let branch = try branch(customers)
    try branch.run("INSERT INTO customer VALUES (1, 'a', 'b', 1)")
    try branch.seal()
    #expect(
      try brief(branch, after: "UPDATE customer SET id = id, name = 'a', phone = 'b', extra = 1")
        == [])
    #expect(
      try brief(branch, after: "INSERT OR IGNORE INTO customer VALUES (1, 'z', 'z', 1)") == [])
  }

  @Test func changesThatOnlyBytesShowAreCaptured() throws {
    let branch = try branch(customers)
    try branch.run("INSERT INTO customer VALUES (1, 'a', 'b', 1)")
    try branch.seal()
    // Equal under NOCASE; equal as numbers.
    #expect(try brief(branch, after: "UPDATE customer SET phone = 'B'") == ["update 1 c3='B'"])
    #expect(try brief(branch, after: "UPDATE customer SET extra = 1.0") == ["update 1 c4=1.0"])
    #expect(try brief(branch, after: "UPDATE customer SET extra = '1'") == ["update 1 c4='1'"])
    #expect(try brief(branch, after: "UPDATE customer SET extra = NULL") == ["update 1 c4=null"])
    #expect(try brief(branch, after: "UPDATE customer SET extra = ''") == ["update 1 c4=''"])
  }

  @Test func aChangedKeyIsADeletionAndAnInsertion() throws {
    let branch = try branch(customers)
    try branch.run("INSERT INTO customer VALUES (1, 'a', 'b', 1)")
    try branch.seal()
    #expect(
      try brief(branch, after: "UPDATE customer SET id = 5, name = 'n'")
        == ["delete 1", "insert 5 c2='n' c3='b' c4=1"])
    for alias in ["rowid", "_rowid_", "oid"] {
      let key = alias.utf8.count
      #expect(
        try brief(branch, after: "UPDATE customer SET \(alias) = \(key * 10)").count == 2)
    }
  }

  @Test func keysThatDifferInCaseOnlyAreTwoKeys() throws {
    let branch = try branch("CREATE TABLE t(k TEXT PRIMARY KEY COLLATE NOCASE, v)")
    try branch.run("INSERT INTO t VALUES ('a', 1)")
    try branch.seal()
    #expect(
      try brief(branch, after: "UPDATE t SET k = 'A'") == ["delete 'a'", "insert 'A' c2=1"])
  }

  @Test func replacingIsAnInsertionOfAllColumns() throws {
    let branch = try branch(customers)
    try branch.run("INSERT INTO customer VALUES (1, 'a', 'b', 1)")
    try branch.seal()
    #expect(
      try brief(branch, after: "INSERT OR REPLACE INTO customer(id, name) VALUES (1, 'c')")
        == ["insert 1 c2='c' c3=null c4=null"])
    try branch.run("PRAGMA recursive_triggers = ON")
    #expect(
      try brief(branch, after: "REPLACE INTO customer(id, name) VALUES (1, 'd')")
        == ["insert 1 c2='d' c3=null c4=null"])
    #expect(
      try brief(
        branch,
        after: """
          INSERT INTO customer(id, name) VALUES (1, 'e')
          ON CONFLICT (id) DO UPDATE SET name = excluded.name
          """) == ["update 1 c2='e'"])
  }

  @Test func aRowThatWasReplacedAndThenDeletedIsDeletedElsewhereToo() throws {
    let branch = try branch(customers)
    try branch.run("INSERT INTO customer VALUES (1, 'a', 'b', 1)")
    try branch.seal()
    // The journal says insert, delete; only the row's history says that others have it.
    #expect(
      try brief(
        branch,
        after: """
          REPLACE INTO customer(id, name) VALUES (1, 'c');
          DELETE FROM customer;
          """) == ["delete 1"])
  }

  @Test func deletedAndInsertedAgainIsAnInsertion() throws {
    let branch = try branch(customers)
    try branch.run("INSERT INTO customer VALUES (1, 'a', 'b', 1)")
    try branch.seal()
    #expect(
      try brief(
        branch,
        after: "DELETE FROM customer; INSERT INTO customer(id, name) VALUES (1, 'n')")
        == ["insert 1 c2='n' c3=null c4=null"])
  }

  @Test func aRowEvictedThroughAnotherUniqueConstraintIsDeletedOnceItsJournalNamesIt() throws {
    let branch = try branch("CREATE TABLE t(id INTEGER PRIMARY KEY, code TEXT UNIQUE, v)")
    try branch.run("INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2)")
    try branch.seal()
    // No trigger fires for row 2's disappearance, but it was written before.
    #expect(
      try brief(
        branch, after: "UPDATE t SET v = 3 WHERE id = 2; REPLACE INTO t VALUES (1, 'y', 4)")
        == ["delete 2", "insert 1 c2='y' c3=4"])
    try branch.run("INSERT INTO t VALUES (2, 'z', 2)")
    try branch.seal()
    try branch.run("PRAGMA recursive_triggers = ON")
    #expect(
      try brief(branch, after: "REPLACE INTO t VALUES (1, 'z', 5)")
        == ["delete 2", "insert 1 c2='z' c3=5"])
  }

  @Test func cascadesAreCaptured() throws {
    let branch = try branch(
      """
      CREATE TABLE parent(id INTEGER PRIMARY KEY, v);
      CREATE TABLE child(id INTEGER PRIMARY KEY,
        a INT REFERENCES parent(id) ON DELETE CASCADE ON UPDATE CASCADE,
        b INT REFERENCES parent(id) ON DELETE SET NULL);
      """)
    try branch.run(
      """
      PRAGMA foreign_keys = ON;
      INSERT INTO parent VALUES (1, 'p'), (2, 'q');
      INSERT INTO child VALUES (10, 1, NULL), (11, 2, 1);
      """)
    try branch.seal()
    #expect(
      try Set(brief(branch, after: "DELETE FROM parent WHERE id = 1"))
        == ["delete 10", "update 11 c3=null", "delete 1"])
    #expect(
      try Set(brief(branch, after: "UPDATE parent SET id = 3"))
        == ["update 11 c2=3", "delete 2", "insert 3 c2='q'"])
  }

  @Test func tablesOfEveryShapeAreCaptured() throws {
    let branch = try branch(
      """
      CREATE TABLE "客户 表"("编 号" TEXT PRIMARY KEY, "电""话" TEXT, "order" INT);
      CREATE TABLE pair(b TEXT, a INT, v, PRIMARY KEY(a, b)) WITHOUT ROWID;
      CREATE TABLE strict1(k BLOB PRIMARY KEY, n INTEGER, any1 ANY) STRICT;
      CREATE TABLE gen(id INTEGER PRIMARY KEY, first TEXT, full TEXT AS (first || '!') STORED, z);
      CREATE TABLE only(k TEXT PRIMARY KEY) WITHOUT ROWID;
      CREATE VIEW seen AS SELECT * FROM pair;
      CREATE INDEX pair_v ON pair(v);
      """)
    try branch.run(
      """
      INSERT INTO "客户 表" VALUES ('编1', '12', 3);
      UPDATE "客户 表" SET "order" = 4;
      INSERT INTO pair VALUES ('b ', 1, 'v'), ('b', 1, 'w');
      INSERT INTO strict1 VALUES (x'', 1, '1'), (x'00', 2, 1.5);
      INSERT INTO gen(id, first) VALUES (1, 'Ann');
      INSERT INTO only VALUES ('k');
      """)
    #expect(
      try branch.sealed().map(\.brief) == [
        "insert 1 c2='Ann' c3=null", "insert 'k'", "insert 1,'b' c3='w'", "insert 1,'b ' c3='v'",
        "insert x'' c2=1 c3='1'", "insert x'00' c2=2 c3=1.5", "insert '编1' c2='12' c3=4",
      ])
    try branch.run(
      "UPDATE gen SET first = 'Bob'; UPDATE pair SET v = NULL WHERE b = 'b '; DELETE FROM only")
    #expect(
      try branch.sealed().map(\.brief)
        == ["update 1 c2='Bob'", "delete 'k'", "update 1,'b ' c3=null"])
  }

  @Test func valuesKeepTheirBytes() throws {
    let branch = try branch("CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)")
    let values: [Value] = [
      .text([0x61, 0x00, 0x62]), .text([0xff, 0xfe]), .text([]), .blob([]), .null,
      .real(-0.0), .integer(9_007_199_254_740_993), .integer(.min), .real(.infinity),
      .text("é"), .text("e\u{301}"),
    ]
    for (index, value) in values.enumerated() {
      try branch.application.execute(
        "INSERT INTO t VALUES (?1, ?2)", [.integer(Int64(index)), value])
    }
    #expect(try branch.sealed().map { $0.values[0] } == values)
  }

  @Test func rowsWithANullInTheirKeyAreLeftOutAndSaid() throws {
    let branch = try branch("CREATE TABLE t(k TEXT PRIMARY KEY, v)")
    try branch.run("INSERT INTO t VALUES (NULL, 1), ('a', 2), (NULL, 3)")
    let report = try branch.seal()
    #expect(report.rowCount == 1)
    #expect(report.leftOut.map(\.table) == ["t"])
    #expect(try branch.outgoing().map(\.brief) == ["insert 'a' c2=2"])
    #expect(try branch.store.check().contains { !$0.isOK && $0.what.contains("2 rows") })
    try branch.run("DELETE FROM t WHERE k IS NULL")
    #expect(try branch.seal().changesetCount == 0)
  }

  @Test func applicationTriggersOnTheSameRowMakeOneChange() throws {
    let branch = try branch(
      """
      CREATE TABLE t(id INTEGER PRIMARY KEY, v, stamp);
      CREATE TRIGGER touch AFTER UPDATE ON t BEGIN
        UPDATE t SET stamp = datetime('now') WHERE rowid = NEW.rowid;
      END;
      """)
    try branch.run("INSERT INTO t VALUES (1, 1, NULL)")
    try branch.seal()
    try branch.run("UPDATE t SET v = 2")
    let report = try branch.seal()
    #expect(report.rowCount == 1)
    #expect(try branch.streams().last.map { try rowChanges(of: $0) }?.count == 1)
  }

  @Test func columnsWrittenAtDifferentTimesKeepTheirTimes() throws {
    let branch = try branch(customers)
    try branch.run("INSERT INTO customer VALUES (1, 'a', 'b', 1)")
    try branch.seal()
    let journal = try #require(
      branch.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'tributary_journal%'").first)
    guard case .text(let name) = journal[0] else { throw CancellationError() }
    try branch.run(
      """
      UPDATE customer SET name = 'n';
      UPDATE customer SET phone = 'p', extra = 2;
      UPDATE \(String(decoding: name, as: UTF8.self))
        SET wall = 2440587.5 + change * 100 / 86400000.0;
      """)
    let changes = try branch.sealed()
    #expect(changes.map(\.brief) == ["update 1 c2='n'", "update 1 c3='p'", "update 1 c4=2"])
    #expect(changes.map(\.milliseconds) == [300, 400, 500])
    #expect(try branch.store.outbox().last?.rowCount == 1)
  }

  @Test func uncommittedWritesAreNotSealed() throws {
    let branch = try branch(customers + "PRAGMA journal_mode = WAL;")
    try branch.run("BEGIN; INSERT INTO customer(id) VALUES (1); ROLLBACK")
    #expect(try branch.seal().rowCount == 0)
    try branch.run("INSERT INTO customer(id) VALUES (2)")
    #expect(try branch.sealed().map(\.brief) == ["insert 2 c2=null c3=null c4=null"])
  }
}
