import Basics
import BranchStore
import Deltas
import Foundation
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// A real shop's tables at three branches whose programs have foreign keys on, and delete what
/// others refer to meanwhile: whatever the hub's tables break is listed there, and nothing else.
@Suite(.enabled(if: sharedData("northwind/northwind.db") != nil))
struct NorthwindReferencesTests {
  @Test(arguments: 0..<3 as Range<UInt64>) func whatIsBrokenIsListed(seed: UInt64) throws {
    let path = try #require(sharedData("northwind/northwind.db")).path
    let tables = try Database(path: path, mode: .readOnly).rows(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).map { ($0[0].text, $0[1].text) }
    let schema = tables.map { $0.1 + ";" }.joined(separator: "\n")
    let rows = tables.map { "INSERT INTO main.[\($0.0)] SELECT * FROM northwind.[\($0.0)];" }
    let copy = schema + "ATTACH '\(path)' AS northwind;" + rows.joined() + "DETACH northwind;"
    let world = try AgentWorld(schema)
    try publish(world)
    let branches = try ["a", "b", "c"].map { try world.join($0, copy) }
    for branch in branches { try branch.application.execute("PRAGMA foreign_keys = ON") }
    try world.settle(branches[0], branches[1], branches[2])
    #expect(try world.hubStore.orphans().isEmpty)

    // Where deletions win, an order is left without its shipper.
    try branches[0].run(
      """
      UPDATE Orders SET ShipVia = NULL WHERE ShipVia = 3;
      DELETE FROM Shippers WHERE ShipperID = 3
      """)
    try branches[1].run("INSERT INTO Orders (CustomerID, ShipVia) VALUES ('ALFKI', 3)")
    try world.settle(branches[0], branches[1], branches[2])
    #expect(try world.hubStore.orphans().map(\.wanted) == [[.integer(3)]])

    var random = SeededGenerator(seed: seed)
    for step in 0..<60 {
      let branch = branches[Int.random(in: 0..<3, using: &random)]
      if random.chance(250) {
        _ = try branch.sync()
        try expectListed(world)
      } else {
        write(branch, step, &random)
      }
    }
    try world.settle(branches[0], branches[1], branches[2])
    #expect(try expectSame(branches[0], branches[1], branches[2]))
    try expectListed(world)
    for branch in branches { #expect(try branch.store.deferredRows().isEmpty) }
    // There was something to find.
    let ledger = try world.hubStore.conflicts(openOnly: false)
    #expect(ledger.contains { $0.explanation.contains("that refers to it") })
  }

  private func publish(_ world: AgentWorld) throws {
    let rules: [String: DeleteRule] = ["Order Details": .win, "Products": .ask, "Shippers": .win]
    var policies: [TableID: TablePolicy] = [:]
    for table in world.schema.tables {
      policies[table.id] = rules[table.name].map { TablePolicy(deletes: $0) }
    }
    _ = try world.hubStore.publish(
      MergePolicy(tables: policies), source: "", wallMilliseconds: world.wall)
  }

  /// What a program does there; its foreign keys may refuse it.
  private func write(_ branch: AgentBranch, _ step: Int, _ random: inout SeededGenerator) {
    func any(_ column: String, _ table: String) -> String {
      let offset = Int.random(in: 0..<8, using: &random)
      return "(SELECT \(column) FROM \(table) ORDER BY 1 LIMIT 1 OFFSET \(offset))"
    }
    let order = any("OrderID", "Orders")
    let sql =
      switch Int.random(in: 0..<6, using: &random) {
      case 0:
        """
        INSERT INTO Orders (CustomerID, EmployeeID, ShipVia, ShipName)
        VALUES (\(any("CustomerID", "Customers")), \(any("EmployeeID", "Employees")),
          \(any("ShipperID", "Shippers")), 'step \(step)');
        INSERT INTO [Order Details] (OrderID, ProductID, UnitPrice)
        VALUES (last_insert_rowid(), \(any("ProductID", "Products")), \(step));
        """
      case 1:
        """
        CREATE TEMP TABLE IF NOT EXISTS gone (id);
        DELETE FROM gone;
        INSERT INTO gone SELECT \(any("CustomerID", "Customers"));
        DELETE FROM [Order Details] WHERE OrderID IN (
          SELECT OrderID FROM Orders WHERE CustomerID IN (SELECT id FROM gone));
        DELETE FROM Orders WHERE CustomerID IN (SELECT id FROM gone);
        DELETE FROM Customers WHERE CustomerID IN (SELECT id FROM gone);
        """
      case 2:
        """
        DELETE FROM [Order Details] WHERE ProductID = \(any("ProductID", "Products"));
        DELETE FROM Products WHERE ProductID NOT IN (SELECT ProductID FROM [Order Details]);
        """
      case 3:
        """
        UPDATE Orders SET CustomerID = \(any("CustomerID", "Customers")) WHERE OrderID = \(order)
        """
      case 4: "UPDATE [Order Details] SET Quantity = \(step + 1) WHERE OrderID = \(order)"
      default:
        """
        UPDATE Employees SET ReportsTo = NULL WHERE ReportsTo = 2 AND \(step) % 2 = 0;
        UPDATE Orders SET ShipVia = NULL WHERE ShipVia = 3;
        DELETE FROM Shippers WHERE ShipperID = 3;
        """
      }
    try? branch.run(sql)
  }

  private func expectListed(
    _ world: AgentWorld, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let hub = try Database(path: world.folder.path("hub/hub.db"), mode: .readOnly)
    let broken = try hub.rows("PRAGMA foreign_key_check").map { "\($0[0].text) \($0[2].text)" }
    let listed = try world.hubStore.orphans().map { orphan in
      [orphan.key.table, orphan.parent].map { world.schema.table($0)?.name ?? "" }
        .joined(separator: " ")
    }
    #expect(listed.sorted() == broken.sorted(), sourceLocation: sourceLocation)
    #expect(
      try world.hubStore.check().allSatisfy { !$0.what.hasPrefix("The list of rows") },
      sourceLocation: sourceLocation)
  }
}
