import Agent
import Basics
import BranchStore
import Clocks
import Deltas
import HubStore
import Sessions
import Storage
import TestSupport
import Testing

/// What a branch's triggers could not see is found by comparing, and healed as ordinary changes.
struct RepairTests {
  private static let sql = """
    CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v);
    CREATE TABLE other(k TEXT PRIMARY KEY, v);
    """
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws {
    world = try AgentWorld(Self.sql)
    a = try world.join("a")
    b = try world.join("b")
    try a.run(
      """
      INSERT INTO item VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3), (4, 'four', 4);
      INSERT INTO other VALUES ('x', 1);
      """)
    try world.settle(a, b)
  }

  /// Writes without being captured.
  private func hidden(_ branch: AgentBranch, _ sql: String) throws {
    let triggers = try branch.rows(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'item'"
    ).map { $0.map(\.text) }
    for trigger in triggers { try branch.run("DROP TRIGGER \(trigger[0])") }
    try branch.run(sql)
    for trigger in triggers { try branch.run(trigger[1]) }
  }

  @Test func rowsWrittenWhileTriggersWereGoneAreSentAfterTheNextSync() throws {
    try a.run("DROP TRIGGER tributary_1_i; DROP TRIGGER tributary_1_d; DROP TRIGGER tributary_1_u2")
    try a.run(
      """
      INSERT INTO item VALUES (5, 'five', 5); DELETE FROM item WHERE id = 2;
      UPDATE item SET name = 'uno' WHERE id = 1;
      """)
    let report = try a.sync()
    #expect(report.repairedTriggers.count == 3)
    #expect(report.repair?.tables == ["item"])
    #expect(report.repair?.sent.count == 3)
    #expect(report.repair?.leftCount == 0)
    #expect(try a.store.gaps().isEmpty)
    _ = try b.sync()
    #expect(try expectSame(a, b))
    #expect(try b.items() == ["1 uno", "3 three", "4 four", "5 five"])
    #expect(try a.sync().repair == nil)
  }

  /// It changes nobody's rows, but others have it for a hub that loses it.
  @Test func whatWasWrittenUncapturedAndOverwrittenIsHandedBackByOthers() throws {
    func isKept() throws -> Bool {
      try world.hubStore.conflicts(openOnly: false).contains { conflict in
        conflict.values.contains { $0.value?.text == "hidden" }
      }
    }
    try world.copyHub("before")
    try a.run("DROP TRIGGER tributary_1_u2; UPDATE item SET name = 'hidden' WHERE id = 2")
    try b.run("UPDATE item SET name = 'seen' WHERE id = 2")
    try world.settle(b, a)
    #expect(try isKept())
    try world.restoreHub("before")
    #expect(try !isKept())
    try world.settle(b, a)
    #expect(try isKept())
    #expect(try expectSame(a, b))
    #expect(try b.items().contains("2 seen"))
  }

  @Test func aTableThatAProgramRebuiltIsCompared() throws {
    try a.run(
      """
      BEGIN;
      CREATE TABLE fresh(id INTEGER PRIMARY KEY, name TEXT, v);
      INSERT INTO fresh SELECT id, upper(name), v FROM item WHERE id <> 3;
      DROP TABLE item; ALTER TABLE fresh RENAME TO item;
      COMMIT;
      """)
    let report = try a.sync()
    #expect(!report.repairedTriggers.isEmpty)
    #expect(report.repair?.sent.count == 4)
    _ = try b.sync()
    #expect(try expectSame(a, b))
    #expect(try b.items() == ["1 ONE", "2 TWO", "4 FOUR"])
  }

  /// A11
  @Test func everyDifferenceIsNamedAndHealedAndNothingIsSilentlyOverwritten() throws {
    try b.run("UPDATE item SET name = 'from b' WHERE id = 1")
    _ = try b.sync()
    _ = try a.sync()
    try hidden(
      a,
      """
      UPDATE item SET name = 'hidden' WHERE id = 1; UPDATE item SET v = 9 WHERE id = 3;
      DELETE FROM item WHERE id = 4; INSERT INTO item VALUES (6, 'six', 6);
      """)
    #expect(try a.sync().repair == nil)
    let report = try a.sync(isComparingAll: true)
    let repair = try #require(report.repair)
    #expect(repair.tables == ["item", "other"])
    #expect(Set(repair.sent.map(\.key.values)) == Set([1, 3, 4, 6].map { [.integer($0)] }))
    #expect(repair.leftCount == 0)
    _ = try b.sync()
    #expect(try expectSame(a, b))
    // b's value was not known to whoever wrote the other: both are in the ledger.
    let ledger = try a.store.ledger(openOnly: false)
    #expect(ledger.contains { $0.key.values == [.integer(1)] })
    #expect(try a.sync(isComparingAll: true).repair?.healedCount == 0)
  }

  @Test func whatIsWrittenMeanwhileIsNoDifference() throws {
    try hidden(a, "UPDATE item SET name = 'hidden' WHERE id = 2")
    var count = 0
    let report = try a.sync(isComparingAll: true) { request, answer in
      // Both sides go on writing while the rows are compared.
      count += 1
      if count < 12 {
        try a.run("UPDATE item SET v = \(count) WHERE id = 1")
        try b.run("UPDATE item SET v = \(count) WHERE id = 3")
        _ = try b.sync()
      }
      return answer()
    }
    #expect(report.outcome == .complete)
    #expect(report.repair?.sent.map(\.key.values) == [[.integer(2)]])
    #expect(report.repair?.taken.isEmpty == true)
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    #expect(try a.store.ledger(openOnly: false).isEmpty)
  }

  @Test(arguments: 1..<30)
  func aCrashAtAnyStepOfARepairIsMadeGood(crashAt: Int) throws {
    try a.run("DROP TRIGGER tributary_1_i; DROP TRIGGER tributary_1_d")
    try a.run("INSERT INTO item VALUES (5, 'five', 5); DELETE FROM item WHERE id = 2")
    try a.sync(crashingAt: crashAt)
    _ = try b.sync()
    #expect(try expectSame(a, b))
    #expect(try b.items() == ["1 one", "3 three", "4 four", "5 five"])
    #expect(try a.store.gaps().isEmpty)
  }

  @Test func aHubThatGoesAwayInTheMiddleLeavesTheTablesToTheNextSync() throws {
    try a.run("DROP TRIGGER tributary_1_i")
    try a.run("INSERT INTO item VALUES (5, 'five', 5)")
    let report = try a.sync { request, answer in
      if case .compare = request { return nil }
      return answer()
    }
    #expect(report.outcome == .unreachable)
    #expect(try a.store.status().gapTables == [TableID(1)])
    #expect(try a.sync().repair?.sent.count == 1)
    _ = try b.sync()
    #expect(try expectSame(a, b))
  }

  @Test func whatADeltaOverwritesBeforeTheTablesAreComparedIsKept() throws {
    try a.run("DROP TRIGGER tributary_1_u2; DROP TRIGGER tributary_1_u3")
    try a.run(
      """
      UPDATE item SET name = 'unseen one' WHERE id = 1;
      UPDATE item SET name = 'unseen two', v = 22 WHERE id = 2;
      UPDATE item SET name = 'unseen three' WHERE id = 3;
      """)
    try b.run(
      """
      UPDATE item SET name = 'b', v = 1 WHERE id = 1; DELETE FROM item WHERE id = 2;
      UPDATE item SET v = 33 WHERE id = 3;
      """)
    _ = try b.sync()
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    // What others wrote knowingly stands; what nobody saw is nowhere lost, and brings nothing back.
    #expect(try b.items() == ["1 b", "3 unseen three", "4 four"])
    let ledger = try a.store.ledger(openOnly: false)
    func kept(_ id: Int64) -> Set<Value> {
      Set(ledger.filter { $0.key.values == [.integer(id)] }.flatMap(\.values).compactMap(\.value))
    }
    #expect(kept(1) == [.text("b"), .text("unseen one")])
    #expect(kept(2) == [.text("unseen two"), .integer(22)])
    #expect(kept(3).isSuperset(of: [.integer(3), .integer(33)]))
    #expect(ledger.allSatisfy { $0.state == .settled })
  }

  @Test func whatARefusedChangeOverwritesLaterIsKept() throws {
    try a.run("DROP TRIGGER tributary_1_u2")
    try a.run("UPDATE item SET name = 'unseen' WHERE id = 2")
    try a.run(
      """
      CREATE TRIGGER keep BEFORE UPDATE ON item WHEN OLD.id = 2
      BEGIN SELECT RAISE(ABORT, 'not this one'); END
      """)
    try b.run("UPDATE item SET name = 'b' WHERE id = 2")
    _ = try b.sync()
    _ = try a.sync()
    #expect(try a.store.status().quarantinedRowCount == 1)
    #expect(try a.store.gaps().isEmpty)
    try a.run("DROP TRIGGER keep")
    try b.run("UPDATE item SET v = 1 WHERE id = 3")
    try world.settle(b, a)
    #expect(try a.items() == ["1 one", "2 b", "3 three", "4 four"])
    #expect(try expectSame(a, b))
    let kept = try a.store.ledger(openOnly: false).flatMap(\.values).compactMap(\.value)
    #expect(kept.contains(.text("unseen")))
  }
}
