internal import BranchStore
internal import FoundationEssentials
internal import Glibc

/// Opens branch databases for commands.
enum BranchAccess {
  static func open(_ path: String, undone: String) throws -> BranchStore {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(
        .notABranch, undone: undone, why: "There is no file \(path).",
        next: "Check the path, or make it a branch with `tributary join`.")
    }
    return try BranchStore(path: path)
  }

  /// The same for a command that writes.
  static func openForWriting(_ path: String, undone: String) throws -> BranchStore {
    try checkWritable(path, undone: undone)
    return try open(path, undone: undone)
  }

  /// Throws if the file is there and may not be written: SQLite would only find out half way.
  static func checkWritable(_ path: String, undone: String) throws {
    guard access(path, F_OK) == 0, access(path, W_OK) != 0 else { return }
    throw CommandFailure(
      .readOnly, undone: undone,
      why: "\(path) cannot be written: \(String(cString: strerror(errno))).",
      next: CommandFailure.advice(.readOnly))
  }
}
