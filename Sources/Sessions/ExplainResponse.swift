package import Deltas

/// Where a row's values come from, and what they stood against.
package struct ExplainResponse: Hashable, Sendable {
  package var exists: Bool
  package var cells: [CellProvenance]
  package var conflicts: [Conflict]
  package var names: [ReplicaName]

  package init(
    exists: Bool, cells: [CellProvenance], conflicts: [Conflict], names: [ReplicaName]
  ) {
    self.exists = exists
    self.cells = cells
    self.conflicts = conflicts
    self.names = names
  }
}
