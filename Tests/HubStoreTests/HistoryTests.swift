import Basics
import Clocks
import Deltas
import HubStore
import Merging
import TestSupport
import Testing

/// Random histories: shortcuts against the merge core, the hub against the set of changes, the
/// branches against the hub.
@Suite struct HistoryTests {
  static let seeds: Range<UInt64> = 0..<40

  @Test(arguments: seeds) func shortcutsComeToTheSame(seed: UInt64) throws {
    let hub = try TestHub()
    let covering = try TestHub()
    covering.store.coverRowsMin = 1
    let slow = try TestHub()
    slow.store.takesShortcuts = false
    slow.store.coverRowsMin = .max
    var history = RandomHistory(seed: seed, branches: (1...3).map { hub.branch($0) })
    let push = { (push: RandomHistory.Push) -> (delta: [UInt8], to: LogPosition) in
      let stores = [hub.store, covering.store, slow.store]
      let acceptances = try stores.map { try $0.push(push) }
      #expect(acceptances[0] == acceptances[1] && acceptances[0] == acceptances[2])
      let to = acceptances[0].deltaTo
      let delta = try hub.store.wholeDelta(
        push.branch.replica, from: push.branch.position, to: to)
      return (delta, to)
    }
    try history.run(steps: 60, push)
    try history.settle(push)

    // Outcomes and conflicts travel in the delta: equal bytes, equal merges.
    let delta = try hub.store.wholeDelta(ReplicaID(9))
    #expect(try covering.store.wholeDelta(ReplicaID(9)) == delta)
    #expect(try slow.store.wholeDelta(ReplicaID(9)) == delta)
    let tables = try hub.tables()
    #expect(try covering.tables() == tables)
    #expect(try slow.tables() == tables)
    for branch in history.branches {
      #expect(branch.rows == tables, "branch \(branch.replica) differs, seed \(seed)")
    }
    var newcomer = hub.branch(9)
    try newcomer.apply(delta, upTo: try hub.store.head())
    #expect(newcomer.rows == tables)
    #expect(try hub.store.check().allSatisfy(\.isOK))
    try expectSameProvenance(hub.store, slow.store, tables.keys)
  }

  private func expectSameProvenance(
    _ left: HubStore, _ right: HubStore, _ keys: some Collection<RowKey>
  ) throws {
    for key in keys {
      #expect(
        try left.explain(table: key.table, key: key.encoded)
          == right.explain(table: key.table, key: key.encoded))
    }
  }

  /// What stands is a function of the set of changes: the merge core, given all of them in any
  /// order, says the same.
  @Test(arguments: seeds) func showsAFunctionOfTheSet(seed: UInt64) throws {
    let hub = try TestHub()
    var history = RandomHistory(seed: seed &+ 1_000_000, branches: (1...3).map { hub.branch($0) })
    var log: [(LogEntryFacts, [RowChange])] = []
    let push = { (push: RandomHistory.Push) -> (delta: [UInt8], to: LogPosition) in
      let acceptance = try hub.store.push(push)
      for (entry, sealed) in zip(acceptance.entries, push.sealed) where entry.isNew {
        let changes = try Streams.readChangeset(sealed.bytes).changes
        log.append((LogEntryFacts(sealed.header, entry.position, push), changes))
      }
      let to = acceptance.deltaTo
      return (
        try hub.store.wholeDelta(push.branch.replica, from: push.branch.position, to: to), to
      )
    }
    try history.run(steps: 60, push)
    try history.settle(push)

    var random = SeededGenerator(seed: seed)
    var expected: [RowKey: RowState] = [:]
    var changes = log.flatMap { facts, changes in changes.map { (facts, $0) } }
    // A baseline row that is what stands adds nothing: that depends on the order, so it stays.
    if !log.contains(where: { $0.0.isBaseline }) { changes.shuffle(using: &random) }
    for (facts, change) in changes {
      _ = expected[change.key, default: RowState()].merge(
        change, version: facts.version(of: change), policy: MergePolicy())
    }
    let tables = try hub.tables()
    for (key, state) in expected {
      let columns = hub.store.schema.table(key.table)!.valueColumns
      let standing = columns.map {
        ($0, state.standing($0, table: key.table, policy: MergePolicy())?.value ?? .null)
      }
      #expect(
        tables[key] == (state.isAlive ? Dictionary(uniqueKeysWithValues: standing) : nil))
    }
    #expect(Set(tables.keys).isSubset(of: expected.keys))
  }

  private struct LogEntryFacts {
    let header: ChangesetHeader
    let position: LogPosition
    let offset: Int64
    let received: Int64

    init(_ header: ChangesetHeader, _ position: LogPosition, _ push: RandomHistory.Push) {
      self.header = header
      self.position = position
      offset = push.offset
      received = push.received
    }

    var isBaseline: Bool { header.isBaseline }

    func version(of change: RowChange) -> Version {
      Version(
        dot: header.dot, position: position, base: change.base ?? header.context.position,
        milliseconds: isBaseline ? nil : min(change.milliseconds + offset, received))
    }
  }

  /// Rows that a unique column refuses block nothing, and all replicas show the same.
  @Test(arguments: seeds) func uniqueColumnsBlockNothing(seed: UInt64) throws {
    let hub = try TestHub()
    var history = RandomHistory(
      seed: seed &+ 2_000_000, branches: (1...3).map { hub.branch($0) }, usesUniqueColumns: true)
    let push = { (push: RandomHistory.Push) -> (delta: [UInt8], to: LogPosition) in
      let acceptance = try hub.store.push(push)
      let to = acceptance.deltaTo
      return (
        try hub.store.wholeDelta(push.branch.replica, from: push.branch.position, to: to), to
      )
    }
    try history.run(steps: 80, push)
    try history.settle(push)
    let tables = try hub.tables()
    for branch in history.branches {
      for key in Set(branch.rows.keys).union(tables.keys) {
        #expect(branch.rows[key] == tables[key], "\(branch.replica) \(key) seed \(seed)")
      }
    }
    // What is in quarantine is whole there.
    for row in try hub.store.quarantinedRows() {
      #expect(row.values.count == 2)
      #expect(!row.reason.isEmpty)
    }
  }

  @Test(arguments: seeds.prefix(20)) func deltasAreTheSameBytesHoweverTheyAreCut(
    seed: UInt64
  ) throws {
    let hub = try TestHub()
    var history = RandomHistory(seed: seed &+ 3_000_000, branches: (1...3).map { hub.branch($0) })
    let push = { (push: RandomHistory.Push) -> (delta: [UInt8], to: LogPosition) in
      let to = try hub.store.push(push).deltaTo
      return (
        try hub.store.wholeDelta(push.branch.replica, from: push.branch.position, to: to), to
      )
    }
    try history.run(steps: 40, push)
    let head = try hub.store.head()
    var random = SeededGenerator(seed: seed)
    for receiver in [ReplicaID(1), ReplicaID(9)] {
      let from = LogPosition(UInt64.random(in: 0...head.rawValue, using: &random))
      let whole = try hub.store.wholeDelta(receiver, from: from, to: head)
      // While the log grows.
      try history.run(steps: 5, push)
      for step in [1, 3, 64, 1_000] {
        let store = try hub.reopened()
        var bytes: [UInt8] = []
        while bytes.count < whole.count {
          let piece = try store.delta(
            receiver: receiver, from: from, to: head, offset: bytes.count, byteCount: step)
          #expect(piece.total == whole.count)
          bytes += piece.bytes
          guard !piece.bytes.isEmpty else { break }
        }
        #expect(bytes == whole)
      }
      for _ in 0..<50 where !whole.isEmpty {
        let offset = Int.random(in: 0...whole.count, using: &random)
        let count = Int.random(in: 0...200, using: &random)
        let piece = try hub.store.delta(
          receiver: receiver, from: from, to: head, offset: offset, byteCount: count)
        #expect(piece.bytes == Array(whole[offset...].prefix(count)))
      }
      let past = try hub.store.delta(
        receiver: receiver, from: from, to: head, offset: whole.count + 5, byteCount: 10)
      #expect(past.bytes.isEmpty)
    }
  }

  @Test(arguments: seeds.prefix(20)) func vectorsCountTheLog(seed: UInt64) throws {
    let hub = try TestHub()
    var history = RandomHistory(seed: seed &+ 4_000_000, branches: (1...3).map { hub.branch($0) })
    var entries: [Dot] = []
    try history.run(steps: 50) { push in
      let acceptance = try hub.store.push(push)
      for entry in acceptance.entries where entry.isNew {
        entries.append(Dot(replica: push.branch.replica, counter: entry.counter))
      }
      return (
        try hub.store.wholeDelta(
          push.branch.replica, from: push.branch.position, to: acceptance.deltaTo),
        acceptance.deltaTo
      )
    }
    for count in 0...entries.count {
      let position = LogPosition(UInt64(count))
      let expected = VersionVector(entries.prefix(count))
      #expect(try hub.store.vector(at: position) == expected)
      for from in stride(from: 0, through: count, by: 5) {
        let difference = try hub.store.vectorDifference(
          from: LogPosition(UInt64(from)), to: position)
        #expect(
          difference == expected.difference(from: VersionVector(entries.prefix(from))).dots)
      }
    }
  }
}
