import Basics
import Clocks
import Deltas
import TestSupport
import Testing

@testable import Merging

/// Knowledge and merges where timelines were lost and handed back.
struct HandedBackTests {
  /// What the author of a context had seen of a log: the prefix that its path shares with the
  /// log's, and the entries above it that have a place on its path.
  private static func knowledge(
    _ context: CausalContext, of end: CausalContext, _ model: ModelLogs, _ lineage: Lineage
  ) throws -> Knowledge {
    let upTo = try #require(lineage.common(context, end)).position
    let log = model.contents(of: end)
    let also = log.indices.filter { index in
      guard index >= Int(upTo.rawValue) else { return false }
      let names = model.places.filter {
        $0.position > .start && model.contents(of: $0).last == log[index]
      }
      return names.contains { lineage.includes($0, in: context) }
    }
    return Knowledge(upTo: upTo, also: also.map { LogPosition(UInt64($0 + 1)) })
  }

  /// Against the sets of entries themselves: neither more nor less is known.
  @Test(arguments: 0..<40) func knowledgeIsExact(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let model = ModelLogs(&generator, generationsMax: 5)
    let lineage = Lineage(links: model.links)
    for generation in model.generations {
      let end = CausalContext(generation: generation, position: model.end(generation))
      let log = model.contents(of: end)
      for context in model.places {
        let seen = try Self.knowledge(context, of: end, model, lineage)
        let truth = Set(model.contents(of: context))
        #expect(zip(seen.also, seen.also.dropFirst()).allSatisfy { $0 < $1 })
        for (index, entry) in log.enumerated() {
          if seen.contains(LogPosition(UInt64(index + 1))) != truth.contains(entry) {
            Issue.record("\(context) in the log of \(end), entry \(entry)")
          }
        }
      }
    }
  }

  /// A history in which authors have seen anything that they can have seen on some timeline, in a
  /// log that has it in any order.
  private static func world(_ generator: inout SeededGenerator, count: Int) -> SmallWorld {
    // By index of writing: who, and what was seen, own chain included.
    var written: [(replica: UInt32, seen: Set<Int>)] = []
    for _ in 0..<count {
      let replica = UInt32.random(in: 1...4, using: &generator)
      var seen = Set<Int>()
      for other in written.indices {
        let isOwn = written[other].replica == replica
        guard isOwn || Int.random(in: 0..<3, using: &generator) == 0 else { continue }
        seen.formUnion(written[other].seen)
        seen.insert(other)
      }
      // Whoever has seen an entry has seen its author's chain up to there: it is in `seen` by then.
      written.append((replica, seen))
    }
    let log = Array(written.indices).shuffled(using: &generator)
    let positions = Dictionary(uniqueKeysWithValues: log.enumerated().map { ($1, $0) })
    var world = SmallWorld()
    for (index, number) in log.enumerated() {
      let (replica, seen) = written[number]
      let places = Set(seen.compactMap { positions[$0] })
      let upTo = log.indices.first { !places.contains($0) } ?? log.count
      let also = places.filter { $0 >= upTo }.sorted().map { LogPosition(UInt64($0 + 1)) }
      let counter = written[...number].count { $0.replica == replica }
      let (kind, columns) = SmallWorld.choices[Int.random(in: 0..<4, using: &generator)]
      world.history.append(
        WorldChange(
          change: RowChange(
            key: RowKey(table: SmallWorld.table, values: [.integer(17)]), kind: kind,
            columns: columns,
            values: columns.map { .integer(Int64(number * 10 + Int($0.rawValue))) },
            milliseconds: 0, base: nil),
          version: Version(
            dot: Dot(replica: ReplicaID(replica), counter: UInt64(counter)),
            position: LogPosition(UInt64(index + 1)),
            seen: Knowledge(upTo: LogPosition(UInt64(upTo)), also: also),
            milliseconds: Int64.random(in: 0..<5, using: &generator)),
          seen: places.reduce(0) { $0 | 1 << $1 }))
    }
    return world
  }

  @Test(arguments: 0..<150) func everyOrderGivesOneState(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let world = Self.world(&generator, count: 9)
    let all = Array(world.history.indices)
    let state = world.state(all)
    #expect(state.normalized() == state)
    for _ in 0..<15 {
      let order = all.shuffled(using: &generator)
      #expect(world.state(order) == state)
      #expect(world.state(order + order) == state)
      let split = Int.random(in: 0...order.count, using: &generator)
      let left = world.state(order[..<split])
      let right = world.state(order[split...])
      #expect(left.joined(right) == state)
      #expect(right.joined(left) == state)
    }
    let whole = (1 << all.count) - 1
    #expect(state.isAlive == world.isAlive(whole))
    for column in SmallWorld.columns {
      let value = state.standing(
        column, table: SmallWorld.table, policy: SmallWorld.policy)?.value
      #expect(value == world.standing(column, whole))
    }
  }

  /// What a version has seen may become known after the merge: the state is then what it would have
  /// been had it been known at once.
  @Test(arguments: 0..<150) func knowledgeThatComesLaterChangesNothing(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let world = Self.world(&generator, count: 8)
    var forgetful = world
    for index in world.history.indices {
      let version = world.history[index].version
      let known = version.seen.also.filter { _ in Bool.random(using: &generator) }
      forgetful.history[index].version = Version(
        dot: version.dot, position: version.position,
        seen: Knowledge(upTo: version.seen.upTo, also: known),
        milliseconds: version.milliseconds)
    }
    func learned(_ version: Version) -> Version {
      world.history[Int(version.position.rawValue) - 1].version
    }
    let order = Array(world.history.indices).shuffled(using: &generator)
    let before = forgetful.state(order)
    let after = RowState(
      cells: before.cells.mapValues { versions in
        versions.map { CellVersion(version: learned($0.version), value: $0.value) }
      }, deletions: before.deletions.map(learned), isComplete: before.isComplete)
    #expect(after.normalized() == world.state(order))
  }
}
