import Clocks
import Deltas

@testable import Merging

/// One change of a small world's history, with what its author truly knew.
struct WorldChange: Hashable {
  var change: RowChange
  var version: Version
  /// The places in the history of all changes that its author had seen, as bits.
  var seen: Int

  func hasSeen(_ index: Int) -> Bool { seen & (1 << index) != 0 }
}

/// A history of one row, in the order of the hub's log.
///
/// Authors learn only by integrating a prefix of the log and by writing themselves.
struct SmallWorld: Hashable {
  static let table = TableID(1)
  static let columns = [ColumnID(2), ColumnID(3)]
  static let policy = MergePolicy()

  var history: [WorldChange] = []

  /// What a change does: an insert, an update of one column, a deletion.
  static let choices: [(kind: ChangeKind, columns: [ColumnID])] = [
    (.insert, columns), (.update, [columns[0]]), (.update, [columns[1]]), (.delete, []),
  ]

  /// The least position at which the replica can have integrated the row now.
  func baseMin(of replica: UInt32) -> Int {
    history.last { $0.version.dot.replica.rawValue == replica }
      .map { Int($0.version.seen.upTo.rawValue) } ?? 0
  }

  /// What a replica knows that has integrated the log up to a position, as bits.
  func knowledge(of replica: UInt32, base: Int) -> Int {
    history.indices.reduce(0) { known, index in
      let isKnown =
        index < base || history[index].version.dot.replica.rawValue == replica
      return isKnown ? known | 1 << index : known
    }
  }

  mutating func append(
    _ kind: ChangeKind, _ columns: [ColumnID], by replica: UInt32, base: Int,
    milliseconds: Int64?, values: [Value]? = nil
  ) {
    let index = history.count
    let counter = history.count { $0.version.dot.replica.rawValue == replica } + 1
    let version = Version(
      dot: Dot(replica: ReplicaID(replica), counter: UInt64(counter)),
      position: LogPosition(UInt64(index + 1)), base: LogPosition(UInt64(base)),
      milliseconds: milliseconds)
    let unique = columns.map { Value.integer(Int64(index * 10 + Int($0.rawValue))) }
    let change = RowChange(
      key: RowKey(table: Self.table, values: [.integer(17)]), kind: kind, columns: columns,
      values: values ?? unique, milliseconds: milliseconds ?? 0, base: nil)
    history.append(
      WorldChange(
        change: change, version: version, seen: knowledge(of: replica, base: base)))
  }

  /// The state of some of the history's changes, taken in in the order given.
  func state(_ order: some Sequence<Int>) -> RowState {
    var state = RowState()
    for index in order { _ = merge(index, into: &state) }
    return state
  }

  func merge(_ index: Int, into state: inout RowState) -> RowMerge {
    state.merge(history[index].change, version: history[index].version, policy: Self.policy)
  }
}

// MARK: - The same, naively

extension SmallWorld {
  /// The changes, among those given as bits, that satisfy a condition.
  private func indices(_ subset: Int, where condition: (Int) -> Bool) -> [Int] {
    history.indices.filter { subset & (1 << $0) != 0 && condition($0) }
  }

  private func deletions(_ subset: Int) -> [Int] {
    indices(subset) { history[$0].change.kind == .delete }
  }

  func isAlive(_ subset: Int) -> Bool {
    let deletions = deletions(subset)
    return !indices(subset) { write in
      history[write].change.kind != .delete
        && !deletions.contains { history[$0].hasSeen(write) }
    }.isEmpty
  }

  /// The writes of a cell among which its rule chooses: those that no other write of the cell has
  /// seen; of these the ones that no deletion has seen which another of them outlived, if there are
  /// any.
  func candidates(_ column: ColumnID, _ subset: Int) -> [Int] {
    let writes = indices(subset) { history[$0].change.columns.contains(column) }
    let maximal = writes.filter { write in !writes.contains { history[$0].hasSeen(write) } }
    let deletions = deletions(subset)
    let lasting = maximal.filter { write in
      !deletions.contains { deletion in
        history[deletion].hasSeen(write) && maximal.contains { !history[deletion].hasSeen($0) }
      }
    }
    return lasting.isEmpty ? maximal : lasting
  }

  func standing(_ column: ColumnID, _ subset: Int) -> Value? {
    let candidates = candidates(column, subset)
    let best = candidates.max { left, right in
      LatestRule.stands(history[right].version, over: history[left].version)
    }
    return best.map { value(column, of: $0) }
  }

  func value(_ column: ColumnID, of index: Int) -> Value {
    let change = history[index].change
    guard let place = change.columns.firstIndex(of: column) else { return .null }
    return change.values[place]
  }

  /// Whether the last change of a prefix should be reported as a conflict on a column.
  func isConflict(_ column: ColumnID, last: Int) -> Bool {
    let candidates = candidates(column, (1 << (last + 1)) - 1)
    guard candidates.contains(last), isLive(last, (1 << (last + 1)) - 1) else { return false }
    return candidates.contains { value(column, of: $0) != value(column, of: last) }
  }

  /// Whether the last change of a prefix should be reported as a change against a deletion.
  func isRowConflict(last: Int) -> Bool {
    let subset = (1 << (last + 1)) - 1
    if history[last].change.kind == .delete { return isAlive(subset) }
    let writes = indices(subset) { history[$0].change.kind != .delete }
    return deletions(subset).contains { deletion in
      !history[last].hasSeen(deletion) && !history[deletion].hasSeen(last)
        && !writes.contains { history[$0].hasSeen(deletion) }
    }
  }

  private func isLive(_ index: Int, _ subset: Int) -> Bool {
    !deletions(subset).contains { history[$0].hasSeen(index) }
  }
}
