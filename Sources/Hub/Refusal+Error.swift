internal import Deltas
internal import HubStore
package import Sessions
internal import Storage

extension Refusal {
  /// What a branch is told when the store did not do what was asked.
  package init(_ error: any Error) {
    switch error {
    case let refusal as Refusal: self = refusal
    case let error as HubStoreError:
      self.init(code: RefusalCode(error), message: error.message, salvage: Self.salvage(error))
    default:
      self.init(
        code: .storage,
        message: "The hub could not do it: \(error). Nothing was changed; sync again later.")
    }
  }

  private static func salvage(_ error: HubStoreError) -> Salvage? {
    guard case .refused(.retired(let kept?)) = error else { return nil }
    return Salvage(counter: kept.counter, changesetCount: UInt64(kept.changesetCount))
  }
}

extension RefusalCode {
  init(_ error: HubStoreError) {
    switch error {
    case .refused(let refusal): self.init(refusal)
    case .storage(.locked, _): self = .busy
    case .tokenUnknown: self = .tokenUnknown
    case .tokenUsed: self = .tokenUsed
    case .tokenExpired: self = .tokenExpired
    case .nameTaken, .nameInvalid, .branchUnknown, .tooManyTokens, .notDecided, .policyTooLarge,
      .rowsWithheld:
      self = .notAllowed
    case .schemaNotUsable, .schemaNotTaken: self = .schemaMismatch
    case .pruned: self = .unknownPosition
    case .notAHub, .alreadyAHub, .unsupportedFormat, .storage, .file, .damaged, .policyNotUsable:
      self = .storage
    }
  }

  private init(_ refusal: ChangesetRefusal) {
    switch refusal {
    case .undecodable(let error): self.init(error)
    case .tooLarge: self = .tooLarge
    case .malformed, .notUploaded: self = .malformed
    case .notTheAuthors: self = .notAllowed
    case .revoked: self = .revoked
    case .retired: self = .retired
    case .schemaMismatch: self = .schemaMismatch
    case .chainBroken, .unknownReplica: self = .chainBroken
    case .unknownPosition: self = .unknownPosition
    }
  }

  private init(_ error: DeltaDecodingError) {
    switch error {
    case .unsupportedFormat: self = .unsupportedProtocol
    case .tooLarge: self = .tooLarge
    case .truncated, .checksumMismatch, .hashMismatch, .malformed: self = .malformed
    }
  }
}
