package import Deltas

/// How one column's conflicts come out. A rule is one file: its choice among concurrent versions.
package protocol MergeRule: Sendable {
  /// The name that policies, ledgers and people use.
  var name: String { get }
  /// Which of at least two concurrent versions stands, and why. A function of the set alone: the
  /// caller passes the versions in canonical order.
  func choose(_ versions: [CellVersion]) -> (standing: Int, explanation: MergeExplanation)
}

/// Which rule each column has. The same on all replicas.
package struct MergePolicy: Sendable {
  package init() {}

  /// The name of what decides between a change to a row and a concurrent deletion of it.
  package static let updateOverDelete = "update over delete"

  package func rule(table: TableID, column: ColumnID) -> any MergeRule { LatestRule() }
}
