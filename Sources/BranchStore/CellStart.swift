internal import Deltas

/// What a cell held before the first of its writes in the journal.
///
/// That need not be the entry that came first: where a trigger of the application writes the cell
/// that a statement has just written, SQLite may run it before ours. So the writes are laid end to
/// end: each begins with what another came to, except one.
struct CellStart {
  /// Values that more writes began with than came to, or, below 0, the other way round; in the
  /// order in which they appeared. In the order of time never more than two.
  private var ends: [(value: Value, balance: Int)] = []

  /// Whether some entry does not say it: what changes nothing is not captured, so another trigger
  /// than ours has written that one.
  private(set) var isUnknown = false

  mutating func take(was: Value, became: Value) {
    guard was != became else {
      isUnknown = true
      return
    }
    add(was, 1)
    add(became, -1)
  }

  private mutating func add(_ value: Value, _ count: Int) {
    guard let index = ends.firstIndex(where: { $0.value == value }) else {
      ends.append((value, count))
      return
    }
    ends[index].balance += count
    if ends[index].balance == 0 { ends.remove(at: index) }
  }

  mutating func reset() {
    ends.removeAll(keepingCapacity: true)
    isUnknown = false
  }

  /// Nil if the writes came back to where they began: then it is what the cell holds now. Where
  /// something was written in between that was not captured, it is the first of the beginnings.
  var value: Value? { ends.first { $0.balance > 0 }?.value }
}
