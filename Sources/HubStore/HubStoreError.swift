package import Clocks
package import Deltas
package import Storage

/// Why the hub's store did not do what was asked.
package enum HubStoreError: Error, Hashable, Sendable {
  /// The folder holds no hub.
  case notAHub(path: String)
  case alreadyAHub(path: String)
  case unsupportedFormat(Int64)
  /// The hub cannot hold a table as the application's schema has it.
  case schemaNotUsable(String)
  /// The hub cannot take over what would be added or changed.
  case schemaNotTaken(String)
  case notDecided(UndecidedReason)
  case policyTooLarge(limit: Int)
  /// A table's rows stayed at the hub, and are there.
  case rowsWithheld(table: String)
  /// The policy in force names rules that this program lacks.
  case policyNotUsable(version: UInt64, why: String)
  case nameTaken(String)
  case nameInvalid
  case branchUnknown(String)
  case tokenUnknown
  case tokenUsed
  case tokenExpired
  case tooManyTokens(limit: Int)
  /// A changeset was not accepted, and nothing that came with it.
  case refused(ChangesetRefusal)
  case storage(StorageError, doing: String)
  /// A file of the hub's folder other than the database.
  case file(path: String, reason: String, doing: String)
  /// The log no longer reaches back to a position.
  case pruned(LogPosition, upTo: LogPosition)
  /// What the store holds is not what it wrote.
  case damaged(String)

  package var message: String {
    switch self {
    case .notAHub(let path):
      "\(path) is no hub. Make one with “tributary hub init”, or name the folder of one."
    case .alreadyAHub(let path):
      "No hub was made: \(path) already holds one. Choose another folder."
    case .unsupportedFormat(let version):
      "The hub's store has format \(version), which this build cannot read. Upgrade this program."
    case .schemaNotUsable(let why):
      "No hub was made: \(why). Change the table, or name the tables to track without it."
    case .schemaNotTaken(let why):
      "The hub's tables stay as they are: \(why)"
    case .notDecided(let reason): reason.message
    case .policyTooLarge(let limit):
      "No policy was published: it is larger than \(limit) bytes. Say less for each table."
    case .rowsWithheld(let table):
      """
      No policy was published: rows of table \(table) are at the hub that no branch was given, \
      since it goes up only. Leave its `direction: up`, or make another table for what is to go to \
      all.
      """
    case .policyNotUsable(let version, let why):
      """
      Nothing was merged: version \(version) of the hub's policy cannot be used here. \(why) Run \
      the program that knows the rule, or publish a policy without it.
      """
    case .nameTaken(HubStore.headquartersName):
      """
      No token was made: “\(HubStore.headquartersName)” are the people who decide conflicts at \
      the hub. Choose another name for the branch.
      """
    case .nameTaken(let name):
      """
      No token was made: a branch named “\(name)” takes part already. Choose another name, or \
      revoke that branch first.
      """
    case .nameInvalid:
      """
      No token was made: a branch's name has 1 to \(HubStoreLimits.nameBytesMax) bytes and no \
      control characters. Choose another name.
      """
    case .branchUnknown(let name):
      "Nothing was done: the hub has no branch named “\(name)”. See “tributary hub branches”."
    case .tokenUnknown:
      "The device was not enrolled: the hub has no such token. Ask for a new invitation."
    case .tokenUsed:
      "The device was not enrolled: the token was used before. Ask for a new invitation."
    case .tokenExpired:
      "The device was not enrolled: the token has expired. Ask for a new invitation."
    case .tooManyTokens(let limit):
      """
      No token was made: \(limit) tokens wait to be used. Wait until some have expired or been \
      used.
      """
    case .refused(let refusal): refusal.message
    case .storage(let error, let doing):
      "The hub did not \(doing): \(error.message). \(Self.advice(for: error))"
    case .file(let path, let reason, let doing):
      "The hub did not \(doing): \(path): \(reason). Put that right and try again."
    case .pruned(let position, let end):
      """
      Nothing is known of position \(position): every branch has seen position \(end), and what \
      came before it was pruned. Ask for a later position.
      """
    case .damaged(let what):
      "The hub's store is damaged: \(what). Run “tributary doctor” on the hub's folder."
    }
  }

  private static func advice(for error: StorageError) -> String {
    switch error {
    case .locked: "Try again when the other program has finished."
    case .diskFull: "Make room on the hub's disk; nothing was lost."
    case .readOnly, .cannotOpen: "Check the permissions of the hub's folder."
    case .corrupt, .notADatabase: "Run “tributary doctor” on the hub's folder."
    case .constraint, .interrupted, .other:
      "Try again; if it happens again, run “tributary doctor”."
    }
  }
}

/// Why changesets were not accepted. Nothing of what came with them was kept.
package enum ChangesetRefusal: Error, Hashable, Sendable {
  /// The bytes are no changeset, or not a whole one.
  case undecodable(DeltaDecodingError)
  /// A changeset of this form that no branch makes.
  case malformed(String)
  case notTheAuthors
  case revoked
  /// What it sent is kept apart: this, if it sent something.
  case retired(KeptApart? = nil)
  /// The hub knows no such replica, or another device under its number.
  case unknownReplica
  case schemaMismatch
  /// It does not continue the chain that the hub knows of this branch.
  case chainBroken(expectedCounter: UInt64, counter: UInt64)
  case unknownPosition
  case tooLarge(what: String, limit: Int)
  /// Not all of it was uploaded.
  case notUploaded(haveBytes: Int, ofBytes: Int)

  package var message: String {
    switch self {
    case .undecodable(let error):
      "The changesets were not accepted: \(error.message)"
    case .malformed(let why):
      """
      The changesets were not accepted: \(why). Nothing of them was kept; run “tributary doctor” \
      at the branch.
      """
    case .notTheAuthors:
      """
      The changesets were not accepted: another device made them. A copied database must join \
      anew.
      """
    case .revoked:
      "Nothing was accepted: this device was revoked. Ask for a new invitation and join again."
    case .retired(let kept):
      """
      Nothing was accepted: this device was retired. \(kept?.sentence ?? KeptApart.always) Ask the \
      hub's operator.
      """
    case .unknownReplica:
      """
      Nothing was accepted: the hub knows another device under this number, or none. The device \
      needs an identity of its own.
      """
    case .schemaMismatch:
      """
      The changesets were not accepted: the branch's tables are not those of the hub. Bring both \
      to the same schema and sync again.
      """
    case .chainBroken(let expected, let counter):
      """
      The changesets were not accepted: the hub expects number \(expected) of this branch, and \
      number \(counter) does not continue what the hub has. The database was restored from a \
      copy, or copied to another device; it needs an identity of its own.
      """
    case .unknownPosition:
      """
      The changesets were not accepted: they build on a position that this hub's log does not \
      have. The hub was restored, or the branch belongs to another.
      """
    case .tooLarge(let what, let limit):
      "The changesets were not accepted: \(what) exceeds the limit of \(limit)."
    case .notUploaded(let have, let of):
      "The changeset was not accepted: \(have) of its \(of) bytes have arrived. Upload the rest."
    }
  }
}
