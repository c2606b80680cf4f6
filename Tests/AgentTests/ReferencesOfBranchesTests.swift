import Agent
import BranchStore
import Clocks
import Deltas
import HubStore
import Merging
import Sessions
import Storage
import TestSupport
import Testing

/// Orders and their customers at real branches, whose programs have foreign keys on.
struct ReferencesOfBranchesTests {
  private static let sql = """
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE orders (
      id INTEGER PRIMARY KEY, item TEXT, customer INTEGER REFERENCES customer ON DELETE CASCADE);
    """
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws {
    world = try AgentWorld(Self.sql)
    a = try world.join("a")
    b = try world.join("b")
    for branch in [a, b] { try branch.application.execute("PRAGMA foreign_keys = ON") }
    try a.run("INSERT INTO customer VALUES (17, 'Li'); INSERT INTO orders VALUES (1, 'tea', 17)")
    try world.settle(a, b)
  }

  private func publish(_ rule: DeleteRule) throws {
    let customer = try #require(world.schema.tables.first { $0.name == "customer" })
    _ = try world.hubStore.publish(
      MergePolicy(tables: [customer.id: TablePolicy(deletes: rule)]), source: "",
      wallMilliseconds: world.wall)
  }

  /// What every branch has, once all are level.
  private func rows() throws -> [String] {
    try world.settle(a, b)
    #expect(try expectSame(a) && expectSame(b) && expectSame(a, b))
    return try a.application.rows(
      """
      SELECT 'customer ' || id FROM customer UNION ALL
      SELECT 'order ' || id || ' ' || item FROM orders ORDER BY 1
      """
    ).map { $0[0].text }
  }

  private func deleteAndOrder() throws {
    try a.run("DELETE FROM customer WHERE id = 17")
    try b.run("INSERT INTO orders VALUES (5, 'rice', 17)")
  }

  /// A hub that lost it all comes to the same again from what it is handed back.
  @Test func aRestoredHubBringsTheCustomerBackOnceMore() throws {
    try world.backUpHub("backup")
    try world.settle(a, b)
    try deleteAndOrder()
    #expect(try rows() == ["customer 17", "order 5 rice"])
    let ledger = try world.hubStore.conflicts(openOnly: false).map(\.explanation)
    #expect(ledger.count == 1)
    try world.restoreHub("backup")
    #expect(try world.hubStore.orphans().isEmpty)
    #expect(try rows() == ["customer 17", "order 5 rice"])
    #expect(try world.hubStore.conflicts(openOnly: false).map(\.explanation) == ledger)
    #expect(try world.hubStore.lossCount() == 0)
  }

  /// Whoever hands back first: an order may come to the hub before its customer.
  @Test func whatIsHandedBackInPartsIsListedUntilTheRestComes() throws {
    try world.backUpHub("backup")
    try world.settle(a, b)
    try a.run("INSERT INTO customer VALUES (18, 'Wu')")
    _ = try a.sync()
    try world.restoreHub("backup")
    try b.run("PRAGMA foreign_keys = OFF; INSERT INTO orders VALUES (6, 'salt', 18)")
    _ = try b.sync()
    #expect(try world.hubStore.orphans().count == 1)
    #expect(try rows() == ["customer 17", "customer 18", "order 1 tea", "order 6 salt"])
    #expect(try world.hubStore.orphans().isEmpty)
  }

  /// A changeset that has no rows of its own brings what came of trying again.
  @Test func branchesHearWhatWasTriedAgain() throws {
    try publish(.win)
    try deleteAndOrder()
    #expect(try rows() == ["order 5 rice"])
    #expect(try world.hubStore.orphans().count == 1)
    try publish(.lose)
    let tried = try world.hubStore.retryQuarantine(wallMilliseconds: world.wall)
    #expect(tried.ended.count == 1)
    #expect(try rows() == ["customer 17", "order 5 rice"])
    let c = try world.join("c")
    _ = try c.sync()
    #expect(try expectSame(c, a))
  }

  @Test func branchesHearWhatWasGivenUp() throws {
    try publish(.win)
    try deleteAndOrder()
    #expect(try rows() == ["order 5 rice"])
    let key = try world.hubStore.orphans()[0].key
    let done = try world.hubStore.dropQuarantined(
      key, person: "Eve", wallMilliseconds: world.wall)
    #expect(try rows() == [])
    try world.hubStore.undoDecisions(
      [done.conflict], person: "Eve", wallMilliseconds: world.wall)
    #expect(try rows() == ["order 5 rice"])
    #expect(try a.store.ledger(openOnly: false).map(\.rule) == ["reference"])
  }
}
