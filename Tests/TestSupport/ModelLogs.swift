package import Basics
package import Clocks

/// A hub's life as plain lists: for each generation its whole log, copied at each fork.
///
/// A slot is one line of one log, whatever it is called; an entry that is handed back stands in
/// more than one slot.
package struct ModelLogs {
  package private(set) var slots: [GenerationID: [Int]] = [:]
  package private(set) var entries: [Int] = []
  package private(set) var links: [LineageLink] = []

  /// Up to `generationsMax` generations, each from anywhere in the log of any other: backups may be
  /// of any age, and of hubs that were themselves put back.
  package init(_ generator: inout SeededGenerator, generationsMax: Int = 7) {
    let count = Int.random(in: 1...generationsMax, using: &generator)
    for number in 0..<count {
      let generation = GenerationID(high: generator.next() % 3, low: UInt64(number))
      open(generation, &generator)
      let accepted = Int.random(in: 0...4, using: &generator)
      for _ in 0..<accepted { accept(in: generation, &generator) }
    }
  }

  package var generations: [GenerationID] { links.map(\.generation) }

  private mutating func open(_ generation: GenerationID, _ generator: inout SeededGenerator) {
    guard let parent = generations.randomElement(using: &generator) else {
      links = [LineageLink(generation: generation, parent: nil, fork: .start)]
      slots[generation] = []
      return
    }
    let log = slots[parent] ?? []
    let fork = Int.random(in: 0...log.count, using: &generator)
    links.append(
      LineageLink(generation: generation, parent: parent, fork: LogPosition(UInt64(fork))))
    slots[generation] = Array(log.prefix(fork))
  }

  /// Appends an entry: a new one, or one of another log that this one does not have.
  private mutating func accept(in generation: GenerationID, _ generator: inout SeededGenerator) {
    let known = Set(contents(of: CausalContext(generation: generation, position: end(generation))))
    let lost = Set(entries).subtracting(known).sorted()
    let isHandedBack = Bool.random(using: &generator)
    let entry = isHandedBack ? lost.randomElement(using: &generator) : nil
    slots[generation, default: []].append(entries.count)
    entries.append(entry ?? (entries.max() ?? 0) + 1)
  }

  package func end(_ generation: GenerationID) -> LogPosition {
    LogPosition(UInt64(slots[generation]?.count ?? 0))
  }

  /// The slots up to a place.
  package func slots(upTo place: CausalContext) -> [Int] {
    Array((slots[place.generation] ?? []).prefix(Int(place.position.rawValue)))
  }

  /// The entries up to a place: what somebody who integrated it has seen.
  package func contents(of place: CausalContext) -> [Int] {
    slots(upTo: place).map { entries[$0] }
  }

  /// Every place that there is, under all its names.
  package var places: [CausalContext] {
    generations.flatMap { generation in
      (0...end(generation).rawValue).map {
        CausalContext(generation: generation, position: LogPosition($0))
      }
    }
  }
}
