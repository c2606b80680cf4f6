internal import Basics
internal import Clocks

/// Generations that forked from each other, with the logs that they would have had.
struct GenerationTree {
  private static let generationsMax = 4
  let positionMax = 4

  private(set) var generations: [GenerationID] = []
  /// Beside the generations, after the first: the parent, and the last position shared with it.
  private var origins: [(parent: Int, fork: Int)] = []
  /// Beside the generations: the entries up to each position, each named by who wrote it.
  private var logs: [[[Int]]] = []

  init(_ choices: inout InputBytes) {
    for index in 0...choices.number(below: Self.generationsMax) {
      // Identifiers whose order is not that in which they were made.
      generations.append(GenerationID(high: UInt64(choices.byte()) << 8 | UInt64(index), low: 0))
      origins.append(
        index == 0 ? (0, 0) : (choices.number(below: index), choices.number(below: positionMax)))
    }
    for generation in generations.indices {
      logs.append((0...positionMax).map { written(generation, $0) })
    }
  }

  var links: [LineageLink] {
    generations.indices.map { index in
      LineageLink(
        generation: generations[index],
        parent: index == 0 ? nil : generations[origins[index].parent],
        fork: LogPosition(UInt64(index == 0 ? 0 : origins[index].fork)))
    }
  }

  func place(_ generation: Int, _ position: Int) -> CausalContext {
    CausalContext(
      generation: generations[generation], position: LogPosition(UInt64(position)))
  }

  /// The entries up to a position.
  func log(_ generation: Int, _ position: Int) -> [Int] { logs[generation][position] }

  private func written(_ generation: Int, _ position: Int) -> [Int] {
    guard generation > 0 else { return [Int](repeating: 0, count: position) }
    let (parent, fork) = origins[generation]
    let shared = logs[parent][min(fork, position)]
    return shared + [Int](repeating: generation, count: position - shared.count)
  }
}
