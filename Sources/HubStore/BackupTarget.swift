internal import Basics

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A file that is written beside its name, by one process at a time, and takes its name whole.
///
/// A process that dies leaves the file beside it, which the next one writes anew.
final class BackupTarget {
  let path: String
  let temporary: String
  private let descriptor: Int32
  private var isDone = false

  /// Makes the empty file beside the name, for its owner only.
  init(path: String) throws {
    self.path = path
    temporary = path + ".tmp"
    descriptor = open(temporary, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw BackupTarget.failure(path) }
    // Another process may have given the file its name between the two calls: then it is another's.
    var mine = stat()
    var named = stat()
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &mine) == 0,
      stat(temporary, &named) == 0, mine.st_ino == named.st_ino
    else {
      close(descriptor)
      throw HubBackupError.targetInUse(path: path)
    }
    guard ftruncate(descriptor, 0) == 0, fchmod(descriptor, 0o600) == 0 else {
      let error = BackupTarget.failure(path)
      unlink(temporary)
      close(descriptor)
      throw error
    }
    for suffix in Self.companions { unlink(temporary + suffix) }
  }

  deinit {
    if !isDone {
      for suffix in Self.companions { unlink(temporary + suffix) }
      unlink(temporary)
    }
    close(descriptor)
  }

  /// What SQLite writes beside a database.
  static let companions = ["-journal", "-wal", "-shm"]

  /// For a file that is no database.
  func append(_ bytes: [UInt8], mode: UInt32) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw BackupTarget.failure(path) }
      written += count
    }
    guard fchmod(descriptor, mode_t(mode)) == 0 else { throw BackupTarget.failure(path) }
  }

  /// Makes the bytes durable, then the name. Nobody may have the file open as a database any more.
  func finish() throws {
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      throw BackupTarget.failure(path)
    }
    isDone = true
    BackupTarget.syncFolder(of: path)
  }

  /// Makes a rename durable. Some file systems refuse to sync a folder; the rename stands then.
  static func syncFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  static func failure(_ path: String) -> HubBackupError {
    switch errno {
    case ENOSPC, EDQUOT, EFBIG: .noSpace(path: path)
    default: .cannotWrite(path: path, why: String(cString: strerror(errno)))
    }
  }
}
