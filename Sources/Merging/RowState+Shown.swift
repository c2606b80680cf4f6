internal import Clocks
package import Deltas

extension RowState {
  /// Lets cells hold what is shown of them where a policy that was published since would have
  /// another of their versions stand: what stood stays until somebody writes the cell.
  ///
  /// Of a unit all columns must be given.
  package mutating func keep(
    _ shown: [(column: ColumnID, value: Value)], of table: TableID, policy: MergePolicy
  ) {
    guard cells.values.contains(where: { $0.count > 1 }) else { return }
    let units = policy.units(of: table)
    for unit in units {
      let parts = shown.filter { unit.columns.contains($0.column) }
      if parts.count == unit.columns.count { keep(one: parts, of: table, policy) }
    }
    for cell in shown where !units.contains(where: { $0.columns.contains(cell.column) }) {
      keep(one: [cell], of: table, policy)
    }
  }

  /// The same of columns that are decided with one that somebody writes who has seen all there:
  /// what was shown of them is what he saw.
  package mutating func keep(
    _ shown: [(column: ColumnID, value: Value)], seenBy version: Version
  ) {
    for (column, value) in shown {
      let versions = (cells[column] ?? []).map(\.version)
      guard versions.count > 1, versions.allSatisfy(version.hasSeen) else { continue }
      settle([(column, value)], versions)
    }
  }

  private mutating func keep(
    one parts: [(column: ColumnID, value: Value)], of table: TableID, _ policy: MergePolicy
  ) {
    let versions = parts.flatMap { cells[$0.column] ?? [] }.map(\.version)
    let isShown = parts.allSatisfy { column, value in
      standing(column, table: table, policy: policy)?.value == value
    }
    if versions.count > parts.count, !isShown { settle(parts, versions) }
  }

  private mutating func settle(
    _ parts: [(column: ColumnID, value: Value)], _ versions: [Version]
  ) {
    let live = versions.filter(isLive)
    guard let newest = (live.isEmpty ? versions : live).max(by: { $0.position < $1.position })
    else { return }
    for (column, value) in parts {
      cells[column] = [CellVersion(version: newest, value: value)]
    }
  }
}
