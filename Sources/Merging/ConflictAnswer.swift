package import Deltas

/// What a change makes of a conflict that waits for a person, where its author had seen that.
///
/// A question is not only for headquarters to answer: who has seen what stood against what and
/// writes the same anew says what is right.
package enum ConflictAnswer: Hashable, Sendable {
  /// What was written stands, and that decides it.
  case decides
  /// The row is gone, and with it what was asked.
  case goneWithRow

  /// Nil if the change says nothing of it. That the row goes on being written does not say that it
  /// should not have been deleted.
  package init?(
    _ kind: ChangeKind, of written: [ColumnID], to columns: [ColumnID], isOfRow: Bool
  ) {
    switch kind {
    case .delete: self = isOfRow ? .decides : .goneWithRow
    case .insert, .update:
      guard !isOfRow, columns.contains(where: written.contains) else { return nil }
      self = .decides
    }
  }

  package var state: ConflictState { self == .decides ? .decided : .settled }

  package var explanation: MergeExplanation { self == .decides ? .answered : .goneWithRow }
}
