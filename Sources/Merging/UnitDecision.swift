package import Deltas

/// What a unit's rule makes of the versions of its columns.
package struct UnitDecision: Hashable, Sendable {
  package let columns: [ColumnID]
  /// The versions of any of the columns that no other version of the unit has seen, in canonical
  /// order.
  package let versions: [Version]
  /// Beside `versions`: what each column would hold if that version stood.
  package let values: [[CellVersion?]]
  /// The index of the version that stands; nil if nothing was written.
  package let standing: Int?
  package let outcome: CellOutcome?

  package func shown(_ column: ColumnID) -> CellVersion? {
    guard let standing, let index = columns.firstIndex(of: column) else { return nil }
    return values[standing][index]
  }
}

extension RowState {
  /// One version of the unit stands, and each column has its value, or, where it did not write the
  /// column, what it had seen there. Where nobody remembers that, the column is decided by itself.
  package func decision(of unit: MergeUnit, table: TableID) -> UnitDecision {
    let cells = unit.columns.map(candidates)
    var all: [CellVersion] = []
    for cell in cells {
      for version in cell where !all.contains(where: { $0.version == version.version }) {
        all.append(version)
      }
    }
    let versions =
      all.filter { version in !all.contains { $0.version.hasSeen(version.version) } }
      .sorted(by: Self.precedes)
    let views = versions.map { version in
      zip(unit.columns, cells).map { column, cell in
        Self.seen(by: version.version, in: cell, unit.rule)
          ?? self.standing(column, by: unit.rule)
      }
    }
    guard versions.count > 1 else {
      return UnitDecision(
        columns: unit.columns, versions: versions.map(\.version), values: views,
        standing: versions.isEmpty ? nil : 0, outcome: nil)
    }
    var outcome = unit.rule.resolve(versions)
    let standing = outcome.standing ?? 0
    let shown = views[standing].map { $0?.value }
    outcome.overruled = versions.indices.filter { views[$0].map { $0?.value } != shown }
    return UnitDecision(
      columns: unit.columns, versions: versions.map(\.version), values: views,
      standing: standing, outcome: outcome)
  }

  /// What a version wrote into a cell, else the last it had seen there.
  private static func seen(
    by version: Version, in cell: [CellVersion], _ rule: any VersionRule
  ) -> CellVersion? {
    if let own = cell.last(where: { $0.version == version }) { return own }
    var best: CellVersion?
    for candidate in cell where version.hasSeen(candidate.version) {
      if let found = best, !rule.stands(candidate.version, over: found.version) { continue }
      best = candidate
    }
    return best
  }
}
