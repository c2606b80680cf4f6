package import Deltas

/// What taking in one change came to.
package struct RowMerge: Hashable, Sendable {
  /// Whether the change met another that neither had seen, on a column or on the row's life. Then
  /// the whole row's standing state is sent to everyone, its author included.
  package var isContested: Bool
  /// For the ledger. Empty where concurrent edits were identical.
  package var conflicts: [MergeConflict]

  package init(isContested: Bool, conflicts: [MergeConflict]) {
    self.isContested = isContested
    self.conflicts = conflicts
  }
}

/// A conflict as the merge core sees it: without a number, a position or a base.
package struct MergeConflict: Hashable, Sendable {
  /// Nil when a change stood against the row's deletion.
  package var column: ColumnID?
  /// Every concurrent value, the standing one first; nil for a deletion.
  package var values: [ConflictValue]
  /// The versions beside `values`.
  package var versions: [Version]
  package var rule: String
  package var state: ConflictState
  package var explanation: MergeExplanation

  package init(
    column: ColumnID?, values: [ConflictValue], versions: [Version], rule: String,
    state: ConflictState, explanation: MergeExplanation
  ) {
    self.column = column
    self.values = values
    self.versions = versions
    self.rule = rule
    self.state = state
    self.explanation = explanation
  }
}
