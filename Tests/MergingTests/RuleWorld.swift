import Clocks
import Deltas

@testable import Merging

/// A history of one row under a policy, in the order of the hub's log.
///
/// Authors learn only by integrating a prefix of the log and by writing themselves, and what they
/// had before a write is what the merge showed them.
struct RuleWorld {
  struct Write {
    var change: RowChange
    var previous: [Value?]
    var version: Version
    /// The places in the history that its author had seen, as bits.
    var seen: Int

    func hasSeen(_ index: Int) -> Bool { seen & (1 << index) != 0 }
  }

  static let table = TableID(1)
  let policy: MergePolicy
  fileprivate(set) var history: [Write] = []

  init(_ policy: MergePolicy) { self.policy = policy }

  var whole: Int { (1 << history.count) - 1 }

  /// The least position at which the replica can have integrated the row now.
  func baseMin(of replica: UInt32) -> Int {
    history.last { $0.version.dot.replica.rawValue == replica }
      .map { Int($0.version.seen.upTo.rawValue) } ?? 0
  }

  /// What a replica knows that has integrated the log up to a position, as bits.
  func knowledge(of replica: UInt32, base: Int) -> Int {
    history.indices.reduce(0) { known, index in
      let isKnown = index < base || history[index].version.dot.replica.rawValue == replica
      return isKnown ? known | 1 << index : known
    }
  }

  /// Adds a write by somebody who saw the row in a state.
  mutating func append(
    _ kind: ChangeKind, _ cells: [(column: ColumnID, value: Value)], by replica: UInt32, base: Int,
    milliseconds: Int64?, view: RowState
  ) {
    let counter = history.count { $0.version.dot.replica.rawValue == replica } + 1
    let version = Version(
      dot: Dot(replica: ReplicaID(replica), counter: UInt64(counter)),
      position: LogPosition(UInt64(history.count + 1)), base: LogPosition(UInt64(base)),
      milliseconds: milliseconds)
    append(
      kind, cells, version: version, seen: knowledge(of: replica, base: base), view: view)
  }

  /// Adds a write at any place of the log.
  mutating func append(
    _ kind: ChangeKind, _ cells: [(column: ColumnID, value: Value)], version: Version, seen: Int,
    view: RowState
  ) {
    let change = RowChange(
      key: RowKey(table: Self.table, values: [.integer(17)]), kind: kind,
      columns: cells.map(\.column), values: cells.map(\.value),
      milliseconds: version.milliseconds ?? 0, base: nil)
    let previous =
      kind == .update
      ? cells.map { cell in
        policy.countsOperations(table: Self.table, column: cell.column)
          ? shown(cell.column, in: view) : nil
      } : []
    history.append(
      Write(change: change, previous: previous, version: version, seen: seen))
  }

  mutating func removeLast() { history.removeLast() }

  /// The history without a write that nobody has seen, or nil if somebody has.
  func without(_ index: Int) -> RuleWorld? {
    guard !history.contains(where: { $0.hasSeen(index) }) else { return nil }
    let gap = history[index].version.position
    func moved(_ position: LogPosition) -> LogPosition {
      position > gap ? LogPosition(position.rawValue - 1) : position
    }
    var result = self
    result.history.remove(at: index)
    for other in result.history.indices {
      let (version, seen) = (result.history[other].version, result.history[other].seen)
      result.history[other].version = Version(
        dot: version.dot, position: moved(version.position),
        seen: Knowledge(upTo: moved(version.seen.upTo), also: version.seen.also.map(moved)),
        milliseconds: version.milliseconds)
      let below = (1 << index) - 1
      result.history[other].seen = seen & below | seen >> 1 & ~below
    }
    return result
  }

  func merge(_ index: Int, into state: inout RowState) -> RowMerge {
    let write = history[index]
    return state.merge(
      write.change, previous: write.previous, version: write.version, policy: policy)
  }

  func state(_ order: some Sequence<Int>) -> RowState {
    var state = RowState()
    for index in order { _ = merge(index, into: &state) }
    return state
  }

  func indices(_ subset: Int) -> [Int] { history.indices.filter { subset & (1 << $0) != 0 } }

  func shown(_ column: ColumnID, in state: RowState) -> Value? {
    state.standing(column, table: Self.table, policy: policy)?.value
  }

  func isAlive(_ state: RowState) -> Bool { state.isAlive(policy.deletes(of: Self.table)) }

  // MARK: The same, naively

  func value(_ column: ColumnID, of index: Int) -> Value? {
    let change = history[index].change
    return change.columns.firstIndex(of: column).map { change.values[$0] }
  }

  func previous(_ column: ColumnID, of index: Int) -> Value? {
    guard let place = history[index].change.columns.firstIndex(of: column),
      place < history[index].previous.count
    else { return nil }
    return history[index].previous[place]
  }

  func writes(_ column: ColumnID, _ subset: Int) -> [Int] {
    indices(subset).filter { history[$0].change.columns.contains(column) }
  }

  func deletions(_ subset: Int) -> [Int] {
    indices(subset).filter { history[$0].change.kind == .delete }
  }

  func maximal(_ indices: [Int]) -> [Int] {
    indices.filter { index in !indices.contains { history[$0].hasSeen(index) } }
  }

  /// Of a cell's writes those that no other has seen, without those that were knowingly deleted
  /// while others lived on.
  func candidates(_ column: ColumnID, _ subset: Int) -> [Int] {
    let maximal = maximal(writes(column, subset))
    let deletions = deletions(subset)
    let lasting = maximal.filter { write in
      !deletions.contains { deletion in
        history[deletion].hasSeen(write) && maximal.contains { !history[deletion].hasSeen($0) }
      }
    }
    return lasting.isEmpty ? maximal : lasting
  }

  func isAlive(_ subset: Int) -> Bool {
    let deletions = deletions(subset)
    let writes = indices(subset).filter { history[$0].change.kind != .delete }
    let isLive = writes.contains { write in
      !deletions.contains { history[$0].hasSeen(write) }
    }
    guard policy.deletes(of: Self.table) == .win else { return isLive }
    return isLive
      && maximal(deletions).allSatisfy { deletion in
        writes.contains { history[$0].hasSeen(deletion) }
      }
  }
}

extension RuleWorld: CustomStringConvertible {
  var description: String {
    history.map { write in
      let previous = write.previous.map { $0.map(RuleWalk.text) ?? "-" }
      return "\(write.version.position.rawValue). \(write.version.dot.replica) "
        + "\(write.change.kind) \(write.change.columns) "
        + "\(write.change.values.map(RuleWalk.text)) over \(previous) knowing "
        + "\(write.version.seen.upTo.rawValue) \(write.version.seen.also.map(\.rawValue)) at "
        + (write.version.milliseconds.map { "\($0)" } ?? "-")
    }.joined(separator: "\n")
  }
}
