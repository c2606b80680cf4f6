#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The file of a database, as the file system sees it.
package enum DatabaseFile {
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Removes a file that was made in vain. Its absence is no error.
  package static func remove(_ path: String) { unlink(path) }
}
