internal import BranchStore
internal import Clocks
internal import Sessions
internal import Storage
internal import Transport

/// Notes in a branch's database where its hub is now, once the hub has answered there.
struct HubMove {
  let database: String
  let waitMilliseconds: Int64
  let undone: String

  /// Returns the branch's name.
  func move(to url: HubURL) async throws -> String {
    let store = try BranchAccess.openForWriting(database, undone: undone)
    try store.database.setBusyTimeout(milliseconds: Int32(clamping: waitMilliseconds))
    let folder = BranchFolder(database: database)
    let identity = try DeviceIdentity(folder: folder.path)
    let lock = try await FileLock.forSync(
      of: folder, timeoutMilliseconds: waitMilliseconds, undone: undone)
    defer { withExtendedLifetime(lock) {} }
    let connection = try HubConnection(url: url, identity: identity)
    let found: GenerationID?
    do {
      found = try await Self.root(of: connection)
    } catch {
      await connection.close()
      throw error
    }
    await connection.close()
    guard found == store.identity.generation else {
      throw CommandFailure(
        .anotherHub, undone: undone,
        why: "The hub at \(url) is another one than the branch has joined.",
        next: "Check the address; the branch goes on with the one it had.")
    }
    try store.setHubURL(url.description)
    return store.identity.branch
  }

  /// The first of the generations of a hub's log is the hub's identity. Asked so that a device that
  /// a restored hub does not know may ask too.
  private static func root(of connection: HubConnection) async throws -> GenerationID? {
    guard case .path(let path) = try await HubLine.device(connection).ask(.place) else {
      throw HubLine.unexpectedAnswer
    }
    return path.steps.first?.generation
  }
}
