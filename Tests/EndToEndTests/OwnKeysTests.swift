import Foundation
import TestSupport
import Testing

private let schema = """
  CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
  CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer, what TEXT);
  CREATE TABLE line (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders, number INTEGER, what TEXT);
  """
private let northwind = sharedData("northwind/northwind.db")

extension EndToEnd {
  /// Programs number their rows without a network, and databases that lived apart become branches.
  @Suite struct OwnKeysTests {
    /// A hundred orders of two lines each, as a program makes them: SQLite gives the numbers.
    private func order(_ database: String, _ branch: String) throws {
      try Program.sql(
        database,
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO orders(customer_id, what) SELECT 1 + i % 2, '\(branch) ' || i FROM n
        """,
        """
        INSERT INTO line(order_id, number, what)
        SELECT id, number, what FROM orders, (SELECT 1 AS number UNION SELECT 2)
        WHERE what LIKE '\(branch) %' ORDER BY id, number
        """)
    }

    private func count(_ database: String, _ sql: String) throws -> Int64 {
      let rows = try Program.sql(database, "SELECT count(*) FROM \(sql)")
      guard case .integer(let count)? = rows.first?.first else { return -1 }
      return count
    }

    private func expectAllOrders(_ database: String) throws {
      #expect(try count(database, "customer") == 2, "\(database)")
      #expect(try count(database, "orders") == 200, "\(database)")
      #expect(
        try count(
          database,
          "line JOIN orders ON orders.id = order_id WHERE line.what = orders.what") == 400,
        "\(database)")
      #expect(
        try count(
          database,
          "(SELECT order_id FROM line GROUP BY order_id"
            + " HAVING count(*) = 2 AND sum(number) = 3)") == 200, "\(database)")
      #expect(
        try count(database, "orders JOIN customer ON customer.id = customer_id") == 200,
        "\(database)")
      #expect(
        try Program.sql(database, "PRAGMA foreign_key_check").isEmpty, "\(database)")
    }

    /// Nobody has said anything of keys.
    @Test func ordersOfTwoOfflineBranchesKeepTheirLines() throws {
      let world = try World(schema: schema)
      let (a, b, main) = (world.path("a.db"), world.path("b.db"), world.path("main.db"))
      for (database, name) in [(main, "总行"), (a, "南山支行"), (b, "罗湖支行")] {
        try world.join(database, as: name)
      }
      try Program.sql(main, "INSERT INTO customer VALUES (1, 'Wang Fang'), (2, 'Li')")
      try world.settle([main, a, b])
      try world.stop()
      try order(a, "a")
      try order(b, "b")
      try world.serve()
      try world.settle([a, b, main])
      try world.expectEqual([a, b, main])
      for database in [a, b, main, "\(world.hub)/hub.db"] { try expectAllOrders(database) }
      // At home they are called as their programs know them.
      for (database, name) in [(a, "a"), (b, "b")] {
        let rows = try Program.sql(
          database, "SELECT id FROM orders WHERE what IN ('\(name) 1', '\(name) 100') ORDER BY id")
        #expect(rows == [[.integer(1)], [.integer(100)]])
      }
      #expect(try world.conflicts().isEmpty)
      for database in [a, b, main] {
        let checked = try Program.run(["doctor", database])
        try expect(checked, 0)
        #expect(checked.output.contains("which numbers of new rows it gives"))
      }
      // Numbers that others do not know mean nothing to them without the engine.
      let left = try Program.run(["leave", a])
      try expect(left, 0)
      #expect(left.errors.contains("“line”, “orders”"), "\(left)")
      #expect(left.errors.contains("new records"), "\(left)")
    }

    /// Two copies of one database that became two shops: in the second one every name, address and
    /// date is another.
    @Test(.enabled(if: northwind != nil, "needs northwind/northwind.db"))
    func aShopThatLivedApartJoinsUnderKeysOfItsOwn() throws {
      let source = try #require(northwind)
      let world = try World(like: source.path)
      let first = try world.copy(source, as: "first.db")
      let second = try world.copy(source, as: "second.db")
      let before = try world.copy(source, as: "before.db")
      for sql in Self.changes { try Program.sql(second, sql) }
      try world.join(first, as: "南山支行")
      try world.sync(first)

      let refused = try Program.run(["join", second, try world.invite("罗湖支行")])
      #expect(refused.status != 0)
      #expect(refused.errors.contains("--keys"), "\(refused)")
      let rehearsed = try Program.run([
        "join", second, try world.invite("试"), "--keys", "own", "--dry-run",
      ])
      try expect(rehearsed, 0)
      try world.join(second, as: "罗湖支行-2", "--keys", "own")
      try world.settle([second, first])
      try world.expectEqual([first, second])
      let databases = [first, second, "\(world.hub)/hub.db"]
      try expectBothShops(databases, before)

      // Edits go both ways; either shop has its own order 10248.
      try Program.sql(first, "UPDATE Orders SET Freight = 70001 WHERE OrderID = 10248")
      try Program.sql(
        second, "UPDATE Orders SET Freight = 70002 WHERE OrderID = 10248",
        "UPDATE Customers SET Phone = 'second' WHERE CompanyName LIKE 'Alfreds%'")
      try Program.sql(
        first, "UPDATE Customers SET Phone = 'first' WHERE CompanyName LIKE 'Second Alfreds%'")
      try world.settle([first, second])
      try world.expectEqual([first, second])
      try expectBothShops(databases, before)
      for database in databases {
        #expect(
          try Program.sql(
            database,
            "SELECT ShipName LIKE 'Second %', Freight FROM Orders"
              + " WHERE Freight IN (70001, 70002) ORDER BY Freight"
          )
          .map { $0[0] } == [.integer(0), .integer(1)], "\(database)")
        #expect(
          try Program.sql(
            database,
            "SELECT Phone FROM Customers WHERE CompanyName LIKE '%Alfreds%' ORDER BY CompanyName")
            == [[.text("second")], [.text("first")]], "\(database)")
      }
      #expect(try world.conflicts().isEmpty)
    }

    private static let changes = [
      """
      UPDATE Customers SET CompanyName = 'Second ' || CompanyName,
        ContactName = 'Second ' || ContactName, Address = 'Second ' || Address
      """,
      """
      UPDATE Employees SET LastName = 'Second ' || LastName, Address = 'Second ' || Address,
        BirthDate = date(BirthDate, '+1 day')
      """,
      "UPDATE Suppliers SET CompanyName = 'Second ' || CompanyName",
      "UPDATE Shippers SET CompanyName = 'Second ' || CompanyName",
      "UPDATE Products SET ProductName = 'Second ' || ProductName",
      "UPDATE Orders SET ShipName = 'Second ' || ShipName, OrderDate = date(OrderDate, '+1 day')",
      "UPDATE \"Order Details\" SET UnitPrice = UnitPrice + 1000",
    ]

    /// Rows of one shop that belong to the other's.
    private static let mixed = [
      "Orders JOIN Customers USING (CustomerID)"
        + " WHERE (ShipName LIKE 'Second %') <> (CompanyName LIKE 'Second %')",
      "Orders JOIN Employees USING (EmployeeID)"
        + " WHERE (ShipName LIKE 'Second %') <> (LastName LIKE 'Second %')",
      "\"Order Details\" AS d JOIN Orders USING (OrderID)"
        + " WHERE (ShipName LIKE 'Second %') <> (d.UnitPrice >= 1000)",
      "\"Order Details\" AS d JOIN Products USING (ProductID)"
        + " WHERE (ProductName LIKE 'Second %') <> (d.UnitPrice >= 1000)",
    ]

    private func expectBothShops(_ databases: [String], _ original: String) throws {
      for table in ["Customers", "Orders", "\"Order Details\"", "Products", "Employees"] {
        let before = try count(original, table)
        for database in databases {
          #expect(try count(database, table) == 2 * before, "\(table) of \(database)")
        }
      }
      for database in databases {
        for sql in Self.mixed { #expect(try count(database, sql) == 0, "\(sql) of \(database)") }
      }
    }
  }
}
