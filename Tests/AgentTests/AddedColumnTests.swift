import Agent
import BranchStore
import Clocks
import Deltas
import Hub
import Sessions
import Storage
import TestSupport
import Testing

@testable import HubStore

/// One branch's application has a column that another's gets months later.
struct AddedColumnTests {
  private static let add = "ALTER TABLE item ADD COLUMN grade TEXT DEFAULT 'plain'"
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws { (world, a, b) = try AgentWorld.withItems() }

  private func grades(_ branch: AgentBranch) throws -> [String] {
    try branch.rows("SELECT id || ' ' || name || ' ' || ifnull(grade, '–') FROM item ORDER BY id")
      .map { $0[0].text }
  }

  private func hubGrades() throws -> [String] {
    try world.hubStore.database.rows(
      "SELECT id || ' ' || name || ' ' || ifnull(grade, '–') FROM item ORDER BY id"
    ).map { $0[0].text }
  }

  private func carriedCount(_ branch: AgentBranch) throws -> Int64? {
    try branch.application.integer("SELECT count(*) FROM tributary_carried")
  }

  private func expectNothingOpen(_ branches: AgentBranch...) throws {
    for branch in branches {
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
      #expect(try branch.store.gaps().isEmpty)
      #expect(try branch.store.ledger(openOnly: false).isEmpty)
    }
  }

  @Test func whatWasWrittenToAColumnForMonthsIsThereOnceTheOtherProgramHasIt() throws {
    // January: the program at A makes the column and uses it.
    try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1")
    #expect(try a.sync().outcome == .complete)
    try a.run("INSERT INTO item VALUES (4, 'four', 4, 'silver')")
    #expect(try a.sync().outcome == .complete)
    #expect(try hubGrades() == ["1 one gold", "2 two plain", "3 three plain", "4 four silver"])
    // B's program goes on as it was, and neither waits for the other.
    #expect(try b.sync().outcome == .complete)
    #expect(try b.items() == ["1 one", "2 two", "3 three", "4 four"])
    // February: both write, the same rows too.
    try b.run("UPDATE item SET name = 'uno' WHERE id = 1; INSERT INTO item VALUES (5, 'five', 5)")
    try b.run("INSERT OR REPLACE INTO item VALUES (4, 'quatre', 4); DELETE FROM item WHERE id = 3")
    #expect(try b.sync().outcome == .complete)
    try a.run("UPDATE item SET grade = 'bronze' WHERE id = 2; UPDATE item SET v = 7 WHERE id = 1")
    try world.settle(a, b)
    let february = ["1 uno gold", "2 two bronze", "4 quatre silver", "5 five plain"]
    #expect(try grades(a) == february)
    #expect(try hubGrades() == february)
    try a.run("UPDATE item SET grade = NULL WHERE id = 5")
    try world.settle(a, b)
    // March: B's program is updated. Its file has every value before it asks the hub again.
    try b.run(Self.add)
    _ = try b.store.seal(wallMilliseconds: world.wall)
    let march = ["1 uno gold", "2 two bronze", "4 quatre silver", "5 five –"]
    #expect(try grades(b) == march)
    #expect(try carriedCount(b) == 0)
    #expect(try b.store.outbox().isEmpty)
    try b.run("UPDATE item SET grade = 'tin' WHERE id = 5")
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    #expect(try grades(a) == march.dropLast() + ["5 five tin"])
    try expectNothingOpen(a, b)
  }

  @Test func anAgentThatBeganAnewStillHasWhatItCarries() throws {
    try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1")
    try world.settle(a, b)
    try b.restart()
    try world.restartHub()
    try a.run("UPDATE item SET grade = 'silver' WHERE id = 2")
    try a.restart()
    try world.settle(a, b)
    try b.restart()
    try b.run(Self.add)
    try world.settle(b, a)
    #expect(try grades(b) == ["1 one gold", "2 two silver", "3 three plain"])
    #expect(try expectSame(a, b))
    try expectNothingOpen(a, b)
  }

  @Test func aColumnMadeAtBothIsOneWhicheverSyncsFirst() throws {
    try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1")
    try b.run("\(Self.add); UPDATE item SET grade = 'tin' WHERE id = 2")
    try b.run("INSERT INTO item VALUES (5, 'five', 5, 'lead')")
    _ = try a.store.seal(wallMilliseconds: world.wall)
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    #expect(
      try grades(a) == ["1 one gold", "2 two tin", "3 three plain", "5 five lead"])
    try expectNothingOpen(a, b)
    #expect(world.hubStore.schema.tables[0].columns.count == 4)
  }

  @Test func whatTheProgramWroteBeforeAnybodyLookedYieldsAndIsKept() throws {
    try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1")
    try world.settle(a, b)
    // B's update fills the column by itself: where A has said what is in it, that stands.
    try b.run("\(Self.add); UPDATE item SET grade = 'filled'")
    try world.settle(b, a)
    #expect(try grades(b) == ["1 one gold", "2 two filled", "3 three filled"])
    #expect(try expectSame(a, b))
    let kept = try world.hubStore.conflicts(openOnly: false)
    #expect(kept.count == 1)
    #expect(kept.first?.sides.contains { $0.values == [.text("filled")] } == true)
  }

  @Test func whatDiffersFromTheDefaultByLittleIsCaptured() throws {
    try a.run(
      """
      ALTER TABLE item ADD COLUMN grade TEXT COLLATE NOCASE DEFAULT 'none';
      ALTER TABLE item ADD COLUMN count DEFAULT 0;
      ALTER TABLE item ADD COLUMN size TEXT DEFAULT 5;
      UPDATE item SET grade = 'None', count = 0.0 WHERE id = 2
      """)
    #expect(try a.sync().pushed.rows == 1)
    #expect(try hubGrades() == ["1 one none", "2 two None", "3 three none"])
    #expect(
      try world.hubStore.database.rows("SELECT count FROM item ORDER BY id").map { $0[0] }
        == [.integer(0), .real(0), .integer(0)])
    #expect(try expectSame(a))
    try expectNothingOpen(a)
  }

  @Test func theDefaultThatTheHubHeardOfFirstIsEverybodys() throws {
    try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1")
    try b.run("ALTER TABLE item ADD COLUMN grade TEXT DEFAULT 'standard'")
    try b.run("UPDATE item SET grade = 'tin' WHERE id = 2")
    _ = try b.store.seal(wallMilliseconds: world.wall)
    try world.settle(a, b)
    #expect(try grades(b) == ["1 one gold", "2 two tin", "3 three plain"])
    #expect(try expectSame(a, b))
    // A program that makes it later with another default again, and what it writes stands.
    let c = try world.join("c", AgentWorld.items)
    try world.settle(c)
    try c.run("ALTER TABLE item ADD COLUMN grade TEXT DEFAULT 'late'")
    try c.run("INSERT INTO item(id, name) VALUES (4, 'four')")
    try world.settle(c, a, b)
    #expect(try grades(c) == ["1 one gold", "2 two tin", "3 three plain", "4 four late"])
    #expect(try expectSame(a, b, c))
    try expectNothingOpen(a, b, c)
  }

  @Test func whatTheHubHasNoPlaceForIsToldOnceAndStopsNothing() throws {
    try a.run(Self.add)
    // As of a program that has a collation of its own.
    try a.run("ALTER TABLE item ADD COLUMN own TEXT COLLATE NOCASE")
    try a.run(
      """
      PRAGMA writable_schema = ON;
      UPDATE sqlite_schema SET sql = replace(sql, 'NOCASE', 'OWNS') WHERE name = 'item';
      PRAGMA writable_schema = RESET
      """)
    try a.restart()
    try a.run("UPDATE item SET grade = 'gold', own = 'x' WHERE id = 1")
    let report = try a.sync()
    #expect(report.outcome == .complete)
    #expect(
      report.notSynced == [
        "Column “own” of table “item” is not synced: the hub has no place for it."
      ])
    #expect(try hubGrades() == ["1 one gold", "2 two plain", "3 three plain"])
    try a.run("UPDATE item SET own = 'y', name = 'uno' WHERE id = 1")
    let next = try a.sync()
    #expect(next.outcome == .complete && next.notSynced.isEmpty)
    try world.settle(b)
    #expect(try b.items() == ["1 uno", "2 two", "3 three"])
    try expectNothingOpen(a, b)
  }

  /// Two programs mean different things by one name: the later one's table is its file's own, and
  /// everything else goes on.
  @Test(arguments: [
    "id INTEGER PRIMARY KEY", "id TEXT COLLATE NOCASE PRIMARY KEY",
    "id TEXT, b DEFAULT 1, PRIMARY KEY (id, b)",
  ])
  func aTableThatTwoMeanDifferentlyStopsNothing(key: String) throws {
    try a.run(
      "CREATE TABLE extra(id TEXT PRIMARY KEY, v TEXT); INSERT INTO extra VALUES ('a', '1')")
    try b.run("CREATE TABLE extra(v TEXT, \(key))")
    try b.run("INSERT INTO extra(id, v) VALUES (1, '2')")
    _ = try a.sync()
    try b.run("INSERT INTO item VALUES (4, 'four', 4)")
    let report = try b.sync()
    #expect(report.outcome == .complete)
    #expect(report.notSynced.contains { $0.contains("“extra”") }, "\(report.notSynced)")
    try b.run("INSERT INTO extra(id, v) VALUES (2, '3'); UPDATE item SET v = 5 WHERE id = 4")
    try a.run("INSERT INTO extra VALUES ('c', '4')")
    try world.settle(b, a)
    #expect(try a.items() == b.items())
    #expect(try a.application.integer("SELECT count(*) FROM extra") == 2)
    #expect(try b.application.integer("SELECT count(*) FROM extra") == 2)
    #expect(try world.hubStore.database.integer("SELECT count(*) FROM extra") == 2)
    for branch in [a, b] { #expect(try branch.store.outbox().isEmpty) }
    try b.run("DROP TABLE extra")
    try b.run("UPDATE item SET v = 6 WHERE id = 4")
    try world.settle(b, a)
    #expect(try a.items() == b.items())
  }

  @Test func aRestoredHubGetsTheColumnBackUnderItsNumber() throws {
    try world.backUpHub("backup")
    try world.settle(a, b)
    try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1")
    try a.run("INSERT INTO item VALUES (4, 'four', 4, 'silver')")
    try world.settle(a, b)
    let before = world.hubStore.schema
    try world.restoreHub("backup")
    // The branch without the column comes first, and brings it with what it carries.
    try b.run("UPDATE item SET name = 'dos' WHERE id = 2")
    #expect(try b.sync().outcome == .complete)
    #expect(world.hubStore.schema.fingerprint == before.fingerprint)
    #expect(try hubGrades() == ["1 one gold", "2 dos plain", "3 three plain", "4 four silver"])
    try world.settle(a, b)
    try b.run(Self.add)
    try world.settle(b, a)
    #expect(try grades(b) == ["1 one gold", "2 dos plain", "3 three plain", "4 four silver"])
    #expect(try expectSame(a, b))
    #expect(try world.hubStore.lossCount() == 0)
    try expectNothingOpen(a, b)
  }

  /// Neither the hub's agreement nor the new identity waits for the other for ever.
  @Test(arguments: [false, true])
  func aCopyWhoseProgramWasUpdatedTakesItsIdentity(isUpdatedBefore: Bool) throws {
    if isUpdatedBefore { try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1") }
    let copy = try world.copy(a, "copy")
    try a.run("UPDATE item SET name = 'uno' WHERE id = 1")
    #expect(try a.sync().outcome == .complete)
    if !isUpdatedBefore { try copy.run(Self.add) }
    try copy.run("UPDATE item SET grade = 'silver', v = 7 WHERE id = 2")
    let report = try copy.sync()
    #expect(report.outcome == .complete)
    #expect(report.newName == "a (2)")
    #expect(try copy.store.outbox().isEmpty)
    try world.settle(a, copy)
    let first = isUpdatedBefore ? "1 uno gold" : "1 uno plain"
    #expect(try grades(copy) == [first, "2 two silver", "3 three plain"])
    #expect(try hubGrades() == grades(copy))
    #expect(try copy.rows("SELECT v FROM item WHERE id = 2") == [[.integer(7)]])
  }

  @Test func aBranchThatJoinsWithAnOlderProgramCarriesTheColumn() throws {
    try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1")
    try world.settle(a, b)
    let c = try world.join("c", "\(AgentWorld.items); INSERT INTO item VALUES (7, 'seven', 7)")
    try world.settle(c, a, b)
    #expect(try c.items() == ["1 one", "2 two", "3 three", "7 seven"])
    try c.run("INSERT INTO item VALUES (8, 'eight', 8)")
    try world.settle(c, a)
    try c.run(Self.add)
    try world.settle(c, a, b)
    let all = [
      "1 one gold", "2 two plain", "3 three plain", "7 seven plain", "8 eight plain",
    ]
    #expect(try grades(c) == all)
    #expect(try grades(a) == all)
    #expect(try expectSame(a, c))
    // A new file has the column from the start.
    let d = try world.join("d")
    try world.settle(d)
    #expect(try grades(d) == all)
    try expectNothingOpen(a, b, c, d)
  }

  @Test func aWholeStateBringsTheColumnToABranchThatLacksIt() throws {
    try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1")
    _ = try a.sync()
    try a.run("INSERT INTO item VALUES (4, 'four', 4, 'silver')")
    try b.run("UPDATE item SET name = 'drei' WHERE id = 3")
    world.wall += 400 * 86_400_000
    _ = try a.sync()
    for _ in 0..<10 {
      _ = try world.hubStore.prune(
        rowsAtMost: 10_000, awayBeforeMilliseconds: world.wall - 90 * 86_400_000)
    }
    #expect(try b.sync().isRebased)
    try world.settle(a, b)
    try b.run(Self.add)
    try world.settle(b, a)
    #expect(try grades(b) == ["1 one gold", "2 two plain", "3 drei plain", "4 four silver"])
    #expect(try expectSame(a, b))
    try expectNothingOpen(a, b)
  }

  @Test func branchesAreComparedByWhatBothHave() throws {
    try a.run("\(Self.add); UPDATE item SET grade = 'gold' WHERE id = 1")
    try world.settle(a, b)
    let report = try b.sync(isComparingAll: true)
    #expect(report.outcome == .complete)
    #expect(report.repair?.sent.isEmpty ?? true)
    #expect(report.repair?.taken.isEmpty ?? true)
    // A row that was damaged is taken from the hub, with what is carried of it.
    try b.run("DROP TRIGGER tributary_1_u2; UPDATE item SET name = 'wrong' WHERE id = 1")
    try world.settle(b, a)
    try b.run(Self.add)
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    #expect(try grades(b).first == "1 wrong gold")
  }
}
