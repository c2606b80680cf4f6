/// Why a conflict was not decided, or a decision not taken back.
package enum UndecidedReason: Error, Hashable, Sendable {
  case unknownConflict(UInt64)
  /// No branch of that name has a part in it.
  case notASide(UInt64, branch: String = "", branches: [String] = [])
  /// What stands against the row's deletion is the row, not a value.
  case noColumn(UInt64)
  /// Several columns are decided as one: one value cannot stand in them.
  case severalColumns(UInt64)
  /// The row was deleted since, and nothing is left of it.
  case rowGone(UInt64)
  /// A constraint refuses the row: there is nothing to choose among.
  case refusedRow(UInt64)
  /// What would stand is not what the table takes: a constraint refuses it.
  case notTaken(UInt64)
  case nothingToUndo(UInt64)
  /// Somebody wrote the same after the decision.
  case writtenSince(UInt64)
  /// Somebody deleted the row after the decision.
  case deletedSince(UInt64)
  /// Neither refused nor without what it refers to.
  case notInQuarantine

  package var message: String {
    switch self {
    case .unknownConflict(let id):
      "The ledger has no conflict \(id). See “tributary conflicts”."
    case .notASide(let id, let branch, let branches):
      """
      Conflict \(id) has nothing of a branch “\(branch)”: \
      \(branches.joined(separator: ", ")) have a part in it. Take one of these, or give a value.
      """
    case .noColumn(let id):
      """
      Conflict \(id) is about the whole row: one branch changed it and another deleted it. Take \
      the branch whose doing shall stand.
      """
    case .severalColumns(let id):
      """
      Conflict \(id) is about several columns that are decided as one. Take the branch whose \
      values shall stand, or write others at any branch.
      """
    case .rowGone(let id):
      """
      The row of conflict \(id) was deleted since, and nothing is left to put back. Insert it anew \
      at any branch if it shall stand.
      """
    case .refusedRow(let id):
      """
      Conflict \(id) is a row that a constraint of its table refuses. Change what stands in its \
      way at any branch: then it stands by itself. Or give it up: “tributary quarantine DIR drop”.
      """
    case .notTaken(let id):
      """
      Conflict \(id) was left as it is: a constraint of its table refuses what would stand, such \
      as a value that another row has. Change what stands in its way at any branch, or decide \
      otherwise.
      """
    case .nothingToUndo(let id):
      "Nobody has decided conflict \(id), or the decision was taken back already."
    case .writtenSince(let id):
      """
      Conflict \(id) was decided, and somebody has written the same since, having seen the \
      decision: that stands. Decide again if another value shall stand.
      """
    case .deletedSince(let id):
      """
      Conflict \(id) was decided, and somebody has deleted the row since, having seen that: there \
      is nothing to take back. Insert the row anew at any branch if it shall stand.
      """
    case .notInQuarantine:
      "There is no such row in quarantine. See “tributary quarantine DIR list”."
    }
  }
}
