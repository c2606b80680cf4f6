import Foundation
import TestSupport
import Testing

private let schema = "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)"

extension EndToEnd {
  /// One identity, two databases: copies, images, snapshots, old backups.
  struct CopyTests {
    private struct Office {
      let world: World
      let original: String
      let other: String
    }

    private func office() throws -> Office {
      let world = try World(schema: schema)
      let office = Office(
        world: world, original: world.path("a/shop.db"), other: world.path("b/shop.db"))
      for folder in ["a", "b", "copy"] {
        try FileManager.default.createDirectory(
          atPath: world.path(folder), withIntermediateDirectories: true)
      }
      try world.join(office.original, as: "南山支行")
      try world.join(office.other, as: "B")
      try Program.sql(office.original, "INSERT INTO note VALUES (1, 'common')")
      try world.settle([office.original, office.other])
      return office
    }

    private func copy(_ path: String, to target: String, withKeys: Bool) throws {
      try? FileManager.default.removeItem(atPath: target)
      try FileManager.default.copyItem(atPath: path, toPath: target)
      guard withKeys else { return }
      try? FileManager.default.removeItem(atPath: target + "-tributary")
      try FileManager.default.copyItem(
        atPath: path + "-tributary", toPath: target + "-tributary")
    }

    private func branchNames(_ world: World) throws -> [String] {
      try Program.run(["hub", "branches", world.hub, "--json"]).document(BranchesDocument.self)
        .branches.map(\.name)
    }

    private func expectRows(_ ids: [Int64], _ world: World, _ databases: [String]) throws {
      try world.settle(databases)
      try world.expectEqual(databases)
      for database in databases {
        let found = try Program.sql(database, "SELECT id FROM note ORDER BY id")
        #expect(found == ids.map { [.integer($0)] }, "\(database)")
      }
      #expect(try world.conflicts().isEmpty)
    }

    /// A machine's image with its keys, both used: both histories are there, and both are told.
    @Test func anImageWithItsKeysIsASecondBranch() throws {
      let office = try office()
      let world = office.world
      let image = world.path("copy/shop.db")
      try copy(office.original, to: image, withKeys: true)
      try Program.sql(office.original, "INSERT INTO note VALUES (2, 'the first machine')")
      try Program.sql(image, "INSERT INTO note VALUES (3, 'the second machine')")
      try world.sync(office.original)
      let told = try Program.run(["sync", image])
      try expect(told, 0)
      #expect(told.errors.contains("南山支行 (2)"), "\(told)")
      let also = try Program.run(["sync", office.original])
      #expect(also.errors.contains("identity of “南山支行”"), "\(also)")
      try expectRows([1, 2, 3], world, [office.original, image, office.other])
      #expect(try branchNames(world) == ["南山支行", "B", "南山支行 (2)"])
      let doctor = try Program.run(["doctor", office.original])
      try expect(doctor, 6)
      #expect(doctor.output.contains("identity of"), "\(doctor)")
      // From then on they are two like any others.
      try Program.sql(image, "UPDATE note SET body = body || ', again' WHERE id = 2")
      try Program.sql(office.original, "INSERT INTO note VALUES (4, 'more')")
      try expectRows([1, 2, 3, 4], world, [image, office.original, office.other])
    }

    /// The copy writes and syncs first, before the original does; unsent work of before the copy is
    /// in both and arrives once.
    @Test func whatWasUnsentWhenItWasCopiedArrivesOnce() throws {
      let office = try office()
      let world = office.world
      try Program.sql(office.original, "INSERT INTO note VALUES (2, 'not sent yet')")
      try world.kill()
      // Sealed, but nobody answers.
      try expect(Program.run(["sync", office.original]), 5)
      let image = world.path("copy/shop.db")
      try copy(office.original, to: image, withKeys: true)
      try world.serve()
      try Program.sql(image, "INSERT INTO note VALUES (3, 'the copy')")
      try world.sync(image)
      try Program.sql(office.original, "INSERT INTO note VALUES (4, 'the original')")
      try world.sync(office.original)
      try expectRows([1, 2, 3, 4], world, [image, office.original, office.other])
    }

    /// The file alone on a second machine: it says what is missing; a token gives it an identity.
    @Test func aFileWithoutItsKeyTakesAnIdentity() throws {
      let office = try office()
      let world = office.world
      let file = world.path("copy/shop.db")
      try Program.sql(office.original, "INSERT INTO note VALUES (2, 'unsent in both')")
      try copy(office.original, to: file, withKeys: false)
      try Program.sql(file, "INSERT INTO note VALUES (3, 'written at the copy')")
      let refused = try Program.run(["sync", file])
      try expect(refused, 4)
      #expect(refused.errors.contains("[key-missing]"), "\(refused)")
      let token = try world.invite("后海支行")
      let rehearsed = try Program.run(["join", file, token, "--dry-run"])
      try expect(rehearsed, 0)
      #expect(rehearsed.output.contains("identity of its own"), "\(rehearsed)")
      let joined = try Program.run(["join", file, token])
      try expect(joined, 0)
      #expect(joined.output.contains("后海支行 has joined"), "\(joined)")
      try expectRows([1, 2, 3], world, [office.original, file, office.other])
      #expect(try world.digest(file) == world.digest(office.original))
      // It is a branch now, and cannot join once more.
      let again = try Program.run(["join", file, try world.invite("x")])
      try expect(again, 1)
      #expect(again.errors.contains("[already-joined]"), "\(again)")
    }

    /// A database that an administrator restored from yesterday's copy, keys and all: its
    /// acknowledged work comes back, and its new work arrives.
    @Test func aBranchThatGoesBackInTimeGetsItsWorkBack() throws {
      let office = try office()
      let world = office.world
      let snapshot = world.path("copy/snapshot.db")
      try copy(office.original, to: snapshot, withKeys: true)
      for id in 2...6 {
        try Program.sql(office.original, "INSERT INTO note VALUES (\(id), 'acknowledged')")
        try world.sync(office.original)
      }
      for suffix in ["-wal", "-shm"] {
        try? FileManager.default.removeItem(atPath: office.original + suffix)
      }
      try copy(snapshot, to: office.original, withKeys: true)
      try Program.sql(office.original, "INSERT INTO note VALUES (7, 'after going back')")
      try world.sync(office.original)
      try expectRows([1, 2, 3, 4, 5, 6, 7], world, [office.original, office.other])
    }

    /// Like a virtual machine that is set back while it runs: the agent is frozen, the disk's state
    /// is exchanged, and it goes on from memory that knows better.
    @Test func aSnapshotUnderAFrozenAgentLosesNothing() throws {
      let office = try office()
      let world = office.world
      let snapshot = world.path("copy/snapshot.db")
      try copy(office.original, to: snapshot, withKeys: true)
      for id in 2...4 {
        try Program.sql(office.original, "INSERT INTO note VALUES (\(id), 'acknowledged')")
        try world.sync(office.original)
      }
      let agent = try Program.start(["agent", office.original])
      try Program.sql(office.original, "INSERT INTO note VALUES (5, 'by the agent')")
      let deadline = Date() + 30
      while Date() < deadline,
        try Program.sql(world.hub + "/hub.db", "SELECT 1 FROM note WHERE id = 5") == []
      {}
      agent.signal(SIGSTOP)
      // In place, as a disk's snapshot does it: the agent's descriptors see the old bytes.
      try Data(contentsOf: URL(fileURLWithPath: snapshot))
        .overwrite(URL(fileURLWithPath: office.original))
      agent.signal(SIGKILL)
      _ = try agent.wait()
      try Program.sql(office.original, "INSERT INTO note VALUES (6, 'after the snapshot')")
      try world.sync(office.original)
      try expectRows([1, 2, 3, 4, 5, 6], world, [office.original, office.other])
    }

    /// A retired branch that comes back: refused, kept apart, let in by the operator.
    @Test func whatARetiredBranchSendsIsKeptApart() throws {
      let office = try office()
      let world = office.world
      try expect(Program.run(["hub", "retire", world.hub, "B"]), 0)
      try Program.sql(office.other, "INSERT INTO note VALUES (2, 'found in a drawer')")
      let refused = try Program.run(["sync", office.other])
      try expect(refused, 12)
      #expect(refused.errors.contains("[retired]"), "\(refused)")
      #expect(try Program.sql(world.hub + "/hub.db", "SELECT 1 FROM note WHERE id = 2") == [])
      let doctor = try Program.run(["doctor", world.hub])
      try expect(doctor, 6)
      #expect(doctor.output.contains("hub salvage"), "\(doctor)")
      let listed = try Program.run(["hub", "salvage", world.hub, "list"])
      #expect(listed.output.contains("B"), "\(listed)")
      try expect(Program.run(["hub", "salvage", world.hub, "replay", "B"]), 0)
      try expectRows([1, 2], world, [office.original])
      let empty = try Program.run(["hub", "salvage", world.hub, "list"])
      #expect(empty.output.contains("Nothing"), "\(empty)")
    }
  }
}

extension Data {
  /// Into the file that is there, whoever has it open.
  fileprivate func overwrite(_ file: URL) throws {
    let handle = try FileHandle(forWritingTo: file)
    try handle.write(contentsOf: self)
    try handle.truncate(atOffset: UInt64(count))
    try handle.close()
    for suffix in ["-journal", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: file.path + suffix)
    }
  }
}
