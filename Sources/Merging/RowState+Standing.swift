internal import Clocks
package import Deltas

// What stands, as a function of the sets.
extension RowState {
  /// Whether the row stands where deletions lose: it has a write that no deletion has seen.
  package var isAlive: Bool {
    cells.values.contains { $0.contains { isLive($0.version) } }
  }

  /// Whether the row stands.
  ///
  /// Where deletions win, it does if of each deletion some write knows that nobody deleted again:
  /// somebody who knew of it wrote the row anew.
  package func isAlive(_ deletes: DeleteRule) -> Bool {
    if lifeDeletions.isEmpty { return !cells.isEmpty }
    return isAlive && (deletes != .win || !hasOpenDeletion)
  }

  /// The standing value of a cell under a policy, or nil if it was never written.
  ///
  /// Of a row that does not stand, what would come back with it. Of a value that was put together
  /// the version is the latest that had a part in it.
  package func standing(
    _ column: ColumnID, table: TableID, policy: MergePolicy
  ) -> CellVersion? {
    for unit in policy.units(of: table) where unit.columns.contains(column) {
      return decision(of: unit, table: table).shown(column)
    }
    let candidates = candidates(column)
    guard candidates.count > 1 else { return candidates.first }
    return CellDecision(candidates, by: policy.rule(table: table, column: column)).shown
  }

  /// The standing value of a cell by a rule.
  func standing(_ column: ColumnID, by rule: any MergeRule) -> CellVersion? {
    let candidates = candidates(column)
    guard candidates.count > 1 else { return candidates.first }
    return CellDecision(candidates, by: rule).shown
  }

  /// Whether no deletion has seen the version.
  func isLive(_ version: Version) -> Bool {
    !lifeDeletions.contains { $0.hasSeen(version) }
  }

  /// The deletions that no write and no other deletion has seen.
  var openDeletions: [Version] { lifeDeletions.filter(isOpen) }

  private var hasOpenDeletion: Bool { lifeDeletions.contains(where: isOpen) }

  private func isOpen(_ deletion: Version) -> Bool {
    !lifeDeletions.contains { $0.hasSeen(deletion) }
      && !cells.values.contains { $0.contains { $0.version.hasSeen(deletion) } }
  }

  /// The versions that a cell's rule is given: without those that a deletion has seen which another
  /// version, concurrent with it, outlived.
  ///
  /// What the survivor had built on outlived the deletion with it, and with that the operations on
  /// it: the whole row comes back.
  func candidates(_ column: ColumnID) -> [CellVersion] {
    guard let versions = cells[column] else { return [] }
    guard versions.count > 1, !deletions.isEmpty else { return versions }
    let lasting = versions.filter { version in
      deletions.allSatisfy { deletion in
        guard deletion.hasSeen(version.version) else { return true }
        let survivors = versions.filter {
          !deletion.hasSeen($0.version) && !$0.version.hasSeen(deletion)
        }
        return survivors.isEmpty || Self.outlives(version, with: survivors, among: versions)
      }
    }
    return lasting.isEmpty ? versions : lasting
  }

  private static func outlives(
    _ version: CellVersion, with survivors: [CellVersion], among versions: [CellVersion]
  ) -> Bool {
    survivors.contains { survivor in
      if survivor.version.hasSeen(version.version) { return true }
      guard !version.isAbsolute else { return false }
      return versions.contains {
        $0.isAbsolute && version.version.hasSeen($0.version)
          && survivor.version.hasSeen($0.version)
      }
    }
  }
}
