import Agent
import Basics
import BranchStore
import Clocks
import Deltas
import Merging
import Storage
import TestSupport
import Testing

/// Histories in which the hub and branches are copied and put back at any time.
struct RandomRestoreTests {
  private static let seedCount: UInt64 = 20

  /// Every row that a program of a surviving database has written is there in the end, once.
  @Test(arguments: 1...RandomRestoreTests.seedCount)
  func nothingThatSomebodyStillHasIsLost(seed: UInt64) throws {
    var history = try RandomHistory(seed: seed)
    for step in 0..<40 { try history.go(step) }
    try history.settle()
    let all = Set(history.written.flatMap { $0 }.map { Value.integer($0) })
    for branch in history.branches {
      #expect(try expectSame(branch), "seed \(seed)")
      let rows = try branch.rows("SELECT id FROM item")
      #expect(Set(rows.map(\.[0])) == all, "seed \(seed)")
      #expect(try branch.store.outbox().isEmpty, "seed \(seed)")
      #expect(try branch.store.gaps().isEmpty, "seed \(seed)")
      #expect(try branch.store.deferredRows().isEmpty, "seed \(seed)")
    }
    let replicas = Set(history.branches.map(\.store.identity.replica))
    #expect(replicas.count == history.branches.count)
  }
}

/// A hub, its branches and their copies, and what is done to them.
private struct RandomHistory {
  private struct Death: Error {}

  private var generator: SeededGenerator
  private let world: AgentWorld
  private(set) var branches: [AgentBranch]
  /// What each database's programs have inserted.
  private(set) var written: [[Int64]] = [[], [], []]
  private var hubCopies = 0
  /// The last copy that the hub knows of.
  private var backup = 0
  private var next: Int64 = 0

  init(seed: UInt64) throws {
    generator = SeededGenerator(seed: seed)
    world = try AgentWorld(
      """
      CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v);
      CREATE TABLE hot(id INTEGER PRIMARY KEY, v, w);
      """)
    branches = [try world.join("a"), try world.join("b"), try world.join("c")]
    // Counted updates and units take every way that others take.
    if seed % 2 == 0 {
      let policy = try MergePolicy(tables: [
        TableID(1): TablePolicy(units: [.init(columns: [ColumnID(2), ColumnID(3)])]),
        TableID(2): TablePolicy(rules: [ColumnID(2): .counter]),
      ])
      for branch in branches {
        _ = try branch.store.adopt(
          policy: policy.encoded, version: 1, wallMilliseconds: world.wall)
      }
    }
    try world.copyHub("hub0")
  }

  mutating func go(_ step: Int) throws {
    let index = generator.int(below: branches.count)
    let branch = branches[index]
    switch generator.int(below: 100) {
    case ..<45: try write(step, at: index)
    case ..<85: try sync(branch)
    case ..<88:
      hubCopies += 1
      if generator.chance(500) {
        try world.backUpHub("hub\(hubCopies)")
        backup = hubCopies
      } else {
        try world.copyHub("hub\(hubCopies)")
      }
    case ..<93: try world.restartHub()
    case ..<97:
      // One that is older than the last backup would lose what is durable.
      let copy = backup + generator.int(below: hubCopies - backup + 1)
      try world.restoreHub("hub\(copy)")
    default:
      guard branches.count < 5 else { return }
      branches.append(try world.copy(branch, "copy\(step)"))
      written.append(written[index])
    }
  }

  private mutating func write(_ step: Int, at index: Int) throws {
    let branch = branches[index]
    next += 1
    try branch.run("INSERT INTO item VALUES (\(next), 'n\(next)', 0)")
    written[index].append(next)
    // A few rows that everybody writes and deletes.
    let id = generator.int(below: 4)
    switch generator.int(below: 4) {
    case 0: try branch.run("INSERT OR REPLACE INTO hot VALUES (\(id), \(step), \(next))")
    case 1: try branch.run("DELETE FROM hot WHERE id = \(id)")
    default: try branch.run("UPDATE hot SET v = \(step), w = w || 'x' WHERE id = \(id)")
    }
    if generator.chance(500) {
      try branch.run("UPDATE item SET v = \(step) WHERE id % 3 = \(step % 3)")
    }
  }

  private mutating func sync(_ branch: AgentBranch) throws {
    let lossRate = generator.int(below: 3) * 100
    var random = generator
    defer { generator = random }
    do {
      _ = try branch.sync { _, answer in
        if random.chance(30) { throw Death() }
        if random.chance(lossRate) { return nil }
        let response = answer()
        return random.chance(lossRate) ? nil : response
      }
    } catch is Death { try branch.restart() }
  }

  /// Two copies are two once both go on; then nothing is in the way any more.
  mutating func settle() throws {
    for (index, branch) in branches.enumerated() {
      next += 1
      try branch.run("INSERT INTO item VALUES (\(next), 'last', 0)")
      written[index].append(next)
    }
    for _ in 0..<4 {
      for branch in branches { _ = try branch.sync() }
    }
  }
}
