import BranchStore
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

@testable import HubStore

/// What `LoadTests` look at afterwards sees what is broken, and nothing else.
struct LoadCheckTests {
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch
  private let check: LoadCheck

  init() throws {
    let sql = """
      CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT);
      CREATE TABLE line(id INTEGER PRIMARY KEY, item INTEGER REFERENCES item(id), note TEXT);
      CREATE TABLE pair(
        item INTEGER REFERENCES item(id), number INTEGER, PRIMARY KEY (item, number))
        WITHOUT ROWID;
      """
    world = try AgentWorld(sql)
    a = try world.join("a", sql + "CREATE UNIQUE INDEX by_name ON item(name)")
    b = try world.join("b", sql)
    check = LoadCheck(world: world)
    try a.run(
      """
      INSERT INTO item VALUES (1, 'one'), (2, 'two'), (3, 'three');
      INSERT INTO line VALUES (1, 1, 'x'), (2, 2, 'y'); INSERT INTO pair VALUES (3, 1);
      """)
    try world.settle(a, b)
    #expect(try expectAllWell())
  }

  private func expectAllWell() throws -> Bool {
    try [check.unsettled(a), check.unsettled(b), check.unlistedOrphans()].allSatisfy(\.isEmpty)
  }

  private func item(_ number: Int64) -> RowKey {
    RowKey(table: TableID(1), values: [.integer(number)])
  }

  /// Behind everybody's back.
  private func breakHub(_ sql: String) throws {
    try Database(path: world.folder.path("hub/hub.db"), mode: .readWrite).executeScript(sql)
  }

  // MARK: Branches

  @Test(arguments: [
    "UPDATE item SET name = 'else' WHERE id = 2", "DELETE FROM item WHERE id = 2",
  ])
  func rowsThatDifferAreSeen(sql: String) throws {
    // The engine's own connection captures nothing.
    try b.store.database.executeScript(sql)
    #expect(try check.unsettled(a) == [])
    #expect(try check.unsettled(b) == ["b: \(item(2)) differs from the hub's"])
  }

  @Test func aRowTooManyIsSeen() throws {
    try b.store.database.executeScript("INSERT INTO item VALUES (9, 'nine')")
    #expect(try check.unsettled(b) == ["b: \(item(9)) differs from the hub's"])
  }

  @Test func aRowThatWaitsExcusesItselfAlone() throws {
    try b.run("INSERT INTO item VALUES (4, 'one')")
    try world.settle(b, a)
    #expect(try a.store.deferredRows().map(\.key) == [item(4)])
    #expect(try check.differing(a) == [item(4)])
    #expect(try expectAllWell())
    try a.store.database.executeScript("UPDATE item SET name = 'else' WHERE id = 3")
    #expect(try check.unsettled(a) == ["a: \(item(3)) differs from the hub's"])
    try a.run("UPDATE tributary_deferred SET reason = NULL")
    #expect(
      try check.unsettled(a) == [
        "a: \(item(4)) waits without a reason", "a: \(item(3)) differs from the hub's",
      ])
  }

  @Test func whatIsNotSentIsSeen() throws {
    try a.run("UPDATE item SET name = 'else' WHERE id = 3")
    _ = try a.store.seal(wallMilliseconds: world.wall)
    #expect(
      try check.unsettled(a) == [
        "a has something to send", "a: \(item(3)) differs from the hub's",
      ])
  }

  // MARK: References

  @Test(arguments: [2, 3]) func aParentThatIsGoneIsSeen(number: Int) throws {
    try breakHub("DELETE FROM item WHERE id = \(number)")
    let row = number == 2 ? "line [Deltas.Value.integer(2)]" : "pair []"
    #expect(try check.unlistedOrphans() == ["\(row) [\"item\"] leads nowhere and is not listed"])
  }

  @Test func aRowThatIsListedForNothingIsSeen() throws {
    try a.run("INSERT INTO line VALUES (3, 99, 'z'); INSERT INTO pair VALUES (99, 1)")
    try world.settle(a, b)
    #expect(try world.hubStore.orphanCount() == 2)
    #expect(try expectAllWell())
    try breakHub("INSERT INTO item VALUES (99, 'ninety-nine')")
    #expect(
      try check.unlistedOrphans() == [
        "line [Deltas.Value.integer(3)] [\"item\"] is listed and leads somewhere",
        "pair [] [\"item\"] is listed and leads somewhere",
      ])
  }

  // MARK: What was written

  @Test func aWordThatIsNowhereIsSeen() throws {
    let program = try LoadedProgram(a, LoadedProgram.Shape(), LoadedProgram.Words())
    try a.run(
      """
      INSERT INTO item VALUES (4, 'w1x'), (5, 'w2x'); UPDATE item SET name = 'w3x' WHERE id = 5;
      INSERT INTO line VALUES (4, 4, 9000004)
      """)
    #expect(try check.lost([program]).count == 3)
    try world.settle(a, b)
    #expect(try check.lost([program]) == [])
    try breakHub("UPDATE item SET name = 'w2x' WHERE id = 5; UPDATE line SET note = 900000")
    #expect(try check.lost([program]) == ["9000004 is nowhere", "w3x is nowhere"])
  }

  @Test func aWordThatIsNotInTheLedgerIsSeen() throws {
    let programs = try [a, b].map {
      try LoadedProgram($0, LoadedProgram.Shape(), LoadedProgram.Words())
    }
    try a.run("UPDATE item SET name = 'w1x' WHERE id = 1")
    try b.run("UPDATE item SET name = 'w2x' WHERE id = 1")
    try world.settle(a, b)
    #expect(try check.lost(programs) == [])
    try breakHub("DELETE FROM tributary_ledger")
    #expect(try check.lost(programs).count == 1)
  }

  @Test func aWordThatIsNotInQuarantineIsSeen() throws {
    let program = try LoadedProgram(b, LoadedProgram.Shape(), LoadedProgram.Words())
    try breakHub("CREATE UNIQUE INDEX by_item ON line(item)")
    try b.run("INSERT INTO line VALUES (4, 1, 'w1x')")
    try world.settle(b, a)
    #expect(try world.hubStore.quarantinedCount() == 1)
    #expect(try expectAllWell())
    #expect(try check.lost([program]) == [])
    try breakHub("DELETE FROM tributary_quarantine")
    #expect(try check.lost([program]) == ["w1x is nowhere"])
  }
}
