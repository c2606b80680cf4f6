import BranchStore
import Deltas
import Foundation
import HubStore
import Storage
import TestSupport
import Testing

/// Two copies of one shop's database that became two shops.
@Suite(.enabled(if: sharedData("northwind/northwind.db") != nil))
struct OwnKeysNorthwindTests {
  private let original: Database
  private let path: String
  private let tables: [(name: String, sql: String)]

  init() throws {
    path = try #require(sharedData("northwind/northwind.db")).path
    original = try Database(path: path, mode: .readOnly)
    tables = try original.rows(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).map { ($0[0].text, $0[1].text) }
  }

  private var schemaSQL: String { tables.map { $0.sql + ";" }.joined(separator: "\n") }

  /// The tables with their rows.
  private var copySQL: String {
    let rows = tables.map { "INSERT INTO main.[\($0.name)] SELECT * FROM northwind.[\($0.name)];" }
    return schemaSQL + "ATTACH '\(path)' AS northwind;" + rows.joined() + "DETACH northwind;"
  }

  /// The second shop's: every name, address and date is another.
  private static let changes = """
    UPDATE Customers SET CompanyName = 'Second ' || CompanyName,
      ContactName = 'Second ' || ContactName, Address = 'Second ' || Address;
    UPDATE Employees SET LastName = 'Second ' || LastName, Address = 'Second ' || Address,
      BirthDate = date(BirthDate, '+1 day');
    UPDATE Suppliers SET CompanyName = 'Second ' || CompanyName;
    UPDATE Shippers SET CompanyName = 'Second ' || CompanyName;
    UPDATE Products SET ProductName = 'Second ' || ProductName;
    UPDATE Categories SET CategoryName = 'Second ' || CategoryName;
    UPDATE Regions SET RegionDescription = 'Second ' || RegionDescription;
    UPDATE Territories SET TerritoryDescription = 'Second ' || TerritoryDescription;
    UPDATE Orders SET ShipName = 'Second ' || ShipName, OrderDate = date(OrderDate, '+1 day');
    UPDATE "Order Details" SET UnitPrice = UnitPrice + 1000;
    """

  /// Rows of one shop that belong to the other's.
  private static let mixed = [
    "SELECT OrderID FROM Orders JOIN Customers USING (CustomerID)"
      + " WHERE (ShipName LIKE 'Second %') <> (CompanyName LIKE 'Second %')",
    "SELECT OrderID FROM Orders JOIN Employees USING (EmployeeID)"
      + " WHERE (ShipName LIKE 'Second %') <> (LastName LIKE 'Second %')",
    "SELECT OrderID FROM Orders JOIN Shippers ON ShipVia = ShipperID"
      + " WHERE (ShipName LIKE 'Second %') <> (CompanyName LIKE 'Second %')",
    "SELECT d.OrderID FROM \"Order Details\" AS d JOIN Orders USING (OrderID)"
      + " WHERE (ShipName LIKE 'Second %') <> (d.UnitPrice >= 1000)",
    "SELECT d.OrderID FROM \"Order Details\" AS d JOIN Products USING (ProductID)"
      + " WHERE (ProductName LIKE 'Second %') <> (d.UnitPrice >= 1000)",
    "SELECT ProductID FROM Products JOIN Suppliers USING (SupplierID)"
      + " WHERE (ProductName LIKE 'Second %') <> (CompanyName LIKE 'Second %')",
    "SELECT a.EmployeeID FROM Employees AS a JOIN Employees AS b ON b.EmployeeID = a.ReportsTo"
      + " WHERE (a.LastName LIKE 'Second %') <> (b.LastName LIKE 'Second %')",
    "SELECT e.EmployeeID FROM EmployeeTerritories AS e JOIN Employees USING (EmployeeID)"
      + " JOIN Territories USING (TerritoryID)"
      + " WHERE (LastName LIKE 'Second %') <> (TerritoryDescription LIKE 'Second %')",
  ]

  private func expectBothShops(
    _ databases: [Database], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for database in databases {
      for (name, _) in tables {
        let before = try original.integer("SELECT count(*) FROM [\(name)]") ?? 0
        #expect(
          try database.integer("SELECT count(*) FROM [\(name)]") == 2 * before, "\(name)",
          sourceLocation: sourceLocation)
      }
      for sql in Self.mixed {
        #expect(try database.rows(sql).isEmpty, "\(sql)", sourceLocation: sourceLocation)
      }
      let broken = try original.rows("PRAGMA foreign_key_check").count
      #expect(
        try database.rows("PRAGMA foreign_key_check").count == 2 * broken,
        sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [false, true]) func twoShopsJoin(bothHaveOwnKeys: Bool) throws {
    let world = try AgentWorld(schemaSQL)
    let first = try world.join("first", copySQL, ownKeys: bothHaveOwnKeys ? .everything : nil)
    let second = try world.join("second", copySQL + Self.changes, ownKeys: .everything)
    try world.settle(first, second)
    let hub = try Database(path: world.hubStore.folder + "/hub.db", mode: .readOnly)
    let databases = [hub, first.application, second.application]
    try expectBothShops(databases)
    #expect(try expectSame(first, second))

    // Each goes on with the numbers that it had.
    try first.run(
      """
      UPDATE Orders SET Freight = 70001.5 WHERE OrderID = 10248;
      UPDATE Customers SET Phone = 'first' WHERE CompanyName LIKE 'Second Alfreds%';
      UPDATE Orders SET Freight = 70009 WHERE ShipName LIKE 'Second %' AND OrderID =
        (SELECT max(OrderID) FROM Orders WHERE ShipName LIKE 'Second %');
      """)
    try second.run(
      """
      UPDATE Orders SET Freight = 70002.5 WHERE OrderID = 10248;
      UPDATE Customers SET Phone = 'second' WHERE CompanyName LIKE 'Alfreds%';
      UPDATE Customers SET Fax = 'own' WHERE CustomerID = 'ALFKI';
      """)
    try world.settle(first, second)
    try expectBothShops(databases)
    #expect(try expectSame(first, second))
    for database in databases {
      #expect(
        try database.rows(
          """
          SELECT CompanyName, Phone, Fax = 'own' FROM Customers WHERE CompanyName LIKE '%Alfreds%'
          ORDER BY 1
          """) == [
            [.text("Alfreds Futterkiste"), .text("second"), .integer(0)],
            [.text("Second Alfreds Futterkiste"), .text("first"), .integer(1)],
          ])
      #expect(try database.integer("SELECT count(*) FROM Orders WHERE Freight = 70009") == 1)
    }
    #expect(
      try hub.rows(
        "SELECT 1 FROM Orders WHERE Freight IN (70001.5, 70002.5)"
      )
      .count == 2)
    #expect(try first.store.ledger(openOnly: false).isEmpty)
    #expect(try second.store.ledger(openOnly: false).isEmpty)
  }
}
