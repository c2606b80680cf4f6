import Agent
import Basics
import BranchStore
import Clocks
import Deltas
import Foundation
import HubStore
import Sessions
import Storage
import TestSupport
import Testing

/// Random histories of three branches with a table that goes up only: lost answers, restored hubs,
/// pruning. At the end the hub has every payment that any branch wrote, each branch its own, and
/// all the rest is the same everywhere.
struct UpTablesWorldTests {
  @Test(arguments: UInt64(1)...16) func nothingIsLostAndNobodyHearsOfOthers(seed: UInt64) throws {
    var history = try UpTablesHistory(seed: seed)
    for _ in 0..<60 { try history.step() }
    try history.finish()
  }
}

/// One of them.
private struct UpTablesHistory {
  private let world: AgentWorld
  private var branches: [AgentBranch] = []
  private var generator: SeededGenerator
  private var nextNumber = 1
  /// By branch, what its payments are, as it has written them.
  private var own: [[Int: String]] = []
  private var hasBackup = false

  init(seed: UInt64) throws {
    generator = SeededGenerator(seed: seed)
    world = try AgentWorld(UpTablesTests.sql)
    try world.publish(UpTablesTests.policy)
    for name in ["a", "b", "c"] { try join(name) }
  }

  private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }

  private mutating func join(_ name: String) throws {
    let number = take()
    let branch = try world.join(
      name,
      UpTablesTests.sql + """
        ; INSERT INTO item VALUES (\(number), 'brought', 0);
        INSERT INTO payment VALUES (\(number), 'brought by \(name)')
        """)
    branches.append(branch)
    own.append([number: "brought by \(name)"])
    _ = try branch.sync()
  }

  private mutating func take() -> Int {
    nextNumber += 1
    return nextNumber - 1
  }

  mutating func step() throws {
    let index = pick(branches.count)
    let branch = branches[index]
    let name = branch.store.identity.branch
    switch pick(16) {
    case 0...4:
      let number = take()
      let rest =
        pick(3) == 0
        ? "UPDATE item SET v = \(number) WHERE id = (SELECT min(id) FROM item)"
        : "INSERT INTO item VALUES (\(number), 'sold by \(name)', 0)"
      if pick(4) > 0 {
        own[index][number] = "paid at \(name)"
        try branch.run("INSERT INTO payment VALUES (\(number), 'paid at \(name)')")
      }
      if pick(4) > 0 { try branch.run(rest) }
    case 5...9:
      var generator = generator
      let isLossy = pick(3) == 0
      _ = try branch.sync { _, answer in
        guard isLossy else { return answer() }
        if generator.chance(200) { return nil }
        let response = answer()
        return generator.chance(200) ? nil : response
      }
    case 10:
      if pick(2) == 0 { try world.backUpHub("backup") } else { try world.copyHub("backup") }
      hasBackup = true
    case 11 where hasBackup && pick(2) == 0:
      // The tails of all reach back to it, whether or not the hub knows of it.
      try world.restoreHub("backup")
    case 12: try world.restartHub()
    case 13:
      _ = try world.hubStore.prune(rowsAtMost: 1_000, awayBeforeMilliseconds: world.wall - 100)
    case 14 where !own[index].isEmpty:
      // A branch clears away what is its own.
      guard let number = own[index].keys.sorted().first, pick(3) == 0 else { return }
      try branch.run("DELETE FROM payment WHERE id = \(number)")
      cleared.insert(number)
    default: try branch.restart()
    }
  }

  /// What was deleted at its branch and may have been sent before, or not.
  private var cleared: Set<Int> = []

  mutating func finish() throws {
    for _ in 0..<4 { for branch in branches { _ = try branch.sync() } }
    let digest = try world.hubStore.digests()[0].digest
    let vector = try branches[0].store.vector()
    var all: [Int: String] = [:]
    for (index, branch) in branches.enumerated() {
      all.merge(own[index]) { $1 }
      let mine = own[index].filter { !cleared.contains($0.key) }
      let expected = mine.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      #expect(try branch.payments() == expected)
      #expect(try branch.store.digests()[0].digest == digest)
      #expect(try branch.store.vector() == vector)
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.gaps().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
      #expect(
        try branch.store.ledger(openOnly: false).allSatisfy { $0.key.table == UpTablesTests.item })
    }
    let hub = try world.hubPayments()
    let must = all.filter { !cleared.contains($0.key) }.map { "\($0.key) \($0.value)" }
    #expect(Set(must).subtracting(hub).isEmpty)
    #expect(Set(hub).subtracting(all.map { "\($0.key) \($0.value)" }).isEmpty)
    #expect(try world.hubStore.lossCount() == 0)
    #expect(try world.hubStore.check().allSatisfy(\.isOK))
    let conflicts = try world.hubStore.conflicts(openOnly: false)
    #expect(conflicts.allSatisfy { $0.key.table == UpTablesTests.item })
  }
}
