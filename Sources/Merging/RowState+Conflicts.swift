internal import Clocks
package import Deltas

// What a change met that its author had not seen.
extension RowState {
  func written(_ change: RowChange, _ version: Version, policy: MergePolicy) -> RowMerge {
    var result = RowMerge(isContested: false, conflicts: [])
    let table = change.key.table
    let values = Self.cellValues(of: change).filter { column, value in
      cells[column]?.contains { $0.version == version && $0.value == value } ?? false
    }
    guard !values.isEmpty else { return result }
    let deletes = policy.deletes(of: table)
    // Of a row that a deletion took with it there is nothing to decide but that.
    let isShown = deletes != .win || isAlive(deletes)
    let units = policy.units(of: table)
    for (column, value) in values where meetsOthers(version, value, in: column) {
      result.isContested = true
      guard isShown, !units.contains(where: { $0.columns.contains(column) }) else { continue }
      let rule = policy.rule(table: table, column: column)
      if let found = conflict(column, met: version, by: rule) { result.conflicts.append(found) }
    }
    for unit in units where values.contains(where: { unit.columns.contains($0.0) }) {
      let decision = decision(of: unit, table: table)
      guard decision.versions.contains(version), decision.versions.count > 1 else { continue }
      result.isContested = true
      if isShown, let found = decision.conflict(by: unit.rule) { result.conflicts.append(found) }
    }
    let deletions = metDeletions.filter { !$0.hasSeen(version) }
    if !deletions.isEmpty {
      result.isContested = true
      let write = (version, values.first?.1 ?? .null)
      result.conflicts.append(conflict([write], against: deletions, table, policy))
    }
    return result
  }

  package func deleted(
    by deletion: Version, table: TableID, policy: MergePolicy
  ) -> RowMerge {
    guard openDeletions.contains(deletion) else {
      return RowMerge(isContested: false, conflicts: [])
    }
    // One for each write, with its first column, the one that stands first.
    var writes: [(version: Version, value: Value)] = []
    for column in cells.keys.sorted() {
      for written in cells[column] ?? [] where isLive(written.version) {
        guard !writes.contains(where: { $0.version.dot == written.version.dot }) else { continue }
        writes.append((written.version, written.value))
      }
    }
    guard !writes.isEmpty else { return RowMerge(isContested: false, conflicts: []) }
    writes.sort { LatestRule.stands($0.version, over: $1.version) }
    return RowMerge(
      isContested: true, conflicts: [conflict(writes, against: [deletion], table, policy)])
  }

  /// Whether a cell has a write that the author of one of its versions had not seen.
  private func meetsOthers(_ version: Version, _ value: Value, in column: ColumnID) -> Bool {
    guard let versions = cells[column], versions.count > 1 else { return false }
    return versions.contains {
      !($0.version == version && $0.value == value) && !version.hasSeen($0.version)
    }
  }

  /// The conflict in which a version has a part, if anything in it is overruled.
  private func conflict(
    _ column: ColumnID, met version: Version, by rule: any MergeRule
  ) -> MergeConflict? {
    let candidates = candidates(column)
    guard candidates.count > 1, candidates.contains(where: { $0.version == version }) else {
      return nil
    }
    let decision = CellDecision(candidates, by: rule)
    guard let outcome = decision.outcome else { return nil }
    let versions = decision.versions
    guard outcome.overruled.contains(where: { !version.hasSeen(versions[$0].version) }) else {
      return nil
    }
    // Of a choice everybody is named; of operations, most of which have their way, who has not.
    let others =
      rule.memory == .operations
      ? outcome.overruled : versions.indices.filter { $0 != outcome.standing }
    let sides =
      [(decision.shown.version, outcome.value)]
      + others.map { (versions[$0].version, versions[$0].value) }
    return MergeConflict(
      columns: [column],
      sides: sides.map { MergeConflict.Side(version: $0.0, values: [$0.1]) },
      rule: rule.name, state: outcome.state, explanation: outcome.explanation)
  }

  /// Where the deletion stands, each change is named with all of the row that it would bring back:
  /// soon nothing else has it.
  private func conflict(
    _ writes: [(version: Version, value: Value)], against deletions: [Version], _ table: TableID,
    _ policy: MergePolicy
  ) -> MergeConflict {
    let deletes = policy.deletes(of: table)
    // That others refer to it is no part of the row.
    let held = cells.keys.filter { $0 != Self.presenceColumn || cells.count == 1 }
    let columns = deletes == .win ? held.sorted() : []
    let deleted = deletions.map { MergeConflict.Side(version: $0, values: nil) }
    let changes = writes.map { write in
      MergeConflict.Side(
        version: write.version,
        values: columns.isEmpty
          ? [write.value]
          : columns.map { column in
            let own = cells[column]?.last { $0.version == write.version }
            let shown = own ?? standing(column, table: table, policy: policy)
            return shown?.value ?? .null
          })
    }
    let explanation: MergeExplanation =
      switch deletes {
      case .lose: .updateOverDelete
      case .win: .deleteOverUpdate
      case .ask: .deleteWaitsForPerson
      }
    return MergeConflict(
      columns: columns, sides: deletes == .win ? deleted + changes : changes + deleted,
      rule: deletes.name, state: deletes == .ask ? .open : .settled, explanation: explanation)
  }
}

extension UnitDecision {
  /// The one conflict of all the unit's columns, if anything in it is overruled.
  func conflict(by rule: any VersionRule) -> MergeConflict? {
    guard let outcome, let standing, !outcome.overruled.isEmpty else { return nil }
    let order = [standing] + versions.indices.filter { $0 != standing }
    return MergeConflict(
      columns: columns,
      sides: order.map { index in
        MergeConflict.Side(
          version: versions[index], values: values[index].map { $0?.value ?? .null })
      },
      rule: rule.name, state: outcome.state, explanation: outcome.explanation)
  }
}
