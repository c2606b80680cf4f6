import Foundation
import Synchronization
import TestSupport
import Testing

private let northwind = sharedData("northwind/northwind.db")

extension EndToEnd {
  @Suite(.enabled(if: northwind != nil, "needs northwind/northwind.db"))
  struct NorthwindTests {
    let source: URL

    init() throws { source = try #require(northwind) }

    /// A full database joins, an empty one is filled, and all have what the source had.
    @Test func aBranchWithEverythingAndOneWithNothingHaveTheSame() throws {
      let world = try World(like: source.path)
      let full = try world.copy(source, as: "full.db")
      let empty = world.path("empty.db")
      try world.join(full, as: "南山支行")
      try world.sync(full)
      try world.join(empty, as: "罗湖支行")
      try world.sync(empty)
      let digest = try world.expectEqual([full, empty])
      #expect(digest.tables.count == 13)
      for (table, counted) in digest.tables {
        let rows = try Program.sql(world.path("full.db"), "SELECT count(*) FROM \"\(table)\"")
        #expect(rows == [[.integer(Int64(counted.rows))]], "\(table)")
        let before = try Child.run(
          "python3",
          [Program.script("sql.py"), source.path, "SELECT count(*) FROM \"\(table)\""])
        #expect(before.output == "[[\(counted.rows)]]\n", "\(table)")
      }
      let views = try Program.sql(
        empty, "SELECT count(*) FROM sqlite_schema WHERE type = 'view'")
      #expect(views == [[.integer(17)]])
    }

    /// Ten thousand edits at each of two branches while both sync all the time.
    @Test func editsAtTwoBranchesWhileSyncingAreAllAccountedFor() throws {
      let world = try World(like: source.path)
      let a = try world.copy(source, as: "a.db")
      let b = world.path("b.db")
      try world.join(a, as: "南山支行")
      try world.sync(a)
      try world.join(b, as: "罗湖支行")
      try world.sync(b)
      let before = try world.copy(URL(fileURLWithPath: a), as: "before.db")

      let seeds: [UInt64] = [4711, 4712]
      let branches = [(a, "A", "wal"), (b, "B", "delete")]
      let logs = ["a.log", "b.log"].map(world.path)
      let failures = Mutex<[String]>([])
      let syncCounts = Mutex([0, 0])
      DispatchQueue.concurrentPerform(iterations: 2) { index in
        let (database, prefix, journal) = branches[index]
        do {
          let writer = try Child(
            "python3",
            [
              Program.script("writer.py"), database, "--log", logs[index], "--seed",
              "\(seeds[index])", "--prefix", prefix, "--operations", "10000", "--journal", journal,
            ])
          while writer.isRunning {
            let ended = try Program.run(["sync", database, "--json"])
            syncCounts.withLock { $0[index] += 1 }
            if ended.status != 0 { failures.withLock { $0.append("\(ended)") } }
          }
          let ended = try writer.wait()
          if ended.status != 0 { failures.withLock { $0.append("\(ended)") } }
        } catch {
          failures.withLock { $0.append("\(error)") }
        }
      }
      let failed = failures.withLock { $0 }
      #expect(failed.isEmpty, "\(failed.joined(separator: "\n"))")
      try world.settle([a, b])
      try world.expectEqual([a, b])
      let account = try world.account(for: logs, at: b, before: before)
      #expect(account.writes == 20_000)
      // Otherwise the two never met, and this test shows little.
      #expect(account.conflicts > 0)
      #expect(syncCounts.withLock { $0.allSatisfy { $0 > 0 } })
      _ = try world.account(for: logs, at: a, before: before)
    }

    /// Two branches that start from the same copy have nothing to say to each other.
    @Test func identicalCopiesMakeNoConflict() throws {
      let world = try World(like: source.path)
      let databases = try ["a.db", "b.db"].map { try world.copy(source, as: $0) }
      for (database, name) in zip(databases, ["南山支行", "罗湖支行"]) {
        try world.join(database, as: name)
        try world.sync(database)
      }
      try world.settle(databases)
      #expect(try world.conflicts().isEmpty)
      let digest = try world.expectEqual(databases)
      #expect(digest.tables["Customers"]?.rows == 93)
      #expect(digest.tables["Order Details"]?.rows == 2155)
      // The second copy was not sent: its rows are the hub's.
      let second = try world.vector().vector["罗湖支行"]
      #expect(second == nil || second == 0)
    }

    /// Rows from before joining yield to any captured edit, even one that is older by the clock.
    @Test func rowsFromBeforeJoiningYieldToAnyEdit() throws {
      let world = try World(like: source.path)
      let databases = try ["a.db", "b.db"].map { try world.copy(source, as: $0) }
      let (a, b) = (databases[0], databases[1])
      try world.join(a, as: "A")
      try world.sync(a)
      try Program.sql(a, "UPDATE Customers SET City = 'Shenzhen' WHERE CustomerID = 'ALFKI'")
      try world.sync(a)
      try world.join(b, as: "B", "--keys", "same")
      try world.settle([b, a])
      try world.expectEqual([a, b])
      let city = "SELECT City FROM Customers WHERE CustomerID = 'ALFKI'"
      for database in databases {
        #expect(try Program.sql(database, city) == [[.text("Shenzhen")]])
      }
    }

    /// Another branch's customer 17 is not mixed in unless somebody says that it is the same.
    @Test func sameKeysWithOtherContentsAreAskedAbout() throws {
      let world = try World(like: source.path)
      let a = try world.copy(source, as: "a.db")
      let b = try world.copy(source, as: "b.db")
      try world.join(a, as: "南山支行")
      try world.sync(a)
      let other = "UPDATE Customers SET CompanyName = 'Another ' || CustomerID"
      try Program.sql(b, "\(other) WHERE CustomerID IN ('ALFKI', 'ANATR', 'BERGS')")
      let untouched = try Data(contentsOf: URL(fileURLWithPath: b))

      let stopped = try Program.run(["join", b, try world.invite("罗湖支行")])
      #expect(stopped.status != 0, "\(stopped)")
      for part in ["3", "Customers", "ALFKI", "--keys"] {
        #expect(stopped.errors.contains(part), "\(part) is not in \(stopped)")
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: b)) == untouched)

      try world.join(b, as: "罗湖支行-2", "--keys", "same")
      try world.settle([b, a])
      try world.expectEqual([a, b])
      let names = try Program.sql(
        b, "SELECT count(*) FROM Customers WHERE CompanyName LIKE 'Another %'")
      #expect(names == [[.integer(0)]], "the hub's stand")
      let conflicts = try world.conflicts()
      #expect(conflicts.count == 3)
      for conflict in conflicts {
        #expect(conflict.column == "CompanyName")
        #expect(conflict.values.contains { $0.value?.description.hasPrefix("Another ") == true })
      }
    }
  }
}
