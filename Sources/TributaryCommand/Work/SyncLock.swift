internal import Glibc

/// One sync of a database at a time, whichever process does it. Released with the value, and by
/// the system when a process dies.
final class SyncLock {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  private static let pollMilliseconds: UInt64 = 50

  /// Waits for the lock up to a time, and throws `locked` when it has passed.
  static func take(
    _ folder: BranchFolder, timeoutMilliseconds: Int64, undone: String
  ) async throws -> SyncLock {
    let descriptor = open(
      folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileError(path: folder.lock, errno: errno) }
    let lock = SyncLock(descriptor: descriptor)
    let deadline = SteadyClock.milliseconds() + timeoutMilliseconds
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else {
        throw FileError(path: folder.lock, errno: errno)
      }
      guard SteadyClock.milliseconds() < deadline else {
        throw CommandFailure(
          .locked, undone: undone,
          why: "Another tributary process is syncing \(folder.database) right now.",
          next: "Wait for it to finish and run the command again, or give it longer with --wait.")
      }
      try await Task.sleep(nanoseconds: pollMilliseconds * 1_000_000)
    }
    return lock
  }
}
