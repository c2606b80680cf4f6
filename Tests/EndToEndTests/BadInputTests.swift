import Foundation
import TestSupport
import Testing

private let schema = """
  CREATE TABLE customer (id TEXT PRIMARY KEY NOT NULL, name TEXT, notes TEXT);
  """

extension EndToEnd {
  /// Trouble that needs real machinery: something on the line, a disk that is full.
  struct BadInputTests {
    /// Two branches; the first has rows that the second has not pulled yet.
    private func world(rowCount: Int) throws -> (world: World, branch: String) {
      let world = try World(schema: schema)
      let first = world.path("first/a.db")
      let second = world.path("second/b.db")
      for folder in ["first", "second"] {
        try FileManager.default.createDirectory(
          atPath: world.path(folder), withIntermediateDirectories: true)
      }
      try world.join(first, as: "A")
      try world.join(second, as: "B")
      try Program.sql(
        first,
        """
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < \(rowCount))
        INSERT INTO customer SELECT 'c' || i, '客户 ' || i, hex(randomblob(200)) FROM n
        """)
      try world.sync(first)
      return (world, second)
    }

    /// Puts a meddler at the hub's port and moves the hub elsewhere.
    private func meddle(_ world: World, _ branch: String, mode: String) throws -> Child {
      try world.stop()
      let free = try Child.run(
        "python3",
        [
          "-c",
          "import socket; s = socket.create_server(('127.0.0.1', 0)); "
            + "print(s.getsockname()[1])",
        ])
      let port = free.output.trimmingCharacters(in: .whitespacesAndNewlines)
      try world.serve(listen: "127.0.0.1:\(port)")
      let meddler = try Child(
        "python3",
        [
          Program.script("meddler.py"), "\(world.port)", port, world.hub, "\(branch)-tributary",
          mode,
        ])
      _ = try meddler.line(after: "ready")
      return meddler
    }

    @Test func aMeddlerThatDoesNothingIsNotInTheWay() throws {
      let (world, branch) = try world(rowCount: 3_000)
      let meddler = try meddle(world, branch, mode: "pass")
      #expect(try world.sync(branch).pulled.rows == 3_000)
      try world.expectEqual([branch])
      meddler.signal(SIGKILL)
    }

    /// One flipped bit, a captive portal's page, an answer that ends too early: a message that says
    /// so, nothing changed, and the next sync does it.
    @Test(arguments: [("flip", "damaged"), ("html", "Tributary hub"), ("cut", "reach")])
    func damageOnTheLineChangesNothing(mode: String, word: String) throws {
      let (world, branch) = try world(rowCount: 3_000)
      let before = try world.digest(branch)
      let meddler = try meddle(world, branch, mode: mode)
      let ended = try Program.run(["sync", branch])
      #expect(meddler.output.contains("changed"))
      #expect([1, 5].contains(ended.status), "\(ended)")
      #expect(ended.errors.lowercased().contains(word.lowercased()), "\(ended)")
      #expect(try world.digest(branch) == before)
      #expect(try Program.sql(branch, "PRAGMA integrity_check") == [[.text("ok")]])

      meddler.signal(SIGKILL)
      _ = try meddler.wait()
      try world.stop()
      try world.serve()
      #expect(try world.sync(branch).pulled.rows == 3_000)
      try world.expectEqual([branch])
    }

    /// A large delta that is cut off, then damaged where it waits on the disk: it is not applied,
    /// and the branch gets over it by itself.
    @Test func aDamagedBeginningOnTheDiskIsNoticed() throws {
      let (world, branch) = try world(rowCount: 30_000)
      let before = try world.digest(branch)
      let meddler = try meddle(world, branch, mode: "3")
      let cut = try Program.run(["sync", branch])
      try expect(cut, 5)
      #expect(meddler.output.contains("cut off"))
      meddler.signal(SIGKILL)
      _ = try meddler.wait()
      try world.stop()
      try world.serve()

      let folder = "\(branch)-tributary"
      let staged = try #require(
        FileManager.default.contentsOfDirectory(atPath: folder).first { $0.hasSuffix(".delta") })
      let file = URL(fileURLWithPath: "\(folder)/\(staged)")
      var bytes = try Data(contentsOf: file)
      #expect(bytes.count > 1 << 20)
      bytes[bytes.count / 2] ^= 0x40
      try bytes.write(to: file)

      let noticed = try Program.run(["sync", branch])
      if noticed.status != 0 {
        #expect(noticed.errors.contains("damaged"), "\(noticed)")
        #expect(try world.digest(branch) == before)
        try world.sync(branch)
      }
      try world.expectEqual([branch])
      let rows = try Program.sql(branch, "SELECT count(*) FROM customer")
      #expect(rows == [[.integer(30_000)]])
    }

    /// A disk that is full while a large delta comes in.
    @Test(.enabled(if: Program.canMountASmallDisk, "needs to mount a tmpfs"))
    func aFullDiskChangesNothing() throws {
      let (world, branch) = try world(rowCount: 20_000)
      let before = try world.digest(branch)
      let ended = try Child.run(
        "unshare",
        [
          "-rm", Program.script("full-disk.sh"), branch, "2048", "300", "sh", "-c",
          "\"$0\" sync \"$DATABASE\"; status=$?; "
            + "\"$0\" digest \"$DATABASE\" --json | tr -d '\\n' >&2; echo >&2; exit $status",
          Program.path,
        ])
      try expect(ended, 0)
      #expect(ended.output == "full 1\nroomy 0\n", "\(ended)")
      #expect(ended.errors.contains("[disk-full]"), "\(ended)")
      let digests = try ended.errors.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
        try JSONDecoder().decode(DigestDocument.self, from: Data($0.utf8))
      }
      #expect(digests.first == before)
      try world.expectEqual([branch])
    }
  }
}
