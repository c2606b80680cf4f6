import Basics
import BranchStore
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

/// What comes from the hub becomes the tables' rows, whole and without an echo.
struct ApplyTests {
  private let customers = "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, phone TEXT)"
  private var hub = RelayHub(generation: TestBranch.generation)

  @Test mutating func whatOneBranchWroteAnotherHas() throws {
    let a = try TestBranch(customers)
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', '1'), (2, 'Bob', '2'), (3, 'Cy', '3')")
    try a.sync(&hub)
    #expect(try b.sync(&hub).rowCount == 3)
    #expect(try b.rows("SELECT * FROM customer") == a.rows("SELECT * FROM customer"))
    try b.run(
      "UPDATE customer SET name = 'Änn' WHERE id = 1; DELETE FROM customer WHERE id = 2")
    try b.sync(&hub)
    #expect(try a.sync(&hub).rowCount == 2)
    #expect(
      try a.rows("SELECT * FROM customer") == [
        [.integer(1), .text("Änn"), .text("1")], [.integer(3), .text("Cy"), .text("3")],
      ])
    #expect(try a.store.position() == LogPosition(2))
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
  }

  @Test mutating func receivedRowsMakeNoEcho() throws {
    let a = try TestBranch(customers)
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', '1')")
    try a.sync(&hub)
    try b.sync(&hub)
    for _ in 0..<3 {
      let reports = [try a.sync(&hub), try b.sync(&hub)]
      #expect(reports.map(\.rowCount) == [0, 0])
      #expect(hub.head == LogPosition(1))
    }
    #expect(try b.store.status().pendingRowCount == 0)
    #expect(try a.store.status().lastCompleteMilliseconds == 6_000)
  }

  @Test mutating func everythingIsRememberedThatTheExchangeSaid() throws {
    let a = try TestBranch(customers)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', '1')")
    try a.sync(&hub)
    let status = try a.store.status()
    #expect(status.clockOffsetMilliseconds == 12)
    #expect(status.lastContactMilliseconds == 6_000)
    #expect(try a.store.vector() == VersionVector([Dot(replica: a.replica, counter: 1)]))
    #expect(try a.store.names() == [a.replica: "branch 1", ReplicaID(2): "罗湖支行"])
    let reopened = try BranchStore(path: a.path)
    #expect(reopened.identity == a.store.identity)
    #expect(reopened.schema == a.schema)
    #expect(try reopened.position() == LogPosition(1))
  }

  @Test mutating func everyShapeOfTableTakesEveryKindOfValue() throws {
    let sql = """
      CREATE TABLE "客户 表"("编 号" TEXT PRIMARY KEY, "电""话" TEXT, "order" INT);
      CREATE TABLE pair(b TEXT COLLATE NOCASE, a INT, v, PRIMARY KEY(a, b)) WITHOUT ROWID;
      CREATE TABLE strict1(k BLOB PRIMARY KEY, n INTEGER, any1 ANY) STRICT;
      CREATE TABLE gen(id INTEGER PRIMARY KEY, first TEXT, full TEXT AS (first || '!') STORED, z);
      CREATE TABLE only(k TEXT PRIMARY KEY) WITHOUT ROWID;
      """
    let a = try TestBranch(sql)
    let b = try TestBranch(sql, like: a.schema, replica: 2)
    try a.run(
      """
      INSERT INTO "客户 表" VALUES ('编1', '12', 3), ('b ', x'00ff', -0.0), ('b', '', NULL);
      INSERT INTO pair VALUES ('b ', 1, 1e300), ('b', 1, 9007199254740993);
      INSERT INTO strict1 VALUES (x'', 1, '1'), (x'00', 2, 1.5), (x'01', NULL, x'');
      INSERT INTO gen(id, first, z) VALUES (1, 'Ann', CAST(x'610062' AS TEXT));
      INSERT INTO only VALUES ('k'), ('l');
      """)
    try a.sync(&hub)
    try b.sync(&hub)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
    #expect(try b.rows("SELECT full FROM gen") == [[.text("Ann!")]])
    try b.run(
      """
      UPDATE pair SET b = 'B' WHERE b = 'b'; UPDATE pair SET v = '' WHERE b = 'b ';
      UPDATE "客户 表" SET "编 号" = 'c' WHERE "编 号" = 'b'; DELETE FROM only WHERE k = 'k';
      UPDATE gen SET first = NULL;
      """)
    try b.sync(&hub)
    try a.sync(&hub)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
    #expect(
      try a.rows("SELECT b FROM pair ORDER BY b COLLATE BINARY")
        == [[.text("B")], [.text("b ")]])
  }

  @Test mutating func outcomesAndConflictsOfTheHubAreTaken() throws {
    let a = try TestBranch(customers)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', '1'), (2, 'Bob', '2')")
    try a.seal()
    let stream = try a.streams()[0]
    let position = try hub.accept(stream)
    let key = RowKey(table: TableID(1), values: [.integer(1)])
    let gone = RowKey(table: TableID(1), values: [.integer(2)])
    let conflict = Conflict(
      id: 4, position: position, key: key, column: ColumnID(2), base: nil,
      values: [
        ConflictValue(
          dot: Dot(replica: ReplicaID(2), counter: 1), milliseconds: 5, value: .text("An")),
        ConflictValue(
          dot: Dot(replica: ReplicaID(1), counter: 1), milliseconds: 4, value: .text("Ann")),
      ], rule: "latest", state: .settled, explanation: "Later.")
    hub.setOutcomes(
      [
        RowChange(
          key: key, kind: .insert, columns: [ColumnID(2), ColumnID(3)],
          values: [.text("An"), .null], milliseconds: 5, base: nil),
        RowChange(
          key: gone, kind: .delete, columns: [], values: [], milliseconds: 5, base: nil),
      ], conflicts: [conflict], at: position)
    let outgoing = try #require(try a.store.outbox().first)
    let accepted = ExchangeFacts.Accepted(
      counter: 1, contentHash: outgoing.contentHash, position: position)
    let report = try a.pull(hub, accepted: [accepted])
    #expect(report.rowCount == 2)
    #expect(report.conflictsSettledCount == 1)
    #expect(report.isOutboxEmpty)
    #expect(try a.rows("SELECT * FROM customer") == [[.integer(1), .text("An"), .null]])
    #expect(try a.store.ledger(openOnly: false) == [conflict])
    #expect(try a.store.ledger(openOnly: true).isEmpty)
    #expect(try a.store.status().settledConflictCount == 1)
    #expect(try a.seal().rowCount == 0)
  }

  @Test mutating func rowsThatAreThereWithTheSameValuesAreNotWritten() throws {
    let sql = customers + "; INSERT INTO customer VALUES (1, 'Ann', '1'), (2, 'Bob', '2')"
    let a = try TestBranch(sql)
    let b = try TestBranch(sql, replica: 2, isKnown: { _, _ in true })
    #expect(try b.store.outbox().isEmpty)
    try a.sync(&hub)
    let version = "PRAGMA data_version"
    let before = b.store.database.totalChanges
    #expect(try b.sync(&hub).rowCount == 2)
    // State, vector, name and the tail only.
    #expect(b.store.database.totalChanges - before < 8)
    #expect(try b.rows(version).count == 1)
    #expect(try b.store.digests().map(\.digest) == a.store.digests().map(\.digest))
  }

  @Test mutating func aDeltaThatIsNotWholeChangesNothing() throws {
    let a = try TestBranch(customers)
    try hub.write(
      [
        RowChange(
          key: RowKey(table: TableID(1), values: [.integer(1)]), kind: .insert,
          columns: [ColumnID(2), ColumnID(3)], values: [.text("x"), .null], milliseconds: 1,
          base: nil)
      ], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    let whole = hub.delta(for: a.replica, from: .start, to: hub.head)
    let facts = ExchangeFacts(
      accepted: [], generation: hub.generation, from: .start, to: hub.head,
      vectorDifference: [], names: [:], clockOffsetMilliseconds: 0,
      timestamp: HybridTimestamp(milliseconds: 0, counter: 0, replica: .hub))
    try a.run("INSERT INTO customer VALUES (9, 'mine', NULL)")
    let before = try a.rows("SELECT * FROM customer")
    for count in 0..<whole.count {
      var pieces = [Array(whole.prefix(count)), []]
      #expect(throws: BranchStoreError.delta(.truncated)) {
        _ = try a.store.apply(facts, delta: { pieces.removeFirst() }, wallMilliseconds: 1)
      }
    }
    for index in stride(from: 0, to: whole.count, by: 3) {
      var damaged = whole
      damaged[index] ^= 0x10
      var pieces = [damaged, []]
      #expect(throws: BranchStoreError.self) {
        _ = try a.store.apply(facts, delta: { pieces.removeFirst() }, wallMilliseconds: 1)
      }
    }
    #expect(try a.rows("SELECT * FROM customer") == before)
    #expect(try a.store.position() == .start)
    #expect(try a.store.outbox().isEmpty)
    try a.pull(hub)
    #expect(try a.rows("SELECT id FROM customer") == [[.integer(1)], [.integer(9)]])
  }

  @Test mutating func answersThatDoNotFitAreRefused() throws {
    let a = try TestBranch(customers)
    func facts(_ generation: GenerationID, from: UInt64, to: UInt64) -> ExchangeFacts {
      ExchangeFacts(
        accepted: [], generation: generation, from: LogPosition(from), to: LogPosition(to),
        vectorDifference: [], names: [:], clockOffsetMilliseconds: 0,
        timestamp: HybridTimestamp(milliseconds: 0, counter: 0, replica: .hub))
    }
    let other = GenerationID(high: 1, low: 1)
    for facts in [
      facts(other, from: 0, to: 0), facts(hub.generation, from: 1, to: 1),
      facts(hub.generation, from: 0, to: 1),
    ] {
      #expect(throws: BranchStoreError.self) {
        _ = try a.store.apply(facts, delta: nil, wallMilliseconds: 1)
      }
    }
  }

  @Test(arguments: [Database.Step.begin, .beforeCommit, .afterCommit])
  func aCrashLeavesAllOrNothing(step: Database.Step) throws {
    struct Crash: Error {}
    var hub = RelayHub(generation: TestBranch.generation)
    let a = try TestBranch(customers)
    try hub.write(
      [
        RowChange(
          key: RowKey(table: TableID(1), values: [.integer(1)]), kind: .insert,
          columns: [ColumnID(2), ColumnID(3)], values: [.text("x"), .null], milliseconds: 1,
          base: nil)
      ], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    try a.run("INSERT INTO customer VALUES (9, 'mine', NULL)")
    a.store.database.onStep = { if $0 == step { throw Crash() } }
    #expect(throws: Crash.self) { try a.pull(hub) }
    a.store.database.onStep = nil
    let isDone = step == .afterCommit
    #expect(try a.store.position() == LogPosition(isDone ? 1 : 0))
    #expect(try a.rows("SELECT count(*) FROM customer") == [[.integer(isDone ? 2 : 1)]])
    #expect(try a.store.outbox().count == (isDone ? 1 : 0))
    if !isDone { try a.pull(hub) }
    #expect(try a.outgoing().map(\.brief) == ["insert 9 c2='mine' c3=null"])
  }

  @Test mutating func everyExchangeIsSeenWholeByReaders() throws {
    let a = try TestBranch(customers + "; PRAGMA journal_mode = WAL")
    try hub.write(
      (1...500).map {
        RowChange(
          key: RowKey(table: TableID(1), values: [.integer($0)]), kind: .insert,
          columns: [ColumnID(2), ColumnID(3)], values: [.text("x"), .null], milliseconds: 1,
          base: nil)
      }, by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    var seen: Set<[[Value]]> = []
    a.store.database.onStep = { _ in
      seen.insert(try a.rows("SELECT count(*) FROM customer"))
    }
    try a.pull(hub)
    #expect(seen == [[[.integer(0)]], [[.integer(500)]]])
  }

  @Test mutating func anotherProgramsLockIsSaid() throws {
    let a = try TestBranch(customers)
    try a.store.database.setBusyTimeout(milliseconds: 1)
    try a.run("BEGIN IMMEDIATE; INSERT INTO customer VALUES (1, 'x', 'y')")
    try hub.write([], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    #expect(throws: BranchStoreError.storage(.locked)) { try a.pull(hub) }
    try a.run("COMMIT")
    try a.pull(hub)
    #expect(try a.outgoing().count == 1)
  }
}
