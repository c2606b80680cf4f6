import Agent
import Basics
import BranchStore
import Deltas
import HubStore
import Storage
import TestSupport
import Testing

/// Branches whose keys are their own, with a real hub: equal numbers are never one record.
struct OwnKeysTests {
  private static let sql = """
    CREATE TABLE customer(
      id INTEGER PRIMARY KEY, name TEXT, boss INT REFERENCES customer, boss_name TEXT);
    CREATE TABLE orders(
      id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INT REFERENCES customer,
      customer_name TEXT, name TEXT);
    CREATE TABLE line(
      order_id INT REFERENCES orders, number INT, order_name TEXT,
      PRIMARY KEY (order_id, number)) WITHOUT ROWID;
    """
  /// Rows whose parent is not the one that they name.
  private static let mixed = [
    "SELECT a.name FROM customer a JOIN customer b ON b.id = a.boss WHERE b.name <> a.boss_name",
    "SELECT a.name FROM orders a JOIN customer b ON b.id = a.customer_id"
      + " WHERE b.name <> a.customer_name",
    "SELECT a.order_name FROM line a JOIN orders b ON b.id = a.order_id"
      + " WHERE b.name <> a.order_name",
  ]

  private let world: AgentWorld

  init() throws { world = try AgentWorld(Self.sql) }

  private func hub() throws -> Database {
    try Database(path: world.hubStore.folder + "/hub.db", mode: .readOnly)
  }

  private func mixed(_ databases: [Database]) throws -> [[Value]] {
    try databases.flatMap { database in try Self.mixed.flatMap { try database.rows($0) } }
  }

  private func fill(_ branch: AgentBranch, _ name: String) throws {
    try branch.run(
      """
      BEGIN;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO orders(customer_id, customer_name, name)
        SELECT 1 + i % 2, CASE i % 2 WHEN 0 THEN 'Ann' ELSE 'Bob' END, '\(name)' || i FROM n;
      INSERT INTO line SELECT id, 1, name FROM orders WHERE name LIKE '\(name)%';
      INSERT INTO line SELECT id, 2, name FROM orders WHERE name LIKE '\(name)%';
      COMMIT
      """)
  }

  @Test func ordersOfTwoOfflineBranchesKeepTheirLines() throws {
    let headquarters = try world.join(
      "main",
      Self.sql + "INSERT INTO customer VALUES (1, 'Ann', NULL, NULL), (2, 'Bob', 1, 'Ann');")
    _ = try headquarters.sync()
    let a = try world.join("a", ownKeys: .everything)
    let b = try world.join("b", ownKeys: .everything)
    for branch in [a, b] { _ = try branch.sync() }
    try fill(a, "a")
    try fill(b, "b")
    try world.settle(a, b, headquarters)
    #expect(try expectSame(a, b, headquarters))
    let databases = [try hub(), a.application, b.application, headquarters.application]
    for database in databases {
      #expect(try database.integer("SELECT count(*) FROM customer") == 2)
      #expect(try database.integer("SELECT count(*) FROM orders") == 200)
      #expect(
        try database.integer(
          "SELECT count(*) FROM line JOIN orders ON id = order_id WHERE name = order_name") == 400)
      #expect(try database.rows("PRAGMA foreign_key_check").isEmpty)
    }
    #expect(try mixed(databases).isEmpty)
    // At home numbers are those that the programs have seen.
    #expect(try a.integer("SELECT id FROM orders WHERE name = 'a100'") == 100)
    #expect(try b.integer("SELECT id FROM orders WHERE name = 'b100'") == 100)
    #expect(try headquarters.store.ledger(openOnly: false).isEmpty)
  }

  @Test func databasesThatLivedApartJoinWithoutMixing() throws {
    func rows(_ name: String) -> String {
      Self.sql + """
        INSERT INTO customer VALUES (1, '\(name) 1', NULL, NULL);
        INSERT INTO customer VALUES (17, '\(name) 17', 1, '\(name) 1');
        INSERT INTO orders VALUES (5, 17, '\(name) 17', '\(name) order');
        INSERT INTO line VALUES (5, 1, '\(name) order');
        """
    }
    let a = try world.join("a", rows("a"))
    let b = try world.join("b", rows("b"), ownKeys: .everything)
    let c = try world.join("c", rows("c"), ownKeys: .everything)
    try world.settle(a, b, c)
    #expect(try expectSame(a, b, c))
    let databases = [try hub(), a.application, b.application, c.application]
    for database in databases {
      #expect(try database.integer("SELECT count(*) FROM customer") == 6)
      #expect(try database.integer("SELECT count(*) FROM line") == 3)
      #expect(try database.rows("PRAGMA foreign_key_check").isEmpty)
    }
    #expect(try mixed(databases).isEmpty)
    #expect(try b.integer("SELECT id FROM customer WHERE name = 'b 17'") == 17)

    // Edits, a deletion and a new key go both ways.
    try a.run("UPDATE customer SET name = 'b!' WHERE name = 'b 17'")
    try a.run("UPDATE orders SET customer_name = 'b!' WHERE name = 'b order'")
    try b.run(
      """
      DELETE FROM line WHERE order_name = 'c order';
      UPDATE orders SET id = 40 WHERE name = 'a order';
      UPDATE line SET order_id = 40 WHERE order_name = 'a order';
      """)
    try c.run("UPDATE customer SET boss = 17, boss_name = 'c 17' WHERE name = 'b 1'")
    try world.settle(a, b, c)
    #expect(try expectSame(a, b, c))
    #expect(try mixed(databases).isEmpty)
    for database in databases {
      #expect(try database.integer("SELECT count(*) FROM line") == 2)
      #expect(
        try database.rows("SELECT name, boss_name FROM customer WHERE name LIKE 'b%' ORDER BY name")
          == [[.text("b 1"), .text("c 17")], [.text("b!"), .text("b 1")]])
      #expect(try database.rows("PRAGMA foreign_key_check").isEmpty)
    }
    #expect(try b.integer("SELECT id FROM orders WHERE name = 'a order'") == 40)
    let comparison = try b.compare().1
    #expect(comparison.allSatisfy { $0.isEqual })
  }

  @Test func whatWasWrittenUncapturedIsFoundUnderItsSharedKey() throws {
    let a = try world.join("a")
    let b = try world.join("b", ownKeys: .everything)
    try a.run("INSERT INTO customer(name) VALUES ('a 1'), ('a 2')")
    try b.run("INSERT INTO customer(name) VALUES ('b 1'), ('b 2')")
    try world.settle(a, b)
    try b.run(
      """
      DROP TRIGGER tributary_1_i;
      DROP TRIGGER tributary_1_u2;
      INSERT INTO customer(name) VALUES ('b 3');
      UPDATE customer SET name = name || '!' WHERE name IN ('b 1', 'a 1');
      """)
    for _ in 0..<3 { _ = try b.sync(isComparingAll: true) }
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    #expect(
      try a.rows("SELECT name FROM customer ORDER BY name").map { $0[0].text }
        == ["a 1!", "a 2", "b 1!", "b 2", "b 3"])
  }

  @Test func aRestoredHubGetsEverythingBack() throws {
    let a = try world.join("a", ownKeys: .everything)
    let b = try world.join("b", ownKeys: .everything)
    try a.run("INSERT INTO customer(name) VALUES ('a 1'), ('a 2')")
    try b.run("INSERT INTO customer(name) VALUES ('b 1'), ('b 2')")
    try world.settle(a, b)
    try world.backUpHub("backup")
    try a.run("INSERT INTO customer SELECT NULL, 'a 3', id, name FROM customer WHERE name = 'b 2'")
    try b.run("UPDATE customer SET boss = 1, boss_name = 'b 1' WHERE name = 'a 1'")
    try world.settle(a, b)
    let before = try hub().rows("SELECT * FROM customer ORDER BY id")
    try world.restoreHub("backup")
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    #expect(try hub().rows("SELECT * FROM customer ORDER BY id") == before)
    #expect(try mixed([hub(), a.application, b.application]).isEmpty)
  }

  @Test func aCopyGoesOnInASpaceOfItsOwn() throws {
    let a = try world.join("a", ownKeys: .everything)
    try a.run("INSERT INTO customer(name) VALUES ('a 1'), ('a 2')")
    _ = try a.sync()
    let copy = try world.copy(a, "copy")
    try a.run("INSERT INTO customer VALUES (3, 'a 3', 2, 'a 2')")
    _ = try a.sync()
    let other = try world.join("other", ownKeys: .everything)
    _ = try copy.sync()
    try copy.run("INSERT INTO customer(name, boss, boss_name) VALUES ('copy', 2, 'a 2')")
    try a.run("INSERT INTO customer(name, boss, boss_name) VALUES ('a 4', 3, 'a 3')")
    try world.settle(a, copy, other)
    #expect(try expectSame(a, copy, other))
    #expect(
      try other.rows("SELECT name FROM customer ORDER BY name").map { $0[0].text }
        == ["a 1", "a 2", "a 3", "a 4", "copy"])
    #expect(try mixed([hub(), a.application, copy.application, other.application]).isEmpty)
  }

  // MARK: Numbers that SQLite gives

  @Test func newNumbersOfBranchesThatShareKeysAreTheirOwn() throws {
    let a = try world.join("a", ownKeys: .newNumbers)
    let b = try world.join("b", ownKeys: .newNumbers)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', NULL, NULL), (2, 'Bob', 1, 'Ann')")
    for branch in [a, b, a] { _ = try branch.sync() }
    try fill(a, "a")
    try fill(b, "b")
    try b.run("UPDATE customer SET name = 'Bob!' WHERE id = 2; DELETE FROM line WHERE number = 2")
    try b.run("UPDATE orders SET customer_name = 'Bob!' WHERE customer_id = 2")
    try a.run("INSERT INTO customer VALUES (17, 'seventeen', NULL, NULL)")
    try b.run("INSERT INTO customer VALUES (17, 'seventeen', NULL, NULL)")
    try world.settle(a, b)
    try a.run("UPDATE orders SET customer_name = 'Bob!' WHERE customer_id = 2")
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    let databases = [try hub(), a.application, b.application]
    for database in databases {
      // What programs write is shared as they write it.
      #expect(try database.integer("SELECT count(*) FROM customer") == 3)
      #expect(try database.integer("SELECT count(*) FROM customer WHERE id IN (1, 2, 17)") == 3)
      #expect(try database.integer("SELECT count(*) FROM orders") == 200)
      #expect(
        try database.integer(
          "SELECT count(*) FROM line JOIN orders ON id = order_id WHERE name = order_name") == 300)
      #expect(try database.rows("PRAGMA foreign_key_check").isEmpty)
    }
    #expect(try mixed(databases).isEmpty)
    for branch in [a, b] {
      #expect(try branch.integer("SELECT max(id) FROM orders") == 200)
      #expect(try branch.store.ledger(openOnly: false).isEmpty)
      #expect(try branch.compare().1.allSatisfy { $0.isEqual })
    }
    #expect(try a.integer("SELECT id FROM orders WHERE name = 'a100'") == 100)
  }

  /// Article numbers of twelve digits: none is left above the greatest that a rule adds to.
  @Test(arguments: [true, false]) func theGreatestNumberLeavesRoomForOthers(isOwn: Bool) throws {
    let a = try world.join("a", ownKeys: isOwn ? .everything : .newNumbers)
    let b = try world.join("b", ownKeys: isOwn ? .everything : .newNumbers)
    try a.run("INSERT INTO customer VALUES (899999999999, 'article', NULL, NULL)")
    for name in ["x", "y", "z"] {
      try b.run("INSERT INTO customer(name) VALUES ('\(name)')")
      try b.run("INSERT INTO orders(customer_name, customer_id) SELECT name, max(id) FROM customer")
      try world.settle(b, a)
    }
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    let databases = [try hub(), a.application, b.application]
    #expect(try mixed(databases).isEmpty)
    for database in databases {
      #expect(try database.integer("SELECT count(*) FROM customer") == 4)
      #expect(
        try database.integer("SELECT count(*) FROM orders JOIN customer c ON c.id = customer_id")
          == 3)
    }
    #expect(try a.integer("SELECT id FROM customer WHERE name = 'article'") == 899_999_999_999)
  }

  /// Numbers that programs write are the same everywhere: no row that comes with them, or before
  /// them, takes one.
  @Test(arguments: [true, false]) func whatProgramsWriteKeepsItsNumber(isReferred: Bool) throws {
    let a = try world.join("a", ownKeys: .newNumbers)
    let b = try world.join("b", ownKeys: .newNumbers)
    let c = try world.join("c", ownKeys: .newNumbers)
    try a.run("INSERT INTO customer VALUES (100, 'base', NULL, NULL)")
    try world.settle(a, b, c)
    for _ in 0..<10 { try a.run("INSERT INTO customer(name) VALUES ('a')") }
    try b.run("INSERT INTO customer(name) VALUES ('b')")
    try b.run("INSERT INTO customer VALUES (112, 'written', NULL, NULL)")
    if isReferred { try b.run("INSERT INTO customer VALUES (7, 'seven', 112, 'written')") }
    try c.run("INSERT INTO customer(name) VALUES ('c1'), ('c2'), ('c3')")
    for branch in [b, c, a] { _ = try branch.sync() }
    try world.settle(a, b, c)
    #expect(try expectSame(a, b, c))
    let databases = [try hub(), a.application, b.application, c.application]
    #expect(try mixed(databases).isEmpty)
    for database in databases {
      #expect(try database.integer("SELECT count(*) FROM customer") == (isReferred ? 17 : 16))
      #expect(
        try database.rows("SELECT name FROM customer WHERE id = 112") == [[.text("written")]])
    }
  }

  /// The row that is referred to comes after SQLite has given its number to another.
  @Test func aNumberIsKeptForWhatIsReferredTo() throws {
    let a = try world.join("a", ownKeys: .newNumbers)
    let b = try world.join("b", ownKeys: .newNumbers)
    try b.run("INSERT INTO customer VALUES (1, 'seven', 2, 'boss')")
    try world.settle(b, a)
    try a.run("INSERT INTO customer(name) VALUES ('mine')")
    #expect(try a.integer("SELECT id FROM customer WHERE name = 'mine'") == 2)
    _ = try a.sync()
    try b.run("INSERT INTO customer VALUES (2, 'boss', NULL, NULL)")
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    #expect(try mixed([hub(), a.application, b.application]).isEmpty)
    for database in [try hub(), a.application, b.application] {
      #expect(
        try database.integer("SELECT count(*) FROM customer x JOIN customer y ON y.id = x.boss")
          == 1)
    }
    // A program writes what was kept: it is the same row.
    try b.run("INSERT INTO customer VALUES (50, 'eight', 51, 'next')")
    try world.settle(b, a)
    try a.run("INSERT INTO customer VALUES (51, 'next', NULL, NULL)")
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    #expect(try hub().integer("SELECT count(*) FROM customer WHERE id = 51") == 1)
  }

  /// Foreign keys are off by default: there are orders of customers who are gone.
  @Test(arguments: [true, false]) func whoIsGoneIsNobodyElse(isOwn: Bool) throws {
    let scope: OwnKeys.Scope = isOwn ? .everything : .newNumbers
    let a = try world.join(
      "a",
      Self.sql + "INSERT INTO customer VALUES (3, 'Ann', NULL, NULL);"
        + " INSERT INTO orders VALUES (1, 4, 'gone before', 'a 1')", ownKeys: scope)
    let b = try world.join("b", ownKeys: scope)
    try world.settle(a, b)
    try a.run("INSERT INTO orders VALUES (2, 5, 'gone since', 'a 2')")
    _ = try a.sync()
    for name in ["x", "y", "z"] { try b.run("INSERT INTO customer(name) VALUES ('\(name)')") }
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    #expect(try mixed([hub(), a.application, b.application]).isEmpty)
    for database in [try hub(), a.application, b.application] {
      #expect(try database.integer("SELECT count(*) FROM customer") == 4)
      #expect(
        try database.integer("SELECT count(*) FROM orders JOIN customer c ON c.id = customer_id")
          == 0)
    }
    // The customer is entered again: the order is hers, everywhere.
    try a.run("INSERT INTO customer VALUES (5, 'gone since', NULL, NULL)")
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    for database in [try hub(), a.application, b.application] {
      #expect(
        try database.rows(
          "SELECT c.name FROM orders JOIN customer c ON c.id = customer_id")
          == [[.text("gone since")]])
    }
  }

  @Test func anInsertThatCameToNothingMarksNoOther() throws {
    let a = try world.join("a", ownKeys: .newNumbers)
    try a.run(
      """
      CREATE UNIQUE INDEX one ON customer(name);
      INSERT INTO customer(name) VALUES ('Ann');
      INSERT OR IGNORE INTO customer(name) VALUES ('Ann');
      """)
    for number in 0..<50 where number % 2 == 0 {
      try a.run("INSERT OR IGNORE INTO customer(name) VALUES ('Ann')")
      _ = try a.sync()
      try a.run("INSERT INTO customer VALUES (\(100 + number), '\(number)', NULL, NULL)")
      _ = try a.sync()
    }
    #expect(try hub().integer("SELECT count(*) FROM customer WHERE id < 1000") == 25)
    #expect(try hub().integer("SELECT count(*) FROM customer") == 26)
    #expect(try a.store.status().pendingRowCount == 0)
  }

  @Test func aNumberThatSQLiteGivesAgainIsAnotherRecord() throws {
    let a = try world.join("a", ownKeys: .newNumbers)
    let b = try world.join("b", ownKeys: .newNumbers)
    try a.run(
      """
      INSERT INTO customer VALUES (1, 'Ann', NULL, NULL);
      INSERT INTO customer(name) VALUES ('Bob');
      """)
    try world.settle(a, b)
    // Bob is 2 at both; either deletes him and makes another customer.
    for (branch, name) in [(a, "of a"), (b, "of b")] {
      try branch.run(
        """
        DELETE FROM customer WHERE name = 'Bob';
        INSERT INTO customer(name) VALUES ('\(name)');
        INSERT INTO customer(name, boss, boss_name) VALUES ('\(name) 2', 2, '\(name)');
        """)
      #expect(try branch.integer("SELECT id FROM customer WHERE name = '\(name)'") == 2)
    }
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    let databases = [try hub(), a.application, b.application]
    for database in databases {
      #expect(
        try database.rows("SELECT name FROM customer ORDER BY name").map { $0[0].text }
          == ["Ann", "of a", "of a 2", "of b", "of b 2"])
    }
    #expect(try mixed(databases).isEmpty)
  }

  // MARK: At random

  /// Programs that make, change, move and delete rows at three branches, two of them with keys of
  /// their own, and sync now and then: no row ever gets another's parent.
  @Test(arguments: 1...48) func nothingIsMixedAtRandom(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let isNumbered = seed % 2 == 0
    let branches = [
      try world.join("a", ownKeys: isNumbered ? .newNumbers : nil),
      try world.join("b", ownKeys: .everything),
      try world.join("c", ownKeys: isNumbered ? .newNumbers : .everything),
    ]
    var count = 0
    for _ in 0..<60 {
      let index = Int.random(in: 0..<3, using: &generator)
      let branch = branches[index]
      count += 1
      let name = "\(branch.store.identity.branch) \(count)"
      // A branch that has the shared keys must not give one twice.
      var number = branch === branches[0] && !isNumbered ? "\(500 + count)" : "NULL"
      if isNumbered, index != 1, Int.random(in: 0..<3, using: &generator) == 0 {
        // What a program writes is shared: no two may write the same.
        number = "(SELECT (coalesce(max(id), 0) / 3 + 1) * 3 + \(index) FROM customer)"
      }
      let order = index == 0 && !isNumbered ? number : "NULL"
      let customer = "(SELECT id, name FROM customer ORDER BY id * \(count) % 17 LIMIT 1)"
      switch Int.random(in: 0..<10, using: &generator) {
      case 0, 1:
        try branch.run("INSERT INTO customer VALUES (\(number), '\(name)', NULL, NULL)")
      case 2:
        try branch.run(
          "INSERT INTO customer SELECT \(number), '\(name)', id, name FROM \(customer)")
      case 3, 4:
        try branch.run(
          """
          INSERT INTO orders SELECT \(order), id, name, '\(name)' FROM \(customer);
          INSERT INTO line SELECT id, 1, name FROM orders WHERE name = '\(name)';
          """)
      case 5:
        try branch.run(
          """
          UPDATE orders SET (customer_id, customer_name) = (SELECT id, name FROM \(customer))
          WHERE id = (SELECT max(id) FROM orders)
          """)
      case 6:
        // What refers to it goes with it, as far as it is known here.
        try branch.run(
          """
          CREATE TEMP TABLE gone AS SELECT max(id) AS id FROM customer;
          DELETE FROM line WHERE order_id IN
            (SELECT id FROM orders WHERE customer_id IN (SELECT id FROM gone));
          DELETE FROM orders WHERE customer_id IN (SELECT id FROM gone);
          UPDATE customer SET boss = NULL, boss_name = NULL
            WHERE boss IN (SELECT id FROM gone);
          DELETE FROM customer WHERE id IN (SELECT id FROM gone);
          DROP TABLE gone;
          """)
      case 7:
        try branch.run(
          "INSERT INTO line SELECT id, \(count), name FROM orders ORDER BY id DESC LIMIT 1")
      default: _ = try branch.sync()
      }
    }
    for _ in 0..<4 { for branch in branches { _ = try branch.sync() } }
    #expect(try expectSame(branches[0], branches[1], branches[2]))
    #expect(try mixed([hub()] + branches.map(\.application)).isEmpty)
    #expect(try branches.allSatisfy { try $0.store.deferredRows().isEmpty })
  }
}

extension AgentBranch {
  fileprivate func integer(_ sql: String) throws -> Int64? { try application.integer(sql) }
}
