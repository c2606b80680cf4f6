/// What comparing a branch with its hub, and healing what differed, came to.
package struct RepairReport: Hashable, Sendable {
  /// Every difference that was healed by sending what the branch has.
  package var sent: [RowDifference] = []
  /// Every difference that was healed by taking what the hub has.
  package var taken: [RowDifference] = []
  /// What is left: rows that wait, or that somebody goes on writing.
  package var leftCount = 0
  /// Tables whose rows were compared.
  package var tables: [String] = []

  package init() {}

  package var healedCount: Int { sent.count + taken.count }
}
