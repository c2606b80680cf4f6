internal import BranchStore
internal import Deltas
internal import FoundationEssentials
internal import Glibc
internal import Storage

/// The file that is to join, as it is before anything is done to it.
struct JoinTarget {
  let path: String
  let exists: Bool
  /// Nil for a file that does not exist or has no tables: it is made and filled from the hub.
  let database: Database?

  /// Looks whether the file can become a branch. Changes nothing.
  init(path: String, waitMilliseconds: Int64, undone: String) throws {
    self.path = path
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      try Self.checkFolder(of: path, undone: undone)
      exists = false
      database = nil
      return
    }
    guard !isFolder else {
      throw CommandFailure(
        .notADatabase, undone: undone, why: "\(path) is a folder.",
        next: "Name an SQLite database, or a file that does not exist yet.")
    }
    try BranchAccess.checkWritable(path, undone: undone)
    let database = try Database(
      path: path, mode: .readWrite, busyTimeoutMilliseconds: Int32(clamping: waitMilliseconds))
    // Takes the write lock and gives it back.
    try database.transaction {}
    try Self.checkNotJoined(path, undone: undone)
    exists = true
    let hasTables = try Self.tableNames(database).isEmpty == false
    self.database = hasTables ? database : nil
  }

  /// Whether the rows of an existing database are the branch's first changes.
  var isNew: Bool { database == nil }

  /// An ordinary table of the database that will not be synced.
  struct UntrackedTable: Hashable {
    let name: String
    /// A sentence fragment.
    let why: String
  }

  /// Those that the hub's schema leaves out.
  func untracked(by schema: Schema) throws -> [UntrackedTable] {
    guard let database else { return [] }
    let withoutKey = try SchemaReader.skippedTables(in: database)
    let others = try Self.tableNames(database).filter { name in
      !schema.tables.contains { SchemaReader.sameName($0.name, name) }
        && !withoutKey.contains { $0.name == name }
    }
    return others.map { UntrackedTable(name: $0, why: "the hub does not track it") }
      + withoutKey.map { UntrackedTable(name: $0.name, why: $0.why) }
  }

  private static func tableNames(_ database: Database) throws -> [String] {
    let tracked: [String]
    do throws(SchemaError) {
      tracked = try SchemaReader.read(database, tables: nil).tables.map(\.name)
    } catch {
      guard error == .nothingToTrack else { throw error }
      tracked = []
    }
    return tracked + (try SchemaReader.skippedTables(in: database)).map(\.name)
  }

  private static func checkNotJoined(_ path: String, undone: String) throws {
    let identity: BranchIdentity
    do throws(BranchStoreError) {
      identity = try BranchStore(path: path).identity
    } catch {
      if case .notABranch = error { return }
      throw error
    }
    throw CommandFailure(
      .alreadyJoined, undone: undone,
      why: "It is the branch “\(identity.branch)” of \(identity.hubURL) already.",
      next: "Sync it with `tributary sync \(path)`, or take it out with `tributary leave \(path)`.")
  }

  private static func checkFolder(of path: String, undone: String) throws(CommandFailure) {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    guard access(folder, W_OK | X_OK) == 0 else {
      throw CommandFailure(
        .cannotOpen, undone: undone,
        why: "The file cannot be made: \(folder): \(String(cString: strerror(errno))).",
        next: CommandFailure.advice(.cannotOpen))
    }
  }
}
