import Foundation
import TestSupport
import Testing

private let schema = """
  CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT, seen TEXT);
  """

extension EndToEnd {
  /// A hub that goes back in time, in whatever way.
  struct RestoreTests {
    private static let names = ["A", "B", "C"]

    /// Three branches that are at one with the hub, and a backup of it.
    private func world() throws -> (world: World, databases: [String], backup: String) {
      let world = try World(schema: schema)
      let databases = Self.names.map { world.path("\($0)/shop.db") }
      for (database, name) in zip(databases, Self.names) {
        try FileManager.default.createDirectory(
          atPath: world.path(name), withIntermediateDirectories: true)
        try world.join(database, as: name)
      }
      try Program.sql(databases[0], "INSERT INTO note VALUES (1, 'before', NULL)")
      try world.settle(databases)
      let backup = world.path("hub.backup")
      try expect(Program.run(["hub", "backup", world.hub, backup]), 0)
      return (world, databases, backup)
    }

    /// What each branch does after the backup: rows of its own, and all edit the first one in turn,
    /// each having seen what the one before wrote.
    private func goOn(_ world: World, _ databases: [String]) throws {
      for (index, database) in databases.enumerated() {
        let id = 10 * (index + 1)
        try Program.sql(
          database, "INSERT INTO note VALUES (\(id), 'after the backup', NULL)",
          "UPDATE note SET body = body || ' \(Self.names[index])' WHERE id = 1")
        try world.sync(database)
        if index + 1 < databases.count { try world.sync(databases[index + 1]) }
      }
    }

    private func expectWhole(
      _ world: World, _ databases: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      try world.settle(databases)
      try world.expectEqual(databases, sourceLocation: sourceLocation)
      for database in databases {
        let body = try Program.sql(database, "SELECT body FROM note WHERE id = 1")
        #expect(body == [[.text("before A B C")]], sourceLocation: sourceLocation)
        let count = try Program.sql(
          database, "SELECT count(*) FROM note WHERE body = 'after the backup'")
        #expect(count == [[.integer(3)]], sourceLocation: sourceLocation)
        let check = try Program.sql(database, "PRAGMA integrity_check")
        #expect(check == [[.text("ok")]], sourceLocation: sourceLocation)
      }
      #expect(try world.conflicts().isEmpty, sourceLocation: sourceLocation)
      let losses = try Program.run(["hub", "losses", world.hub, "--json"])
      #expect(losses.status == 0, "\(losses)", sourceLocation: sourceLocation)
      let doctor = try Program.run(["doctor", world.hub])
      #expect(doctor.status == 0, "\(doctor)", sourceLocation: sourceLocation)
    }

    enum Way: String, CaseIterable {
      /// `hub restore` into the folder while it is served.
      case served
      /// `hub restore` into the folder while it is not.
      case stopped
      /// `hub restore` into a new folder, which is served in the old one's stead.
      case elsewhere
      /// Somebody stops the hub and copies back an older copy of its folder, telling nobody.
      case copiedBack
    }

    /// All branches are ahead of the backup; one of them comes back only when the others are done.
    @Test(arguments: Way.allCases)
    func nothingIsLostThatABranchStillHas(way: Way) throws {
      let (world, databases, backup) = try world()
      let copy = world.path("copy-of-hub")
      if way == .copiedBack {
        try world.stop()
        try FileManager.default.copyItem(atPath: world.hub, toPath: copy)
        try world.serve()
      }
      try goOn(world, databases)
      try restore(world, way, backup: backup, copy: copy)

      let note = try Program.run(["sync", databases[0]])
      try expect(note, 0)
      #expect(note.errors.contains("restored from a backup"), "\(note)")
      try world.sync(databases[1])
      // C has been away all the time; the others have gone on meanwhile.
      try Program.sql(databases[0], "INSERT INTO note VALUES (99, 'in the new life', NULL)")
      try world.sync(databases[0])
      try world.sync(databases[1])
      try Program.sql(databases[2], "INSERT INTO note VALUES (98, 'still away', NULL)")
      try world.sync(databases[2])
      try expectWhole(world, databases)
      let late = try Program.sql(databases[1], "SELECT id FROM note WHERE id > 90 ORDER BY id")
      #expect(late == [[.integer(98)], [.integer(99)]])
    }

    private func restore(_ world: World, _ way: Way, backup: String, copy: String) throws {
      switch way {
      case .served:
        try expect(Program.run(["hub", "restore", backup, world.hub]), 0)
      case .stopped:
        try world.stop()
        try expect(Program.run(["hub", "restore", backup, world.hub]), 0)
        try world.serve()
      case .elsewhere:
        try world.kill()
        try FileManager.default.removeItem(atPath: world.hub)
        try expect(Program.run(["hub", "restore", backup, world.hub]), 0)
        try world.serve()
      case .copiedBack:
        try world.kill()
        try FileManager.default.removeItem(atPath: world.hub)
        try FileManager.default.moveItem(atPath: copy, toPath: world.hub)
        try world.serve()
      }
    }

    /// Twice the same backup, with work between, and a second restore while only one branch has
    /// come back.
    @Test func restoredAgainBeforeEverybodyHasComeBack() throws {
      let (world, databases, backup) = try world()
      try goOn(world, databases)
      try expect(Program.run(["hub", "restore", backup, world.hub]), 0)
      try world.sync(databases[0])
      try Program.sql(databases[0], "INSERT INTO note VALUES (50, 'between', NULL)")
      try world.sync(databases[0])
      try expect(Program.run(["hub", "restore", backup, world.hub]), 0)
      try world.sync(databases[2])
      try world.sync(databases[0])
      try expectWhole(world, databases)
      let between = try Program.sql(databases[1], "SELECT body FROM note WHERE id = 50")
      #expect(between == [[.text("between")]])
    }

    /// Hub and one branch go back together; what only that branch had is lost, and is named.
    @Test func whatNobodyHasIsNamed() throws {
      let (world, databases, backup) = try world()
      let old = world.path("old.db")
      try FileManager.default.copyItem(atPath: databases[0], toPath: old)
      try Program.sql(databases[0], "INSERT INTO note VALUES (7, 'only A and the hub', NULL)")
      try world.sync(databases[0])
      try Program.sql(databases[1], "INSERT INTO note VALUES (8, 'B saw what A did', NULL)")
      try world.sync(databases[1])
      // What B kept of A's is gone with B's disk; B's own file is an old one too.
      try Program.sql(databases[1], "DELETE FROM tributary_tail")
      for suffix in ["-wal", "-shm"] {
        try? FileManager.default.removeItem(atPath: databases[0] + suffix)
      }
      try FileManager.default.removeItem(atPath: databases[0])
      try FileManager.default.copyItem(atPath: old, toPath: databases[0])
      try expect(Program.run(["hub", "restore", backup, world.hub]), 0)
      for database in databases { _ = try Program.run(["sync", database]) }
      try world.settle(databases)
      let losses = try Program.run(["hub", "losses", world.hub])
      try expect(losses, 3)
      #expect(losses.output.contains("A: changeset"), "\(losses)")
      let doctor = try Program.run(["doctor", world.hub])
      try expect(doctor, 6)
      #expect(doctor.output.contains("tributary hub losses"), "\(doctor)")
      try world.expectEqual(databases)
    }

    /// An agent that has nothing to send notices by itself, gives back, and fetches.
    @Test func anIdleAgentGivesBackByItself() throws {
      let (world, databases, backup) = try world()
      try goOn(world, databases)
      for database in databases { try world.sync(database) }
      let agents = try databases.map { try Program.start(["agent", $0]) }
      try expect(Program.run(["hub", "restore", backup, world.hub]), 0)
      // News that were asked for before the restore are answered after their patience; whoever asks
      // afterwards hears at once.
      try Program.sql(databases[1], "UPDATE note SET seen = 'news' WHERE id = 10")
      let deadline = Date() + 90
      var done = false
      while !done, Date() < deadline {
        done = try (databases + [world.hub + "/hub.db"]).allSatisfy {
          try Program.sql($0, "SELECT count(*) FROM note WHERE id IN (10, 20, 30)")
            == [[.integer(3)]]
        }
      }
      #expect(done)
      for agent in agents {
        agent.signal(SIGTERM)
        try expect(agent.wait(), 0)
      }
      try expectWhole(world, databases)
    }
  }
}
