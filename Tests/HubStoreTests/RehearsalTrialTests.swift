import Basics
import Clocks
import Deltas
import Foundation
import HubStore
import Merging
import TestSupport
import Testing

/// More than a thousand conflicts of all kinds: what a rehearsal says is what publishing does.
@Suite struct RehearsalTrialTests {
  private static let columns = [ColumnID(2), ColumnID(3), ColumnID(4)]
  private static let customers = 1...400 as ClosedRange<Int64>

  private typealias Tables = [RowKey: [ColumnID: Value]]

  /// What can stand: a row or not, and what its columns hold.
  private struct Standing: Hashable {
    var key: RowKey
    var columns: [ColumnID]
  }

  private func policy(_ generator: inout SeededGenerator) throws -> MergePolicy {
    let all: [RuleReference] = [
      .latest, .first, .greatest, .least, .ask, .prefer([ReplicaID(3), ReplicaID(1)]),
    ]
    func any(_ rules: [RuleReference]) -> RuleReference {
      rules[Int.random(in: rules.indices, using: &generator)]
    }
    var table = TablePolicy(
      deletes: DeleteRule.allCases[Int.random(in: 0..<3, using: &generator)])
    if generator.chance(300) {
      let rule = any([.latest, .first, .ask, .prefer([ReplicaID(2)])])
      table.units = [TablePolicy.Unit(columns: [ColumnID(2), ColumnID(3)], rule: rule)]
    } else {
      table.rules = [ColumnID(2): any(all), ColumnID(3): any(all)]
    }
    table.rules[ColumnID(4)] = any(all)
    return try MergePolicy(tables: [SampleSchema.customer: table])
  }

  /// Four branches write the same customers' columns without knowing of each other, again and
  /// again; some conflicts are decided by people, and some values written anew since.
  private func contested(_ generator: inout SeededGenerator) throws -> (TestHub, [ImitatedBranch]) {
    let hub = try TestHub(branches: 4)
    try hub.store.registerHeadquarters(wallMilliseconds: TestHub.now)
    _ = try hub.store.publish(
      try policy(&generator), source: "", wallMilliseconds: TestHub.now)
    var branches = (1...4).map { hub.branch($0) }
    branches[0].write(Self.customers.map { .insertCustomer($0, "name", "city", 0, at: 1) })
    for index in branches.indices { try hub.store.sync(&branches[index]) }
    var count = 0
    while count < 1_000 {
      for index in branches.indices {
        for _ in 0..<150 { branches[index].writeAny(Self.customers, Self.columns, &generator) }
      }
      for index in branches.indices.shuffled(using: &generator) {
        try hub.store.sync(&branches[index])
      }
      let conflicts = try hub.store.conflicts(openOnly: false)
      count = conflicts.count
      for conflict in conflicts.prefix(40) where generator.chance(300) {
        _ = try? hub.store.decide(
          [conflict.id], .branch("branch \(Int.random(in: 1...4, using: &generator))"), person: "",
          wallMilliseconds: TestHub.now)
      }
    }
    for _ in 0..<2 {
      for index in branches.indices { try hub.store.sync(&branches[index]) }
    }
    return (hub, branches)
  }

  /// The values that are others now, each counted once with the columns decided with it.
  private func changes(
    _ before: Tables, _ after: Tables, _ ledger: [Conflict]
  ) -> Set<Standing> {
    var units: [Standing: Standing] = [:]
    for conflict in ledger where conflict.columns.count > 1 {
      for column in conflict.columns {
        units[Standing(key: conflict.key, columns: [column])] =
          Standing(key: conflict.key, columns: conflict.columns)
      }
    }
    var result: Set<Standing> = []
    for key in Set(before.keys).union(after.keys) {
      guard let old = before[key], let new = after[key] else {
        result.insert(Standing(key: key, columns: []))
        continue
      }
      for column in Self.columns where old[column] != new[column] {
        let cell = Standing(key: key, columns: [column])
        result.insert(units[cell] ?? cell)
      }
    }
    return result
  }

  @Test(arguments: trialSeeds(6)) func whatIsSaidIsWhatComes(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var (hub, branches) = try contested(&generator)
    let before = try hub.tables()
    let ledger = try hub.store.conflicts(openOnly: false)
    try #require(ledger.count >= 1_000)
    let next = try policy(&generator)
    let said = try hub.store.rehearse(next, sampleMax: 5)
    #expect(try hub.tables() == before && hub.store.conflicts(openOnly: false) == ledger)

    // On a copy, then at the hub itself.
    let copied = try TestHub(copying: hub)
    for store in [copied.store, hub.store] {
      let done = try store.publishAnew(
        next, source: "", sampleMax: 5, wallMilliseconds: TestHub.now
      ).rehearsal
      #expect(done == said)
    }
    let after = try hub.tables()
    #expect(try copied.tables() == after)
    let changed = changes(before, after, ledger)
    #expect(changed.count == said.differingCount)
    for _ in 0..<2 {
      for index in branches.indices { try hub.store.sync(&branches[index]) }
    }
    for branch in branches { #expect((branch.rows == after) as Bool) }

    // And back.
    let former = try MergePolicy.decoded(hub.store.policies()[1].encoded)
    let back = try hub.store.rehearse(former, sampleMax: 0).differingCount
    _ = try hub.store.publishAnew(
      former, source: "", likeVersion: 1, sampleMax: 0, wallMilliseconds: TestHub.now)
    #expect(try changes(after, hub.tables(), ledger).count == back)
    #expect(try changes(before, hub.tables(), ledger).isEmpty)
    for _ in 0..<2 {
      for index in branches.indices { try hub.store.sync(&branches[index]) }
    }
    let tables = try hub.tables()
    for branch in branches { #expect((branch.rows == tables) as Bool) }
  }

  /// Policies come and go while branches write: everybody has the same, and what was decided under
  /// one before stays until somebody writes it.
  @Test(arguments: trialSeeds(12)) func policiesComeAndGo(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let hub = try TestHub(branches: 4)
    if seed.isMultiple(of: 2) { hub.store.takesShortcuts = false }
    try hub.store.registerHeadquarters(wallMilliseconds: TestHub.now)
    let customers = 1...12 as ClosedRange<Int64>
    var branches = (1...4).map { hub.branch($0) }
    branches[0].write(customers.map { .insertCustomer($0, "name", "city", 0, at: 1) })
    for index in branches.indices { try hub.store.sync(&branches[index]) }
    for _ in 0..<400 {
      let index = Int.random(in: branches.indices, using: &generator)
      branches[index].writeAny(customers, Self.columns, &generator)
      if generator.chance(200) { try hub.store.sync(&branches[index]) }
      guard generator.chance(40) else { continue }
      let (next, before) = (try policy(&generator), try hub.tables())
      if generator.chance(500) {
        _ = try hub.store.publish(next, source: "", wallMilliseconds: TestHub.now)
        #expect((try hub.tables() == before) as Bool)
      } else {
        _ = try hub.store.publishAnew(
          next, source: "", sampleMax: 0, wallMilliseconds: TestHub.now)
      }
      if generator.chance(300) {
        _ = try hub.store.prune(rowsAtMost: 1_000, awayBeforeMilliseconds: 0)
      }
    }
    for _ in 0..<3 {
      for index in branches.indices { try hub.store.sync(&branches[index]) }
    }
    let tables = try hub.tables()
    for branch in branches { #expect((branch.rows == tables) as Bool) }
  }
}

extension ImitatedBranch {
  /// Writes a customer's column, several, or deletes one.
  fileprivate mutating func writeAny(
    _ customers: ClosedRange<Int64>, _ columns: [ColumnID], _ generator: inout SeededGenerator
  ) {
    let id = Int64.random(in: customers, using: &generator)
    let time = Int64.random(in: 10..<100_000, using: &generator)
    guard rows[.customer(id)] != nil else { return }
    if generator.chance(30) {
      write([.delete(.customer(id), at: time)])
      return
    }
    var values: [UInt16: Value] = [:]
    for column in columns where generator.chance(400) {
      let number = Int64.random(in: 0..<50, using: &generator)
      values[column.rawValue] = column == ColumnID(4) ? .integer(number) : .text("w\(number)")
    }
    if !values.isEmpty { write([.update(.customer(id), values, at: time)]) }
  }
}
