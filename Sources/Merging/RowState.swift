internal import Basics
internal import Clocks
package import Deltas

/// What the hub knows of one row: for each cell its maximal versions, normally one; the maximal
/// deletions, normally none.
///
/// What is shown is a function of these sets, never of the order in which they came. Of a cell
/// whose rule counts operations, each is kept until a write that is none has seen it.
///
/// A deletion takes no value away: every cell keeps its last versions, so that a change which had
/// not seen the deletion brings back the whole row. Where a cell has both versions that a deletion
/// has seen and others that it has not, only the latter count: what somebody knowingly deleted does
/// not come back against what outlived it. So a deletion is kept although a later one has seen it.
package struct RowState: Hashable, Sendable {
  /// Per column outside the key: the versions that no absolute version of the cell has seen, in
  /// the order of the log.
  package internal(set) var cells: [ColumnID: [CellVersion]] = [:]
  /// The deletions in the order of the log, each as long as some cell has no absolute version that
  /// has seen it.
  package private(set) var deletions: [Version] = []
  /// Whether an insertion was taken in, so that `cells` has all columns. Only a state to which
  /// changes came before those they had seen can be incomplete.
  package private(set) var isComplete = false
  /// What is known of the row's life from the rows that live and die with it. Never changed by what
  /// happens to the row itself.
  package var group = GroupLife()

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
  package init(
    cells: [ColumnID: [CellVersion]], deletions: [Version], isComplete: Bool = true,
    group: GroupLife = GroupLife()
  ) {
    self.cells = cells
    self.deletions = deletions
    self.isComplete = isComplete
    self.group = group
  }

  /// Sets what uses have said of the row: see `use(by:)`.
  mutating func setUses(_ versions: [CellVersion]) {
    cells[Self.presenceColumn] = versions.isEmpty ? nil : versions
  }

  // MARK: Taking in

  /// Takes in one change. Never fails; commutative, associative and idempotent over changes, in
  /// whatever order they come.
  ///
  /// The one exception: rows that were there before their branch joined, and are just what stands
  /// already, add nothing at all.
  ///
  /// `previous` stands beside the change's columns, or is empty: what the author of an update had
  /// there before. It counts where the column's rule counts operations.
  package mutating func merge(
    _ change: RowChange, previous: [Value?] = [], version: Version, policy: MergePolicy
  ) -> RowMerge {
    let deletes = policy.deletes(of: change.key.table)
    let wasAlive = isAlive(deletes)
    if change.kind == .insert, version.milliseconds == nil, wasAlive,
      showsValues(of: change, policy: policy)
    {
      return RowMerge(isContested: false, conflicts: [])
    }
    take(change, previous, version, policy)
    switch change.kind {
    case .delete:
      return deleted(by: version, table: change.key.table, policy: policy)
    case .insert: return written(change, version, policy: policy)
    case .update:
      var result = written(change, version, policy: policy)
      // Others have no row that the update could change: they need all of it.
      result.isContested = result.isContested || !wasAlive
      return result
    }
  }

  /// Gives a cell that was never written a value which everybody has seen.
  package mutating func fill(_ column: ColumnID, with version: CellVersion) {
    guard cells[column]?.isEmpty ?? true else { return }
    cells[column] = [version]
  }

  /// The state that has taken in everything that either has.
  package func joined(_ other: RowState) -> RowState {
    var result = self
    for (column, versions) in other.cells {
      for version in versions { result.add(version, to: column) }
    }
    for deletion in other.deletions { result.add(deletion) }
    result.isComplete = isComplete || other.isComplete
    if result.group.isEmpty { result.group = other.group }
    result.dropSettledDeletions()
    return result
  }

  /// The state without the versions that others of it have seen, for when it became known only
  /// later what a version had seen.
  package func normalized() -> RowState { RowState().joined(self) }

  private mutating func take(
    _ change: RowChange, _ previous: [Value?], _ version: Version, _ policy: MergePolicy
  ) {
    switch change.kind {
    case .delete:
      add(version)
    case .insert:
      for (column, value) in Self.cellValues(of: change) {
        add(CellVersion(version: version, value: value), to: column)
      }
      forgetUses(seenBy: version)
      isComplete = true
    case .update where previous.isEmpty:
      for (column, value) in Self.cellValues(of: change) {
        add(CellVersion(version: version, value: value), to: column)
      }
    case .update:
      for (index, (column, value)) in Self.cellValues(of: change).enumerated() {
        let counts = policy.countsOperations(table: change.key.table, column: column)
        let before = counts && index < previous.count ? previous[index] : nil
        add(CellVersion(version: version, value: value, previous: before), to: column)
      }
    }
    dropSettledDeletions()
  }

  static func cellValues(of change: RowChange) -> [(ColumnID, Value)] {
    if change.columns.isEmpty { return [(presenceColumn, .null)] }
    return Array(zip(change.columns, change.values))
  }

  mutating func add(_ added: CellVersion, to column: ColumnID) {
    var versions = cells[column] ?? []
    guard
      !versions.contains(where: {
        $0 == added || ($0.isAbsolute && $0.version.hasSeen(added.version))
      })
    else { return }
    if added.isAbsolute { versions.removeAll { added.version.hasSeen($0.version) } }
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

  /// Forgets deletions that can no longer matter: every cell has an absolute version that has seen
  /// them, so nothing that they had seen is left, nor can it come back.
  private mutating func dropSettledDeletions() {
    guard isComplete, !deletions.isEmpty else { return }
    deletions.removeAll { deletion in
      cells.values.allSatisfy { $0.contains { $0.isAbsolute && $0.version.hasSeen(deletion) } }
    }
  }

  /// The order in which a cell's versions are kept and given to rules. Total.
  static func precedes(_ left: CellVersion, _ right: CellVersion) -> Bool {
    let leftPlace = (left.version.position, left.version.dot.replica, left.version.dot.counter)
    let rightPlace = (right.version.position, right.version.dot.replica, right.version.dot.counter)
    if leftPlace != rightPlace { return leftPlace < rightPlace }
    if left.value != right.value { return Value.precedes(left.value, right.value) }
    guard let leftBefore = left.previous, let rightBefore = right.previous else {
      return left.isAbsolute && !right.isAbsolute
    }
    return Value.precedes(leftBefore, rightBefore)
  }

  private func showsValues(of change: RowChange, policy: MergePolicy) -> Bool {
    Self.cellValues(of: change).allSatisfy { column, value in
      standing(column, table: change.key.table, policy: policy)?.value == value
    }
  }
}
