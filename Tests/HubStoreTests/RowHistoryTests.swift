import Basics
import Clocks
import Deltas
import Foundation
import HubStore
import Storage
import TestSupport
import Testing

/// What became of rows: from the log, and from what it has let go of.
@Suite struct RowHistoryTests {
  static let seeds: Range<UInt64> = 0..<12

  /// Whatever is let go of meanwhile, the last of a row's history is what stands, and the row at
  /// each receipt is what it was then.
  @Test(arguments: seeds) func tellsWhatEachRowWas(seed: UInt64) throws {
    let hub = try TestHub()
    let store = hub.store
    if seed.isMultiple(of: 2) { store.takesShortcuts = false }
    if seed.isMultiple(of: 5) { store.coverRowsMin = 1 }
    var random = SeededGenerator(seed: seed)
    var history = RandomHistory(
      seed: seed &+ 7_000_000, branches: (1...3).map { hub.branch($0) },
      usesUniqueColumns: seed.isMultiple(of: 3))
    var moments: [(received: Int64, tables: [RowKey: [ColumnID: Value]])] = []
    let push = { (push: RandomHistory.Push) -> (delta: [UInt8], to: LogPosition) in
      if random.chance(300) { try store.keepSome(&random) }
      let to = try store.push(push).deltaTo
      let tables = try hub.tables()
      if moments.last?.received == push.received { moments.removeLast() }
      moments.append((push.received, tables))
      let delta = try store.wholeDelta(
        push.branch.replica, from: push.branch.position, to: to)
      return (delta, to)
    }
    for branch in history.branches { try store.push(branch) }
    try history.run(steps: 60, push)
    try history.settle(push)

    let keys = Set(moments.flatMap(\.tables.keys))
    func expectMoments() throws {
      for moment in moments {
        for key in keys {
          let then = try store.row(of: key.table, key: key.encoded, at: moment.received)
          #expect(then == PastRow(moment.tables[key]), "\(key) at \(moment.received), seed \(seed)")
        }
      }
      for key in keys {
        let told = try store.history(of: key.table, key: key.encoded)
        #expect(told.unknown.isEmpty)
        #expect(told.entries.last?.after == PastRow(moments.last?.tables[key]))
        let early = try store.row(of: key.table, key: key.encoded, at: TestHub.now - 1)
        #expect(early == .absent)
      }
    }
    try expectMoments()
    let before = try keys.map { try store.history(of: $0.table, key: $0.encoded) }
    #expect(before.contains { $0.entries.contains { !$0.conflicts.isEmpty } })
    for branch in history.branches { try store.push(branch) }
    try store.keepAll()
    #expect(try hub.database().integer("SELECT count(*) FROM tributary_log_frame") == 0)
    for (key, before) in zip(keys, before) {
      let after = try store.history(of: key.table, key: key.encoded)
      #expect(after.entries == before.entries)
      #expect(after.unknown == before.unknown)
    }
    try expectMoments()
  }

  /// A hub that was put back, with its history as it was, as it was earlier, or without it: what
  /// it tells of the end is what stands, and nothing that it tells is of another timeline.
  @Test(arguments: 0..<12 as Range<UInt64>) func goesOnAfterRestores(seed: UInt64) throws {
    let world = try World(seed: seed)
    for index in world.branches.indices { try world.sync(index) }
    var number: Int64 = 0
    for _ in 0..<60 {
      let index = world.pick(world.branches.count)
      switch world.pick(12) {
      case 0:
        try world.backUp()
      case 1 where world.backupCount > 0:
        let old = world.store.folder
        try world.replaceFile(with: world.pick(world.backupCount))
        let kept = old + "/history.db"
        if world.pick(3) > 0, FileManager.default.fileExists(atPath: kept) {
          // The history as the lost hub had it.
          try Database(path: kept, mode: .readWrite)
            .execute("VACUUM INTO ?", [.text(world.store.folder + "/history.db")])
        }
        try world.serve()
      case 2, 3:
        _ = try world.store.prune(
          rowsAtMost: 64, awayBeforeMilliseconds: 0, keeping: .all)
      case 4...7:
        number += 1
        let key = RowKey.customer(Int64(world.pick(4)) + 1)
        let row = world.branches[index].core.rows[key]
        world.now += 1
        world.write(index, [.sample(key, number, isNew: row == nil, at: world.now)])
      default: try world.sync(index)
      }
    }
    try world.settle()
    let tables = try world.expectLevel()
    for _ in 0..<2 {
      for number in 1...4 as ClosedRange<Int64> {
        let key = RowKey.customer(number)
        let now = try world.store.row(
          of: key.table, key: key.encoded, at: TestHub.now + 1_000_000)
        #expect(now == PastRow(tables[key]), "\(key), seed \(seed)")
        let told = try world.store.history(of: key.table, key: key.encoded)
        for (column, value) in told.entries.last?.after.values ?? [:]
        where told.unknown.allSatisfy({ $0.upTo < told.entries.last!.position }) {
          #expect(tables[key]?[column] == value)
        }
        let positions = told.entries.map(\.position)
        #expect(positions == Array(Set(positions)).sorted())
      }
      try world.store.keepAll()
    }
  }

  /// The history is on the disk before the log lets go; a crash in between loses and doubles
  /// nothing.
  @Test func crashBetweenTheTwoFilesChangesNothing() throws {
    let (hub, key) = try Self.story()
    let before = try hub.store.history(of: key.table, key: key.encoded)
    #expect(before.entries.count == 4)
    struct Crash: Error {}
    hub.store.onStep = { if $0 == .beforeCommit { throw Crash() } }
    for _ in 0..<40 {
      try? hub.store.prune(rowsAtMost: 16, awayBeforeMilliseconds: 0, keeping: .all).ignore()
    }
    hub.store.onStep = nil
    let store = try hub.reopened()
    #expect(try store.history(of: key.table, key: key.encoded) == before)
    var count = 0
    // One frame at a time, each with a crash behind it.
    while try hub.database().integer("SELECT count(*) FROM tributary_log_frame") ?? 0 > 0 {
      let store = try hub.reopened()
      var commits = 0
      store.onStep = {
        guard $0 == .beforeCommit else { return }
        commits += 1
        // Covers, records, one step of frames, and the next is in one file only.
        if commits == 4 { throw Crash() }
      }
      for _ in 0..<4 {
        try? store.prune(rowsAtMost: 16, awayBeforeMilliseconds: 0, keeping: .all).ignore()
      }
      #expect(try hub.reopened().history(of: key.table, key: key.encoded) == before)
      count += 1
      try #require(count < 200)
    }
    #expect(try hub.reopened().history(of: key.table, key: key.encoded) == before)
  }

  /// What a row was before what is kept is not known, unless it is still so.
  @Test func whatIsTooOldIsUnknown() throws {
    let (hub, key) = try Self.story()
    try hub.store.keepAll()
    let old = TestHub.now + 20
    let keeping = HistoryKeeping(sinceMilliseconds: old)
    while try hub.store.prune(
      rowsAtMost: 16, awayBeforeMilliseconds: 0, keeping: keeping
    ).hasMore {}
    let told = try hub.store.history(of: key.table, key: key.encoded)
    #expect(told.entries.map(\.receivedMilliseconds) == [TestHub.now + 20, TestHub.now + 30])
    #expect(told.unknown.map(\.upTo) == [LogPosition(2)])
    #expect(told.unknown.first?.receivedAfter == TestHub.now + 20)
    let name = ColumnID(2)
    let now = try #require(try hub.tables()[key])
    // Before the beginning nothing is known, though the name was never written again.
    #expect(try hub.store.row(of: key.table, key: key.encoded, at: TestHub.now + 15) == .unknown)
    let then = try #require(
      try hub.store.row(of: key.table, key: key.encoded, at: TestHub.now + 20))
    #expect(then.presence == .present)
    #expect(then.values[name] == now[name])
    #expect(then.values[ColumnID(4)] == .integer(2))
    #expect(
      try hub.store.row(of: key.table, key: key.encoded, at: TestHub.now + 99) == PastRow(now))
    // A row that nobody has written since is known all the same.
    let other = RowKey.customer(9)
    #expect(
      try hub.store.row(of: other.table, key: other.encoded, at: TestHub.now + 25)
        == PastRow(try hub.tables()[other]))
  }

  /// A hub that kept none, and whose history is lost or broken, tells that, and goes on.
  @Test func missingHistoryIsTold() throws {
    let (hub, key) = try Self.story()
    while try hub.store.prune(
      rowsAtMost: 16, awayBeforeMilliseconds: 0, keeping: HistoryKeeping.none
    ).hasMore {}
    let told = try hub.store.history(of: key.table, key: key.encoded)
    #expect(told.entries.isEmpty)
    #expect(told.unknown.map(\.upTo) == [LogPosition(4)])
    let now = PastRow(try hub.tables()[key])
    #expect(try hub.store.row(of: key.table, key: key.encoded, at: TestHub.now + 99) == now)
    #expect(try hub.store.row(of: key.table, key: key.encoded, at: TestHub.now) == .unknown)

    let path = hub.store.folder + "/history.db"
    try Data("no history at all".utf8).write(to: URL(fileURLWithPath: path))
    var branch = hub.branch(3)
    try hub.store.sync(&branch, at: TestHub.now + 40)
    branch.write([.sample(key, 77, isNew: false, at: TestHub.now + 40)])
    try hub.store.sync(&branch, at: TestHub.now + 50)
    #expect(try hub.store.history(of: key.table, key: key.encoded).entries.count == 1)
    try hub.store.push(branch, at: TestHub.now + 60)
    try hub.store.keepAll(awayBefore: TestHub.now + 45)
    #expect(try hub.store.history(of: key.table, key: key.encoded).entries.count == 1)
    #expect(FileManager.default.fileExists(atPath: path + ".damaged-1"))
  }

  /// What the examination of a hub says of its history.
  @Test func theHistoryIsExamined() throws {
    let (hub, _) = try Self.story()
    func expect(_ isOK: Bool, _ words: String, line: Int = #line) throws {
      let findings = try hub.reopened().check()
      let finding = try #require(findings.first { $0.what.contains("istory") })
      #expect(finding.isOK == isOK && finding.what.contains(words), "\(finding), line \(line)")
      #expect(finding.whatToDo.isEmpty == isOK)
    }
    try expect(true, "No history is kept yet")
    try hub.store.keepAll()
    try expect(true, "from position 1 on (1 MiB)")
    let path = hub.store.folder + "/history.db"
    func change(_ sql: String) throws {
      try Database(path: path, mode: .readWrite).executeScript(sql)
    }
    try change("UPDATE tributary_history_span SET first = 2")
    try expect(true, "from position 2 on")
    try change(
      """
      UPDATE tributary_history_span SET last = 2;
      INSERT INTO tributary_history_span SELECT generation, 4, 4 FROM tributary_history_span
      """)
    try expect(false, "lacks positions 3 to 3")
    try change("UPDATE tributary_history_entry SET position = 14 WHERE position = 4")
    try expect(true, "up to position 14 of a log that ends at 4")
    try change("UPDATE tributary_history SET root = 'of another hub'")
    try expect(false, "of another hub")
    try change("UPDATE tributary_history SET root = '\(TestHub.generation)'")
    try change("PRAGMA wal_checkpoint(TRUNCATE)")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes.replaceSubrange(8_192..<bytes.count, with: Data(count: bytes.count - 8_192))
    try bytes.write(to: URL(fileURLWithPath: path))
    try expect(false, "damaged")
  }

  /// A backup has the history beside it, and whoever is restored from it tells the same.
  @Test func backupsHaveTheHistoryBesideThem() throws {
    let (hub, key) = try Self.story()
    try hub.store.keepAll()
    let before = try hub.store.history(of: key.table, key: key.encoded)
    #expect(before.entries.count == 4)
    let pki = hub.store.folder + "/pki"
    try FileManager.default.createDirectory(atPath: pki, withIntermediateDirectories: true)
    try Data("ours".utf8).write(to: URL(fileURLWithPath: pki + "/ca.pem"))
    let folder = try TemporaryFolder()
    let file = folder.path("hub.backup")
    let taken = URL(fileURLWithPath: file + HubStore.historySuffix)
    try Data("somebody's".utf8).write(to: taken)
    #expect(throws: HubBackupError.targetTaken(path: taken.path)) {
      _ = try hub.store.backup(to: file, wallMilliseconds: TestHub.now)
    }
    #expect(!FileManager.default.fileExists(atPath: file))
    try FileManager.default.removeItem(at: taken)
    for time in 0..<2 as Range<Int64> {
      _ = try hub.store.backup(to: file, wallMilliseconds: TestHub.now + time)
    }
    let restored = folder.path("restored")
    #expect(try HubStore.restore(file, into: restored, isServed: false).hasHistory)
    let store = try HubStore(folder: restored)
    #expect(try store.history(of: key.table, key: key.encoded) == before)
    // Without it, that is told.
    try FileManager.default.removeItem(at: taken)
    let bare = folder.path("bare")
    #expect(try !HubStore.restore(file, into: bare, isServed: false).hasHistory)
    let told = try HubStore(folder: bare).history(of: key.table, key: key.encoded)
    #expect(told.entries.isEmpty)
    #expect(told.unknown.map(\.upTo) == [LogPosition(4)])
    // A folder that has lost its store only goes on with its own.
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: restored + "/hub.db" + suffix)
    }
    #expect(try HubStore.restore(file, into: restored, isServed: false).hasHistory)
    #expect(
      try HubStore(folder: restored).history(of: key.table, key: key.encoded) == before)
  }

  /// The oldest goes while the file is larger than it may be.
  @Test func theOldestGoesWhereThereIsNoRoom() throws {
    let (hub, key) = try Self.story()
    try hub.store.keepAll()
    let keeping = HistoryKeeping(sinceMilliseconds: .min, bytesMax: 1)
    while try hub.store.prune(
      rowsAtMost: 16, awayBeforeMilliseconds: 0, keeping: keeping
    ).hasMore {}
    #expect(try hub.store.history(of: key.table, key: key.encoded).entries.isEmpty)
    let file = try Database(path: hub.store.folder + "/history.db", mode: .readOnly)
    for table in ["entry", "frame", "row", "span"] {
      #expect(try file.integer("SELECT count(*) FROM tributary_history_\(table)") == 0)
    }
    while try hub.store.prune(
      rowsAtMost: 16, awayBeforeMilliseconds: 0, keeping: HistoryKeeping.none
    ).hasMore {}
    #expect(!FileManager.default.fileExists(atPath: hub.store.folder + "/history.db"))
  }

  /// The ledger lets go of what is older than the history, and never of what somebody must decide;
  /// its numbers go on.
  @Test func theLedgerReachesBackAsFar() throws {
    let story = try Self.storyOfBranches()
    let (hub, key) = (story.hub, story.key)
    var branches = story.branches
    let day: Int64 = 86_400_000
    var now = TestHub.now + day
    func sync() throws {
      now += 1
      for index in branches.indices { try hub.store.sync(&branches[index], at: now) }
    }
    let first = try hub.store.conflicts(openOnly: false)
    #expect(first.count == 2)
    for round in 1...3 as ClosedRange<Int64> {
      now += day
      for index in 0..<2 {
        branches[index].write([
          .update(key, [3], [.text("\(round) \(index)")], at: now + Int64(index))
        ])
      }
      try sync()
      try sync()
    }
    try sync()
    let all = try hub.store.conflicts(openOnly: false)
    #expect(all.map(\.id) == [5, 4, 3, 2, 1])
    // The second of them waits for a person.
    try Database(path: hub.store.folder + "/hub.db", mode: .readWrite)
      .execute("UPDATE tributary_ledger SET state = 1 WHERE id = 4")
    _ = try hub.store.decide(
      [3], .value(.text("by hand")), person: "Li", wallMilliseconds: now)
    for _ in 0..<2 { try sync() }
    try hub.store.keepAll()
    #expect(try hub.store.conflicts(openOnly: false).count == 5)
    func drop(since: Int64) throws -> [UInt64] {
      let keeping = HistoryKeeping(sinceMilliseconds: since)
      while try hub.store.prune(
        rowsAtMost: 2, awayBeforeMilliseconds: 0, keeping: keeping
      ).hasMore {}
      return try hub.store.conflicts(openOnly: false).map(\.id)
    }
    #expect(try drop(since: TestHub.now) == [5, 4, 3, 2, 1])
    // The first two are old by now; what was decided since is not.
    #expect(try drop(since: now - day / 2) == [5, 4, 3])
    _ = try hub.store.undoDecisions([3], person: "Li", wallMilliseconds: now)
    now += 2 * day
    branches[0].write([.update(key, [4], [.integer(99)], at: now)])
    for _ in 0..<3 { try sync() }
    try hub.store.keepAll()
    now += 2 * day
    branches[0].write([.update(key, [4], [.integer(100)], at: now)])
    for _ in 0..<3 { try sync() }
    try hub.store.keepAll()
    #expect(try drop(since: now + day) == [5, 4])
    #expect(
      try hub.database().integer("SELECT count(*) FROM tributary_decision") == 0)
  }

  /// A changeset of many rows is found by its least and greatest keys, and read block by block.
  @Test func blocksOfManyRowsAreFoundByRange() throws {
    let hub = try TestHub()
    var branch = hub.branch(1)
    branch.write(
      (1...3_000).map { .sample(.customer($0), $0, isNew: true, at: TestHub.now) },
      isBaseline: true)
    try hub.store.sync(&branch, at: TestHub.now)
    try hub.store.sync(&branch, at: TestHub.now)
    try hub.retireOthers(than: 1)
    try hub.store.keepAll()
    let file = try Database(path: hub.store.folder + "/history.db", mode: .readOnly)
    #expect(try file.integer("SELECT count(*) FROM tributary_history_row") == 0)
    for number in [1, 1_500, 3_000] as [Int64] {
      let key = RowKey.customer(number)
      let told = try hub.store.history(of: key.table, key: key.encoded)
      #expect(told.entries.count == 1)
      #expect(told.entries.first?.isBaseline == true)
      #expect(told.entries.first?.after == PastRow(try hub.tables()[key]))
    }
    let key = RowKey.customer(3_001)
    #expect(try hub.store.history(of: key.table, key: key.encoded).entries.isEmpty)
  }

  /// What a comparison found to have been overwritten uncaptured is told, and changes no row.
  @Test func whatOnlyTheLedgerGotDoesNotStandInTheEnd() throws {
    let hub = try TestHub()
    var branch = hub.branch(1)
    let key = RowKey.customer(1)
    branch.write([.sample(key, 1, isNew: true, at: TestHub.now)])
    try hub.store.sync(&branch, at: TestHub.now)
    let column = ColumnID(2)
    branch.write([.update(key, [2: .text("uncaptured")], at: TestHub.now + 1)], isBaseline: true)
    try hub.store.sync(&branch, at: TestHub.now + 1)
    let standing = try #require(try hub.tables()[key]?[column])
    #expect(standing != .text("uncaptured"))
    let told = try hub.store.history(of: key.table, key: key.encoded)
    #expect(told.entries.map { $0.after.values[column] } == [standing, standing])
    #expect(told.entries.last?.writes.map(\.values) == [[.text("uncaptured")]])
    let row = try hub.store.row(of: key.table, key: key.encoded, at: TestHub.now + 1)
    #expect(row?.values[column] == standing)
  }

  /// The newest entries are told, and how many came before.
  @Test func tellsTheNewestFirstIfThereAreMany() throws {
    let (hub, key) = try Self.story()
    let whole = try hub.store.history(of: key.table, key: key.encoded)
    let two = try hub.store.history(of: key.table, key: key.encoded, atMost: 2)
    #expect(two.entries == whole.entries.suffix(2))
    #expect(two.leftOffCount == 2)
    let points = try hub.store.history(of: key.table, key: key.encoded, columns: [ColumnID(4)])
    #expect(points.entries.map(\.position.rawValue) == [1, 3, 4])
  }

  /// A row that three changesets wrote, one of them unseen by the last, and another that was left
  /// alone; everybody level.
  static func story() throws -> (hub: TestHub, key: RowKey) {
    let (hub, key, _) = try storyOfBranches()
    return (hub, key)
  }

  static func storyOfBranches() throws -> (
    hub: TestHub, key: RowKey, branches: [ImitatedBranch]
  ) {
    let hub = try TestHub()
    let key = RowKey.customer(1)
    var branches = (1...3).map { hub.branch($0) }
    func sync(_ index: Int, _ milliseconds: Int64) throws {
      try hub.store.sync(&branches[index], at: TestHub.now + milliseconds)
    }
    branches[0].write([
      .sample(key, 1, isNew: true, at: TestHub.now),
      .sample(.customer(9), 9, isNew: true, at: TestHub.now),
    ])
    try sync(0, 0)
    try sync(1, 1)
    branches[0].write([.update(key, [3], [.text("a")], at: TestHub.now + 5)])
    try sync(0, 10)
    branches[1].write([.update(key, [3, 4], [.text("b"), .integer(2)], at: TestHub.now + 3)])
    try sync(1, 20)
    branches[0].write([.update(key, [4], [.integer(3)], at: TestHub.now + 25)])
    try sync(0, 30)
    for _ in 0..<2 { for index in branches.indices { try sync(index, 31) } }
    return (hub, key, branches)
  }
}

extension PastRow {
  /// A row of which all is known.
  init(_ row: [ColumnID: Value]?) {
    self = row.map { PastRow(presence: .present, values: $0) } ?? .absent
  }
}

extension PruneReport {
  func ignore() {}
}

extension RowChange {
  /// A customer whose values are made of a number.
  static func sample(
    _ key: RowKey, _ number: Int64, isNew: Bool, at milliseconds: Int64
  ) -> RowChange {
    guard isNew else {
      return .update(key, [4], [.integer(number)], at: milliseconds)
    }
    let columns = SampleSchema.schema.table(key.table)!.valueColumns
    return RowChange(
      key: key, kind: .insert, columns: columns,
      values: columns.map { $0 == ColumnID(4) ? .integer(number) : .text("w\(number)") },
      milliseconds: milliseconds, base: nil)
  }

  static func update(
    _ key: RowKey, _ columns: [UInt16], _ values: [Value], at milliseconds: Int64
  ) -> RowChange {
    RowChange(
      key: key, kind: .update, columns: columns.map { ColumnID($0) }, values: values,
      milliseconds: milliseconds, base: nil)
  }
}

extension TestHub {
  /// Only one branch is left.
  func retireOthers(than number: UInt32) throws {
    for (replica, name) in try store.names() where replica != ReplicaID(number) {
      try store.retire(name: name)
    }
  }
}

extension HubStore {
  func keepSome(_ random: inout SeededGenerator) throws {
    for _ in 0..<Int.random(in: 1...12, using: &random) {
      let limit = Int.random(in: 1...40, using: &random)
      let report = try prune(
        rowsAtMost: limit, awayBeforeMilliseconds: 0, keeping: .all)
      guard report.hasMore else { return }
    }
  }

  func keepAll(awayBefore: Int64 = 0) throws {
    while try prune(
      rowsAtMost: 40, awayBeforeMilliseconds: awayBefore, keeping: .all
    ).hasMore {}
  }
}
