import Agent
import BranchStore
import Deltas
import HubStore
import Storage
import TestSupport
import Testing

/// What applications add to their schemas where a branch's keys are its own.
struct OwnKeysAddedTests {
  private static let sql = """
    CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE orders(
      id INTEGER PRIMARY KEY, customer_id INT REFERENCES customer, customer_name TEXT);
    """
  private static let addPayer = "ALTER TABLE orders ADD COLUMN payer INT REFERENCES customer;"
  private static let addNote = """
    CREATE TABLE note(
      id INTEGER PRIMARY KEY, customer_id INT REFERENCES customer, customer_name TEXT,
      answers INT REFERENCES note, text TEXT);
    """
  private static let payers = """
    SELECT orders.customer_name || ' ' || payer.name FROM orders
    JOIN customer payer ON payer.id = orders.payer ORDER BY 1
    """
  private static let notes = """
    SELECT note.text || ' ' || customer.name || ifnull(' ' || other.text, '') FROM note
    JOIN customer ON customer.id = note.customer_id AND customer.name = note.customer_name
    LEFT JOIN note other ON other.id = note.answers ORDER BY 1
    """

  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws {
    func rows(_ name: String) -> String {
      "\(Self.sql) INSERT INTO customer VALUES (1, '\(name)');"
        + "INSERT INTO orders VALUES (1, 1, '\(name)'), (2, 1, '\(name)');"
    }
    world = try AgentWorld(Self.sql)
    a = try world.join("a", rows("Ann"))
    b = try world.join("b", rows("Bob"), ownKeys: .everything)
    try world.settle(a, b)
  }

  private func texts(_ branch: AgentBranch, _ sql: String) throws -> [String] {
    try branch.rows(sql).map { $0[0].text }
  }

  private func expectNothingOpen() throws {
    #expect(try expectSame(a, b))
    for branch in [a, b] {
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
      #expect(try branch.store.ledger(openOnly: false).isEmpty)
    }
  }

  @Test func aColumnThatRefersIsTranslatedOnceItIsThere() throws {
    try a.run(Self.addPayer)
    try a.run(
      "INSERT INTO customer VALUES (7, 'Amy'); UPDATE orders SET payer = 7 WHERE id = 1;"
        + "UPDATE orders SET payer = 1 WHERE id = 2 AND customer_name = 'Ann'")
    try world.settle(a, b)
    try b.run(Self.addPayer)
    try b.run("UPDATE orders SET payer = 1 WHERE id IN (1, 2) AND customer_name = 'Bob'")
    try world.settle(b, a)
    try world.settle(a, b)
    let expected = ["Ann Amy", "Ann Ann", "Bob Bob", "Bob Bob"]
    #expect(try texts(a, Self.payers) == expected)
    #expect(try texts(b, Self.payers) == expected)
    #expect(try b.application.integer("SELECT payer FROM orders WHERE id = 1") == 1)
    try expectNothingOpen()
  }

  @Test(arguments: [true, false])
  func equalNumbersInATableThatBothAddAreTwoRecords(ownKeysFirst: Bool) throws {
    for (branch, name) in [(a, "Ann"), (b, "Bob")] {
      try branch.run(Self.addNote)
      try branch.run(
        "INSERT INTO note VALUES (1, 1, '\(name)', NULL, 'one of \(name)'),"
          + " (2, 1, '\(name)', 1, 'two of \(name)'), (-3, 1, '\(name)', 2, 'three of \(name)')")
    }
    if ownKeysFirst { try world.settle(b, a) }
    try world.settle(a, b)
    try b.run(
      "INSERT INTO note(customer_id, customer_name, answers, text) VALUES (1, 'Bob', -3, 'x')")
    try world.settle(b, a)
    try world.settle(a, b)
    let expected = ["Ann", "Bob"].flatMap { name in
      [
        "one of \(name) \(name)", "three of \(name) \(name) two of \(name)",
        "two of \(name) \(name) one of \(name)",
      ]
    }
    #expect(try texts(a, Self.notes) == (expected + ["x Bob three of Bob"]).sorted())
    #expect(try texts(b, Self.notes) == (expected + ["x Bob three of Bob"]).sorted())
    #expect(try b.application.integer("SELECT id FROM note WHERE text = 'two of Bob'") == 2)
    try expectNothingOpen()
  }

  @Test func aTableThatTheOtherHasAddedBringsItsRowsUnderOtherNumbers() throws {
    try a.run(Self.addNote)
    try a.run("INSERT INTO note VALUES (1, 1, 'Ann', NULL, 'one of Ann')")
    try world.settle(a, b)
    try b.run(Self.addNote)
    try b.run("INSERT INTO note VALUES (1, 1, 'Bob', NULL, 'one of Bob')")
    try world.settle(b, a)
    for branch in [a, b] {
      #expect(try texts(branch, Self.notes) == ["one of Ann Ann", "one of Bob Bob"])
    }
    #expect(try b.application.integer("SELECT id FROM note WHERE text = 'one of Bob'") == 1)
    try expectNothingOpen()
  }

  // MARK: Defaults

  @Test func aDefaultThatIsNoKeyIsEverybodys() throws {
    let add = "ALTER TABLE orders ADD COLUMN payer INT DEFAULT 0 REFERENCES customer;"
    try b.run(add)
    try b.run("UPDATE orders SET payer = 1 WHERE id = 1")
    try world.settle(b, a)
    try a.run(add)
    try world.settle(a, b)
    #expect(try texts(a, Self.payers) == ["Bob Bob"])
    #expect(try texts(b, Self.payers) == ["Bob Bob"])
    for branch in [a, b] {
      #expect(
        try branch.application.integer("SELECT count(*) FROM orders WHERE payer = 0") == 3)
      #expect(try branch.compare().1.allSatisfy { $0.isEqual })
    }
    try expectNothingOpen()
  }

  @Test func aColumnThatHasAKeyByDefaultIsTheFilesOwn() throws {
    let add = "ALTER TABLE orders ADD COLUMN payer INT DEFAULT 1 REFERENCES customer;"
    try b.run(add)
    try world.settle(b, a)
    let findings = try b.store.check().filter { !$0.isOK }.map(\.what)
    #expect(findings.count == 1)
    #expect(findings.allSatisfy { $0.contains("“payer”") && $0.hasSuffix("It is not synced.") })
    #expect(world.hubStore.schema == world.schema)
    // Where keys are shared, it can be synced; here its values are kept beside.
    try a.run(add)
    try a.run("INSERT INTO customer VALUES (7, 'Amy'); UPDATE orders SET payer = 7 WHERE id = 1")
    try world.settle(a, b)
    #expect(try texts(b, Self.payers) == ["Ann Bob", "Ann Bob", "Bob Bob", "Bob Bob"])
    #expect(try a.application.integer("SELECT count(*) FROM orders WHERE payer = 7") == 1)
    for branch in [a, b] {
      #expect(try branch.compare().1.allSatisfy { $0.isEqual })
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
    }
  }

  // MARK: References of two kinds

  @Test func aColumnThatRefersToTwoTablesIsTheFilesOwn() throws {
    let add = "ALTER TABLE orders ADD COLUMN about INT REFERENCES customer REFERENCES orders;"
    try b.run(add)
    try b.run("UPDATE orders SET about = 1")
    try world.settle(b, a)
    let findings = try b.store.check().filter { !$0.isOK }.map(\.what)
    #expect(findings.count == 1)
    #expect(
      findings.allSatisfy { $0.contains("“about”") && $0.hasSuffix("It is not synced.") })
    #expect(world.hubStore.schema == world.schema)
    // Where keys are shared, one number can be both; here its values are kept beside.
    try a.run(add)
    try a.run("UPDATE orders SET about = 1 WHERE customer_name = 'Ann'")
    try world.settle(a, b)
    try b.run("INSERT INTO customer(name) VALUES ('Cy'); UPDATE orders SET about = 2")
    try world.settle(b, a)
    #expect(try b.application.integer("SELECT count(*) FROM orders WHERE about = 2") == 4)
    #expect(try a.application.integer("SELECT count(about) FROM orders") == 2)
    #expect(try a.application.integer("SELECT count(*) FROM customer") == 3)
    #expect(try b.store.outbox().isEmpty)
  }

  @Test func aTableWhoseKeyRefersToTwoTablesIsTheFilesOwn() throws {
    let leaf = "CREATE TABLE leaf(id INTEGER PRIMARY KEY, n, one INT REFERENCES customer);"
    try b.run(
      """
      CREATE TABLE both(id INTEGER PRIMARY KEY REFERENCES customer REFERENCES orders, n);
      \(leaf)
      INSERT INTO both VALUES (1, 1);
      INSERT INTO leaf VALUES (1, 1, 1);
      """)
    try world.settle(b, a)
    let findings = try b.store.check().filter { !$0.isOK }.map(\.what)
    #expect(findings.count == 1)
    #expect(findings.allSatisfy { $0.contains("table “both”") })
    #expect(world.hubStore.schema.tables.map(\.name).sorted() == ["customer", "leaf", "orders"])
    try a.run(leaf)
    try world.settle(a, b)
    #expect(
      try texts(a, "SELECT name FROM customer JOIN leaf ON one = customer.id") == ["Bob"])
    try expectNothingOpen()
  }

  @Test func aReferenceThatIsDeclaredLaterIsNamed() throws {
    try b.run(
      """
      CREATE TABLE orders_new(
        id INTEGER PRIMARY KEY, customer_id INT REFERENCES customer,
        customer_name INT REFERENCES customer);
      INSERT INTO orders_new SELECT * FROM orders;
      DROP TABLE orders;
      ALTER TABLE orders_new RENAME TO orders;
      """)
    let findings = try b.store.check().filter { !$0.isOK }.map(\.what)
    #expect(
      findings.contains {
        $0.contains("Column “customer_name” of table “orders” refers to table “customer”")
      })
  }

  @Test func whatLooksLikeAReferenceIsNamed() throws {
    try b.run("ALTER TABLE orders ADD COLUMN customer_no INT")
    _ = try b.sync()
    let findings = try b.store.check().filter { !$0.isOK }.map(\.what)
    #expect(findings.contains { $0.contains("Column “customer_no” of table “orders”") })
  }
}
