import Basics
import Clocks
import Deltas
import Testing

@testable import Merging

/// The merge's laws, by exhaustion over small worlds and by chance over larger ones.
struct MergeLawTests {
  /// Walks all histories of up to `changesMax` changes that three replicas with true knowledge
  /// can write, and keeps the state of every subset of the changes.
  ///
  /// If every subset has one state whichever of its changes comes last, every order of delivery
  /// gives the same state.
  private struct Walk {
    var world = SmallWorld()
    /// Beside the subsets of the history, as bits.
    var states = [RowState()]
    var historyCount = 0
    var failures: [String] = []
    let changesMax: Int
    /// Whether only rows that the author can see are updated and deleted.
    let isPlausible: Bool
    let checksJoins: Bool

    mutating func walk() {
      guard world.history.count < changesMax, failures.isEmpty else { return }
      let usedMax = world.history.map(\.version.dot.replica.rawValue).max() ?? 0
      // Replicas are named in the order in which they first write: other names are the same world.
      for replica in 1...min(usedMax + 1, 3) {
        for base in world.baseMin(of: replica)...world.history.count {
          for (kind, columns) in SmallWorld.choices {
            let view = states[world.knowledge(of: replica, base: base)]
            if isPlausible, kind != .insert, !view.isAlive { continue }
            descend(kind, columns, replica, base)
          }
        }
      }
    }

    private mutating func descend(
      _ kind: ChangeKind, _ columns: [ColumnID], _ replica: UInt32, _ base: Int
    ) {
      let before = states.count
      let index = world.history.count
      // Times that do not follow the log.
      world.append(
        kind, columns, by: replica, base: base, milliseconds: Int64((index * 7 + 3) % 5))
      historyCount += 1
      for subset in 0..<before { addState(subset | 1 << index) }
      check()
      walk()
      states.removeLast(before)
      world.history.removeLast()
    }

    private mutating func addState(_ subset: Int) {
      var result: RowState?
      for last in world.history.indices where subset & (1 << last) != 0 {
        var state = states[subset & ~(1 << last)]
        _ = world.merge(last, into: &state)
        if let result, result != state {
          failures.append("\(world.history): subset \(subset) depends on the order")
        }
        result = state
      }
      states.append(result ?? RowState())
    }

    private mutating func check() {
      let index = world.history.count - 1
      let whole = (1 << world.history.count) - 1
      for last in world.history.indices {
        var again = states[whole]
        _ = world.merge(last, into: &again)
        if again != states[whole] { failures.append("\(world.history): not idempotent") }
      }
      var state = states[whole & ~(1 << index)]
      let merge = world.merge(index, into: &state)
      checkShown(state, whole)
      checkConflicts(merge, index)
      if checksJoins { checkJoined() }
    }

    private mutating func checkShown(_ state: RowState, _ subset: Int) {
      if state.isAlive != world.isAlive(subset) {
        failures.append("\(world.history): alive \(state.isAlive)")
      }
      for column in SmallWorld.columns {
        let value = state.standing(
          column, table: SmallWorld.table, policy: SmallWorld.policy)?.value
        if value != world.standing(column, subset) {
          failures.append("\(world.history): \(column) shows \(String(describing: value))")
        }
      }
    }

    private mutating func checkConflicts(_ merge: RowMerge, _ index: Int) {
      let found = Set(merge.conflicts.map { $0.column?.rawValue ?? 0 })
      var expected = Set(
        SmallWorld.columns.filter { world.isConflict($0, last: index) }.map(\.rawValue))
      if world.isRowConflict(last: index) { expected.insert(0) }
      if found != expected {
        failures.append("\(world.history): conflicts \(found), expected \(expected)")
      }
      if !found.isEmpty, !merge.isContested {
        failures.append("\(world.history): a conflict, but not contested")
      }
    }

    private mutating func checkJoined() {
      for left in states.indices {
        for right in states.indices where states[left].joined(states[right]) != states[left | right]
        {
          failures.append("\(world.history): joining \(left) and \(right)")
        }
      }
    }
  }

  @Test func everyOrderGivesOneStateInAllSmallWorlds() {
    var walk = Walk(changesMax: 4, isPlausible: true, checksJoins: false)
    walk.walk()
    #expect(walk.failures.first == nil)
    #expect(walk.historyCount == 8_818)
  }

  @Test func orderDoesNotMatterEvenForChangesToRowsNobodySees() {
    var walk = Walk(changesMax: 3, isPlausible: false, checksJoins: true)
    walk.walk()
    #expect(walk.failures.first == nil)
    #expect(walk.historyCount == 1_860)
  }

  @Test(arguments: 0..<60)
  func everyOrderGivesOneStateInLargerWorlds(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var world = SmallWorld()
    for _ in 0..<10 {
      let replica = UInt32.random(in: 1...4, using: &generator)
      let base = Int.random(in: world.baseMin(of: replica)...world.history.count, using: &generator)
      let choice = SmallWorld.choices[Int.random(in: 0..<4, using: &generator)]
      world.append(
        choice.kind, choice.columns, by: replica, base: base,
        milliseconds: Int64.random(in: 0..<5, using: &generator))
    }
    let all = Array(world.history.indices)
    let state = world.state(all)
    for _ in 0..<20 {
      let order = all.shuffled(using: &generator)
      #expect(world.state(order) == state)
      let split = Int.random(in: 0...order.count, using: &generator)
      let overlap = Int.random(in: 0...split, using: &generator)
      let joined = world.state(order[..<split]).joined(world.state(order[overlap...]))
      #expect(joined == state)
    }
    for column in SmallWorld.columns {
      let value = state.standing(
        column, table: SmallWorld.table, policy: SmallWorld.policy)?.value
      #expect(value == world.standing(column, (1 << 10) - 1))
    }
  }
}
