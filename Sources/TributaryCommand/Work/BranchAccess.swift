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

  /// The same for a command that writes: a file marked read-only is left alone, whoever asks.
  static func openForWriting(_ path: String, undone: String) throws -> BranchStore {
    try checkWritable(path, undone: undone)
    return try open(path, undone: undone)
  }

  /// Throws if nobody may write the file. The superuser could all the same, and must not.
  static func checkWritable(_ path: String, undone: String) throws {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return }
    let isMarked = facts.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH) == 0
    guard isMarked || access(path, W_OK) != 0 else { return }
    throw CommandFailure(
      .readOnly, undone: undone, why: "\(path) is read-only.",
      next: CommandFailure.advice(.readOnly))
  }
}
