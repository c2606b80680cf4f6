import BranchStore
import Clocks
import Deltas
import Foundation
import Storage
import TestSupport
import Testing

/// What the application's own triggers do while a delta is applied.
struct ApplicationTriggerTests {
  private var hub = RelayHub(generation: TestBranch.generation)

  @Test mutating func aReceivedValueIsNotTouchedAndMakesNoEcho() throws {
    let sql = """
      CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, stamp TEXT);
      CREATE TRIGGER ai AFTER INSERT ON customer BEGIN
        UPDATE customer SET stamp = strftime('%f', 'now') || random() WHERE rowid = NEW.rowid;
      END;
      CREATE TRIGGER au AFTER UPDATE ON customer BEGIN
        UPDATE customer SET stamp = strftime('%f', 'now') || random() WHERE rowid = NEW.rowid;
      END;
      """
    let a = try TestBranch(sql)
    let b = try TestBranch(sql, replica: 2)
    try a.run("INSERT INTO customer(id, name) VALUES (1, 'Ann')")
    #expect(try a.seal().rowCount == 1)
    try a.sync(&hub)
    try b.sync(&hub)
    #expect(try b.rows("SELECT * FROM customer") == a.rows("SELECT * FROM customer"))
    try b.run("UPDATE customer SET name = 'Bob'")
    #expect(try b.seal().rowCount == 1)
    try b.sync(&hub)
    try a.sync(&hub)
    let rows = try a.rows("SELECT * FROM customer")
    #expect(try b.rows("SELECT * FROM customer") == rows)
    for _ in 0..<3 {
      try a.sync(&hub)
      try b.sync(&hub)
    }
    #expect(hub.head == LogPosition(2))
    #expect(try a.rows("SELECT * FROM customer") == rows)
  }

  @Test mutating func whatTriggersKeepInUntrackedTablesIsRightAfterAPull() throws {
    let sql = """
      CREATE TABLE note(id INTEGER PRIMARY KEY, body TEXT, amount INT);
      CREATE TABLE total(n INT, sum INT);
      INSERT INTO total VALUES (0, 0);
      CREATE VIRTUAL TABLE search USING fts5(body, content='note', content_rowid='id');
      CREATE TRIGGER ai AFTER INSERT ON note BEGIN
        INSERT INTO search(rowid, body) VALUES (NEW.id, NEW.body);
        UPDATE total SET n = n + 1, sum = sum + NEW.amount;
      END;
      CREATE TRIGGER ad AFTER DELETE ON note BEGIN
        INSERT INTO search(search, rowid, body) VALUES ('delete', OLD.id, OLD.body);
        UPDATE total SET n = n - 1, sum = sum - OLD.amount;
      END;
      CREATE TRIGGER au AFTER UPDATE ON note BEGIN
        INSERT INTO search(search, rowid, body) VALUES ('delete', OLD.id, OLD.body);
        INSERT INTO search(rowid, body) VALUES (NEW.id, NEW.body);
        UPDATE total SET sum = sum - OLD.amount + NEW.amount;
      END;
      """
    let a = try TestBranch(sql)
    let b = try TestBranch(sql, replica: 2)
    #expect(a.schema.tables.map(\.name) == ["note"])
    try a.run("INSERT INTO note VALUES (1, 'red fox', 10), (2, 'blue jay', 20), (3, 'red hen', 5)")
    try a.sync(&hub)
    try b.sync(&hub)
    try a.run(
      """
      UPDATE note SET body = 'green fox', amount = 11 WHERE id = 1;
      DELETE FROM note WHERE id = 2;
      """)
    try a.sync(&hub)
    try b.sync(&hub)
    for branch in [a, b] {
      #expect(try branch.rows("SELECT n, sum FROM total") == [[.integer(2), .integer(16)]])
      #expect(
        try branch.rows("SELECT rowid FROM search WHERE search MATCH 'fox OR jay'")
          == [[.integer(1)]])
      #expect(
        try branch.rows("SELECT rowid FROM search WHERE search MATCH 'green'") == [[.integer(1)]])
      try branch.run("INSERT INTO search(search) VALUES ('integrity-check')")
    }
  }

  @Test mutating func rowsThatTriggersWriteToOtherTrackedTablesComeWithTheData() throws {
    let sql = """
      CREATE TABLE item(id INTEGER PRIMARY KEY, v);
      CREATE TABLE history(id INTEGER PRIMARY KEY AUTOINCREMENT, item INT, v);
      CREATE TRIGGER ai AFTER INSERT ON item BEGIN
        INSERT INTO history(item, v) VALUES (NEW.id, NEW.v);
      END;
      """
    let a = try TestBranch(sql)
    let b = try TestBranch(sql, replica: 2)
    try a.run("INSERT INTO item VALUES (1, 'x'), (2, 'y'); DELETE FROM history WHERE item = 1")
    #expect(try a.sync(&hub).rowCount == 0)
    try b.sync(&hub)
    #expect(
      try b.rows("SELECT * FROM history") == [[.integer(2), .integer(2), .text("y")]])
    #expect(try b.seal().rowCount == 0)
  }

  @Test mutating func deletionsByTriggersAreLeftOutAndTheRestOfTheTriggerIsNot() throws {
    let sql = """
      CREATE TABLE parent(id INTEGER PRIMARY KEY, v);
      CREATE TABLE child(id INTEGER PRIMARY KEY, parent INT);
      CREATE TABLE total(n INT);
      INSERT INTO total VALUES (0);
      CREATE TRIGGER pd AFTER DELETE ON parent BEGIN
        UPDATE total SET n = n + 1;
        DELETE FROM child WHERE parent = OLD.id;
        UPDATE total SET n = n + 10;
      END;
      CREATE TRIGGER pu AFTER UPDATE ON parent BEGIN
        DELETE FROM parent WHERE id = NEW.v;
      END;
      """
    let a = try TestBranch(sql)
    let b = try TestBranch(sql, replica: 2)
    try a.run(
      """
      INSERT INTO parent VALUES (1, 0), (2, 0), (3, 0);
      INSERT INTO child VALUES (10, 1), (11, 1), (12, 2);
      """)
    try a.sync(&hub)
    try b.sync(&hub)
    // At B a child came in the meantime that A's trigger never saw.
    try b.run("INSERT INTO child VALUES (13, 1)")
    try a.run("DELETE FROM parent WHERE id = 1; UPDATE parent SET v = 2 WHERE id = 3")
    try a.sync(&hub)
    try b.sync(&hub)
    #expect(try b.rows("SELECT id FROM child") == [[.integer(13)]])
    #expect(try b.rows("SELECT id, v FROM parent") == [[.integer(3), .integer(2)]])
    #expect(try b.rows("SELECT n FROM total") == [[.integer(22)]])
    #expect(
      try b.rows("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'p_'").count
        == 2)
    try a.sync(&hub)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
    #expect(try b.store.seal(wallMilliseconds: 1).rowCount == 0)
  }

  @Test mutating func rowsThatTriggersRefuseOrLeaveOutWait() throws {
    let sql = """
      CREATE TABLE item(id INTEGER PRIMARY KEY, v);
      CREATE TRIGGER bi BEFORE INSERT ON item WHEN NEW.v = 1 BEGIN
        SELECT RAISE(ABORT, 'not one');
      END;
      CREATE TRIGGER bj BEFORE INSERT ON item WHEN NEW.v = 2 BEGIN SELECT RAISE(IGNORE); END;
      CREATE TRIGGER bu BEFORE UPDATE ON item WHEN NEW.v = 2 BEGIN SELECT RAISE(IGNORE); END;
      CREATE TRIGGER bd BEFORE DELETE ON item WHEN OLD.v = 5 BEGIN SELECT RAISE(IGNORE); END;
      """
    let a = try TestBranch(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, v); INSERT INTO item VALUES (7, 5), (8, 6)")
    let b = try TestBranch(sql, replica: 2)
    try a.run("INSERT INTO item VALUES (1, 1), (2, 2), (3, 3)")
    try a.sync(&hub)
    try b.sync(&hub)
    try a.run("DELETE FROM item WHERE id = 7; UPDATE item SET v = 2 WHERE id = 8")
    try a.sync(&hub)
    try b.sync(&hub)
    #expect(
      try b.rows("SELECT id, v FROM item") == [
        [.integer(3), .integer(3)], [.integer(7), .integer(5)], [.integer(8), .integer(6)],
      ])
    let waiting = try b.store.deferredRows()
    #expect(
      waiting.map { $0.key.values[0] } == [.integer(1), .integer(2), .integer(7), .integer(8)])
    #expect(waiting[0].reason == "not one")
    #expect(waiting.allSatisfy { $0.reason != nil })
    try b.run("DROP TRIGGER bi; DROP TRIGGER bj; DROP TRIGGER bu; DROP TRIGGER bd")
    try b.sync(&hub)
    #expect(try b.store.deferredRows().isEmpty)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
  }

  @Test mutating func aTriggerThatNeedsTheApplicationsProgramMakesItsTablesRowsWait() throws {
    let a = try TestBranch("CREATE TABLE item(id INTEGER PRIMARY KEY, v); CREATE TABLE log(v)")
    try a.run(
      "CREATE TRIGGER ai AFTER INSERT ON item BEGIN INSERT INTO log VALUES (of_the_app(1)); END")
    let insert = RowChange(
      key: RowKey(table: TableID(1), values: [.integer(1)]), kind: .insert,
      columns: [ColumnID(2)], values: [.integer(2)], milliseconds: 1, base: nil)
    try hub.write([insert], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    try a.pull(hub)
    #expect(try a.store.deferredRows().first?.reason?.contains("of_the_app") == true)
    try a.run("DROP TRIGGER ai")
    try a.pull(hub)
    #expect(try a.rows("SELECT * FROM item") == [[.integer(1), .integer(2)]])
  }

  @Test(.enabled(if: sharedData("sakila/sakila.db") != nil))
  mutating func sakilaWithItsThirtyTriggers() throws {
    let source = try #require(sharedData("sakila/sakila.db"))
    let a = try TestBranch(copyOf: source)
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    try a.sync(&hub)
    try b.sync(&hub)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
    #expect(try b.store.digests().map(\.digest.rowCount).reduce(0, +) > 40_000)
    try a.run("UPDATE customer SET first_name = 'ANNA' WHERE customer_id = 7")
    let report = try a.seal()
    #expect(report.rowCount == 1)
    try a.sync(&hub)
    try b.sync(&hub)
    let row = "SELECT * FROM customer WHERE customer_id = 7"
    #expect(try b.rows(row) == a.rows(row))
    let head = hub.head
    for _ in 0..<3 {
      try a.sync(&hub)
      try b.sync(&hub)
    }
    #expect(hub.head == head)
    #expect(try a.rows("PRAGMA integrity_check") == [[.text("ok")]])
    #expect(try b.rows("PRAGMA integrity_check") == [[.text("ok")]])
  }
}
