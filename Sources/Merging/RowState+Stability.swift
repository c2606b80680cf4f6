package import Clocks
package import Deltas

extension RowState {
  /// The state that is left once every change to come has seen everything up to `stable`.
  ///
  /// Of a cell whose versions all lie there, only the one that stands matters; of deletions none,
  /// where the row stands all the same. Nothing is let go of as long as a deletion above `stable`
  /// may still decide between older versions.
  package func stabilized(
    upTo stable: LogPosition, table: TableID, policy: MergePolicy
  ) -> RowState {
    guard isAlive, deletions.allSatisfy({ $0.position <= stable }) else { return self }
    var kept = cells
    var decidesLater = false
    for (column, versions) in cells where versions.count > 1 {
      if versions.allSatisfy({ $0.version.position <= stable }) {
        kept[column] = standing(column, table: table, policy: policy).map { [$0] }
      } else if versions.contains(where: { version in
        deletions.contains { $0.hasSeen(version.version) }
      }) {
        decidesLater = true
      }
    }
    return RowState(
      cells: kept, deletions: decidesLater ? deletions : [], isComplete: isComplete)
  }
}
