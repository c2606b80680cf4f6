package import Deltas
package import Merging
package import Storage

/// Why the branch store did not do what was asked. Nothing is half done.
package enum BranchStoreError: Error, Hashable, Sendable {
  case storage(StorageError)
  /// The file exists, and holds no branch.
  case notABranch(path: String)
  case alreadyABranch(path: String)
  case unsupportedFormat(Int64)
  /// What of the hub's schema the database does not have, as sentences.
  case schemaDiffers([String])
  /// A tracked table cannot be written by this program.
  case tableNotUsable(table: String, why: String)
  case delta(DeltaDecodingError)
  /// An answer that does not continue this branch's state: another sync came between, or it is
  /// of another hub.
  case answerDoesNotFit(String)
  /// The log has a changeset of this branch's chain that the database has not.
  case ownEntryMissing(counter: UInt64)
  /// A merge policy that this program cannot follow.
  case policyNotUsable(PolicyDecodingError)
  /// Why a database's keys cannot be its own, as sentences.
  case keysNotSafe([String])
  /// What the store holds is not what it wrote.
  case damaged(String)

  /// What was not done, what stopped it, and what to do next.
  package var message: String {
    switch self {
    case .storage(let error):
      "The branch database was not changed: \(error.message). \(Self.advice(for: error))"
    case .notABranch(let path):
      "\(path) is no branch database. Join it to a hub with “tributary join”."
    case .alreadyABranch(let path):
      """
      \(path) was not joined: it is a branch database already. Use “tributary sync”, or first \
      “tributary leave”.
      """
    case .unsupportedFormat(let version):
      """
      The branch database has format \(version), which this build cannot read. Upgrade this \
      program.
      """
    case .schemaDiffers(let sentences):
      """
      The database's tables are not those of the hub. \(sentences.joined(separator: " ")) \
      Bring both to the same schema and try again.
      """
    case .tableNotUsable(let table, let why):
      """
      Table “\(table)” cannot be synced: SQLite cannot prepare a write to it (\(why)). \
      A trigger, constraint or index on it needs something that only the application has. \
      Change that, or leave the table out.
      """
    case .delta(let error): error.message
    case .answerDoesNotFit(let why):
      "The hub's answer was not applied: \(why). Sync again."
    case .ownEntryMissing(let counter):
      """
      The hub's answer was not applied: it has changeset \(counter) of this branch, which this \
      file has not. Sync again.
      """
    case .policyNotUsable(let error):
      """
      The branch was not changed: this program cannot follow the hub's merge policy. \
      \(error.message) Upgrade the program, or register the policy's rules with it.
      """
    case .keysNotSafe(let sentences):
      """
      The database cannot have keys of its own. \(sentences.joined(separator: " ")) Say for each \
      such column which table it refers to, or that it does not, and try again.
      """
    case .damaged(let what):
      "The branch database's own tables are damaged: \(what). Run “tributary doctor”."
    }
  }

  private static func advice(for error: StorageError) -> String {
    switch error {
    case .locked: "Try again when the other program has finished."
    case .diskFull: "Make room on the disk and try again; nothing was lost."
    case .readOnly: "Make the file and its folder writable."
    case .cannotOpen: "Check that the file is there and may be read and written."
    case .notADatabase: "Name another file."
    case .corrupt: "Run “tributary doctor”, and restore the file from a backup if need be."
    case .constraint, .interrupted, .other:
      "Try again; if it happens again, run “tributary doctor”."
    }
  }

  /// Our own errors as ours; others, a simulated crash among them, as they are.
  static func wrapping(_ error: any Error) -> any Error {
    switch error {
    case let error as StorageError: BranchStoreError.storage(error)
    case let error as DeltaDecodingError: BranchStoreError.delta(error)
    case let error as SchemaError:
      if case .storage(let storage) = error {
        BranchStoreError.storage(storage)
      } else {
        BranchStoreError.schemaDiffers([error.message])
      }
    default: error
    }
  }
}
