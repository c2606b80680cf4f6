/// Events in the order of their virtual time; at the same time, in the order of a drawn tie-break.
struct EventQueue<Event> {
  private struct Entry {
    let milliseconds: Int64
    let tieBreak: UInt64
    let number: UInt64
    let event: Event

    func precedes(_ other: Entry) -> Bool {
      (milliseconds, tieBreak, number) < (other.milliseconds, other.tieBreak, other.number)
    }
  }

  /// A binary heap: each entry comes before the two below it.
  private var heap: [Entry] = []
  private var count: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }

  mutating func removeAll() { heap.removeAll() }

  mutating func removeAll(where isUnwanted: (Event) -> Bool) {
    let kept = heap.filter { !isUnwanted($0.event) }
    heap.removeAll()
    for entry in kept { add(entry.event, at: entry.milliseconds, tieBreak: entry.tieBreak) }
  }

  mutating func add(_ event: Event, at milliseconds: Int64, tieBreak: UInt64) {
    count += 1
    heap.append(
      Entry(milliseconds: milliseconds, tieBreak: tieBreak, number: count, event: event))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child].precedes(heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func next() -> (milliseconds: Int64, event: Event)? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    if !heap.isEmpty {
      heap[0] = last
      sink()
    }
    return (first.milliseconds, first.event)
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2]
      where child < heap.count && heap[child].precedes(heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
