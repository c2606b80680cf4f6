internal import Glibc

/// What the system said of a file.
struct FileError: Error, Hashable, Sendable {
  let path: String
  let errno: Int32

  var message: String { "\(path): \(String(cString: strerror(errno)))" }

  var code: ErrorCode {
    switch errno {
    case ENOSPC, EDQUOT: .diskFull
    case EACCES, EPERM, EROFS: .readOnly
    default: .cannotOpen
    }
  }
}
