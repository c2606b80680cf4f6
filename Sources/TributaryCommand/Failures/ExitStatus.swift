/// What the program's exit code says. Promised to scripts; see docs/errors.md.
enum ExitStatus: Int32, Hashable, Sendable, CaseIterable {
  case done = 0
  case failed = 1
  /// Done, with open conflicts or quarantined rows to look at.
  case leftovers = 3
  case notAllowed = 4
  case unreachable = 5
  case differences = 6
  /// No branch database, no hub folder.
  case notInitialised = 10
  case locked = 11
  case revoked = 12
  case schema = 13
  case usage = 64
  case interrupted = 130

  var meaning: String {
    switch self {
    case .done: "done, nothing left over"
    case .failed: "failed; the message says what, why and what to do next"
    case .leftovers: "done, with open conflicts or quarantined rows to look at"
    case .notAllowed: "not allowed: token, certificate or permission refused"
    case .unreachable: "the hub could not be reached; nothing was lost"
    case .differences: "a check found differences"
    case .notInitialised: "this file is no branch database, or this folder is no hub"
    case .locked: "locked by another process for longer than the timeout"
    case .revoked: "this device was revoked or retired"
    case .schema: "the schema does not fit"
    case .usage: "wrong usage"
    case .interrupted: "interrupted"
    }
  }
}
