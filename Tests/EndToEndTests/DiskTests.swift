import Foundation
import TestSupport
import Testing

private let schema = "CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, body TEXT)"

extension EndToEnd {
  /// Disks that refuse to be written.
  struct DiskTests {
    private func world() throws -> (world: World, branch: String) {
      let world = try World(schema: schema)
      let branch = world.path("branch/shop.db")
      try FileManager.default.createDirectory(
        atPath: world.path("branch"), withIntermediateDirectories: true)
      try world.join(branch, as: "A")
      return (world, branch)
    }

    private func write(_ database: String, rows: Int) throws {
      try Program.sql(
        database,
        """
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < \(rows))
        INSERT INTO note SELECT hex(randomblob(8)), hex(randomblob(200)) FROM n
        """)
    }

    /// A hub whose disk is full says so; branches keep their work, and send it once there is room.
    @Test func aHubWithoutRoomLosesNothing() throws {
      let (world, branch) = try world()
      try world.stop()
      try world.serve(fileKibibytesMax: 1_024)
      try write(branch, rows: 20_000)
      let refused = try Program.run(["sync", branch])
      #expect([1, 5].contains(refused.status), "\(refused)")
      #expect(refused.errors.contains("[hub-storage]"), "\(refused)")
      let status: StatusDocument = try Program.run(["status", branch, "--json"]).document()
      #expect(status.pending.rows == 20_000)
      try world.kill()
      try world.serve()
      #expect(try world.sync(branch).pushed.rows == 20_000)
      try world.expectEqual([branch])
      try expect(Program.run(["doctor", world.hub]), 0)
    }

    /// A backup for which there is no room is none: the earlier one stays, and is good.
    @Test(.enabled(if: Program.canMountASmallDisk, "needs to mount a tmpfs"))
    func aBackupWithoutRoomLeavesTheEarlierOne() throws {
      let (world, branch) = try world()
      try write(branch, rows: 10)
      try world.sync(branch)
      let folder = world.path("backups")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let backup = folder + "/hub.backup"
      try expect(Program.run(["hub", "backup", world.hub, backup]), 0)
      let before = try Data(contentsOf: URL(fileURLWithPath: backup))
      try write(branch, rows: 20_000)
      try world.sync(branch)
      let ended = try Child.run(
        "unshare",
        [
          "-rm", Program.script("full-disk.sh"), backup, "512", "100", "sh", "-c",
          "\"$0\" hub backup \"$1\" \"$DATABASE\"; status=$?; "
            + "cksum < \"$DATABASE\" >&2; exit $status",
          Program.path, world.hub,
        ])
      #expect(ended.output == "full 1\nroomy 0\n", "\(ended)")
      #expect(ended.errors.contains("[disk-full]"), "\(ended)")
      try before.write(to: URL(fileURLWithPath: world.path("before")))
      let sum = try Child.run("sh", ["-c", "cksum < \"$0\"", world.path("before")])
      #expect(ended.errors.contains(sum.output.trimmingCharacters(in: .newlines)), "\(ended)")
      let restored = world.path("restored")
      try expect(Program.run(["hub", "restore", backup, restored]), 0)
      #expect(try world.digest(restored) == world.digest(world.hub))
    }

    /// A file that may not be written: said before anything else, nothing changed.
    @Test(.enabled(if: getuid() != 0 || Program.canMountASmallDisk, "needs a disk to be read-only"))
    func aReadOnlyBranchSaysSo() throws {
      let (world, branch) = try world()
      try write(branch, rows: 3)
      let before = try world.digest(branch)
      let ended = try Child.run(
        "unshare",
        [
          "-rm", "sh", "-c",
          "mount --bind \"$1\" \"$1\" && mount -o remount,ro,bind \"$1\" && \"$0\" sync \"$2\"",
          Program.path, world.path("branch"), branch,
        ])
      try expect(ended, 1)
      #expect(ended.errors.contains("[read-only]"), "\(ended)")
      #expect(try world.digest(branch) == before)
      #expect(try world.sync(branch).pushed.rows == 3)
    }
  }
}
