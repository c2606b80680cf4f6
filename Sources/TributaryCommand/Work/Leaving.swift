internal import BranchStore
internal import Storage

/// Takes a database out of its hub: every trace of the engine goes, tables and rows stay.
struct Leaving {
  let database: String
  let waitMilliseconds: Int64
  let undone: String

  func leave() async throws {
    let folder = BranchFolder(database: database)
    let left = try await detach(folder)
    try folder.remove()
    Console.print("\(database) has left its hub; its tables and rows are as they were.")
    if left > 0 {
      Console.note(
        "\(NumberText.counted(left, "changed row")) had not been sent and"
          + " \(left == 1 ? "is" : "are") in this database only.")
    }
  }

  /// Returns how many rows the hub does not have.
  private func detach(_ folder: BranchFolder) async throws -> Int {
    let store = try BranchAccess.openForWriting(database, undone: undone)
    try store.database.setBusyTimeout(milliseconds: Int32(clamping: waitMilliseconds))
    try folder.create()
    let lock = try await FileLock.forSync(
      of: folder, timeoutMilliseconds: waitMilliseconds, undone: undone)
    defer { withExtendedLifetime(lock) {} }
    let pending = try store.status().pendingRowCount
    try store.detach()
    return pending
  }
}
