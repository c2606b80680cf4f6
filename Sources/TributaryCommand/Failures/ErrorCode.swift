/// The stable name of what went wrong, for scripts and for docs/errors.md, which lists every one.
enum ErrorCode: String, Hashable, Sendable, CaseIterable {
  // Files
  case notADatabase = "not-a-database"
  case notABranch = "not-a-branch"
  case notAHub = "not-a-hub"
  case notABackup = "not-a-backup"
  case anotherHub = "another-hub"
  case alreadyJoined = "already-joined"
  case alreadyExists = "already-exists"
  case cannotOpen = "cannot-open"
  case readOnly = "read-only"
  case diskFull = "disk-full"
  case damaged = "damaged"
  case locked = "locked"
  case constraint = "constraint"
  case formatTooNew = "format-too-new"

  // Tables and rows
  case tableWithoutKey = "table-without-key"
  case noSuchTable = "no-such-table"
  case noSuchColumn = "no-such-column"
  case badKey = "bad-key"
  case schemaMismatch = "schema-mismatch"
  case keysClash = "keys-clash"
  case keysNotSafe = "keys-not-safe"
  case notDecided = "not-decided"
  case policyNotUsable = "policy-not-usable"
  case badPolicy = "bad-policy"

  // Access
  case tokenMalformed = "token-malformed"
  case tokenUnknown = "token-unknown"
  case tokenUsed = "token-used"
  case tokenExpired = "token-expired"
  case untrustedHub = "untrusted-hub"
  case certificateRefused = "certificate-refused"
  case notAllowed = "not-allowed"
  case revoked = "revoked"
  case retired = "retired"
  case withheld = "withheld"
  case noSuchBranch = "no-such-branch"
  case nameTaken = "name-taken"
  case nameInvalid = "name-invalid"
  case tooManyTokens = "too-many-tokens"
  case keyMissing = "key-missing"
  case damagedCredentials = "damaged-credentials"

  // The exchange
  case hubUnreachable = "hub-unreachable"
  case notHubAnswer = "not-a-hub-answer"
  case hubBusy = "hub-busy"
  case hubStorage = "hub-storage"
  case protocolMismatch = "protocol-mismatch"
  case malformedMessage = "malformed-message"
  case tooLarge = "too-large"
  case damagedAnswer = "damaged-answer"
  case damagedDelta = "damaged-delta"
  case answerDoesNotFit = "answer-does-not-fit"
  case chainBroken = "chain-broken"
  case unknownPosition = "unknown-position"
  case noSuchPosition = "no-such-position"
  case addressInUse = "address-in-use"
  case hubNeverServed = "hub-never-served"
  case badHostName = "bad-host-name"

  // The program
  case unexpected = "unexpected"
  case interrupted = "interrupted"

  var status: ExitStatus {
    switch self {
    case .notABranch, .notAHub: .notInitialised
    case .locked: .locked
    case .tableWithoutKey, .schemaMismatch, .keysNotSafe: .schema
    case .tokenMalformed, .tokenUnknown, .tokenUsed, .tokenExpired, .untrustedHub,
      .certificateRefused, .notAllowed, .withheld, .keyMissing:
      .notAllowed
    case .revoked, .retired: .revoked
    case .interrupted: .interrupted
    case .hubUnreachable, .notHubAnswer, .damagedAnswer, .hubBusy: .unreachable
    case .notADatabase, .notABackup, .anotherHub, .alreadyJoined,
      .alreadyExists, .cannotOpen, .readOnly, .diskFull,
      .damaged, .constraint, .formatTooNew, .noSuchTable, .noSuchColumn, .badKey, .keysClash,
      .notDecided, .policyNotUsable, .badPolicy,
      .noSuchBranch, .nameTaken, .nameInvalid, .tooManyTokens, .damagedCredentials, .hubStorage,
      .protocolMismatch, .malformedMessage, .tooLarge,
      .damagedDelta, .answerDoesNotFit, .chainBroken, .unknownPosition, .noSuchPosition,
      .addressInUse, .hubNeverServed, .badHostName,
      .unexpected:
      .failed
    }
  }
}
