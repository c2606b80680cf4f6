internal import Deltas

/// What taking in one change came to.
package struct RowMerge: Hashable, Sendable {
  /// Whether the change met another that neither had seen, on a column or on the row's life. Then
  /// the whole row's standing state is sent to everyone, its author included.
  package var isContested: Bool
  /// For the ledger. Empty where nothing was overruled: concurrent edits were identical, or both
  /// have their way.
  package var conflicts: [MergeConflict]

  package init(isContested: Bool, conflicts: [MergeConflict]) {
    self.isContested = isContested
    self.conflicts = conflicts
  }
}
