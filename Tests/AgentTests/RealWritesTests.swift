import Agent
import BranchStore
import Deltas
import Dispatch
import Foundation
import Sessions
import Storage
import TestSupport
import Testing

@testable import HubStore

/// What programs do to their databases in real life, at one branch, and what others get of it.
struct RealWritesTests {
  private static let sql = """
    CREATE TABLE item(
      id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT, stock INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE line(
      item INTEGER REFERENCES item(id) ON DELETE CASCADE ON UPDATE CASCADE, number INTEGER,
      note TEXT, PRIMARY KEY (item, number)) WITHOUT ROWID;
    CREATE TABLE audit(id INTEGER PRIMARY KEY, what TEXT);
    """

  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  /// What the application makes beside the tables is the same at both branches.
  private init(beside: String) throws {
    world = try AgentWorld(Self.sql)
    a = try world.join("a", Self.sql + beside, ownKeys: .newNumbers)
    b = try world.join("b", Self.sql + beside, ownKeys: .newNumbers)
    try a.run(
      """
      PRAGMA foreign_keys = ON;
      INSERT INTO item VALUES (1, 'a', 'one', 1), (2, 'b', 'two', 2), (3, 'c', 'three', 3);
      INSERT INTO line VALUES (1, 1, 'x'), (1, 2, 'y'), (2, 1, 'z');
      """)
    try b.run("PRAGMA foreign_keys = ON")
    try world.settle(a, b)
  }

  init() throws { try self.init(beside: "") }

  private func rows(_ branch: AgentBranch, _ sql: String) throws -> [String] {
    try branch.rows(sql).map { $0[0].text }
  }

  private static let items = """
    SELECT id || ' ' || ifnull(code, '-') || ' ' || ifnull(name, '-') || ' ' || stock FROM item
    ORDER BY id
    """
  private static let lines = "SELECT item || ' ' || number || ' ' || note FROM line ORDER BY 1"

  /// Both have the items, nothing waits, and nothing was contested.
  private func expect(_ items: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
    try world.settle(a, b)
    #expect(try rows(a, Self.items) == items, sourceLocation: sourceLocation)
    #expect(try rows(b, Self.items) == items, sourceLocation: sourceLocation)
    #expect(try expectSame(a, b), sourceLocation: sourceLocation)
    for branch in [a, b] {
      #expect(try branch.store.outbox().isEmpty, sourceLocation: sourceLocation)
      #expect(try branch.store.deferredRows().isEmpty, sourceLocation: sourceLocation)
    }
    #expect(
      try world.hubStore.conflicts(openOnly: false).isEmpty, sourceLocation: sourceLocation)
  }

  // MARK: Statements

  @Test func upserts() throws {
    try a.run(
      """
      INSERT INTO item VALUES (1, 'a', 'uno', 0)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name;
      INSERT INTO item(code, name) VALUES ('b', 'dos') ON CONFLICT (code)
        DO UPDATE SET stock = stock + 10;
      INSERT INTO item VALUES (3, 'c', 'tres', 9) ON CONFLICT DO NOTHING;
      INSERT INTO item VALUES (4, 'd', 'four', 4) ON CONFLICT (id) DO UPDATE SET stock = 0;
      """)
    try expect(["1 a uno 1", "2 b two 12", "3 c three 3", "4 d four 4"])
  }

  /// With and without triggers for what a replacement takes out of its way.
  @Test(arguments: [false, true]) func replacements(isRecursive: Bool) throws {
    try a.run("PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = \(isRecursive ? 1 : 0)")
    try a.run(
      """
      DELETE FROM line;
      INSERT OR REPLACE INTO item VALUES (1, 'a', 'uno', 10);
      REPLACE INTO item VALUES (5, 'c', 'five', 5);
      REPLACE INTO item VALUES (2, 'a', 'both', 0);
      """)
    try expect(["2 a both 0", "5 c five 5"])
  }

  @Test func replacingAParentTakesItsChildrenWithIt() throws {
    try a.run("REPLACE INTO item VALUES (1, 'a', 'uno', 10)")
    try expect(["1 a uno 10", "2 b two 2", "3 c three 3"])
    #expect(try rows(a, Self.lines) == ["2 1 z"])
    #expect(try rows(b, Self.lines) == ["2 1 z"])
  }

  @Test func updatesThatYieldAndUpdatesThatTake() throws {
    try a.run(
      """
      UPDATE OR IGNORE item SET code = 'b', name = 'ignored' WHERE id = 1;
      UPDATE OR IGNORE item SET code = 'n' || id, stock = stock + 1 WHERE id > 1;
      UPDATE OR IGNORE item SET id = id + 1;
      UPDATE OR REPLACE item SET code = 'a' WHERE id = 4;
      """)
    try expect(["2 n2 two 3", "4 a three 4"])
  }

  @Test func keysThatCascade() throws {
    try a.run("UPDATE item SET id = 9 WHERE id = 1; DELETE FROM item WHERE id = 2")
    try expect(["3 c three 3", "9 a one 1"])
    #expect(try rows(b, Self.lines) == ["9 1 x", "9 2 y"])
  }

  @Test func savepointsRolledBack() throws {
    try a.run(
      """
      BEGIN; UPDATE item SET stock = 10 WHERE id = 1;
      SAVEPOINT one; DELETE FROM item; INSERT INTO item VALUES (7, 'g', 'never', 7);
      SAVEPOINT two; UPDATE item SET name = 'never'; RELEASE two; ROLLBACK TO one;
      UPDATE item SET stock = 20 WHERE id = 2; RELEASE one; COMMIT;
      BEGIN; DELETE FROM item; ROLLBACK;
      """)
    try expect(["1 a one 10", "2 b two 20", "3 c three 3"])
    #expect(try rows(b, Self.lines).count == 3)
  }

  /// A statement that fails in its midst, with each way to go on.
  @Test(arguments: ["ABORT", "FAIL", "ROLLBACK"]) func statementsThatFail(way: String) throws {
    try a.run("BEGIN; UPDATE item SET stock = 10 WHERE id = 3")
    #expect(throws: StorageError.self) {
      try a.run("INSERT OR \(way) INTO item VALUES (8, 'h', 'eight', 8), (9, 'a', 'nine', 9)")
    }
    if way != "ROLLBACK" { try a.run("COMMIT") }
    let eight = way == "FAIL" ? ["8 h eight 8"] : []
    try expect(["1 a one 1", "2 b two 2", "3 c three \(way == "ROLLBACK" ? 3 : 10)"] + eight)
  }

  // MARK: Much at once

  /// `TRIBUTARY_BULK_ROWS=1000000` for as many.
  @Test func aBulkLoadInOneTransaction() throws {
    let count =
      ProcessInfo.processInfo.environment["TRIBUTARY_BULK_ROWS"].flatMap { Int64($0) } ?? 20_000
    try a.run(
      """
      BEGIN;
      WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 9 + \(count))
      INSERT INTO item SELECT i, 'code ' || i, 'name ' || i % 100, i % 1000 FROM n;
      UPDATE item SET stock = stock + 1 WHERE id % 3 = 0; DELETE FROM item WHERE id % 10 = 1;
      COMMIT
      """)
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    let left = "SELECT count(*) FROM item"
    #expect(try b.application.integer(left) == a.application.integer(left))
    #expect(try b.application.integer(left) ?? 0 > count * 8 / 10)
    #expect(try world.hubStore.conflicts(openOnly: false).isEmpty)
  }

  /// Several programs write while the agent syncs, each with its own connection.
  @Test func severalProgramsAtOnce() throws {
    let path = a.store.path
    let group = DispatchGroup()
    for program in 0..<4 {
      DispatchQueue.global().async(group: group) {
        guard let database = try? Database(path: path, mode: .readWrite) else { return }
        for number in 0..<100 {
          try? database.executeScript(
            """
            BEGIN IMMEDIATE; UPDATE item SET stock = stock + 1 WHERE id = 1 + \(number % 3);
            INSERT INTO audit(id, what) VALUES (\(program * 1_000 + number), 'p\(program)'); COMMIT
            """)
        }
      }
    }
    repeat { try world.settle(a, b) } while group.wait(timeout: .now()) != .success
    let count = try a.application.integer("SELECT count(*) FROM audit") ?? 0
    #expect(count > 0)
    #expect(try a.application.integer("SELECT sum(stock) - 6 FROM item") == count)
    try world.settle(a, b)
    #expect(try b.application.integer("SELECT sum(stock) - 6 FROM item") == count)
    #expect(try expectSame(a, b))
  }

  // MARK: What applications have beside their tables

  /// What a trigger writes at its branch arrives as it is, and no trigger writes it once more.
  @Test func triggersThatWriteOtherTrackedTables() throws {
    let tests = try RealWritesTests(
      beside: """
        CREATE TRIGGER audits AFTER UPDATE OF name ON item BEGIN
          INSERT INTO audit(what) VALUES (OLD.name || ' to ' || NEW.name);
          UPDATE line SET note = note || '!' WHERE item = NEW.id;
        END;
        CREATE TRIGGER counts AFTER INSERT ON line BEGIN
          UPDATE item SET stock = stock + 1 WHERE id = NEW.item;
        END;
        """)
    try tests.a.run("UPDATE item SET name = 'uno' WHERE id = 1")
    try tests.a.run("INSERT INTO line VALUES (3, 1, 'n')")
    try tests.b.run("UPDATE item SET name = 'dos' WHERE id = 2")
    try tests.world.settle(tests.a, tests.b)
    #expect(try expectSame(tests.a, tests.b))
    for branch in [tests.a, tests.b] {
      let said = try tests.rows(branch, "SELECT what FROM audit ORDER BY what")
      #expect(said == ["one to uno", "two to dos"])
      #expect(try tests.rows(branch, Self.lines) == ["1 1 x!", "1 2 y!", "2 1 z!", "3 1 n"])
      #expect(try tests.rows(branch, Self.items) == ["1 a uno 3", "2 b dos 3", "3 c three 4"])
    }
  }

  @Test func viewsThatAreWrittenTo() throws {
    let tests = try RealWritesTests(
      beside: """
        CREATE VIEW catalogue AS SELECT code, name FROM item;
        CREATE TRIGGER catalogue_i INSTEAD OF INSERT ON catalogue BEGIN
          INSERT INTO item(code, name) VALUES (NEW.code, NEW.name); END;
        CREATE TRIGGER catalogue_u INSTEAD OF UPDATE ON catalogue BEGIN
          UPDATE item SET name = NEW.name, code = NEW.code WHERE code = OLD.code; END;
        CREATE TRIGGER catalogue_d INSTEAD OF DELETE ON catalogue BEGIN
          DELETE FROM item WHERE code = OLD.code; END;
        """)
    try tests.a.run(
      """
      INSERT INTO catalogue VALUES ('n', 'new'); UPDATE catalogue SET name = 'uno' WHERE code = 'a';
      DELETE FROM catalogue WHERE code = 'c';
      """)
    try tests.world.settle(tests.a, tests.b)
    #expect(try expectSame(tests.a, tests.b))
    #expect(
      try tests.rows(tests.b, "SELECT code || ' ' || name FROM catalogue ORDER BY 1")
        == ["a uno", "b two", "n new"])
  }

  /// An index of words is each branch's own, and finds what came from others.
  @Test func fullTextTablesBeside() throws {
    let tests = try RealWritesTests(
      beside: """
        CREATE VIRTUAL TABLE words USING fts5(name, content = 'item', content_rowid = 'id');
        CREATE TRIGGER words_i AFTER INSERT ON item BEGIN
          INSERT INTO words(rowid, name) VALUES (NEW.id, NEW.name); END;
        CREATE TRIGGER words_d AFTER DELETE ON item BEGIN
          INSERT INTO words(words, rowid, name) VALUES ('delete', OLD.id, OLD.name); END;
        CREATE TRIGGER words_u AFTER UPDATE ON item BEGIN
          INSERT INTO words(words, rowid, name) VALUES ('delete', OLD.id, OLD.name);
          INSERT INTO words(rowid, name) VALUES (NEW.id, NEW.name); END;
        """)
    try tests.a.run(
      "UPDATE item SET name = 'blue chair' WHERE id = 1; DELETE FROM item WHERE id = 3")
    try tests.b.run("INSERT INTO item(code, name) VALUES ('d', 'red chair')")
    try tests.world.settle(tests.a, tests.b)
    #expect(try expectSame(tests.a, tests.b))
    for branch in [tests.a, tests.b] {
      func found(_ words: String) throws -> [String] {
        try tests.rows(
          branch,
          "SELECT name FROM item WHERE id IN (SELECT rowid FROM words('\(words)')) ORDER BY name")
      }
      #expect(try found("chair") == ["blue chair", "red chair"])
      #expect(try found("one") == [] && found("three") == [] && found("two") == ["two"])
      try branch.run("INSERT INTO words(words) VALUES ('integrity-check')")
    }
  }

  /// SQLite may keep the read lock of a statement that it refuses after a full-text table was
  /// written, until the program's next one: then a sync is held up as by any reader.
  @Test func aRefusedStatementOnWhatIsIndexedByWords() throws {
    let tests = try RealWritesTests(
      beside: """
        CREATE TABLE pair(item INTEGER REFERENCES item(id));
        CREATE VIRTUAL TABLE words USING fts5(name, content = 'item', content_rowid = 'id');
        CREATE TRIGGER words_d AFTER DELETE ON item BEGIN
          INSERT INTO words(words, rowid, name) VALUES ('delete', OLD.id, OLD.name); END;
        """)
    let a = tests.a
    try a.run("INSERT INTO words(words) VALUES ('rebuild'); INSERT INTO pair VALUES (3)")
    try a.run("UPDATE item SET stock = 10 WHERE id = 1")
    #expect(throws: StorageError.self) { try a.run("DELETE FROM item WHERE id = 3") }
    try a.store.database.setBusyTimeout(milliseconds: 1)
    do { _ = try a.sync() } catch BranchStoreError.storage(.locked) {}
    #expect(try tests.rows(a, "SELECT name FROM item WHERE id = 3") == ["three"])
    #expect(try a.sync().outcome == .complete)
    try tests.world.settle(tests.a, tests.b)
    #expect(try tests.rows(tests.b, Self.items).first == "1 a one 10")
    #expect(try expectSame(tests.a, tests.b))
  }

  // MARK: Files

  /// With a rollback journal nobody commits beside a program in the midst of reading, with a
  /// write-ahead log everybody.
  @Test(arguments: ["DELETE", "WAL"]) func aProgramInTheMidstOfReading(journal: String) throws {
    try a.run("PRAGMA journal_mode = \(journal); UPDATE item SET stock = 10 WHERE id = 1")
    try a.restart()
    try a.store.database.setBusyTimeout(milliseconds: 1)
    let reading = try a.application.prepare("SELECT id FROM item")
    #expect(try reading.step())
    if journal == "WAL" {
      #expect(try a.sync().outcome == .complete)
    } else {
      #expect(throws: BranchStoreError.storage(.locked)) { try a.sync() }
    }
    reading.reset()
    try expect(["1 a one 10", "2 b two 2", "3 c three 3"])
  }

  @Test func vacuum() throws {
    try a.run("DELETE FROM item WHERE id = 2; VACUUM; UPDATE item SET stock = 9 WHERE id = 3")
    try b.run("VACUUM; INSERT INTO item VALUES (6, 'f', 'six', 6); VACUUM")
    try expect(["1 a one 1", "3 c three 9", "6 f six 6"])
  }

  /// A program may have the branch's database attached to another, or another to it.
  @Test func attachedDatabases() throws {
    let other = try Database(path: world.folder.path("other.db"), mode: .create)
    try other.executeScript(
      """
      CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT);
      INSERT INTO item VALUES (1, 'not this'), (20, 'twenty');
      ATTACH '\(a.store.path)' AS shop;
      BEGIN;
      INSERT INTO shop.item SELECT id, 't', name, 0 FROM main.item WHERE id = 20;
      UPDATE main.item SET name = 'not this either'; UPDATE shop.item SET stock = 8 WHERE id = 1;
      COMMIT;
      """)
    try a.run(
      """
      ATTACH '\(world.folder.path("other.db"))' AS other;
      UPDATE other.item SET name = 'nor this';
      INSERT INTO main.item SELECT id + 1, 'u', name, 0 FROM other.item WHERE id = 20;
      """)
    try expect(["1 a one 8", "2 b two 2", "3 c three 3", "20 t twenty 0", "21 u nor this 0"])
  }
}
