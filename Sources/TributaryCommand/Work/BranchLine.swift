internal import BranchStore
internal import Storage
internal import Transport

/// A branch opened for talking to its hub: its store and the line to the hub.
final class BranchLine {
  let store: BranchStore
  let folder: BranchFolder
  let connection: HubConnection
  private let waitMilliseconds: Int64
  private let undone: String

  init(database: String, waitMilliseconds: Int64, undone: String) throws {
    self.undone = undone
    self.waitMilliseconds = waitMilliseconds
    store = try BranchAccess.openForWriting(database, undone: undone)
    try store.database.setBusyTimeout(milliseconds: Int32(clamping: waitMilliseconds))
    folder = BranchFolder(database: database)
    connection = try HubConnection(
      url: try Self.url(of: store, undone: undone),
      identity: try DeviceIdentity(folder: folder.path))
  }

  /// Where the branch's hub is, as the database has it.
  static func url(of store: BranchStore, undone: String) throws(CommandFailure) -> HubURL {
    guard let url = HubURL(store.identity.hubURL) else {
      throw CommandFailure(
        .damaged, undone: undone,
        why: "The hub's address “\(store.identity.hubURL)” in the database is none.",
        next: "Leave and join again.")
    }
    return url
  }

  /// One sync, while no other process syncs this database.
  func sync(showsProgress: Bool = false) async throws -> SyncResult {
    let lock = try await FileLock.forSync(
      of: folder, timeoutMilliseconds: waitMilliseconds, undone: undone)
    defer { withExtendedLifetime(lock) {} }
    var driver = SyncDriver(
      store: store, connection: connection, stagingFolder: folder.path, undone: undone,
      progress: showsProgress ? Progress() : Progress(isShown: false))
    return try await driver.sync()
  }

  func close() async { await connection.close() }
}
