import Foundation
import TestSupport
import Testing

/// A hub and its branches in a folder of their own.
final class World {
  let folder: TemporaryFolder
  let hub: String
  private var server: Child?
  private(set) var url = ""

  /// Makes a hub from a database's schema and serves it.
  init(like database: String) throws {
    folder = try TemporaryFolder()
    hub = folder.path("hub")
    try expect(Program.run(["hub", "init", hub, "--like", database]), 0)
    try serve()
  }

  deinit { server?.signal(SIGKILL) }

  /// A hub from the schema that some SQL makes.
  convenience init(schema: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path("like.db")
    let child = try Child("python3", [Program.script("sql.py"), path, "-"])
    try child.send(schema)
    try child.closeInput()
    try expect(child.wait(), 0)
    try self.init(like: path)
  }

  func path(_ name: String) -> String { folder.path(name) }

  /// A copy of a database to write in.
  func copy(_ source: URL, as name: String) throws -> String {
    let target = path(name)
    try Data(contentsOf: source).write(to: URL(fileURLWithPath: target))
    return target
  }

  // MARK: Hub

  /// Serves the hub: at a free port the first time, at the same one afterwards.
  ///
  /// With `fileKibibytesMax`, no file of it may grow beyond that: to a program, a full disk.
  func serve(listen: String? = nil, fileKibibytesMax: Int? = nil) throws {
    let place = listen ?? (url.isEmpty ? "127.0.0.1:0" : String(url.dropFirst("https://".count)))
    let words = ["hub", "serve", hub, "--listen", place]
    let child =
      if let limit = fileKibibytesMax {
        try Child(
          "bash",
          ["-c", "trap '' XFSZ; ulimit -f \(limit); exec \"$0\" \"$@\"", Program.path] + words)
      } else {
        try Program.start(words)
      }
    let ready = try child.line(after: "ready ")
    if listen == nil { url = ready }
    server = child
  }

  /// SIGTERM, and waits.
  func stop() throws {
    let child = try #require(server)
    child.signal(SIGTERM)
    try expect(child.wait(), 0)
    server = nil
  }

  func signal(_ number: Int32) throws { try #require(server).signal(number) }

  /// SIGKILL, and waits.
  func kill() throws {
    let child = try #require(server)
    child.signal(SIGKILL)
    _ = try child.wait()
    server = nil
  }

  var port: Int { Int(url.split(separator: ":").last ?? "") ?? 0 }

  func invite(_ branch: String) throws -> String {
    let ended = try Program.run(["hub", "invite", hub, "--branch", branch])
    try expect(ended, 0)
    return ended.output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  // MARK: Branches

  /// Attaches a database, or makes a new one.
  @discardableResult
  func join(
    _ database: String, as branch: String, _ options: String..., status: Int32 = 0,
    clock: Clock = .true
  ) throws -> Ended {
    let ended = try Program.run(["join", database, try invite(branch)] + options, clock: clock)
    try expect(ended, status)
    return ended
  }

  @discardableResult
  func sync(_ database: String, clock: Clock = .true) throws -> SyncDocument {
    let ended = try Program.run(["sync", database, "--json"], clock: clock)
    try expect(ended, 0)
    return try ended.document()
  }

  /// Syncs all until nobody has anything for anybody, at most three rounds.
  func settle(_ databases: [String]) throws {
    for _ in 0..<3 {
      let rounds = try databases.map { try sync($0) }
      if rounds.allSatisfy({ $0.pushed.rows == 0 && $0.pulled.rows == 0 }) { return }
    }
    Issue.record("Three rounds of syncs left something over.")
  }

  func digest(_ place: String) throws -> DigestDocument {
    let ended = try Program.run(["digest", place, "--json"])
    try expect(ended, 0)
    return try ended.document()
  }

  /// All replicas have the same rows; returns their digest.
  @discardableResult
  func expectEqual(
    _ databases: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> DigestDocument {
    let reference = try digest(hub)
    for database in databases {
      let other = try digest(database)
      for (table, digest) in reference.tables where other.tables[table] != digest {
        Issue.record(
          "\(table): the hub has \(digest), \(database) \(String(describing: other.tables[table]))",
          sourceLocation: sourceLocation)
      }
      #expect(other.tables.count == reference.tables.count, sourceLocation: sourceLocation)
    }
    return reference
  }

  func conflicts(_ place: String? = nil) throws -> [ConflictsDocument.Conflict] {
    try Program.run(["conflicts", place ?? hub, "--json"]).document(ConflictsDocument.self)
      .conflicts
  }

  func vector() throws -> VectorDocument {
    try Program.run(["hub", "vector", hub, "--json"]).document()
  }

  /// Nothing that the writers wrote down is lost, nothing is there that nobody wrote.
  func account(for logs: [String], at database: String, before: String) throws -> AccountDocument {
    let conflicts = path("conflicts.json")
    let listed = try Program.run(["conflicts", hub, "--json"])
    try Data(listed.output.utf8).write(to: URL(fileURLWithPath: conflicts))
    let ended = try Child.run(
      "python3", [Program.script("account.py"), database, before, conflicts] + logs)
    let account = try ended.document(AccountDocument.self)
    #expect(
      account.findingCount == 0, "\(account.findings.joined(separator: "\n"))")
    return account
  }
}

/// Fails with everything that the program said if it did not end as it should.
func expect(
  _ ended: Ended, _ status: Int32, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try #require(ended.status == status, "\(ended)", sourceLocation: sourceLocation)
}
