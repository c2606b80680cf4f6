import Basics
import Clocks
import Deltas
import HubStore
import Storage
import TestSupport
import Testing

/// Random histories with and without pruning: for branches that are not away it makes no difference
/// what the hub has let go of.
@Suite struct PruneHistoryTests {
  static let seeds: Range<UInt64> = 0..<24

  @Test(arguments: seeds) func pruningMakesNoDifference(seed: UInt64) throws {
    let plain = try TestHub()
    let pruned = try TestHub()
    let covering = try TestHub()
    let slow = try TestHub()
    covering.store.coverRowsMin = 1
    slow.store.takesShortcuts = false
    var random = SeededGenerator(seed: seed)
    var history = RandomHistory(
      seed: seed &+ 5_000_000, branches: (1...3).map { plain.branch($0) },
      usesUniqueColumns: seed.isMultiple(of: 3))
    let push = { (push: RandomHistory.Push) -> (delta: [UInt8], to: LogPosition) in
      let stores = [pruned.store, covering.store, slow.store]
      for store in stores where random.chance(400) { try store.pruneSome(&random) }
      let expected = try plain.store.push(push)
      let delta = try plain.store.wholeDelta(
        push.branch.replica, from: push.branch.position, to: expected.deltaTo)
      for store in stores {
        let acceptance = try store.push(push)
        #expect(acceptance.entries == expected.entries)
        #expect(acceptance.deltaTo == expected.deltaTo)
        #expect(!acceptance.plan.isWholeState)
        let own = try store.wholeDelta(
          push.branch.replica, from: push.branch.position, to: acceptance.deltaTo)
        try expectSame(own, delta, seed)
      }
      return (delta, expected.deltaTo)
    }
    // Whoever has never made contact holds back nothing.
    for branch in history.branches {
      for hub in [plain, pruned, covering, slow] { try hub.store.push(branch) }
    }
    try history.run(steps: 80, push)
    try history.settle(push)

    let tables = try plain.tables()
    let ledger = try plain.store.conflicts(openOnly: false).map(\.comparable)
    for hub in [pruned, covering, slow] {
      for branch in history.branches { try hub.store.push(branch) }
      #expect(try hub.tables() == tables)
      #expect(try hub.store.conflicts(openOnly: false).map(\.comparable) == ledger)
      try expectWhole(hub)
      try hub.store.pruneAll()
      try expectEmpty(hub)
      #expect(try hub.tables() == tables)
      try expectWhole(hub)
    }
    // And it goes on.
    try history.run(steps: 20, push)
    try history.settle(push)
    #expect(try pruned.tables() == plain.tables())
    #expect(try covering.tables() == plain.tables())
    #expect(try slow.tables() == plain.tables())
  }

  /// Some branches are away now and then, for longer than the hub waits for them, and rows come and
  /// go as they like: what everybody has in the end is what the hub has.
  @Test(arguments: seeds) func whoeverReturnsHasWhatTheHubHas(seed: UInt64) throws {
    let hub = try TestHub(branches: 4)
    let store = hub.store
    if seed.isMultiple(of: 2) { store.takesShortcuts = false }
    var random = SeededGenerator(seed: seed)
    var history = RandomHistory(
      seed: seed &+ 6_000_000, branches: (1...4).map { hub.branch($0) },
      usesUniqueColumns: seed.isMultiple(of: 3))
    let push = { (push: RandomHistory.Push) -> (delta: [UInt8], to: LogPosition) in
      if random.chance(300) {
        // Whoever has not been heard of for some milliseconds is away.
        let before = push.received - Int64.random(in: 0...20, using: &random)
        for _ in 0..<Int.random(in: 1...20, using: &random) {
          let limit = Int.random(in: 1...20, using: &random)
          _ = try store.prune(rowsAtMost: limit, awayBeforeMilliseconds: before)
        }
      }
      let acceptance = try store.push(push)
      let delta = try store.delta(acceptance.plan, offset: 0, byteCount: .max).bytes
      return (delta, acceptance.deltaTo)
    }
    try history.run(steps: 150, push)
    try history.settle(push)
    let tables = try hub.tables()
    for branch in history.branches {
      for key in Set(branch.rows.keys).union(tables.keys) where branch.rows[key] != tables[key] {
        Issue.record("\(branch.replica) \(key) seed \(seed)")
      }
    }
    try expectWhole(hub)
    for branch in history.branches { try store.push(branch) }
    try store.pruneAll()
    try expectEmpty(hub)
    #expect(try hub.tables() == tables)
  }

  private func expectWhole(_ hub: TestHub) throws {
    let findings = try hub.store.check().filter { !$0.isOK }.map(\.what)
    #expect(findings.allSatisfy { $0.contains("quarantine") })
  }

  /// Everything of two deltas but what both sides of a conflict had seen.
  private func expectSame(_ left: [UInt8], _ right: [UInt8], _ seed: UInt64) throws {
    let (left, right) = (try facts(left), try facts(right))
    if left != right { Issue.record("seed \(seed): \(zip(left, right).first { $0 != $1 }!)") }
  }

  private func facts(_ delta: [UInt8]) throws -> [String] {
    guard !delta.isEmpty else { return [] }
    return try Streams.readDelta(delta).compactMap { part in
      switch part {
      case .conflicts(let conflicts): String(describing: conflicts.map(\.comparable))
      case .outcome(let block): "outcome \(block.rowChanges)"
      case .block(let block): "block \(block.rowChanges)"
      case .entry(let entry): "entry \(entry)"
      case .header, .changesetHeader, .stub, .trailer: nil
      }
    }
  }

  /// Everybody is level: all that is left is the last entry, whose hash branches name, and rows
  /// that constraints refuse.
  private func expectEmpty(_ hub: TestHub) throws {
    let database = try hub.database()
    func count(_ table: String, _ condition: String = "true") throws -> Int64? {
      try database.integer("SELECT count(*) FROM \(table) WHERE \(condition)")
    }
    #expect(try count("tributary_cover") == 0)
    #expect(try count("tributary_log_frame") == 0)
    #expect(try count("tributary_alias") == 0)
    #expect(try count("tributary_place") == 0)
    let quarantined = try hub.store.quarantinedCount()
    if quarantined == 0 {
      #expect(try count("tributary_row") == 0)
      #expect(try count("tributary_log") == 1)
    }
  }
}

extension Conflict {
  /// Without what may be forgotten: what both sides had seen, and whose the settled row is that
  /// stands in another's way.
  var comparable: Conflict {
    var conflict = self
    conflict.bases = nil
    if ["constraint", "written over quarantine"].contains(rule) {
      conflict.sides = sides.map {
        ConflictSide(dot: Dot(replica: .hub, counter: 1), milliseconds: nil, values: $0.values)
      }
    }
    return conflict
  }
}

extension HubStore {
  /// Some steps, of some size.
  func pruneSome(_ random: inout SeededGenerator) throws {
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      let limit = Int.random(in: 1...10, using: &random)
      guard try prune(rowsAtMost: limit, awayBeforeMilliseconds: 0).hasMore else { return }
    }
  }

  @discardableResult
  func pruneAll(awayBefore: Int64 = 0) throws -> PruneReport {
    var report = PruneReport()
    repeat {
      let step = try prune(rowsAtMost: 7, awayBeforeMilliseconds: awayBefore)
      report.settled = step.settled
      report.stable = step.stable
      report.rowCount += step.rowCount
      report.reducedCount += step.reducedCount
      report.coverCount += step.coverCount
      report.frameCount += step.frameCount
      report.entryCount += step.entryCount
      report.nameCount += step.nameCount
      report.hasMore = step.hasMore
    } while report.hasMore
    return report
  }
}
