package import Clocks

/// Which entries of the hub's log a write's author had seen: all up to a position, and a few above
/// it that were handed back from a lost timeline or belong to the chain that its own continues.
package struct Knowledge: Hashable, Sendable {
  package var upTo: LogPosition
  /// Ascending, all above `upTo`.
  package var also: [LogPosition]

  package init(upTo: LogPosition, also: [LogPosition] = []) {
    self.upTo = upTo
    self.also = also
  }

  /// O(log n).
  package func contains(_ position: LogPosition) -> Bool {
    if position <= upTo { return true }
    guard let last = also.last, position <= last else { return false }
    var low = 0
    var high = also.count
    while low < high {
      let middle = (low + high) / 2
      if also[middle] < position { low = middle + 1 } else { high = middle }
    }
    return also[low] == position
  }
}
