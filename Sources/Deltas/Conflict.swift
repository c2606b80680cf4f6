package import Clocks

/// An entry of the ledger: what stood against what, what stands, and by which rule.
package struct Conflict: Hashable, Sendable {
  /// Issued by the hub, ascending.
  package var id: UInt64
  /// The log position whose merge found it.
  package var position: LogPosition
  package var key: RowKey
  /// Nil when a change stood against the row's deletion.
  package var column: ColumnID?
  /// What both had seen before, where it is still known.
  package var base: Value?
  /// Every concurrent value, the standing one first. At least two.
  package var values: [ConflictValue]
  /// The merge rule's name.
  package var rule: String
  package var state: ConflictState
  /// One sentence for people, without customers' data.
  package var explanation: String

  package init(
    id: UInt64, position: LogPosition, key: RowKey, column: ColumnID?, base: Value?,
    values: [ConflictValue], rule: String, state: ConflictState, explanation: String
  ) {
    self.id = id
    self.position = position
    self.key = key
    self.column = column
    self.base = base
    self.values = values
    self.rule = rule
    self.state = state
    self.explanation = explanation
  }
}
