internal import Basics
internal import Clocks
internal import Deltas
internal import Merging

/// A history of one row that could have been: each author has seen some writes, its own, and all
/// that those had seen. The log has them in any order in which each chain has its own.
struct MergeHistory {
  static let table = TableID(1)
  static let columns = [ColumnID(2), ColumnID(3)]
  static let policy = MergePolicy()
  private static let writesMax = 10

  struct Write {
    var change: RowChange
    var version: Version
    /// The writes that its author had seen, as bits.
    var seen: Int

    func hasSeen(_ index: Int) -> Bool { seen & (1 << index) != 0 }
  }

  /// In the order of the log.
  private(set) var writes: [Write] = []

  private static let kinds: [(kind: ChangeKind, columns: [ColumnID])] = [
    (.insert, columns), (.update, [columns[0]]), (.update, [columns[1]]), (.delete, []),
  ]

  init(_ choices: inout InputBytes) {
    for _ in 0..<choices.number(below: Self.writesMax + 1) { append(&choices) }
  }

  private mutating func append(_ choices: inout InputBytes) {
    let replica = ReplicaID(UInt32(1 + choices.number(below: 4)))
    let own = writes.indices.filter { writes[$0].version.dot.replica == replica }
    var seen = own.last.map { writes[$0].seen } ?? 0
    for index in own { seen |= 1 << index }
    // Mostly a beginning; sometimes single writes besides.
    for index in 0..<choices.number(below: writes.count + 1) { seen |= 1 << index }
    if choices.number(below: 4) == 0 { seen |= Int(choices.byte()) & ((1 << writes.count) - 1) }
    for index in writes.indices.reversed() where seen & (1 << index) != 0 {
      seen |= writes[index].seen
    }
    let choice = Self.kinds[choices.number(below: Self.kinds.count)]
    let values = choice.columns.map { _ in Value.integer(Int64(choices.byte() % 4)) }
    let change = RowChange(
      key: RowKey(table: Self.table, values: [.integer(17)]), kind: choice.kind,
      columns: choice.columns, values: values, milliseconds: 0, base: nil)
    let version = Version(
      dot: Dot(replica: replica, counter: UInt64(own.count + 1)),
      position: LogPosition(UInt64(writes.count + 1)), seen: Self.knowledge(seen),
      milliseconds: Int64(choices.byte() % 4))
    writes.append(Write(change: change, version: version, seen: seen))
  }

  /// Positions that are seen, as a beginning and what lies above it.
  private static func knowledge(_ seen: Int) -> Knowledge {
    let upTo = (~seen).trailingZeroBitCount
    let also = (upTo..<writesMax).filter { seen & (1 << $0) != 0 }
    return Knowledge(
      upTo: LogPosition(UInt64(upTo)), also: also.map { LogPosition(UInt64($0 + 1)) })
  }

  /// All writes in an order of the input's choosing.
  func order(_ choices: inout InputBytes) -> [Int] {
    var rest = Array(writes.indices)
    return writes.indices.map { _ in rest.remove(at: choices.number(below: rest.count)) }
  }

  func merge(_ index: Int, into state: inout RowState) -> RowMerge {
    state.merge(writes[index].change, version: writes[index].version, policy: Self.policy)
  }

  // MARK: The same, naively

  private var deletions: [Write] { writes.filter { $0.change.kind == .delete } }

  private func isLive(_ index: Int) -> Bool { !deletions.contains { $0.hasSeen(index) } }

  var isAlive: Bool {
    writes.indices.contains { writes[$0].change.kind != .delete && isLive($0) }
  }

  /// The value of the write that stands: of those that no other write of the cell has seen, the
  /// latest that was not deleted while another of them lived on; of the same time that of the
  /// lowest replica.
  func standing(_ column: ColumnID) -> Value? {
    let ofCell = writes.indices.filter { writes[$0].change.columns.contains(column) }
    let maximal = ofCell.filter { write in !ofCell.contains { writes[$0].hasSeen(write) } }
    let lasting = maximal.filter { write in
      !deletions.contains { deletion in
        deletion.hasSeen(write) && maximal.contains { !deletion.hasSeen($0) }
      }
    }
    let best = (lasting.isEmpty ? maximal : lasting).max { left, right in
      let (left, right) = (writes[left].version, writes[right].version)
      let (leftTime, rightTime) = (left.milliseconds ?? .min, right.milliseconds ?? .min)
      if leftTime != rightTime { return leftTime < rightTime }
      return (right.dot.replica, right.dot.counter) < (left.dot.replica, left.dot.counter)
    }
    guard let best, let place = writes[best].change.columns.firstIndex(of: column) else {
      return nil
    }
    return writes[best].change.values[place]
  }
}
