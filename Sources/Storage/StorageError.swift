#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What SQLite refused, in the kinds that a caller acts on differently.
package enum StorageError: Error, Hashable, Sendable {
  /// Another process held the lock for longer than the timeout.
  case locked
  case notADatabase
  case readOnly
  case diskFull
  case cannotOpen
  /// The file is damaged.
  case corrupt(String)
  /// UNIQUE, CHECK, NOT NULL, foreign key or a trigger's RAISE.
  case constraint(extendedCode: Int32, message: String)
  case interrupted
  case other(code: Int32, message: String)

  package init(code extendedCode: Int32, message: String) {
    self =
      switch extendedCode & 0xff {
      case 5, 6: .locked  // SQLITE_BUSY, SQLITE_LOCKED
      case 26: .notADatabase
      case 8: .readOnly
      case 13: .diskFull
      case 14: .cannotOpen
      case 11: .corrupt(message)
      case 19: .constraint(extendedCode: extendedCode, message: message)
      case 9: .interrupted
      default: .other(code: extendedCode, message: message)
      }
  }

  /// Whether the system's error number says that there is no room, or no room for this user.
  static func isLackOfSpace(_ errno: Int32) -> Bool {
    errno == ENOSPC || errno == EDQUOT || errno == EFBIG
  }

  /// What stopped us, without what to do about it: the caller knows what was not done.
  package var message: String {
    switch self {
    case .locked: "another process holds the database's lock"
    case .notADatabase: "the file is not an SQLite database"
    case .readOnly: "the database is read-only"
    case .diskFull: "the disk is full"
    case .cannotOpen: "the file cannot be opened"
    case .corrupt(let message): "the database is damaged (\(message))"
    case .constraint(_, let message): "a constraint refused it (\(message))"
    case .interrupted: "it was interrupted"
    case .other(let code, let message): "SQLite reports \(message) (\(code))"
    }
  }
}
