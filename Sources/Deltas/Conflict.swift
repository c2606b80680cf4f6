package import Clocks

/// An entry of the ledger: what stood against what, what stands, and by which rule.
package struct Conflict: Hashable, Sendable {
  /// Issued by the hub, ascending.
  package var id: UInt64
  /// The log position whose merge found it, or that last said something of it.
  package var position: LogPosition
  package var key: RowKey
  /// What was decided: one column, or those of a unit, ascending. When a change stood against the
  /// row's deletion, none, or, where the deletion stood, all that the row had.
  package var columns: [ColumnID]
  /// Beside `columns`, what all had seen before, where it is still known.
  package var bases: [Value]?
  /// All that took part, the standing one first. At least two.
  package var sides: [ConflictSide]
  /// The merge rule's name.
  package var rule: String
  package var state: ConflictState
  /// One sentence for people, without customers' data.
  package var explanation: String

  package init(
    id: UInt64, position: LogPosition, key: RowKey, columns: [ColumnID], bases: [Value]?,
    sides: [ConflictSide], rule: String, state: ConflictState, explanation: String
  ) {
    self.id = id
    self.position = position
    self.key = key
    self.columns = columns
    self.bases = bases
    self.sides = sides
    self.rule = rule
    self.state = state
    self.explanation = explanation
  }

  /// A conflict of one column, or of none.
  package init(
    id: UInt64, position: LogPosition, key: RowKey, column: ColumnID?, base: Value?,
    values: [ConflictValue], rule: String, state: ConflictState, explanation: String
  ) {
    self.init(
      id: id, position: position, key: key, columns: column.map { [$0] } ?? [],
      bases: base.map { [$0] }, sides: values.map(ConflictSide.init), rule: rule, state: state,
      explanation: explanation)
  }

  /// Whether a change stood against the row's deletion.
  package var isOfRow: Bool { columns.isEmpty || rule == Self.deletionRule }

  /// The rule's name where deletions win: then the entry has the whole row, which is nowhere else.
  package static let deletionRule = "delete over update"

  // MARK: One column of it

  /// The column, or the first of a unit's on which the sides differ; nil when a change stood
  /// against the row's deletion.
  package var column: ColumnID? { isOfRow ? nil : columns[shownIndex] }

  /// Every side's value of `column`, the standing one first. Of a row, the first that a change
  /// wrote.
  package var values: [ConflictValue] {
    let index = shownIndex
    return sides.map { side in
      ConflictValue(
        dot: side.dot, milliseconds: side.milliseconds,
        value: side.values.map { index < $0.count ? $0[index] : .null })
    }
  }

  /// What all had seen of `column`.
  package var base: Value? {
    guard let bases, shownIndex < bases.count else { return nil }
    return bases[shownIndex]
  }

  private var shownIndex: Int {
    guard columns.count > 1, let standing = sides.first?.values else { return 0 }
    return columns.indices.first { index in
      sides.contains { $0.values.map { $0[index] != standing[index] } ?? true }
    } ?? 0
  }
}
