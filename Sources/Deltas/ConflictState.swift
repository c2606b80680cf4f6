/// Whether somebody still has to decide.
package enum ConflictState: UInt8, Hashable, Sendable {
  /// Waits for a person; a provisional value stands.
  case open = 1
  /// By rule.
  case settled = 2
  /// By a person: at headquarters, or at a branch that had seen what stood against what and wrote
  /// the same anew.
  case decided = 3
  /// What was written is not for its author to write: it was kept, and not merged.
  case refused = 4
}
