package import Deltas

/// A conflict as the merge core sees it: without a number, a position or a base.
package struct MergeConflict: Hashable, Sendable {
  /// What was decided: one column, or the columns of a unit. When a change stood against the row's
  /// deletion, none, or, where the deletion stands, all that the row had.
  package var columns: [ColumnID]
  /// The standing one first. At least two.
  package var sides: [Side]
  package var rule: String
  package var state: ConflictState
  package var explanation: MergeExplanation

  /// What one version would have.
  package struct Side: Hashable, Sendable {
    package var version: Version
    /// Beside the conflict's columns. Of a change that stood against a deletion, the row as it
    /// would be with it, or, without columns, the first value it wrote. Nil for a deletion.
    package var values: [Value]?

    package init(version: Version, values: [Value]?) {
      self.version = version
      self.values = values
    }
  }

  package init(
    columns: [ColumnID], sides: [Side], rule: String, state: ConflictState,
    explanation: MergeExplanation
  ) {
    self.columns = columns
    self.sides = sides
    self.rule = rule
    self.state = state
    self.explanation = explanation
  }

  /// The column, or the first of a unit on which the sides differ; nil when a change stood against
  /// the row's deletion.
  package var column: ColumnID? { isOfRow ? nil : columns[shownIndex] }

  /// Whether a change stood against the row's deletion.
  package var isOfRow: Bool { columns.isEmpty || sides.contains { $0.values == nil } }

  /// Every side's value of `column`; nil for a deletion.
  package var values: [ConflictValue] {
    let index = shownIndex
    return sides.map {
      ConflictValue(
        dot: $0.version.dot, milliseconds: $0.version.milliseconds, value: $0.values?[index])
    }
  }

  /// The versions beside `values`.
  package var versions: [Version] { sides.map(\.version) }

  private var shownIndex: Int {
    columns.indices.first { index in
      sides.contains { $0.values?[index] != sides[0].values?[index] }
    } ?? 0
  }
}
