import Basics
import Clocks
import Deltas
import HubStore
import Merging
import TestSupport
import Testing

/// Columns whose rule counts what was done to them, at the hub.
@Suite struct CounterTests {
  private static let score = ColumnID(4)
  private static let policy = TablePolicy(rules: [score: .counter])

  private func makeHub(branches: Int = 3, policy: TablePolicy = policy) throws -> TestHub {
    let hub = try TestHub(branches: branches)
    _ = try hub.store.publish(
      try MergePolicy(tables: [SampleSchema.customer: policy]), source: "",
      wallMilliseconds: TestHub.now)
    return hub
  }

  private func score(_ rows: [RowKey: [ColumnID: Value]], _ id: Int64 = 1) -> Int64? {
    guard case .integer(let score)? = rows[.customer(id)]?[Self.score] else { return nil }
    return score
  }

  @Test func concurrentIncrementsAddUpInBothOrders() throws {
    for isReversed in [false, true] {
      let hub = try makeHub()
      var (a, b) = (hub.branch(1), hub.branch(2))
      a.write([.insertCustomer(1, "Ada", "London", 10, at: 100)])
      try hub.store.sync(&a)
      try hub.store.sync(&b)
      a.write([.count(1, from: .integer(10), to: .integer(15), at: 300)])
      b.write([.count(1, from: .integer(10), to: .integer(7), at: 400)])
      if isReversed { try hub.store.sync(&b) }
      for _ in 0..<2 {
        try hub.store.sync(&a)
        try hub.store.sync(&b)
      }
      #expect(score(try hub.tables()) == 12)
      #expect(score(a.rows) == 12 && score(b.rows) == 12)
      #expect(try hub.store.conflicts(openOnly: false).isEmpty, "Nobody was overruled.")
    }
  }

  @Test func whoSetsTheNumberHavingSeenItStartsAnew() throws {
    let hub = try makeHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(1, "Ada", "London", 10, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([.count(1, from: .integer(10), to: .integer(15), at: 300)])
    try hub.store.sync(&a)
    b.write([.update(.customer(1), [4: .integer(100)], at: 400)])
    try hub.store.sync(&b)
    // Set beside +5, which it had not seen: that is added.
    #expect(score(try hub.tables()) == 105)
    try hub.store.sync(&a)
    a.write([.update(.customer(1), [4: .integer(0)], at: 500)])
    try hub.store.sync(&a)
    #expect(score(try hub.tables()) == 0)
  }

  /// Increments and decrements at five branches, other edits and deletions beside them.
  @Test(arguments: 0..<4 as Range<UInt64>) func theSumIsExactEverywhere(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let hub = try makeHub(branches: 5)
    if seed.isMultiple(of: 2) { hub.store.takesShortcuts = false }
    var branches = (1...5).map { hub.branch($0) }
    var truth: [Int64: Int64] = [:]
    for id in 1...3 as ClosedRange<Int64> {
      branches[0].write([.insertCustomer(id, "customer \(id)", "", 100, at: 1)])
      truth[id] = 100
    }
    for index in branches.indices { try hub.store.sync(&branches[index]) }
    for step in 0..<1_000 {
      let index = Int.random(in: 0..<5, using: &generator)
      let id = Int64.random(in: 1...3, using: &generator)
      let step = Int64(step + 10)
      if let now = score(branches[index].rows, id) {
        let delta = Int64.random(in: -20...20, using: &generator)
        branches[index].write([
          .count(id, from: .integer(now), to: .integer(now + delta), at: step)
        ])
        truth[id, default: 0] += delta
        if generator.chance(100) {
          branches[index].write([.update(.customer(id), [3: .text("\(step)")], at: step)])
        }
      }
      if generator.chance(200) {
        try hub.store.sync(&branches[index], at: TestHub.now + step)
      }
      if generator.chance(20) {
        _ = try hub.store.prune(rowsAtMost: 1_000, awayBeforeMilliseconds: 0)
      }
    }
    for _ in 0..<3 {
      for index in branches.indices { try hub.store.sync(&branches[index]) }
    }
    let tables = try hub.tables()
    for id in truth.keys { #expect(score(tables, id) == truth[id], "customer \(id)") }
    for branch in branches { #expect(branch.rows == tables) }
  }

  @Test func aRecordOfOperationsIsReadAsItWasWritten() throws {
    let hub = try makeHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(1, "Ada", "London", 10, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([.count(1, from: .integer(10), to: .integer(15), at: 300)])
    try hub.store.sync(&a)
    // Deleted and brought back with what was counted before.
    a.write([.delete(.customer(1), at: 400)])
    try hub.store.sync(&a)
    #expect(try hub.tables().isEmpty)
    b.write([.count(1, from: .integer(10), to: .integer(13), at: 500)])
    try hub.store.sync(&b)
    let tables = try hub.reopened().digestsByRow()
    #expect(score(tables) == 18)
    #expect(tables[.customer(1)]?[ColumnID(2)] == .text("Ada"))
  }
}
