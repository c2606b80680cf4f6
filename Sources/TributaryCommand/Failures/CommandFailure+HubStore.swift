internal import HubStore

extension CommandFailure {
  /// What the hub's store refused at the hub's own machine.
  init(_ error: HubStoreError, undone: String) {
    switch error {
    case .storage(let storage, _):
      self.init(ErrorCode(storage), undone: undone, why: error.message, next: "")
    default:
      self.init(Self.code(error), undone: undone, why: error.message, next: "")
    }
  }

  private static func code(_ error: HubStoreError) -> ErrorCode {
    switch error {
    case .notAHub: .notAHub
    case .alreadyAHub: .alreadyExists
    case .unsupportedFormat: .formatTooNew
    case .schemaNotUsable, .schemaNotTaken: .schemaMismatch
    case .notDecided: .notDecided
    case .policyTooLarge: .tooLarge
    case .rowsWithheld: .badPolicy
    case .policyNotUsable: .policyNotUsable
    case .nameTaken: .nameTaken
    case .nameInvalid: .nameInvalid
    case .branchUnknown: .noSuchBranch
    case .tokenUnknown: .tokenUnknown
    case .tokenUsed: .tokenUsed
    case .tokenExpired: .tokenExpired
    case .tooManyTokens: .tooManyTokens
    case .refused: .malformedMessage
    case .storage: .hubStorage
    case .file: .cannotOpen
    case .pruned: .noSuchPosition
    case .damaged: .damaged
    }
  }

  /// Why a backup was not made, or a hub not restored.
  init(_ error: HubBackupError, undone: String) {
    let code: ErrorCode =
      switch error {
      case .targetTaken, .folderNotEmpty: .alreadyExists
      case .targetInUse: .locked
      case .notABackup: .notABackup
      case .unsupportedFormat: .formatTooNew
      case .backupDamaged, .storeDamaged: .damaged
      case .otherHub: .anotherHub
      case .noSpace: .diskFull
      case .cannotWrite, .cannotRead: .cannotOpen
      case .damagedWhileServed: .locked
      }
    self.init(code, undone: undone, why: error.why, next: error.next)
  }
}
