internal import Clocks
package import Deltas

/// A value that one write gave a cell.
package struct CellVersion: Hashable, Sendable {
  package var version: Version
  package var value: Value

  package init(version: Version, value: Value) {
    self.version = version
    self.value = value
  }
}

/// What the hub knows of one row: for each cell its maximal versions, normally one; the maximal
/// deletions, normally none.
///
/// What is shown is a function of these sets, never of the order in which they came.
package struct RowState: Hashable, Sendable {
  /// Per column outside the key: the versions that no other version of the cell has seen.
  package private(set) var cells: [ColumnID: [CellVersion]] = [:]
  /// The deletions that no other version has seen.
  package private(set) var deletions: [Version] = []

  package init() {}

  /// A state as it was stored.
  package init(cells: [ColumnID: [CellVersion]], deletions: [Version]) {
    self.cells = cells
    self.deletions = deletions
  }

  /// Whether the row stands: it has a write that no deletion has seen.
  package var isAlive: Bool { fatalError("unwritten") }

  /// The standing value of a cell under a policy, or nil if it was never written.
  package func standing(_ column: ColumnID, policy: MergePolicy) -> CellVersion? {
    fatalError("unwritten")
  }

  /// Takes in one change. Never fails; commutative, associative and idempotent over changes.
  package mutating func merge(
    _ change: RowChange, version: Version, policy: MergePolicy
  ) -> RowMerge { fatalError("unwritten") }

  /// The state that has taken in everything that either has.
  package func joined(_ other: RowState) -> RowState { fatalError("unwritten") }
}
