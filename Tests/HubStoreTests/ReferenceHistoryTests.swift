import Basics
import Clocks
import Deltas
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// Random histories of tables that refer to one another: whatever SQLite finds wrong is listed
/// after every exchange, and nothing else; all end with the same rows.
@Suite struct ReferenceHistoryTests {
  @Test(arguments: 0..<40 as Range<UInt64>) func whatIsBrokenIsListed(seed: UInt64) throws {
    var history = try Story(seed: seed)
    for _ in 0..<60 { try history.step() }
    try history.shop.settle(&history.branches)
  }

  @Test(arguments: 0..<15 as Range<UInt64>) func shortcutsComeToTheSame(seed: UInt64) throws {
    let usual = try Story(seed: seed, meddles: false)
    let covering = try Story(seed: seed, meddles: false)
    covering.shop.store.coverRowsMin = 1
    let slow = try Story(seed: seed, meddles: false)
    slow.shop.store.takesShortcuts = false
    slow.shop.store.coverRowsMin = .max
    var stories = [usual, covering, slow]
    for index in stories.indices {
      for _ in 0..<50 { try stories[index].step() }
      try stories[index].shop.settle(&stories[index].branches)
    }
    let tables = try usual.shop.hub.tables()
    for story in stories.dropFirst() {
      #expect(try story.shop.hub.tables() == tables)
      #expect(try story.shop.store.orphans() == usual.shop.store.orphans())
      #expect(
        try story.shop.store.conflicts(openOnly: false)
          == usual.shop.store.conflicts(openOnly: false))
    }
  }
}

private struct Story {
  let shop: Shop
  var branches: [ImitatedBranch]
  private var random: SeededGenerator
  private var now = TestHub.now - 1_000_000
  private var codes: Int64 = 0
  private let meddles: Bool

  init(seed: UInt64, meddles: Bool = true) throws {
    shop = try Shop()
    branches = [shop.hub.branch(1), shop.hub.branch(2), shop.hub.branch(3)]
    random = SeededGenerator(seed: seed)
    self.meddles = meddles
    let rules: [DeleteRule] = [.lose, .lose, .win, .ask]
    var tables: [TableID: TablePolicy] = [:]
    for table in shop.store.schema.tables {
      tables[table.id] = TablePolicy(deletes: rules.randomElement(using: &random)!)
    }
    _ = try shop.store.publish(
      MergePolicy(tables: tables), source: "", wallMilliseconds: TestHub.now)
  }

  mutating func step() throws {
    now += Int64.random(in: 0...3, using: &random)
    let index = Int.random(in: 0..<3, using: &random)
    if random.chance(550) { return write(index) }
    try shop.store.sync(&branches[index])
    if meddles, random.chance(200) {
      _ = try shop.store.prune(rowsAtMost: 50, awayBeforeMilliseconds: 0)
    }
    if meddles, random.chance(100) { try meddle() }
    try shop.expectListed()
  }

  private mutating func meddle() throws {
    let listed = try shop.store.quarantine().rows.map(\.key)
    guard let key = listed.randomElement(using: &random) else { return }
    if random.chance(300) {
      _ = try shop.store.retryQuarantine(wallMilliseconds: now)
      return
    }
    let done = try shop.store.dropQuarantined(key, person: "Eve", wallMilliseconds: now)
    guard random.chance(500) else { return }
    try shop.expectListed()
    try shop.store.undoDecisions([done.conflict], person: "Eve", wallMilliseconds: now)
  }

  private mutating func write(_ index: Int) {
    var changes: [RowChange] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let change = change(of: branches[index])
      if !changes.contains(where: { $0.key == change.key }) { changes.append(change) }
    }
    branches[index].write(changes)
  }

  private mutating func change(of branch: ImitatedBranch) -> RowChange {
    func number() -> Int64 { Int64.random(in: 1...4, using: &random) }
    func reference() -> Value { random.chance(150) ? .null : .integer(number()) }
    let name = shop.store.schema.tables.randomElement(using: &random)!.name
    let key = name == "line" ? [number(), number()] : [number()]
    let values: [Value] =
      switch name {
      case "customer": [.text("w\(now)"), .text("c\(number())")]
      case "orders": [reference(), .text("w\(now)")]
      case "line": [.integer(now)]
      case "part": [reference(), reference()]
      case "employee": [.text("w\(now)"), reference()]
      case "card": [.text("c\(number())")]
      default: [reference()]
      }
    let row = shop.insert(name, key, values, at: now)
    guard branch.rows[row.key] != nil else { return row }
    if random.chance(500) { return .delete(row.key, at: now) }
    var update = row
    update.kind = .update
    let chosen = row.columns.indices.filter { _ in random.chance(600) }
    guard !chosen.isEmpty else { return row }
    update.columns = chosen.map { row.columns[$0] }
    update.values = chosen.map { row.values[$0] }
    return update
  }
}
