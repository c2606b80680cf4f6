import Basics
import TestSupport
import Testing

@testable import Clocks

/// A lineage against whole logs that were copied at each fork.
struct LineageModelTests {
  @Test(arguments: 0..<200) func answersAreThoseOfTheLogs(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let model = ModelLogs(&generator)
    let lineage = Lineage(links: model.links)
    let places = model.places
    for place in places {
      let log = model.slots(upTo: place)
      checkName(place, log, model, lineage)
      for other in places {
        let otherLog = model.slots(upTo: other)
        let isIncluded = log.isEmpty || log.last == otherLog.dropFirst(log.count - 1).first
        if lineage.includes(place, in: other) != isIncluded {
          Issue.record("\(place) in \(other): \(isIncluded)")
        }
        let sharedCount = zip(log, otherLog).prefix { $0 == $1 }.count
        let shared = CausalContext(
          generation: place.generation, position: LogPosition(UInt64(sharedCount)))
        if lineage.common(place, other) != lineage.canonical(shared) {
          Issue.record("\(place) and \(other) share \(sharedCount)")
        }
      }
    }
  }

  /// Two names are one place if and only if the canonical names are equal; that is the name which
  /// the path gives.
  private func checkName(
    _ place: CausalContext, _ log: [Int], _ model: ModelLogs, _ lineage: Lineage
  ) {
    let name = lineage.canonical(place)
    #expect(model.slots(upTo: name) == log)
    #expect(lineage.canonical(name) == name)
    for other in model.places where other.position == place.position {
      let isSame = model.slots(upTo: other) == log
      if (lineage.canonical(other) == name) != isSame { Issue.record("\(place), \(other)") }
    }
    let steps = lineage.path(to: place.generation)
    let step = steps.last { $0.fork < place.position } ?? steps.first
    #expect(step?.generation == name.generation)
    #expect(zip(steps.dropFirst(), steps.dropFirst(2)).allSatisfy { $0.fork < $1.fork })
  }

  @Test(arguments: 0..<50) func linksComeInAnyOrder(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let model = ModelLogs(&generator)
    let lineage = Lineage(links: model.links)
    #expect(Lineage(links: model.links.shuffled(using: &generator)) == lineage)
    #expect(Lineage(links: lineage.links) == lineage)
    #expect(Set(lineage.links.map(\.generation)) == Set(model.generations))
    // Parents come first, so that they can be added one by one.
    var again = lineage.links.first.map { Lineage(root: $0.generation) }
    for link in lineage.links { #expect(again?.add(link) == true) }
    #expect(again == lineage)
    for link in model.links where link.parent != nil {
      var other = link
      other.fork = LogPosition(link.fork.rawValue + 1_000)
      var unchanged = lineage
      let isTaken = unchanged.add(other)
      #expect(!isTaken)
      #expect(unchanged == lineage)
    }
  }

  /// Each side of an exchange may know generations that the other does not.
  @Test(arguments: 0..<50) func lessKnowledgeIsNoOtherAnswer(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let model = ModelLogs(&generator)
    let whole = Lineage(links: model.links)
    guard let generation = model.generations.randomElement(using: &generator) else { return }
    let path = whole.path(to: generation)
    var part = Lineage(root: path[0].generation)
    for (step, parent) in zip(path.dropFirst(), path) {
      let isNew = part.add(
        LineageLink(
          generation: step.generation, parent: parent.generation, fork: step.fork))
      #expect(isNew)
    }
    #expect(part.path(to: generation) == path)
    for place in model.places where part.knows(place.generation) {
      #expect(part.canonical(place) == whole.canonical(place))
      for other in model.places where part.knows(other.generation) {
        #expect(part.common(place, other) == whole.common(place, other))
      }
    }
  }
}
