import Basics
import BranchStore
import Deltas
import Merging
import Storage
import TestSupport
import Testing

/// `INSERT OR REPLACE` of a row that is there is an update of what it changes.
struct ReplacementTests {
  /// Column 4 counts if `isCounting`; if not, the branch has noticed that rows are replaced.
  private func branch(isCounting: Bool = false) throws -> TestBranch {
    let branch = try unsuspectingBranch()
    if isCounting {
      try branch.adopt([4: .counter])
    } else {
      try replaceTwice(branch)
      try branch.seal()
    }
    try branch.run("REPLACE INTO card VALUES (1, 'Ann', 1, 100), (2, NULL, x'00', 0)")
    try branch.seal()
    return branch
  }

  private func replaceTwice(_ branch: TestBranch) throws {
    for milliseconds: Int64 in [1_760_000_000_000, 1_760_000_000_001] {
      SQLiteClock.set(milliseconds)
      defer { SQLiteClock.set(nil) }
      try branch.run("REPLACE INTO card VALUES (1, 'Ann', 1, 100)")
    }
  }

  private func unsuspectingBranch() throws -> TestBranch {
    SQLiteClock.set(nil)
    let branch = try TestBranch(
      """
      CREATE TABLE card(
        id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, extra, points INTEGER NOT NULL DEFAULT 0,
        twice AS (points * 2));
      """)
    try branch.run("INSERT INTO card VALUES (1, 'Ann', 1, 100), (2, NULL, x'00', 0)")
    try branch.seal()
    return branch
  }

  private func brief(_ branch: TestBranch, after sql: String) throws -> [String] {
    try branch.run(sql)
    return try branch.sealed().map(\.brief)
  }

  private func expect(
    _ sql: String, _ expected: [String], isCounting: Bool = false,
    location: SourceLocation = #_sourceLocation
  ) throws {
    #expect(
      try brief(try branch(isCounting: isCounting), after: sql) == expected,
      sourceLocation: location)
  }

  @Test func onlyWhatChangedIsSealed() throws {
    try expect("REPLACE INTO card VALUES (1, 'Anne', 1, 100)", ["update 1 c2='Anne'"])
    try expect("REPLACE INTO card VALUES (1, 'ann', 1, 7)", ["update 1 c2='ann' c4=7"])
    try expect("REPLACE INTO card VALUES (1, 'Ann', 1.0, 100)", ["update 1 c3=1.0"])
    try expect("REPLACE INTO card VALUES (2, NULL, x'00', 0)", [])
    try expect("REPLACE INTO card VALUES (2, '', 'x', '0')", ["update 2 c2='' c3='x'"])
    try expect("REPLACE INTO card(id, name) VALUES (1, 'Ann')", ["update 1 c3=null c4=0"])
    try expect(
      "REPLACE INTO card VALUES (3, 'new', 1, 1)", ["insert 3 c2='new' c3=1 c4=1"])
  }

  @Test func countedColumnsSayWhatWasThere() throws {
    try expect(
      "REPLACE INTO card VALUES (1, 'Ann', 1, 105)", ["update 1 c4=100→105"], isCounting: true)
    try expect(
      """
      REPLACE INTO card VALUES (1, 'Ann', 1, 105);
      UPDATE card SET points = points + 1 WHERE id = 1;
      REPLACE INTO card VALUES (1, 'Ann', 1, 110);
      """, ["update 1 c4=100→110"], isCounting: true)
    try expect("REPLACE INTO card VALUES (1, 'B', 1, 100)", ["update 1 c2='B'"], isCounting: true)
  }

  @Test func severalStatementsAreOneChange() throws {
    let replace = "REPLACE INTO card VALUES (1, 'B', 1, 100);"
    try expect(replace + replace, ["update 1 c2='B'"])
    try expect(replace + "DELETE FROM card WHERE id = 1", ["delete 1"])
    try expect("DELETE FROM card WHERE id = 1;" + replace, ["insert 1 c2='B' c3=1 c4=100"])
    try expect(
      "INSERT INTO card VALUES (3, 'a', 1, 1); REPLACE INTO card VALUES (3, 'b', 1, 1)",
      ["insert 3 c2='b' c3=1 c4=1"])
    try expect(
      replace + "DELETE FROM card WHERE id = 1;" + replace, ["insert 1 c2='B' c3=1 c4=100"])
  }

  @Test func whatCameToNothingIsNotSent() throws {
    let ignored = "INSERT OR IGNORE INTO card VALUES (1, 'B', 1, 100);"
    try expect(ignored, [])
    try expect(ignored + "REPLACE INTO card VALUES (1, 'Ann', 1, 7)", ["update 1 c4=7"])
    try expect(
      ignored + "DELETE FROM card WHERE id = 1; INSERT INTO card VALUES (1, 'Ann', 1, 7)",
      ["insert 1 c2='Ann' c3=1 c4=7"])
    try expect(
      """
      INSERT INTO card VALUES (1, 'B', 1, 7)
      ON CONFLICT (id) DO UPDATE SET points = points + excluded.points
      """, ["update 1 c4=100→107"], isCounting: true)
  }

  /// With recursive triggers a replacement looks in the journal as deleting and inserting by hand.
  @Test func withRecursiveTriggersItIsAnInsertion() throws {
    try expect(
      "PRAGMA recursive_triggers = ON; REPLACE INTO card VALUES (1, 'B', 1, 100)",
      ["insert 1 c2='B' c3=1 c4=100"])
  }

  @Test func otherRowsInTheWayAreDeleted() throws {
    let branch = try TestBranch(
      """
      CREATE TABLE t(k TEXT PRIMARY KEY, mail TEXT UNIQUE, note TEXT) WITHOUT ROWID;
      INSERT INTO t VALUES ('a', 'a@', 'one'), ('b', 'b@', 'two');
      """)
    try compare(branch)
    #expect(
      try brief(branch, after: "REPLACE INTO t VALUES ('a', 'a@', 'three')")
        == ["update 'a' c3='one'→'three'"])
    #expect(
      try brief(branch, after: "REPLACE INTO t VALUES ('a', 'b@', 'three')")
        == ["delete 'b'", "update 'a' c2='b@'"])
  }

  /// All within one millisecond, so that only the order in the journal tells them apart.
  @Test func aRowThatWasOnlyLookedAtAndThenTakenAwayIsANewRow() throws {
    SQLiteClock.set(1_760_000_000_000)
    defer { SQLiteClock.set(nil) }
    let branch = try TestBranch(
      """
      CREATE TABLE t(k TEXT PRIMARY KEY, mail TEXT UNIQUE, note TEXT, more TEXT);
      INSERT INTO t VALUES ('a', 'a@', 'one', 'x'), ('b', 'b@', 'two', 'y');
      """)
    try compare(branch)
    #expect(
      try brief(
        branch,
        after: """
          INSERT OR IGNORE INTO t VALUES ('a', 'a@', 'three', 'x');
          REPLACE INTO t VALUES ('b', 'a@', 'two', 'y');
          INSERT INTO t VALUES ('a', 'c@', 'one', 'z');
          """) == ["update 'b' c2='a@'", "insert 'a' c2='c@' c3='one' c4='z'"])
  }

  /// SQLite runs the newest trigger first: its entry comes between ours.
  @Test func whatATriggerOfTheApplicationAddsIsNotInTheWay() throws {
    let branch = try branch()
    try branch.run(
      """
      CREATE TRIGGER more AFTER INSERT ON card BEGIN
        UPDATE card SET extra = 'saved' WHERE id = NEW.id; END
      """)
    #expect(
      try brief(branch, after: "REPLACE INTO card VALUES (1, 'B', 1, 100)")
        == ["update 1 c2='B' c3='saved'"])
  }

  @Test func keysThatAreOnlyEqualAreOtherRows() throws {
    let branch = try TestBranch(
      """
      CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v, w);
      INSERT INTO t VALUES ('a', 1, 2);
      """)
    try compare(branch)
    #expect(
      try brief(branch, after: "REPLACE INTO t VALUES ('a', 1, 3)") == ["update 'a' c3=2→3"])
    #expect(
      try brief(branch, after: "REPLACE INTO t VALUES ('A', 1, 3)")
        == ["delete 'a'", "insert 'A' c2=1 c3=3"])
  }

  /// Column 3 counts from now on.
  private func compare(_ branch: TestBranch) throws { try branch.adopt([3: .counter]) }

  // MARK: Which tables

  private func compares(_ branch: TestBranch) throws -> Bool {
    try !branch.rows("SELECT 1 FROM sqlite_schema WHERE name = 'tributary_1_o'").isEmpty
  }

  /// Until somebody replaces a row, insertions pay nothing for it.
  @Test func aTableIsComparedOnceTheJournalShowsAReplacement() throws {
    let branch = try unsuspectingBranch()
    let whole = ["insert 1 c2='B' c3=1 c4=100"]
    #expect(
      try brief(branch, after: "REPLACE INTO card VALUES (1, 'B', 1, 100)") == whole)
    #expect(try !compares(branch))
    try replaceTwice(branch)
    #expect(try branch.seal().repairedTriggers.isEmpty)
    #expect(try compares(branch))
    #expect(
      try brief(branch, after: "REPLACE INTO card VALUES (1, 'C', 1, 100)") == ["update 1 c2='C'"])
    #expect(try branch.store.check().allSatisfy(\.isOK))
  }

  @Test func otherWritesAreNoReplacements() throws {
    let branch = try unsuspectingBranch()
    // Its entry may come before that of the insertion that fired it.
    try branch.run(
      """
      CREATE TRIGGER more AFTER INSERT ON card BEGIN
        UPDATE card SET points = points + 1 WHERE id = NEW.id; END
      """)
    for (index, sql) in [
      "INSERT INTO card VALUES (3, 'a', 1, 1)", "UPDATE card SET name = 'b'",
      "DELETE FROM card WHERE id = 3", "INSERT INTO card VALUES (3, 'c', 1, 1)",
      "INSERT OR IGNORE INTO card VALUES (3, 'd', 1, 1)",
      "INSERT INTO card VALUES (3, 'd', 1, 1) ON CONFLICT DO UPDATE SET name = excluded.name",
      "UPDATE card SET id = 4 WHERE id = 3", "INSERT INTO card VALUES (3, 'e', 1, 1)",
    ].enumerated() {
      SQLiteClock.set(1_760_000_000_000 + Int64(index))
      defer { SQLiteClock.set(nil) }
      try branch.run(sql)
    }
    try branch.seal()
    #expect(try !compares(branch))
  }

  /// Without a word, since nothing was left out meanwhile.
  @Test func aTableThatCountsIsComparedAlways() throws {
    let branch = try branch(isCounting: true)
    try branch.run("DROP TRIGGER tributary_1_o")
    #expect(try branch.seal().repairedTriggers.isEmpty)
    #expect(try branch.store.gaps().isEmpty)
    #expect(try compares(branch))
    try branch.adopt([:], version: 2)
    #expect(try !compares(branch))
  }
}
