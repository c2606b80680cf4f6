internal import BranchStore
internal import Storage

extension CommandFailure {
  /// What a branch's store refused.
  init(_ error: BranchStoreError, undone: String) {
    switch error {
    case .storage(.notADatabase):
      self.init(.notABranch, undone: undone, why: error.message, next: "")
    default:
      self.init(Self.code(error), undone: undone, why: error.message, next: "")
    }
  }

  private static func code(_ error: BranchStoreError) -> ErrorCode {
    switch error {
    case .storage(let error): ErrorCode(error)
    case .notABranch: .notABranch
    case .alreadyABranch: .alreadyJoined
    case .unsupportedFormat, .policyNotUsable: .formatTooNew
    case .schemaDiffers, .tableNotUsable: .schemaMismatch
    case .keysNotSafe: .keysNotSafe
    case .delta: .damagedDelta
    case .answerDoesNotFit, .ownEntryMissing: .answerDoesNotFit
    case .damaged: .damaged
    }
  }
}
