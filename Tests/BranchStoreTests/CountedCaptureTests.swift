import Basics
import BranchStore
import Deltas
import Merging
import Storage
import TestSupport
import Testing

/// Updates of columns that count say what was there before.
struct CountedCaptureTests {
  /// Column 2 is plain, 3 and 4 count.
  private func branch(_ more: String = "") throws -> TestBranch {
    let branch = try TestBranch(
      """
      CREATE TABLE card(id INTEGER PRIMARY KEY, owner TEXT, points INTEGER, visits);
      \(more)
      """)
    try branch.adopt([3: .counter, 4: .counter])
    try branch.run("INSERT INTO card VALUES (1, 'Ann', 100, 0), (2, 'Bo', NULL, 0)")
    try branch.seal()
    return branch
  }

  private func brief(_ branch: TestBranch, after sql: String) throws -> [String] {
    try branch.run(sql)
    return try branch.sealed().map(\.brief)
  }

  @Test func theFirstOfSeveralWritesSaysWhatWasThere() throws {
    let branch = try branch()
    let add = "UPDATE card SET points = points + 10 WHERE id = 1;"
    #expect(try brief(branch, after: add) == ["update 1 c3=100→110"])
    #expect(try brief(branch, after: add + add + add) == ["update 1 c3=110→140"])
    #expect(
      try brief(branch, after: "UPDATE card SET points = 7 WHERE id = 1;" + add)
        == ["update 1 c3=140→17"])
  }

  @Test func nothingIsAValueLikeOthers() throws {
    let branch = try branch()
    #expect(
      try brief(branch, after: "UPDATE card SET points = coalesce(points, 0) + 5 WHERE id = 2")
        == ["update 2 c3=null→5"])
    #expect(
      try brief(branch, after: "UPDATE card SET points = NULL WHERE id = 2")
        == ["update 2 c3=5→null"])
  }

  @Test func valuesKeepTheirClasses() throws {
    let branch = try branch()
    for (literal, expected) in [
      ("'0'", "0→'0'"), ("0.0", "'0'→0.0"), ("x'00'", "0.0→x'00'"), ("0", "x'00'→0"),
    ] {
      #expect(
        try brief(branch, after: "UPDATE card SET visits = \(literal) WHERE id = 1")
          == ["update 1 c4=\(expected)"])
    }
  }

  @Test func whatCameBackToWhatItWasIsSentAllTheSame() throws {
    let branch = try branch()
    #expect(
      try brief(
        branch, after: "UPDATE card SET points = points + 1; UPDATE card SET points = points - 1")
        == ["update 1 c3=100→100"])
    #expect(try brief(branch, after: "UPDATE card SET points = points") == [])
  }

  @Test func severalColumnsInOneStatement() throws {
    let branch = try branch()
    #expect(
      try brief(
        branch, after: "UPDATE card SET points = points + 1, visits = visits + 1 WHERE id = 1")
        == ["update 1 c3=100→101 c4=0→1"])
    #expect(
      try brief(
        branch,
        after: "UPDATE card SET owner = 'Cy', visits = visits + 1, points = coalesce(points, 0)")
        == [
          "update 2 c2='Cy' c3=null→0 c4=0→1", "update 1 c2='Cy' c4=1→2",
        ])
    #expect(try brief(branch, after: "UPDATE card SET owner = 'D'").count == 2)
  }

  @Test func columnsWrittenAtDifferentTimesSayItEach() throws {
    let branch = try branch()
    try branch.run(
      """
      UPDATE card SET visits = visits + 1 WHERE id = 1;
      UPDATE card SET points = points + 1, owner = 'n' WHERE id = 1;
      UPDATE card SET visits = visits + 1 WHERE id = 1;
      UPDATE tributary_journal_1 SET wall = 2440587.5 + change * 100 / 86400000.0;
      """)
    let changes = try branch.sealed()
    #expect(
      changes.map(\.brief) == ["update 1 c2='n'", "update 1 c3=100→101", "update 1 c4=0→2"])
    #expect(changes.map(\.milliseconds) == [300, 400, 500])
  }

  @Test func insertionsDeletionsAndNewKeysStandForThemselves() throws {
    let branch = try branch()
    let add = "UPDATE card SET points = points + 10 WHERE id = 1;"
    #expect(
      try brief(
        branch,
        after: add + "DELETE FROM card WHERE id = 1; INSERT INTO card VALUES (1, 'E', 5, 0)"
          + ";" + add) == ["insert 1 c2='E' c3=15 c4=0"])
    #expect(
      try brief(branch, after: "REPLACE INTO card VALUES (1, 'F', 16, 0)")
        == ["update 1 c2='F' c3=15→16"])
    #expect(
      try brief(branch, after: "UPDATE card SET id = 3, points = points + 1 WHERE id = 1")
        == ["delete 1", "insert 3 c2='F' c3=17 c4=0"])
    #expect(
      try brief(branch, after: "UPDATE card SET points = 0 WHERE id = 3; DELETE FROM card")
        == ["delete 2", "delete 3"])
    #expect(
      try brief(
        branch, after: "INSERT INTO card VALUES (1, 'G', 1, 0); UPDATE card SET points = 2")
        == ["insert 1 c2='G' c3=2 c4=0"])
  }

  @Test func upsertsSayWhatWasThere() throws {
    let branch = try branch()
    #expect(
      try brief(
        branch,
        after: """
          INSERT INTO card VALUES (1, 'H', 5, 0)
          ON CONFLICT (id) DO UPDATE SET points = points + excluded.points
          """) == ["update 1 c3=100→105"])
  }

  @Test func whatIsIgnoredOrRolledBackIsNot() throws {
    let branch = try branch("CREATE UNIQUE INDEX one_owner ON card(owner);")
    #expect(
      try brief(
        branch,
        after: """
          UPDATE OR IGNORE card SET points = 0, owner = 'Bo' WHERE id = 1;
          BEGIN; UPDATE card SET points = 1; ROLLBACK;
          """) == [])
    #expect(
      try brief(
        branch,
        after: """
          BEGIN;
          UPDATE card SET points = points + 1 WHERE id = 1;
          SAVEPOINT s; UPDATE card SET points = points + 50 WHERE id = 1; ROLLBACK TO s;
          UPDATE card SET points = points + 2 WHERE id = 1;
          COMMIT;
          """) == ["update 1 c3=100→103"])
  }

  /// SQLite runs the trigger that was made last first, whatever it writes: before the join, or
  /// after it.
  @Test(arguments: [false, true])
  func whatATriggerMakesOfTheCellIsPartOfTheWrite(isMadeLater: Bool) throws {
    let trigger = """
      CREATE TRIGGER no_debt AFTER UPDATE OF points ON card WHEN NEW.points < 0 BEGIN
        UPDATE card SET points = 0, visits = visits + 1 WHERE id = NEW.id;
      END;
      """
    let branch = try branch(isMadeLater ? "" : trigger)
    if isMadeLater { try branch.run(trigger) }
    let take = "UPDATE card SET points = points - 70 WHERE id = 1;"
    #expect(try brief(branch, after: take + take) == ["update 1 c3=100→0 c4=0→1"])
    #expect(
      try brief(branch, after: "UPDATE card SET points = 10 WHERE id = 1;" + take + take)
        == ["update 1 c3=0→0 c4=1→3"])
  }

  /// Nobody can tell what a program did while the triggers were gone: it is part of the write.
  @Test func whatWasWrittenUncapturedInBetweenIsPartOfTheWrite() throws {
    let branch = try branch()
    let trigger = try branch.rows("SELECT sql FROM sqlite_schema WHERE name = 'tributary_1_u3'")
    guard case .text(let sql)? = trigger.first?.first else { throw CancellationError() }
    try branch.run(
      """
      UPDATE card SET points = 110 WHERE id = 1;
      DROP TRIGGER tributary_1_u3;
      UPDATE card SET points = 200 WHERE id = 1;
      \(String(decoding: sql, as: UTF8.self));
      UPDATE card SET points = 205 WHERE id = 1;
      """)
    #expect(try branch.sealed().map(\.brief) == ["update 1 c3=100→205"])
  }

  /// Somebody has put the trigger of before the policy back: what it notes says nothing of it.
  @Test func whatAnotherTriggerNotedStandsForItself() throws {
    let branch = try branch()
    try branch.run(
      """
      DROP TRIGGER tributary_1_u3;
      CREATE TRIGGER tributary_1_u3 AFTER UPDATE OF "points" ON "card"
      WHEN NEW."points" COLLATE BINARY IS NOT OLD."points" BEGIN
        INSERT INTO tributary_journal_1(k1, change, wall) VALUES (NEW."id", 4, julianday()); END;
      UPDATE card SET points = points + 1, visits = visits + 1 WHERE id = 1;
      """)
    #expect(try branch.sealed().map(\.brief) == ["update 1 c3=101 c4=0→1"])
    #expect(try branch.store.gaps().count == 1)
  }

  /// Half a row of what was there and half of what is there now is more than can travel.
  @Test func whatIsTooLargeGoesWithoutWhatWasThere() throws {
    let branch = try TestBranch("CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT)")
    try branch.adopt([2: .lines])
    try branch.run("INSERT INTO note VALUES (1, printf('%.*c', 20000000, 'x')), (2, 'b')")
    try branch.seal()
    try branch.run("UPDATE note SET text = text || 'y'")
    let changes = try branch.sealed()
    #expect(changes.map { $0.key.values } == [[.integer(1)], [.integer(2)]])
    #expect(changes.map(\.kind) == [.update, .update])
    #expect(changes.map(\.previous) == [[], [.text("b")]])
  }

  /// A fold over what is sent comes to what the tables hold, and increments to their sum.
  @Test(arguments: 0..<12)
  func whatIsSentAddsUp(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let branch = try branch(seed % 2 == 0 ? "" : Self.cap)
    if seed % 4 == 1 { try branch.run(Self.cap.replacing("cap", with: "cap2")) }
    // It is not about what a disk keeps.
    try branch.run("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")
    try branch.store.database.executeScript("PRAGMA synchronous = OFF")
    var rows: [Value: [Value]] = [:]
    var sums: [Int64] = [0, 0]
    for change in try branch.outgoing() { try Self.apply(change, to: &rows, &sums) }
    for _ in 0..<30 {
      for _ in 0..<generator.int(below: 12) { try branch.run(Self.statement(&generator)) }
      for change in try branch.sealed() { try Self.apply(change, to: &rows, &sums) }
      let held = try branch.rows("SELECT id, owner, points, visits FROM card")
      #expect(Dictionary(uniqueKeysWithValues: held.map { ($0[0], Array($0[1...])) }) == rows)
    }
    let totals = try branch.rows("SELECT total(points), total(visits) FROM card")
    #expect(totals[0] == sums.map { .real(Double($0)) })
  }

  private static let cap = """
    CREATE TRIGGER cap AFTER UPDATE OF points ON card WHEN NEW.points > 150 BEGIN
      UPDATE card SET points = 150, visits = visits + 1 WHERE id = NEW.id;
    END;
    """

  private static func statement(_ generator: inout SeededGenerator) -> String {
    let id = 1 + generator.int(below: 3)
    let amount = generator.int(below: 41) - 20
    let add = "UPDATE card SET points = coalesce(points, 0) + \(amount) WHERE id = \(id);"
    switch generator.int(below: 12) {
    case 0: return "BEGIN; \(add) ROLLBACK;"
    case 1: return "SAVEPOINT a; \(add) SAVEPOINT b; \(add) ROLLBACK TO b; RELEASE a;"
    case 2: return "INSERT OR REPLACE INTO card VALUES (\(id), 'r', \(amount), 0);"
    case 3: return "DELETE FROM card WHERE id = \(id);"
    case 4: return "UPDATE card SET points = coalesce(points, 0) + 1, visits = visits + 1;"
    case 5: return "UPDATE card SET owner = 'o\(amount)' WHERE id = \(id);"
    case 6:
      return """
        INSERT INTO card VALUES (\(id), 'u', \(amount), 1)
        ON CONFLICT (id) DO UPDATE SET points = coalesce(points, 0) + excluded.points;
        """
    case 7: return "UPDATE OR IGNORE card SET id = \(id), points = 0 WHERE id = \(id % 3 + 1);"
    default: return add
    }
  }

  /// Takes a change in as one who has all that came before, and holds it to what was there.
  private static func apply(
    _ change: RowChange, to rows: inout [Value: [Value]], _ sums: inout [Int64]
  ) throws {
    let key = change.key.values[0]
    func integer(_ value: Value) -> Int64 {
      if case .integer(let integer) = value { integer } else { 0 }
    }
    var row = rows[key] ?? [.null, .null, .null]
    let before = row
    switch change.kind {
    case .delete: rows[key] = nil
    case .insert:
      row = change.values
      rows[key] = row
    case .update:
      #expect(change.previous.count == (change.columns == [ColumnID(2)] ? 0 : change.columns.count))
      for (index, column) in change.columns.enumerated() {
        let place = Int(column.rawValue) - 2
        row[place] = change.values[index]
        guard place > 0 else { continue }
        let previous = try #require(change.previous[index])
        #expect(previous == before[place])
        sums[place - 1] += integer(row[place]) - integer(previous)
      }
      rows[key] = row
      return
    }
    for place in 1...2 {
      sums[place - 1] += integer(rows[key]?[place] ?? .null) - integer(before[place])
    }
  }
}
