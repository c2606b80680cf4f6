import Agent
import BranchStore
import Deltas
import HubStore
import Storage
import TestSupport
import Testing

/// A database that was put back, or cloned, gives numbers that the other has given too.
struct CopiedNumbersTests {
  private static let sql = """
    CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, visits INT);
    CREATE TABLE orders(
      id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INT REFERENCES customer, name TEXT);
    CREATE TABLE line(
      order_id INT REFERENCES orders, number INT, name TEXT, PRIMARY KEY (order_id, number))
      WITHOUT ROWID;
    CREATE TABLE payment(id INTEGER PRIMARY KEY, order_id INT REFERENCES orders, way TEXT);
    """
  private static let all = """
    SELECT customer.name || ' ' || orders.name || ' ' || line.name || ' ' || way FROM customer
    JOIN orders ON customer_id = customer.id JOIN line ON line.order_id = orders.id
    JOIN payment ON payment.order_id = orders.id ORDER BY 1
    """

  private let world: AgentWorld

  init() throws { world = try AgentWorld(Self.sql) }

  private func add(_ name: String, to branch: AgentBranch) throws {
    try branch.run(
      """
      BEGIN;
      INSERT INTO customer(name) VALUES ('\(name)');
      INSERT INTO orders(customer_id, name) SELECT max(id), '\(name)' FROM customer;
      INSERT INTO line SELECT max(id), 1, '\(name)' FROM orders;
      INSERT INTO payment(order_id, way) SELECT max(id), 'cash' FROM orders;
      COMMIT
      """)
  }

  private func count(_ branch: AgentBranch) throws -> Int64? {
    try branch.application.integer("SELECT count(*) FROM customer")
  }

  private func expectAll(_ names: [String], _ branches: AgentBranch...) throws {
    for branch in branches {
      let rows = try branch.rows(Self.all).map { $0[0].text }
      #expect(rows == names.map { "\($0) \($0) \($0) cash" })
      #expect(try count(branch) == Int64(names.count))
      #expect(try branch.rows("PRAGMA foreign_key_check").isEmpty)
      #expect(try branch.store.ledger(openOnly: false).isEmpty)
      #expect(try branch.store.outbox().isEmpty)
      #expect(try expectSame(branch))
      #expect(try branch.compare().1.allSatisfy { $0.isEqual })
    }
  }

  /// A branch whose last rows were not sent when it was copied, sealed or not; another; the copy.
  private func copied(
    _ scope: OwnKeys.Scope, isSealed: Bool
  ) throws -> (AgentBranch, AgentBranch, AgentBranch) {
    let (a, b) = (try world.join("a", ownKeys: scope), try world.join("b", ownKeys: scope))
    try add("first", to: a)
    _ = try a.sync()
    try add("unsent", to: a)
    if isSealed { _ = try a.sync { _, _ in nil } }
    return (a, b, try world.copy(a, "copy"))
  }

  @Test(arguments: [OwnKeys.Scope.newNumbers, .everything], [false, true])
  func newRowsOfACopyAreItsOwn(scope: OwnKeys.Scope, isSealed: Bool) throws {
    let a = try world.join("a", ownKeys: scope)
    let b = try world.join("b", ownKeys: scope)
    try add("first", to: a)
    _ = try a.sync()
    let copy = try world.copy(a, "copy")
    try add("Li", to: a)
    _ = try a.sync()
    try add("Chen", to: copy)
    if isSealed {
      _ = try copy.sync { _, _ in nil }
      try copy.run(
        """
        UPDATE customer SET visits = 2 WHERE name = 'Chen';
        INSERT INTO customer(name) VALUES ('gone');
        """)
      _ = try copy.sync { _, _ in nil }
      try copy.run("DELETE FROM customer WHERE name = 'gone'")
    }
    _ = try copy.sync()
    try add("later", to: copy)
    try world.settle(copy, a, b)
    try expectAll(["Chen", "Li", "first", "later"], a, b, copy)
    let visits = "SELECT visits FROM customer WHERE name = 'Chen'"
    #expect(try b.rows(visits) == [[isSealed ? .integer(2) : .null]])
  }

  /// What was there before the copy was made is one record, sealed or not, whoever sends it first.
  @Test(arguments: [OwnKeys.Scope.newNumbers, .everything], [false, true])
  func rowsThatBothHaveStayOneRecord(scope: OwnKeys.Scope, isSealed: Bool) throws {
    let (a, b, copy) = try copied(scope, isSealed: isSealed)
    try add("Li", to: a)
    _ = try a.sync()
    try add("Chen", to: copy)
    _ = try copy.sync()
    try world.settle(copy, a, b)
    try expectAll(["Chen", "Li", "first", "unsent"], a, b, copy)
  }

  /// The hub has forgotten which changesets it had.
  @Test(arguments: [OwnKeys.Scope.newNumbers, .everything], [false, true])
  func soTheyDoOncePruned(scope: OwnKeys.Scope, isSealed: Bool) throws {
    let (a, b, copy) = try copied(scope, isSealed: isSealed)
    _ = try a.sync()
    try add("Li", to: a)
    try world.settle(a, b)
    while try world.hubStore.prune(rowsAtMost: 10_000, awayBeforeMilliseconds: 0).hasMore {}
    try add("Chen", to: copy)
    _ = try copy.sync()
    try world.settle(copy, a, b)
    try expectAll(["Chen", "Li", "first", "unsent"], a, b, copy)
  }

  /// A row that looks the same but belongs to a new one is new as well; one that was changed since
  /// can no more be told from a new one.
  @Test func whatBelongsToANewRowIsNew() throws {
    let a = try world.join("a", ownKeys: .newNumbers)
    try add("old", to: a)
    let copy = try world.copy(a, "copy")
    try a.run("UPDATE orders SET name = 'changed'")
    try add("Li", to: a)
    _ = try a.sync()
    try add("Chen", to: copy)
    _ = try copy.sync()
    try world.settle(copy, a)
    let names =
      "SELECT customer.name, orders.name FROM customer JOIN orders"
      + " ON customer_id = customer.id JOIN payment ON order_id = orders.id ORDER BY 1, 2"
    for branch in [a, copy] {
      #expect(
        try branch.rows(names).map { $0.map(\.text) } == [
          ["Chen", "Chen"], ["Li", "Li"], ["old", "changed"], ["old", "old"],
        ])
      #expect(try count(branch) == 3)
      #expect(try branch.store.ledger(openOnly: false).isEmpty)
    }
  }

  /// Rows of a table that the hub has not agreed to yet, and that the copy cannot seal.
  @Test func rowsThatWaitForTheHubsAgreementAreItsOwnToo() throws {
    let a = try world.join("a", ownKeys: .newNumbers)
    try add("first", to: a)
    _ = try a.sync()
    let copy = try world.copy(a, "copy")
    for (name, branch) in [("Li", a), ("Chen", copy)] {
      try branch.run("CREATE TABLE note(id INTEGER PRIMARY KEY, name TEXT)")
      _ = try branch.sync { _, _ in nil }
      try branch.run("INSERT INTO note(name) VALUES ('\(name)')")
      try add(name, to: branch)
      _ = try branch.sync()
    }
    try world.settle(copy, a)
    try expectAll(["Chen", "Li", "first"], a, copy)
    for branch in [a, copy] {
      #expect(
        try branch.rows("SELECT name FROM note ORDER BY 1").map { $0[0].text } == ["Chen", "Li"])
    }
  }

  @Test(arguments: 1..<40)
  func aCrashAtAnyStepIsMadeGood(crashAt: Int) throws {
    let a = try world.join("a", ownKeys: .newNumbers)
    let b = try world.join("b", ownKeys: .newNumbers)
    try add("unsent", to: a)
    let copy = try world.copy(a, "copy")
    try add("Li", to: a)
    _ = try a.sync()
    try add("Chen", to: copy)
    try copy.sync(crashingAt: crashAt)
    try world.settle(copy, a, b)
    try expectAll(["Chen", "Li", "unsent"], a, b, copy)
  }

  /// A program that writes a whole row anew means the row that it knows.
  @Test(arguments: [OwnKeys.Scope.newNumbers, .everything])
  func aReplacedRowIsNoNewRecord(scope: OwnKeys.Scope) throws {
    let a = try world.join("a", ownKeys: scope)
    let b = try world.join("b", ownKeys: scope)
    try add("first", to: a)
    _ = try a.sync()
    let copy = try world.copy(a, "copy")
    try a.run("UPDATE customer SET visits = 1")
    _ = try a.sync()
    try copy.run("INSERT OR REPLACE INTO customer VALUES (1, 'first', 2)")
    _ = try copy.sync()
    try world.settle(copy, a, b)
    #expect(try count(b) == 1)
    #expect(try expectSame(a, b, copy))
  }
}
