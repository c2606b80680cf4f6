import Basics
import Clocks
import Deltas

@testable import Merging

/// A random history of one row under a random policy: every rule, units, every rule for deletions;
/// half of them in a log that has the writes in any order, as after a restore.
struct RandomRuleWorld {
  private(set) var world: RuleWorld
  let rules: [RuleCase]
  let isUnit: Bool
  /// Whether the log has the writes in the order in which they were written.
  let isInOrder: Bool
  private static let columns = [RuleCase.column, RuleCase.other]

  init(_ generator: inout SeededGenerator) throws {
    let deletes = DeleteRule.allCases[Int.random(in: 0..<3, using: &generator)]
    isUnit = generator.chance(150)
    if isUnit {
      let fit = RuleCase.all.filter(\.isForUnits)
      let rule = fit[Int.random(in: 0..<fit.count, using: &generator)]
      rules = [rule, rule]
    } else {
      rules = Self.columns.map { _ in
        RuleCase.all[Int.random(in: 0..<RuleCase.all.count, using: &generator)]
      }
    }
    let table = TablePolicy(
      rules: isUnit
        ? [:] : [Self.columns[0]: rules[0].reference, Self.columns[1]: rules[1].reference],
      units: isUnit ? [TablePolicy.Unit(columns: Self.columns, rule: rules[0].reference)] : [],
      deletes: deletes)
    world = RuleWorld(try MergePolicy(tables: [RuleWorld.table: table]))
    isInOrder = Bool.random(using: &generator)
    let count = Int.random(in: 3...7, using: &generator)
    let places = Array(0..<count).shuffled(using: &generator)
    let deletionsPerThousand = generator.chance(500) ? 0 : 200
    for index in 0..<count {
      if isInOrder {
        write(&generator, deletionsPerThousand)
      } else {
        write(at: places, index, &generator, deletionsPerThousand)
      }
    }
  }

  private mutating func write(_ generator: inout SeededGenerator, _ deletionsPerThousand: Int) {
    let replica = UInt32.random(in: 1...4, using: &generator)
    let base = Int.random(in: world.baseMin(of: replica)...world.history.count, using: &generator)
    let view = world.state(world.indices(world.knowledge(of: replica, base: base)))
    let (kind, cells) = content(view, &generator, deletionsPerThousand)
    world.append(
      kind, cells, by: replica, base: base,
      milliseconds: Int64.random(in: 0..<6, using: &generator), view: view)
  }

  /// The author has seen anything that somebody can have seen on some timeline.
  private mutating func write(
    at places: [Int], _ index: Int, _ generator: inout SeededGenerator, _ deletionsPerThousand: Int
  ) {
    let replica = Int.random(in: 1...4, using: &generator)
    var seen = 0
    for other in world.history.indices {
      guard world.replica(other) == replica || generator.chance(350) else { continue }
      seen |= world.history[other].seen | 1 << other
    }
    let here = Set(world.indices(seen).map { places[$0] })
    let upTo = (0..<places.count).first { !here.contains($0) } ?? places.count
    let counter = world.history.indices.count { world.replica($0) == replica } + 1
    let version = Version(
      dot: Dot(replica: ReplicaID(UInt32(replica)), counter: UInt64(counter)),
      position: LogPosition(UInt64(places[index] + 1)),
      seen: Knowledge(
        upTo: LogPosition(UInt64(upTo)),
        also: here.filter { $0 >= upTo }.sorted().map { LogPosition(UInt64($0 + 1)) }),
      milliseconds: Int64.random(in: 0..<6, using: &generator))
    let view = world.state(world.indices(seen))
    let (kind, cells) = content(view, &generator, deletionsPerThousand)
    world.append(kind, cells, version: version, seen: seen, view: view)
  }

  private func content(
    _ view: RowState, _ generator: inout SeededGenerator, _ deletionsPerThousand: Int
  ) -> (ChangeKind, [(column: ColumnID, value: Value)]) {
    let isThere = world.isAlive(view)
    if isThere, generator.chance(deletionsPerThousand) { return (.delete, []) }
    let isPartial = isThere && !isUnit
    let number = world.history.count
    var cells: [(column: ColumnID, value: Value)] = []
    for (column, rule) in zip(Self.columns, rules) {
      if isPartial, generator.chance(400), !(cells.isEmpty && column == Self.columns[1]) {
        continue
      }
      let shown = isThere ? world.shown(column, in: view) : nil
      cells.append((column, rule.next(shown, number, &generator)))
    }
    return (isThere ? .update : .insert, cells)
  }

  /// The same without the writes that are not needed for something not to hold, and what that is.
  func shrunk() -> (random: RandomRuleWorld, broken: String)? {
    var least: (random: RandomRuleWorld, broken: String)?
    var index = 0
    while index < (least?.random ?? self).world.history.count {
      var next = least?.random ?? self
      guard next.world.history.count > 2, let world = next.world.without(index) else {
        index += 1
        continue
      }
      next.world = world
      if let broken = next.brokenInAnyOrder() {
        (least, index) = ((next, broken), 0)
      } else {
        index += 1
      }
    }
    return least
  }

  private func brokenInAnyOrder() -> String? {
    for seed in 0..<100 as Range<UInt64> {
      var generator = SeededGenerator(seed: seed)
      if let broken = broken(&generator) { return broken }
    }
    return nil
  }

  // MARK: Laws

  /// What does not hold; nil if all does.
  func broken(_ generator: inout SeededGenerator) -> String? {
    let all = Array(world.history.indices)
    let state = world.state(all)
    let order = all.shuffled(using: &generator)
    if world.state(order) != state { return "the order \(order) matters" }
    let split = Int.random(in: 0...all.count, using: &generator)
    let overlap = Int.random(in: 0...split, using: &generator)
    let joined = world.state(order[..<split]).joined(world.state(order[overlap...]))
    if joined != state { return "joining \(order[..<split]) and \(order[overlap...])" }
    var again = state
    _ = world.merge(order[0], into: &again)
    if again != state { return "\(order[0]) counts twice" }
    if world.isAlive(state) != world.isAlive(world.whole) { return "alive or not" }
    if let column = wrongLast(state) { return "\(column) does not show what was written last" }
    if let wrong = wrongValue(state) { return wrong }
    if let unnamed = unnamed(order) { return unnamed }
    return isInOrder ? pruned(&generator) : nil
  }

  private func wrongLast(_ state: RowState) -> ColumnID? {
    Self.columns.first { column in
      let writes = world.writes(column, world.whole)
      let last = writes.first { index in
        writes.allSatisfy { $0 == index || world.history[index].hasSeen($0) }
      }
      return last.map { world.value(column, of: $0) != world.shown(column, in: state) } ?? false
    }
  }

  private var isPlain: Bool { world.deletions(world.whole).isEmpty && !isUnit }

  private func wrongValue(_ state: RowState) -> String? {
    guard isPlain, isInOrder, hasInsertions else { return nil }
    for (index, column) in Self.columns.enumerated() where column == RuleCase.column {
      let shown = world.shown(column, in: state)
      if !rules[index].isRight(shown, world, world.whole) {
        return "shows \(shown.map(RuleWalk.text) ?? "nothing")"
      }
    }
    return nil
  }

  private var hasInsertions: Bool {
    world.history.contains { $0.change.kind == .insert }
  }

  private func unnamed(_ order: [Int]) -> String? {
    guard isPlain else { return nil }
    var state = RowState()
    var named: Set<Version> = []
    for index in order {
      for conflict in world.merge(index, into: &state).conflicts {
        named.formUnion(conflict.sides.map(\.version))
      }
    }
    guard hasInsertions, isInOrder || rules[0].isChoosing else { return nil }
    let shown = world.shown(RuleCase.column, in: state)
    let overruled = rules[0].overruled(shown, world, world.whole)
    return overruled.filter { index in !world.history.contains { $0.hasSeen(index) } }
      .first { !named.contains(world.history[$0].version) }
      .map { "\($0) is overruled in the order \(order), and nobody says so" }
  }

  private func pruned(_ generator: inout SeededGenerator) -> String? {
    let received = Int.random(in: 1..<world.history.count, using: &generator)
    let least = world.history[received...].map { $0.version.seen.upTo }.min() ?? .start
    let stable = min(least, LogPosition(UInt64(received)))
    var expected = world.state(0..<received)
    var state = expected.stabilized(upTo: stable, table: RuleWorld.table, policy: world.policy)
    for index in received..<world.history.count {
      _ = world.merge(index, into: &expected)
      _ = world.merge(index, into: &state)
      let isAlive = world.isAlive(expected)
      if world.isAlive(state) != isAlive { return "pruning up to \(stable) after \(received)" }
      for column in Self.columns where isAlive {
        let (found, wanted) = (world.shown(column, in: state), world.shown(column, in: expected))
        if found != wanted {
          return "pruning up to \(stable) after \(received): "
            + "\(found.map(RuleWalk.text) ?? "nothing"), not "
            + "\(wanted.map(RuleWalk.text) ?? "nothing")"
        }
      }
    }
    return nil
  }
}
