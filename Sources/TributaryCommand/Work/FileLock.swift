internal import Glibc
internal import HubServer

/// A lock that one process has at a time. Released with the value, and by the system when a
/// process dies.
final class FileLock {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  private static let pollMilliseconds: Int64 = 50
  private static let fileMode: mode_t = 0o600

  /// The lock under which a database is synced. Waits for it up to a time.
  static func forSync(
    of folder: BranchFolder, timeoutMilliseconds: Int64, undone: String
  ) async throws -> FileLock {
    let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, fileMode)
    guard descriptor >= 0 else { throw FileError(path: folder.lock, errno: errno) }
    let lock = FileLock(descriptor: descriptor)
    let deadline = SteadyClock.milliseconds() + timeoutMilliseconds
    while try !lock.tryToTake(folder.lock) {
      guard SteadyClock.milliseconds() < deadline else {
        throw CommandFailure(
          .locked, undone: undone,
          why: "Another tributary process is syncing \(folder.database) right now.",
          next: "Wait for it to finish and run the command again, or give it longer with --wait.")
      }
      try await SystemTimer().wait(milliseconds: pollMilliseconds)
    }
    return lock
  }

  /// The lock under which a hub is served: the folder itself is locked.
  static func forServing(_ folder: String, undone: String) throws -> FileLock {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(path: folder, errno: errno) }
    let lock = FileLock(descriptor: descriptor)
    guard try lock.tryToTake(folder) else {
      throw CommandFailure(
        .locked, undone: undone, why: "Another tributary process serves this hub.",
        next: "Stop it first: a hub is served by one process.")
    }
    return lock
  }

  /// The same lock, if nobody has it; nil if a process serves the hub. A folder that is not there
  /// is served by nobody, and gives no lock.
  static func forServingIfFree(_ folder: String) throws -> (lock: FileLock?, isServed: Bool) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      guard errno == ENOENT else { throw FileError(path: folder, errno: errno) }
      return (nil, false)
    }
    let lock = FileLock(descriptor: descriptor)
    return try lock.tryToTake(folder) ? (lock, false) : (nil, true)
  }

  private func tryToTake(_ path: String) throws -> Bool {
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
    guard errno == EWOULDBLOCK || errno == EINTR else {
      throw FileError(path: path, errno: errno)
    }
    return false
  }
}
