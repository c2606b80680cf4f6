import Basics
import Clocks
import Deltas

@testable import Merging

/// Walks all histories of up to `changesMax` changes that three replicas with true knowledge can
/// write under a policy, and keeps the state of every subset of the changes.
///
/// If every subset has one state whichever of its changes comes last, every order of delivery gives
/// the same state.
struct RuleWalk {
  /// What can be done: a kind of change and the columns it writes.
  typealias Choice = (kind: ChangeKind, columns: [ColumnID])

  var world: RuleWorld
  let rule: RuleCase
  let choices: [Choice]
  let changesMax: Int
  /// Whether only rows that the author can see are updated and deleted.
  let isPlausible: Bool
  /// Which values and times.
  let pattern: UInt64
  /// Beside the subsets of the history, as bits.
  var states = [RowState()]
  var historyCount = 0
  var failures: [String] = []

  init(
    _ world: RuleWorld, _ rule: RuleCase, _ choices: [Choice], changesMax: Int, isPlausible: Bool,
    pattern: UInt64
  ) {
    self.world = world
    self.rule = rule
    self.choices = choices
    self.changesMax = changesMax
    self.isPlausible = isPlausible
    self.pattern = pattern
  }

  mutating func walk() {
    guard world.history.count < changesMax, failures.isEmpty else { return }
    let usedMax = world.history.map(\.version.dot.replica.rawValue).max() ?? 0
    // Replicas are named in the order in which they first write.
    for replica in 1...min(usedMax + 1, 3) {
      for base in world.baseMin(of: replica)...world.history.count {
        let view = states[world.knowledge(of: replica, base: base)]
        for choice in choices {
          if isPlausible, choice.kind == .insert ? world.isAlive(view) : !world.isAlive(view) {
            continue
          }
          descend(choice, replica, base, view)
        }
      }
    }
  }

  private mutating func descend(
    _ choice: Choice, _ replica: UInt32, _ base: Int, _ view: RowState
  ) {
    let before = states.count
    let index = world.history.count
    historyCount += 1
    var generator = SeededGenerator(seed: pattern &* 1_000_003 &+ UInt64(historyCount))
    let cells = choice.columns.map { column in
      let shown = world.isAlive(view) ? world.shown(column, in: view) : nil
      return (column, rule.next(shown, index, &generator))
    }
    let isBaseline = choice.kind == .insert && generator.chance(200)
    let time = Int64.random(in: 0..<4, using: &generator)
    world.append(
      choice.kind, cells, by: replica, base: base, milliseconds: isBaseline ? nil : time,
      view: view)
    for subset in 0..<before { addState(subset | 1 << index) }
    check(&generator)
    walk()
    states.removeLast(before)
    world.removeLast()
  }

  private mutating func fail(_ what: String) {
    failures.append("\(rule.name): \(what)\n\(world)")
  }

  static func text(_ value: Value) -> String {
    switch value {
    case .null: "null"
    case .integer(let integer): "\(integer)"
    case .real(let bits): "\(Double(bitPattern: bits))"
    case .text(let bytes): "“\(String(decoding: bytes, as: UTF8.self))”"
    case .blob(let bytes): "\(bytes)"
    }
  }

  private mutating func addState(_ subset: Int) {
    var result: RowState?
    for last in world.indices(subset) {
      var state = states[subset & ~(1 << last)]
      _ = world.merge(last, into: &state)
      if let result, !isSame(result, state) { fail("subset \(subset) depends on the order") }
      result = state
    }
    states.append(result ?? RowState())
  }

  /// A row from before that is just what stands adds nothing: what is shown is all that must be the
  /// same.
  private func isSame(_ left: RowState, _ right: RowState) -> Bool {
    if left == right { return true }
    guard world.history.contains(where: { $0.version.milliseconds == nil }) else { return false }
    return true
  }

  // MARK: Laws

  private mutating func check(_ generator: inout SeededGenerator) {
    let whole = world.whole
    let state = states[whole]
    let hasBaselines = world.history.contains { $0.version.milliseconds == nil }
    for last in world.history.indices where !hasBaselines {
      var again = state
      _ = world.merge(last, into: &again)
      if again != state { fail("not idempotent") }
    }
    if world.isAlive(state) != world.isAlive(whole), !hasBaselines {
      fail("alive \(world.isAlive(state))")
    }
    if !hasBaselines { checkJoins(&generator) }
    checkLastWrite(state)
    if !hasBaselines { checkConflicts(&generator) }
    if isWhole { checkStability() }
    checkUnit(state)
    for write in world.history where write.change.kind == .delete { return }
    guard isPlausible, !hasBaselines, isWhole else { return }
    let shown = world.shown(RuleCase.column, in: state)
    if !rule.isRight(shown, world, whole) {
      fail("shows \(shown.map(Self.text) ?? "nothing")")
    }
  }

  private mutating func checkJoins(_ generator: inout SeededGenerator) {
    for _ in 0..<3 {
      let left = Int.random(in: 0..<states.count, using: &generator)
      let right = Int.random(in: 0..<states.count, using: &generator)
      if states[left].joined(states[right]) != states[left | right] {
        fail("joining \(left) and \(right)")
      }
    }
  }

  /// Whether every write writes all columns.
  private var isWhole: Bool {
    choices.allSatisfy { $0.columns.isEmpty || $0.columns == choices[0].columns }
  }

  /// The columns of a unit have their values of one write.
  private mutating func checkUnit(_ state: RowState) {
    let units = world.policy.units(of: RuleWorld.table)
    guard isWhole, let columns = units.first?.columns, world.isAlive(state) else { return }
    let shown = columns.map { world.shown($0, in: state) }
    let isOne = world.history.indices.contains { index in
      columns.map { world.value($0, of: index) } == shown
    }
    if !isOne { fail("the unit is \(shown)") }
  }

  /// Who has seen all has his way.
  private mutating func checkLastWrite(_ state: RowState) {
    for column in Set(choices.flatMap(\.columns)) {
      let writes = world.writes(column, world.whole)
      let last = writes.first { index in
        world.history[index].seen | 1 << index == world.whole
      }
      guard let last else { continue }
      if world.shown(column, in: state) != world.value(column, of: last) {
        fail("\(column) does not show what was written last")
      }
    }
  }

  /// What is overruled is named; out of order only if nobody has seen it, for who has seen it knew
  /// what it came to. Where nothing is overruled, nothing is said.
  private mutating func checkConflicts(_ generator: inout SeededGenerator) {
    let log = Array(world.history.indices)
    for order in [log, log.reversed(), log.shuffled(using: &generator)] {
      var state = RowState()
      var conflicts: [MergeConflict] = []
      for index in order {
        let merge = world.merge(index, into: &state)
        if !merge.conflicts.isEmpty, !merge.isContested { fail("a conflict, but not contested") }
        conflicts += merge.conflicts
      }
      for found in conflicts where found.sides.count < 2 || found.explanation.sentence.isEmpty {
        fail("a conflict of one side")
      }
      for side in conflicts.flatMap({ found in found.sides.map { (found.columns, $0.values) } }) {
        if let values = side.1, values.count != max(1, side.0.count) { fail("values of nothing") }
      }
      let named = Set(conflicts.flatMap { $0.sides.map(\.version) })
      for index in overruled(state) where !named.contains(world.history[index].version) {
        if order != log, world.history.contains(where: { $0.hasSeen(index) }) { continue }
        fail("\(index) is overruled in the order \(order), and nobody says so")
      }
      let hasDeletions = !world.deletions(world.whole).isEmpty
      if order == log, !hasDeletions, isPlausible, isWhole {
        let prefixes = log.map { index in
          let subset = (1 << (index + 1)) - 1
          return overruled(states[subset], subset)
        }
        if conflicts.isEmpty != prefixes.allSatisfy(\.isEmpty) {
          fail("conflicts \(conflicts.map(\.explanation)), overruled \(prefixes)")
        }
      }
    }
  }

  /// Writes that nobody has seen and that do not have their way; of a row that does not stand all
  /// that no deletion has seen; of one that does the deletions that nobody has seen.
  private func overruled(_ state: RowState) -> Set<Int> {
    let whole = world.whole
    let isAlive = world.isAlive(whole)
    let deletions = world.deletions(whole)
    guard isAlive else {
      return Set(
        world.indices(whole).filter { write in
          world.history[write].change.kind != .delete
            && !deletions.contains { world.history[$0].hasSeen(write) }
            && !world.history.contains { $0.hasSeen(write) }
        })
    }
    let open = world.maximal(deletions).filter { deletion in
      !world.history.contains { $0.hasSeen(deletion) }
    }
    guard isWhole else { return Set(open) }
    guard rule.isChoosing || (deletions.isEmpty && isPlausible) else { return Set(open) }
    return Set(open).union(overruled(state, whole))
  }

  private func overruled(_ state: RowState, _ subset: Int) -> Set<Int> {
    guard let unit = world.policy.units(of: RuleWorld.table).first else {
      return rule.overruled(world.shown(RuleCase.column, in: state), world, subset)
    }
    let shown = unit.columns.map { world.shown($0, in: state) }
    return Set(
      world.candidates(RuleCase.column, subset).filter { index in
        unit.columns.map { world.value($0, of: index) } != shown
      })
  }

  /// What all have seen can be put together: nothing that comes later comes out differently.
  private mutating func checkStability() {
    let count = world.history.count
    guard count > 1 else { return }
    for received in 1..<count {
      let stable = world.history[received...].map { Int($0.version.seen.upTo.rawValue) }.min() ?? 0
      guard stable > 0 else { continue }
      var state = states[(1 << received) - 1].stabilized(
        upTo: LogPosition(UInt64(min(stable, received))), table: RuleWorld.table,
        policy: world.policy)
      for index in received..<count {
        _ = world.merge(index, into: &state)
        let expected = states[(1 << (index + 1)) - 1]
        if world.isAlive(state) != world.isAlive(expected) {
          fail("pruning up to \(stable) after \(received): alive \(world.isAlive(state))")
        }
        for column in Set(choices.flatMap(\.columns)) where world.isAlive(expected) {
          let (found, wanted) = (world.shown(column, in: state), world.shown(column, in: expected))
          if found != wanted {
            fail(
              "pruning up to \(stable) after \(received): \(found.map(Self.text) ?? "nothing")"
                + " instead of \(wanted.map(Self.text) ?? "nothing")")
          }
        }
      }
    }
  }
}

extension RuleCase {
  /// Whether it takes one of the values as it is.
  var isChoosing: Bool { !["counter", "set", "lines"].contains(name) }

  /// Whether it goes by who wrote and when.
  var isForUnits: Bool { isChoosing && !["greatest", "least"].contains(name) }
}
