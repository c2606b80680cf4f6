import Foundation
import TestSupport
import Testing

private let schema = "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, body TEXT)"

extension EndToEnd {
  /// Bad lines, and processes that stand still.
  struct LineTests {
    private func world() throws -> (world: World, databases: [String]) {
      let world = try World(schema: schema)
      let databases = ["a.db", "b.db"].map(world.path)
      for (database, name) in zip(databases, ["A", "B"]) { try world.join(database, as: name) }
      return (world, databases)
    }

    private func freePort() throws -> String {
      let found = try Child.run(
        "python3",
        [
          "-c",
          "import socket; s = socket.create_server(('127.0.0.1', 0)); "
            + "print(s.getsockname()[1])",
        ])
      return found.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Puts a bad line at the hub's port and moves the hub elsewhere.
    private func spoil(_ world: World, _ mode: String, seed: Int) throws -> Child {
      try world.stop()
      let port = try freePort()
      try world.serve(listen: "127.0.0.1:\(port)")
      let proxy = try Child(
        "python3", [Program.script("proxy.py"), "\(world.port)", port, mode, "\(seed)"])
      _ = try proxy.line(after: "ready")
      return proxy
    }

    private func write(_ database: String, _ round: Int, rows: Int) throws {
      let name = URL(fileURLWithPath: database).lastPathComponent
      try Program.sql(
        database,
        """
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
        INSERT INTO note SELECT '\(name)-\(round)-' || i, hex(randomblob(40)) FROM n
        """)
    }

    /// Connections that break, stall, repeat or flip bytes: a sync works, or says that the hub was
    /// not reached; nothing is lost, nothing is there twice, and with a good line all is well.
    @Test(arguments: ["cut", "delay", "duplicate", "corrupt", "reset"])
    func aBadLineLosesNothing(mode: String) throws {
      let (world, databases) = try world()
      let proxy = try spoil(world, mode, seed: 7)
      var endings: [Int32: Int] = [:]
      for round in 1...5 {
        for database in databases {
          // Some are small, some do not fit one message.
          try write(database, round, rows: round % 4 == 0 ? 6_000 : 5)
          let ended = try Program.run(["sync", database, "--json"])
          #expect([0, 5].contains(ended.status), "\(ended)")
          endings[ended.status, default: 0] += 1
        }
      }
      #expect((endings[0] ?? 0) > 0, "no sync came through")
      #expect(proxy.output.split(separator: "\n").count > 1, "nothing happened on the line")
      proxy.signal(SIGKILL)
      _ = try proxy.wait()
      try world.stop()
      try world.serve()
      try world.settle(databases)
      let digest = try world.expectEqual(databases)
      #expect(digest.tables["note"]?.rows == 2 * (6_000 + 4 * 5))
      #expect(try world.conflicts().isEmpty)
      for database in databases {
        #expect(try Program.sql(database, "PRAGMA integrity_check") == [[.text("ok")]])
      }
    }

    /// The hub stands still in the middle of an exchange and goes on: the sync goes on, too.
    @Test func aHubThatStandsStillForAWhileIsWaitedFor() throws {
      let (world, databases) = try world()
      try write(databases[0], 1, rows: 20_000)
      let sync = try Program.start(["sync", databases[0], "--json"])
      _ = sync.ends(withinMilliseconds: 60)
      try world.signal(SIGSTOP)
      #expect(!sync.ends(withinMilliseconds: 2_000))
      try world.signal(SIGCONT)
      try expect(sync.wait(), 0)
      try world.settle(databases)
      try world.expectEqual(databases)
    }

    /// A branch stands still in the middle of its sync: nobody else is held up, and it goes on
    /// where it was, although the hub was started anew meanwhile.
    @Test func aBranchThatStandsStillHoldsNobodyUp() throws {
      let (world, databases) = try world()
      try write(databases[0], 1, rows: 20_000)
      let sync = try Program.start(["sync", databases[0], "--json"])
      _ = sync.ends(withinMilliseconds: 80)
      sync.signal(SIGSTOP)
      for round in 1...5 {
        try write(databases[1], round, rows: 3)
        try world.sync(databases[1])
      }
      try world.kill()
      try world.serve()
      try write(databases[1], 6, rows: 3)
      try world.sync(databases[1])
      sync.signal(SIGCONT)
      let ended = try sync.wait()
      #expect([0, 5].contains(ended.status), "\(ended)")
      try world.settle(databases)
      let digest = try world.expectEqual(databases)
      #expect(digest.tables["note"]?.rows == 20_018)
    }

    /// In a network of their own, whose cable is pulled in the middle of a transfer.
    @Test(.enabled(if: Program.canPullTheCable, "needs a network namespace and `ip`"))
    func aCableThatIsPulledLosesNothing() throws {
      let (world, databases) = try world()
      try write(databases[0], 1, rows: 40_000)
      try world.stop()
      let place = String(world.url.dropFirst("https://".count))
      let ended = try Child.run(
        "unshare",
        ["-rn", Program.script("unplugged.sh"), Program.path, world.hub, place, databases[0]])
      #expect(ended.output == "pulled\nthrough 0\nserved 0\n", "\(ended)")
      try world.serve()
      try world.settle(databases)
      #expect(try world.expectEqual(databases).tables["note"]?.rows == 40_000)
    }
  }
}
