internal import CSQLite

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The file of a database, as the file system sees it.
package enum DatabaseFile {
  /// Whether it is there; or, on a disk that only SQLite knows, whether it has anything in it.
  package static func exists(_ path: String) -> Bool {
    if access(path, F_OK) == 0 { return true }
    guard let vfs = sqlite3_vfs_find(nil), let look = vfs.pointee.xAccess else { return false }
    var isThere: Int32 = 0
    return look(vfs, path, SQLITE_ACCESS_EXISTS, &isThere) == SQLITE_OK && isThere != 0
  }

  /// Removes a file that was made in vain. Its absence is no error.
  package static func remove(_ path: String) { unlink(path) }
}
