internal import BranchStore
internal import Storage

/// Takes a database out of its hub: every trace of the engine goes, tables and rows stay.
struct Leaving {
  let database: String
  let waitMilliseconds: Int64
  let undone: String

  func leave() async throws {
    let folder = BranchFolder(database: database)
    let (left, renumbered) = try await detach(folder)
    try folder.remove()
    Console.print("\(database) has left its hub; its tables and rows are as they were.")
    if left > 0 {
      Console.note(
        "\(NumberText.counted(left, "changed row")) had not been sent and"
          + " \(left == 1 ? "is" : "are") in this database only.")
    }
    if !renumbered.isEmpty {
      Console.note(
        "Rows of \(renumbered.map { "“\($0)”" }.joined(separator: ", ")) have numbers here by which"
          + " others do not know them, and nothing says so any more. If this database joins again,"
          + " they are new records beside those: join with a file that does not exist instead; it"
          + " is filled from the hub.")
    }
  }

  /// Returns how many rows the hub does not have, and the tables whose keys are this database's.
  private func detach(
    _ folder: BranchFolder
  ) async throws -> (left: Int, renumbered: [String]) {
    let store = try BranchAccess.openForWriting(database, undone: undone)
    try store.database.setBusyTimeout(milliseconds: Int32(clamping: waitMilliseconds))
    try folder.create()
    let lock = try await FileLock.forSync(
      of: folder, timeoutMilliseconds: waitMilliseconds, undone: undone)
    defer { withExtendedLifetime(lock) {} }
    let pending = try store.status().pendingRowCount
    let renumbered = try store.namesOfTablesWithOwnKeys()
    try store.detach()
    return (pending, renumbered)
  }
}
