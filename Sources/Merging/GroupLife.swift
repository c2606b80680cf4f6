/// What a row's life has to do with the other rows of its group: an order's with its lines'.
///
/// Found from the rows of the group as they are known, all at once, and put in the place of what
/// was found before: see `RowState.liveTogether`.
package struct GroupLife: Hashable, Sendable {
  /// Of the row at the top: writes to any row of the group, which the deletions of the top had not
  /// seen. They are noted although others follow them: who follows may have seen a deletion.
  package var uses: [Version]
  /// Deletions of the row at the top that count as deletions of this row.
  package var taking: [Version]
  /// Deletions of the row at the top that its group has outlived. Where this row was deleted by
  /// them, too, that counts for nothing.
  package var spared: [Version]

  package init(uses: [Version] = [], taking: [Version] = [], spared: [Version] = []) {
    self.uses = uses
    self.taking = taking
    self.spared = spared
  }

  package var isEmpty: Bool { uses.isEmpty && taking.isEmpty && spared.isEmpty }

  /// All deletions of the top that it knows of.
  package var deletions: [Version] { taking + spared }
}
