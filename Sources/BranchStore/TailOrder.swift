internal import Basics
internal import Clocks

/// Puts what is handed back into an order in which each entry comes behind what its author had
/// seen.
///
/// On the path it may lie above: a hub can have had it back later, and the author knew it by the
/// name that it had before. Merged first, the two would be put into the ledger as a conflict.
struct TailOrder {
  struct Entry {
    let id: Int64
    let hash: ContentHash
    /// The hash of the one before it in its chain.
    let previous: ContentHash
    /// The stretches of its context's path.
    let seen: [BranchStore.Stretch]
    let places: [CausalContext]
  }

  private struct Visit {
    var isBegun = false
    var hasAskedChain = false
  }

  private let entries: [Entry]
  private var visits: [Visit]
  private let byHash: [ContentHash: Int]
  /// By generation, in the order of the positions; and how many of each have been asked for.
  private let named: [GenerationID: [(position: LogPosition, index: Int)]]
  private var askedCounts: [GenerationID: Int] = [:]

  static func ids(_ entries: [Entry]) -> [Int64] {
    var order = TailOrder(entries)
    return order.sorted().map { entries[$0].id }
  }

  private init(_ entries: [Entry]) {
    self.entries = entries
    visits = Array(repeating: Visit(), count: entries.count)
    byHash = Dictionary(
      entries.indices.map { (entries[$0].hash, $0) }, uniquingKeysWith: { first, _ in first })
    var named: [GenerationID: [(position: LogPosition, index: Int)]] = [:]
    for index in entries.indices {
      for place in entries[index].places {
        named[place.generation, default: []].append((place.position, index))
      }
    }
    self.named = named.mapValues { $0.sorted { $0.position < $1.position } }
  }

  private mutating func sorted() -> [Int] {
    var result: [Int] = []
    var waiting: [Int] = []
    for first in entries.indices where begin(first) {
      waiting.append(first)
      while let last = waiting.last {
        if let before = next(before: last) {
          if begin(before) { waiting.append(before) }
        } else {
          result.append(waiting.removeLast())
        }
      }
    }
    return result
  }

  private mutating func begin(_ index: Int) -> Bool {
    defer { visits[index].isBegun = true }
    return !visits[index].isBegun
  }

  /// Something that is to come before an entry, and that was not asked for yet.
  private mutating func next(before index: Int) -> Int? {
    if !visits[index].hasAskedChain {
      visits[index].hasAskedChain = true
      if let before = byHash[entries[index].previous] { return before }
    }
    for stretch in entries[index].seen {
      let count = askedCounts[stretch.generation] ?? 0
      guard let places = named[stretch.generation], count < places.count,
        places[count].position <= stretch.last
      else { continue }
      askedCounts[stretch.generation] = count + 1
      return places[count].index
    }
    return nil
  }
}
