internal import Agent
internal import BranchStore
internal import Deltas
internal import HubServer
internal import HubStore
internal import Sessions
internal import Storage
internal import Transport

/// The one place where the errors of all modules become messages with a stable code.
extension CommandFailure {
  init(_ error: any Error, undone: String) {
    switch error {
    case let error as CommandFailure: self = error
    case let error as StorageError: self.init(error, undone: undone)
    case let error as SchemaError: self.init(error, undone: undone)
    case let error as BranchStoreError: self.init(error, undone: undone)
    case let error as HubBackupError: self.init(error, undone: undone)
    case let error as HubStoreError: self.init(error, undone: undone)
    case let error as TransportError: self.init(error, undone: undone)
    case let error as CredentialError: self.init(error, undone: undone)
    case let error as HubServerError: self.init(error, undone: undone)
    case let error as StagingError:
      self.init(
        error.isDiskFull ? .diskFull : .cannotOpen, undone: undone, why: error.message, next: "")
    case let error as Refusal: self.init(error, undone: undone)
    case let error as DeltaDecodingError:
      self.init(.damagedDelta, undone: undone, why: error.message, next: "")
    case let error as FileError:
      self.init(
        error.code, undone: undone, why: Self.sentence(error.message), next: Self.advice(error.code)
      )
    default:
      self.init(
        .unexpected, undone: undone, why: Self.sentence("\(error)"),
        next: "Try again; if it happens again, run `tributary doctor` and report it.")
    }
  }

  init(_ error: StorageError, undone: String) {
    let code = ErrorCode(error)
    self.init(code, undone: undone, why: Self.sentence(error.message), next: Self.advice(code))
  }

  init(_ error: SchemaError, undone: String) {
    if case .storage(let error) = error {
      self.init(error, undone: undone)
      return
    }
    let code: ErrorCode =
      switch error {
      case .noPrimaryKey: .tableWithoutKey
      case .noSuchTable: .noSuchTable
      default: .schemaMismatch
      }
    self.init(code, undone: undone, why: error.message, next: "")
  }

  init(_ error: TransportError, undone: String) {
    switch error {
    case .refused(let refusal): self.init(refusal, undone: undone)
    case .unreachable: self.init(.hubUnreachable, undone: undone, why: error.message, next: "")
    case .notATributaryHub:
      self.init(.notHubAnswer, undone: undone, why: error.message, next: "")
    case .damaged: self.init(.damagedAnswer, undone: undone, why: error.message, next: "")
    case .untrusted: self.init(.untrustedHub, undone: undone, why: error.message, next: "")
    case .certificateRefused:
      self.init(.certificateRefused, undone: undone, why: error.message, next: "")
    case .tooLarge: self.init(.tooLarge, undone: undone, why: error.message, next: "")
    }
  }

  init(_ error: CredentialError, undone: String) {
    let code: ErrorCode =
      switch error {
      case .token: .tokenMalformed
      case .missing: .keyMissing
      case .file: .cannotOpen
      case .malformed: .damagedCredentials
      case .requestRefused: .certificateRefused
      }
    self.init(code, undone: undone, why: error.message, next: "")
  }

  init(_ error: HubServerError, undone: String) {
    let code: ErrorCode =
      switch error {
      case .cannotListen: .addressInUse
      case .credentials: .damagedCredentials
      }
    self.init(code, undone: undone, why: error.message, next: "")
  }

  init(_ refusal: Refusal, undone: String) {
    self.init(ErrorCode(refusal.code), undone: undone, why: refusal.message, next: "")
  }

  /// What a person does about a file that cannot be used.
  static func advice(_ code: ErrorCode) -> String {
    switch code {
    case .locked:
      "Wait for the other program to finish its transaction, then run the command again."
    case .notADatabase: "Name an SQLite database."
    case .readOnly:
      "Make the file and its folder writable for you (SQLite writes beside the file too)."
    case .diskFull: "Free some space, then run the command again."
    case .cannotOpen: "Check the path, and that you may read and write there."
    case .damaged:
      "Run `sqlite3 FILE 'PRAGMA integrity_check'`; recover the file or restore a backup."
    case .interrupted: "Run the command again."
    default: "Try again; if it happens again, run `tributary doctor`."
    }
  }

  /// Begins with a capital and ends with a full stop.
  static func sentence(_ text: String) -> String {
    guard let first = text.first else { return text }
    let whole = first.uppercased() + text.dropFirst()
    return whole.hasSuffix(".") ? whole : whole + "."
  }
}

extension ErrorCode {
  init(_ error: StorageError) {
    self =
      switch error {
      case .locked: .locked
      case .notADatabase: .notADatabase
      case .readOnly: .readOnly
      case .diskFull: .diskFull
      case .cannotOpen: .cannotOpen
      case .corrupt: .damaged
      case .constraint: .constraint
      case .interrupted: .interrupted
      case .other: .unexpected
      }
  }

  init(_ code: RefusalCode) {
    self =
      switch code {
      case .malformed: .malformedMessage
      case .unsupportedProtocol: .protocolMismatch
      case .notAllowed: .notAllowed
      case .revoked: .revoked
      case .retired: .retired
      case .withheld: .withheld
      case .schemaMismatch: .schemaMismatch
      case .chainBroken: .chainBroken
      case .unknownPosition: .unknownPosition
      case .tooLarge: .tooLarge
      case .tokenUnknown: .tokenUnknown
      case .tokenUsed: .tokenUsed
      case .tokenExpired: .tokenExpired
      case .busy: .hubBusy
      case .storage: .hubStorage
      }
  }

  /// Every refusal's number and code, for docs/errors.md.
  static var ofRefusals: [(number: UInt16, code: ErrorCode)] {
    RefusalCode.allCases.map { ($0.rawValue, ErrorCode($0)) }
  }
}
