package import Clocks
package import Deltas

extension RowState {
  /// The state that is left once every change to come has seen everything up to `stable`.
  ///
  /// Of a cell whose versions all lie there, only the one that stands matters; of deletions none,
  /// where the row stands all the same. Nothing is let go of as long as a deletion above `stable`
  /// may still decide between older versions. Operations that all later ones have seen become the
  /// value they come to.
  package func stabilized(
    upTo stable: LogPosition, table: TableID, policy: MergePolicy
  ) -> RowState {
    guard isAlive(policy.deletes(of: table)),
      (deletions + group.deletions).allSatisfy({ $0.position <= stable })
    else { return self }
    let units = policy.units(of: table)
    var kept = cells
    var decidesLater = false
    for (column, versions) in cells where versions.count > 1 {
      let unit = units.first { $0.columns.contains(column) }
      let isSettled = (unit?.columns ?? [column]).allSatisfy {
        (cells[$0] ?? []).allSatisfy { $0.version.position <= stable }
      }
      if isSettled {
        if var shown = standing(column, table: table, policy: policy) {
          shown.previous = nil
          kept[column] = [shown]
        }
      } else if versions.contains(where: { version in
        deletions.contains { $0.hasSeen(version.version) }
      }) {
        decidesLater = true
      } else if unit == nil {
        kept[column] = Self.folded(
          versions, upTo: stable, by: policy.rule(table: table, column: column))
      }
    }
    return RowState(
      cells: kept, deletions: decidesLater ? deletions : [], isComplete: isComplete,
      group: decidesLater ? group : GroupLife())
  }

  /// A cell's versions with those that lie up to `stable`, and that all others have seen, put
  /// together to one value.
  private static func folded(
    _ versions: [CellVersion], upTo stable: LogPosition, by rule: any MergeRule
  ) -> [CellVersion] {
    guard rule.memory == .operations else { return versions }
    var old = versions.filter { $0.version.position <= stable }
    var others = versions.filter { $0.version.position > stable }
    while let index = old.firstIndex(where: { version in
      !others.allSatisfy { $0.version.hasSeen(version.version) }
    }) {
      others.append(old.remove(at: index))
    }
    guard old.count > 1 else { return versions }
    var shown = CellDecision(old, by: rule).shown
    shown.previous = nil
    return ([shown] + others).sorted(by: precedes)
  }
}
