internal import Deltas

/// What comes in of rows that this branch has inserted: if the first of it is somebody's update,
/// the row was there before, so a program has replaced it.
///
/// If it is an insertion, two branches have given one key.
struct ReplacementWatch {
  /// By the row's hash: the last own changeset whose place in the log lies before the update; nil
  /// for rows whose first change is none.
  private var firsts: [UInt64: UInt64?] = [:]
  /// Of rows that somebody has updated.
  private(set) var tables: Set<TableID> = []

  /// Takes an author's change of a row that is in the outbox. `isFirst` says that no earlier one
  /// waits.
  mutating func note(_ hash: UInt64, _ block: BlockReader, after counter: UInt64, isFirst: Bool) {
    guard firsts.count < BranchLimits.watchedRowsMax, firsts[hash] == nil else { return }
    guard isFirst, block.kind == .update else {
      firsts[hash] = .some(nil)
      return
    }
    firsts[hash] = counter
    tables.insert(block.table)
  }

  /// Whether the row was there when an own changeset was sealed, and others have not heard of it.
  func wasThere(_ hash: UInt64, before counter: UInt64) -> Bool {
    guard let first = firsts[hash], let first else { return false }
    return first < counter
  }
}
