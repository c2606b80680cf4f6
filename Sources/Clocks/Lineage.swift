/// The generations of one hub's log as far as they are known, each with its parent and the fork.
///
/// A tree. A place, written as a context, names the log position that a walk along the path of its
/// generation comes to; below a fork parent and child name the same positions, and the canonical
/// name is the one of the generation that wrote them.
package struct Lineage: Hashable, Sendable {
  /// All but the root. Canonical: a fork lies above the parent's own, or the parent is the root.
  private var origins: [GenerationID: CausalContext] = [:]
  private let root: GenerationID?

  package init(root: GenerationID) { self.root = root }

  /// A lineage of links in any order. What does not hang together with the first root among them
  /// is left out.
  package init(links: [LineageLink]) {
    root = links.first { $0.parent == nil }?.generation
    var rest = links
    var count: Int
    repeat {
      count = rest.count
      rest.removeAll { add($0) }
    } while rest.count < count
  }

  /// Every generation known, parents before their children, else in the order of their bytes.
  package var links: [LineageLink] {
    guard let root else { return [] }
    var children: [GenerationID: [GenerationID]] = [:]
    for (generation, origin) in origins {
      children[origin.generation, default: []].append(generation)
    }
    var result = [LineageLink(generation: root, parent: nil, fork: .start)]
    var next = 0
    while next < result.count {
      let parent = result[next].generation
      next += 1
      for child in (children[parent] ?? []).sorted(by: GenerationID.precedes) {
        guard let origin = origins[child] else { continue }
        result.append(LineageLink(generation: child, parent: parent, fork: origin.position))
      }
    }
    return result
  }

  /// Takes note of a generation. False if that contradicts what is known, another root included, or
  /// if the parent is not known; then nothing has changed.
  package mutating func add(_ link: LineageLink) -> Bool {
    guard let parent = link.parent else { return link.generation == root && link.fork == .start }
    guard knows(parent), link.generation != root else { return false }
    let origin = canonical(CausalContext(generation: parent, position: link.fork))
    if let known = origins[link.generation] { return known == origin }
    origins[link.generation] = origin
    return true
  }

  package func knows(_ generation: GenerationID) -> Bool {
    generation == root || origins[generation] != nil
  }

  /// The steps from the root to a generation, the root first. Empty if it is not known.
  package func path(to generation: GenerationID) -> [GenerationStep] {
    guard knows(generation) else { return [] }
    var steps: [GenerationStep] = []
    var current = generation
    while let origin = origins[current] {
      steps.append(GenerationStep(generation: current, fork: origin.position))
      current = origin.generation
    }
    steps.append(GenerationStep(generation: current, fork: .start))
    return steps.reversed()
  }

  /// The name of the same position in the generation that wrote it. A place of a generation that is
  /// not known stays as it is. O(generations between).
  package func canonical(_ place: CausalContext) -> CausalContext {
    var generation = place.generation
    while let origin = origins[generation], place.position <= origin.position {
      generation = origin.generation
    }
    return CausalContext(generation: generation, position: place.position)
  }

  /// The last place that lies on the paths to both; nil if one of them is not known.
  package func common(_ left: CausalContext, _ right: CausalContext) -> CausalContext? {
    guard knows(left.generation), knows(right.generation) else { return nil }
    var reached: [GenerationID: LogPosition] = [:]
    var place: CausalContext? = left
    while let here = place {
      reached[here.generation] = here.position
      place = before(here)
    }
    place = right
    while let here = place {
      if let position = reached[here.generation] {
        let shared = min(position, here.position)
        return canonical(CausalContext(generation: here.generation, position: shared))
      }
      place = before(here)
    }
    return nil
  }

  /// Whether the place lies on the path to the context: whoever has that context has seen it.
  package func includes(_ place: CausalContext, in context: CausalContext) -> Bool {
    let place = canonical(place)
    var reached = context
    while reached.generation != place.generation {
      guard let earlier = before(reached) else { return false }
      reached = earlier
    }
    return place.position <= reached.position
  }

  /// The last place in the parent generation that lies on the path to this one; nil at the root.
  private func before(_ place: CausalContext) -> CausalContext? {
    guard let origin = origins[place.generation] else { return nil }
    return CausalContext(
      generation: origin.generation, position: min(origin.position, place.position))
  }
}
