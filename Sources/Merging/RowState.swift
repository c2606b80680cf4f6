internal import Basics
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
///
/// A deletion takes no value away: every cell keeps its last versions, so that a change which had
/// not seen the deletion brings back the whole row. Where a cell has both versions that a deletion
/// has seen and others that it has not, only the latter count: what somebody knowingly deleted does
/// not come back against what outlived it. So a deletion is kept although a later one has seen it.
package struct RowState: Hashable, Sendable {
  /// Per column outside the key: the versions that no other version of the cell has seen, in the
  /// order of the log.
  package private(set) var cells: [ColumnID: [CellVersion]] = [:]
  /// The deletions in the order of the log, each as long as some cell has no version that has seen
  /// it.
  package private(set) var deletions: [Version] = []
  /// Whether an insertion was taken in, so that `cells` has all columns. Only a state to which
  /// changes came before those they had seen can be incomplete.
  package private(set) var isComplete = false

  /// Stands for the row itself where a table has no columns outside its key.
  package static let presenceColumn = ColumnID(0)

  /// The cells that a row of the table has: its columns outside the key, or, where there are none,
  /// the one that stands for the row itself.
  package static func cellColumns(of table: TableSchema) -> [ColumnID] {
    let columns = table.valueColumns
    return columns.isEmpty ? [presenceColumn] : columns
  }

  package init() {}

  /// A state as it was stored, or put together by the same rules.
  package init(cells: [ColumnID: [CellVersion]], deletions: [Version], isComplete: Bool = true) {
    self.cells = cells
    self.deletions = deletions
    self.isComplete = isComplete
  }

  // MARK: What stands

  /// Whether the row stands: it has a write that no deletion has seen.
  package var isAlive: Bool {
    cells.values.contains { $0.contains { isLive($0.version) } }
  }

  /// The standing value of a cell under a policy, or nil if it was never written.
  ///
  /// Of a row that does not stand, what would come back with it.
  package func standing(
    _ column: ColumnID, table: TableID, policy: MergePolicy
  ) -> CellVersion? {
    let candidates = candidates(column)
    guard candidates.count > 1 else { return candidates.first }
    return candidates[policy.rule(table: table, column: column).choose(candidates).standing]
  }

  /// Whether no deletion has seen the version.
  private func isLive(_ version: Version) -> Bool {
    !deletions.contains { $0.hasSeen(version) }
  }

  /// The versions among which a cell's rule chooses: those that no deletion has seen which another
  /// version outlived.
  private func candidates(_ column: ColumnID) -> [CellVersion] {
    guard let versions = cells[column] else { return [] }
    guard versions.count > 1, !deletions.isEmpty else { return versions }
    let lasting = versions.filter { version in
      !deletions.contains { deletion in
        deletion.hasSeen(version.version)
          && versions.contains { !deletion.hasSeen($0.version) }
      }
    }
    return lasting.isEmpty ? versions : lasting
  }

  // MARK: Taking in

  /// Takes in one change. Never fails; commutative, associative and idempotent over changes, in
  /// whatever order they come.
  ///
  /// The one exception: rows that were there before their branch joined, and are just what stands
  /// already, add nothing at all.
  package mutating func merge(
    _ change: RowChange, version: Version, policy: MergePolicy
  ) -> RowMerge {
    if change.kind == .insert, version.milliseconds == nil, isAlive,
      showsValues(of: change, policy: policy)
    {
      return RowMerge(isContested: false, conflicts: [])
    }
    let wasAlive = isAlive
    take(change, version)
    switch change.kind {
    case .delete: return deleted(by: version, table: change.key.table)
    case .insert: return written(change, version, policy: policy)
    case .update:
      var result = written(change, version, policy: policy)
      // Others have no row that the update could change: they need all of it.
      result.isContested = result.isContested || !wasAlive
      return result
    }
  }

  /// The state that has taken in everything that either has.
  package func joined(_ other: RowState) -> RowState {
    var result = self
    for (column, versions) in other.cells {
      for version in versions { result.add(version, to: column) }
    }
    for deletion in other.deletions { result.add(deletion) }
    result.isComplete = isComplete || other.isComplete
    result.dropSettledDeletions()
    return result
  }

  /// The state without the versions that others of it have seen, for when it became known only
  /// later what a version had seen.
  package func normalized() -> RowState { RowState().joined(self) }

  private mutating func take(_ change: RowChange, _ version: Version) {
    switch change.kind {
    case .delete:
      add(version)
    case .insert, .update:
      for (column, value) in Self.cellValues(of: change) {
        add(CellVersion(version: version, value: value), to: column)
      }
      if change.kind == .insert { isComplete = true }
    }
    dropSettledDeletions()
  }

  private static func cellValues(of change: RowChange) -> [(ColumnID, Value)] {
    if change.columns.isEmpty { return [(presenceColumn, .null)] }
    return Array(zip(change.columns, change.values))
  }

  private mutating func add(_ added: CellVersion, to column: ColumnID) {
    var versions = cells[column] ?? []
    guard !versions.contains(where: { $0 == added || $0.version.hasSeen(added.version) }) else {
      return
    }
    versions.removeAll { added.version.hasSeen($0.version) }
    let place = versions.firstIndex { Self.precedes(added, $0) } ?? versions.endIndex
    versions.insert(added, at: place)
    cells[column] = versions
  }

  private mutating func add(_ deletion: Version) {
    guard !deletions.contains(deletion) else { return }
    deletions.append(deletion)
    deletions.sort {
      ($0.position, $0.dot.replica, $0.dot.counter) < ($1.position, $1.dot.replica, $1.dot.counter)
    }
  }

  /// Forgets deletions that can no longer matter: every cell has a version that has seen them, so
  /// nothing that they had seen is left, nor can it come back.
  private mutating func dropSettledDeletions() {
    guard isComplete, !deletions.isEmpty else { return }
    deletions.removeAll { deletion in
      cells.values.allSatisfy { $0.contains { $0.version.hasSeen(deletion) } }
    }
  }

  /// The order in which a cell's versions are kept and given to rules. Total.
  private static func precedes(_ left: CellVersion, _ right: CellVersion) -> Bool {
    let leftPlace = (left.version.position, left.version.dot.replica, left.version.dot.counter)
    let rightPlace = (right.version.position, right.version.dot.replica, right.version.dot.counter)
    if leftPlace != rightPlace { return leftPlace < rightPlace }
    return Value.precedes(left.value, right.value)
  }

  private func showsValues(of change: RowChange, policy: MergePolicy) -> Bool {
    Self.cellValues(of: change).allSatisfy { column, value in
      standing(column, table: change.key.table, policy: policy)?.value == value
    }
  }
}

// MARK: - What a change met

extension RowState {
  private func written(
    _ change: RowChange, _ version: Version, policy: MergePolicy
  ) -> RowMerge {
    var result = RowMerge(isContested: false, conflicts: [])
    let values = Self.cellValues(of: change).filter { column, value in
      cells[column]?.contains(CellVersion(version: version, value: value)) ?? false
    }
    guard !values.isEmpty else { return result }
    for (column, value) in values where (cells[column] ?? []).count > 1 {
      result.isContested = true
      let candidates = candidates(column)
      guard isLive(version), candidates.contains(where: { $0.value != value }) else { continue }
      let rule = policy.rule(table: change.key.table, column: column)
      result.conflicts.append(Self.conflict(column, among: candidates, by: rule))
    }
    let deletions = openDeletions.filter { !$0.hasSeen(version) }
    if !deletions.isEmpty {
      result.isContested = true
      let shown = ConflictValue(
        dot: version.dot, milliseconds: version.milliseconds, value: values.first?.1 ?? .null)
      result.conflicts.append(Self.conflict([(version, shown)], over: deletions))
    }
    return result
  }

  private func deleted(by deletion: Version, table: TableID) -> RowMerge {
    guard openDeletions.contains(deletion) else {
      return RowMerge(isContested: false, conflicts: [])
    }
    // One for each write, shown by its first column, the one that stands first.
    var writes: [(version: Version, shown: ConflictValue)] = []
    for column in cells.keys.sorted() {
      for written in cells[column] ?? [] where isLive(written.version) {
        guard !writes.contains(where: { $0.version.dot == written.version.dot }) else { continue }
        let shown = ConflictValue(
          dot: written.version.dot, milliseconds: written.version.milliseconds,
          value: written.value)
        writes.append((written.version, shown))
      }
    }
    guard !writes.isEmpty else { return RowMerge(isContested: false, conflicts: []) }
    writes.sort { LatestRule.stands($0.version, over: $1.version) }
    return RowMerge(isContested: true, conflicts: [Self.conflict(writes, over: [deletion])])
  }

  /// The deletions that no write and no other deletion has seen.
  private var openDeletions: [Version] {
    deletions.filter { deletion in
      !deletions.contains { $0.hasSeen(deletion) }
        && !cells.values.contains { $0.contains { $0.version.hasSeen(deletion) } }
    }
  }

  private static func conflict(
    _ column: ColumnID, among versions: [CellVersion], by rule: any MergeRule
  ) -> MergeConflict {
    let (standing, explanation) = rule.choose(versions)
    let order = [standing] + versions.indices.filter { $0 != standing }
    return MergeConflict(
      column: column,
      values: order.map {
        ConflictValue(
          dot: versions[$0].version.dot, milliseconds: versions[$0].version.milliseconds,
          value: versions[$0].value)
      },
      versions: order.map { versions[$0].version }, rule: rule.name, state: .settled,
      explanation: explanation)
  }

  private static func conflict(
    _ writes: [(version: Version, shown: ConflictValue)], over deletions: [Version]
  ) -> MergeConflict {
    let deleted = deletions.map {
      ConflictValue(dot: $0.dot, milliseconds: $0.milliseconds, value: nil)
    }
    return MergeConflict(
      column: nil, values: writes.map(\.shown) + deleted,
      versions: writes.map(\.version) + deletions, rule: MergePolicy.updateOverDelete,
      state: .settled, explanation: .updateOverDelete)
  }
}
