internal import BranchStore
internal import Sessions
internal import Storage
internal import Transport

/// A branch opened for talking to its hub: its store, the lock that makes this the only sync, and
/// the line to the hub.
final class BranchLine {
  let store: BranchStore
  let folder: BranchFolder
  let connection: HubConnection
  private let lock: SyncLock
  private let undone: String

  init(database: String, waitMilliseconds: Int64, undone: String) async throws {
    self.undone = undone
    store = try BranchAccess.openForWriting(database, undone: undone)
    try store.database.setBusyTimeout(milliseconds: Int32(clamping: waitMilliseconds))
    folder = BranchFolder(database: database)
    let identity = try DeviceIdentity(folder: folder.path)
    lock = try await SyncLock.take(
      folder, timeoutMilliseconds: waitMilliseconds, undone: undone)
    connection = try HubConnection(
      url: try Self.url(of: store, undone: undone), identity: identity)
  }

  static func url(of store: BranchStore, undone: String) throws(CommandFailure) -> HubURL {
    guard let url = HubURL(store.identity.hubURL) else {
      throw CommandFailure(
        .damaged, undone: undone,
        why: "The hub's address “\(store.identity.hubURL)” in the database is none.",
        next: "Leave and join again.")
    }
    return url
  }

  func sync(showsProgress: Bool = false) async throws -> SyncResult {
    var driver = SyncDriver(
      store: store, connection: connection, stagingFolder: folder.path, undone: undone,
      progress: showsProgress ? Progress() : Progress(isShown: false))
    return try await driver.sync()
  }

  func close() async { await connection.close() }
}
