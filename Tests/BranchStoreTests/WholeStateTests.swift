import Basics
import BranchStore
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

/// A branch that was away for so long that the log does not reach back to it, or that is new, gets
/// the rows as they stand.
struct WholeStateTests {
  private static let customers =
    "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, phone TEXT)"
  private var hub = RelayHub(generation: TestBranch.generation)

  private func key(_ id: Int64) -> RowKey { RowKey(table: TableID(1), values: [.integer(id)]) }

  private func row(_ id: Int64, _ name: String, _ phone: Value = .null) -> RowChange {
    RowChange(
      key: key(id), kind: .insert, columns: [ColumnID(2), ColumnID(3)],
      values: [.text(name), phone], milliseconds: 1, base: nil)
  }

  private func names(_ branch: TestBranch) throws -> [String] {
    try branch.rows("SELECT id || ' ' || name FROM customer ORDER BY id").map(\.[0].brief)
  }

  /// Some history that the branch has not seen.
  private mutating func history(_ branch: TestBranch, _ count: Int) throws {
    for number in 0..<count {
      try hub.write(
        [row(Int64(100 + number), "gone")], by: ReplicaID(2),
        fingerprint: branch.schema.fingerprint)
    }
  }

  private func accepted(_ branch: TestBranch, _ hub: RelayHub) throws -> [ExchangeFacts.Accepted] {
    try branch.store.outbox().compactMap { changeset in
      hub.position(of: changeset.contentHash).map {
        ExchangeFacts.Accepted(
          counter: changeset.counter, contentHash: changeset.contentHash, position: $0)
      }
    }
  }

  @Test mutating func aNewBranchTakesItAndKeepsItsOwnRows() throws {
    let a = try TestBranch(Self.customers + "; INSERT INTO customer VALUES (7, 'mine', NULL)")
    try history(a, 3)
    let report = try a.rebase(hub, rows: [row(1, "Ann"), row(2, "Bob")])
    #expect(report.rowCount == 2)
    #expect(try names(a) == ["'1 Ann'", "'2 Bob'", "'7 mine'"])
    #expect(try a.store.position() == hub.head)
    try a.sync(&hub)
    #expect(try names(a) == ["'1 Ann'", "'2 Bob'", "'7 mine'"])
  }

  /// C10
  @Test mutating func aBranchAwayFor400DaysKeepsItsUnsentWork() throws {
    let a = try TestBranch(Self.customers)
    try hub.write(
      (1...6).map { row($0, "old") }, by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    try a.pull(hub)
    try a.run(
      """
      UPDATE customer SET name = 'mine' WHERE id IN (2, 3);
      DELETE FROM customer WHERE id = 4;
      INSERT INTO customer VALUES (8, 'new', NULL);
      """)
    try history(a, 4)
    // Meanwhile 1 was changed, 3 and 5 were deleted, 9 came.
    let standing = [
      row(1, "hub"), row(2, "hub", .text("5")), row(4, "hub"), row(6, "old"), row(9, "hub"),
    ]
    try a.rebase(hub, rows: standing)
    #expect(
      try names(a) == ["'1 hub'", "'2 mine'", "'3 mine'", "'6 old'", "'8 new'", "'9 hub'"])
    #expect(try a.store.position() == hub.head)
    // What was written on the old rows had not seen the new.
    let bases = try a.store.deferredRows().map { ($0.key, $0.base) }
    #expect(bases.map(\.0) == [key(2), key(4), key(3), key(8)])
    #expect(bases.allSatisfy { $0.1 == LogPosition(1) })
    #expect(try a.store.floor() == LogPosition(1))
    try a.run("UPDATE customer SET phone = 'later' WHERE id = 3")
    #expect(try a.sealed().map(\.base) == [LogPosition(1)])
    // The hub takes it all: one row was deleted, and stays so.
    for stream in try a.streams() { try hub.accept(stream) }
    hub.setOutcomes(
      [
        RowChange(key: key(3), kind: .delete, columns: [], values: [], milliseconds: 1, base: nil),
        row(2, "mine", .text("5")),
      ], at: hub.head)
    try a.pull(hub, accepted: try accepted(a, hub))
    #expect(try names(a) == ["'1 hub'", "'2 mine'", "'6 old'", "'8 new'", "'9 hub'"])
    #expect(try a.rows("SELECT phone FROM customer WHERE id = 2") == [[.text("5")]])
    #expect(try a.store.deferredRows().isEmpty)
    #expect(try a.store.outbox().isEmpty)
  }

  /// Whoever else deleted it, what is written there later has not seen that.
  @Test mutating func aRowThatIsGoneHereAndThereKeepsItsBase() throws {
    let a = try TestBranch(Self.customers)
    try hub.write(
      [row(1, "old"), row(2, "old")], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    try a.pull(hub)
    try a.run("DELETE FROM customer WHERE id = 1")
    try history(a, 2)
    try a.rebase(hub, rows: [row(2, "old")])
    #expect(try a.store.deferredRows().map(\.key) == [key(1)])
    #expect(try a.store.deferredRows().map(\.base) == [LogPosition(1)])
    try a.run("INSERT INTO customer VALUES (1, 'new', NULL)")
    #expect(try a.sealed().map(\.base) == [LogPosition(1)])
    for stream in try a.streams() { try hub.accept(stream) }
    try a.pull(hub, accepted: try accepted(a, hub))
    #expect(try names(a) == ["'1 new'", "'2 old'"])
    #expect(try a.store.deferredRows().isEmpty)
    #expect(try a.store.outbox().isEmpty)
  }

  @Test mutating func whatTheExchangeAcceptedIsInItAndLeavesTheOutbox() throws {
    let a = try TestBranch(Self.customers)
    try hub.write([row(1, "old")], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    try a.pull(hub)
    try a.run("UPDATE customer SET name = 'mine'")
    try a.seal()
    try history(a, 2)
    try hub.accept(try a.streams()[0])
    try a.rebase(hub, rows: [row(1, "mine", .text("3"))], accepted: try accepted(a, hub))
    #expect(try a.store.outbox().isEmpty)
    #expect(try a.store.deferredRows().isEmpty)
    #expect(try a.rows("SELECT phone FROM customer") == [[.text("3")]])
    // Kept until a backup has it, under the place that the answer gave.
    let entry = try #require(
      try a.store.tail(above: hub.canonical(LogPosition(1))).ids.first.flatMap {
        try a.store.tailEntry($0)
      })
    #expect(entry.places == [hub.canonical(hub.head)])
  }

  /// Where entries are lost, a row that the hub has not may be one that only this branch has.
  @Test mutating func tablesToBeComparedAndSentKeepTheirRows() throws {
    let a = try TestBranch(
      Self.customers + "; CREATE TABLE product(id INTEGER PRIMARY KEY, name TEXT)")
    let product = RowChange(
      key: RowKey(table: TableID(2), values: [.integer(1)]), kind: .insert,
      columns: [ColumnID(2)], values: [.text("old")], milliseconds: 1, base: nil)
    try hub.write(
      [row(1, "old"), row(2, "old"), product], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    try a.pull(hub)
    try history(a, 1)
    try a.run("INSERT INTO tributary_gap(table_id, is_sent) VALUES (1, 1), (2, 0)")
    let before = try a.store.position()
    try a.rebase(hub, rows: [row(1, "hub")])
    #expect(try names(a) == ["'1 hub'", "'2 old'"])
    #expect(try a.rows("SELECT * FROM product").isEmpty)
    #expect(try a.store.gaps().map(\.isSent) == [true, false])
    #expect(try a.store.gaps().map(\.held) == [before, .start])
  }

  @Test mutating func refusedRowsAreTriedAgainWithWhatStands() throws {
    let a = try TestBranch(
      "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT UNIQUE, phone TEXT)")
    try a.run("INSERT INTO customer VALUES (1, 'x', NULL)")
    try a.seal()
    try hub.write([row(2, "x")], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    try a.pull(hub)
    #expect(try a.store.status().quarantinedRowCount == 1)
    try hub.accept(try a.streams()[0])
    try a.rebase(hub, rows: [row(1, "y")], accepted: try accepted(a, hub))
    #expect(try names(a) == ["'1 y'"])
    #expect(try a.store.status().quarantinedRowCount == 0)
    #expect(try a.store.deferredRows().isEmpty)
  }

  @Test mutating func openConflictsAreThoseOfTheHub() throws {
    let a = try TestBranch(Self.customers)
    func conflict(_ id: UInt64, _ state: ConflictState) -> Conflict {
      Conflict(
        id: id, position: LogPosition(1), key: key(1), column: ColumnID(2), base: nil,
        values: (1...2).map {
          ConflictValue(
            dot: Dot(replica: ReplicaID(2), counter: UInt64($0)), milliseconds: 1,
            value: .integer(Int64($0)))
        }, rule: "latest", state: state, explanation: "")
    }
    let first = try hub.write([row(1, "old")], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    hub.setOutcomes([], conflicts: [conflict(1, .open), conflict(2, .settled)], at: first)
    try a.pull(hub)
    try history(a, 1)
    try a.rebase(hub, rows: [row(1, "old")], conflicts: [conflict(3, .open)])
    #expect(try a.store.ledger(openOnly: false).map(\.id) == [3, 2])
  }

  @Test(arguments: 0..<4)
  mutating func aCrashChangesNothing(crashAt: Int) throws {
    struct Crash: Error {}
    var hub = RelayHub(generation: TestBranch.generation)
    let a = try TestBranch(Self.customers)
    try hub.write(
      (1...3).map { row($0, "old") }, by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    try a.pull(hub)
    try hub.write([row(9, "x")], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    let before = try names(a)
    var step = 0
    a.store.database.onStep = { at in
      step += 1
      if step == crashAt { throw Crash() }
    }
    do { try a.rebase(hub, rows: [row(2, "hub")]) } catch is Crash {
      a.store.database.onStep = nil
      #expect(try names(a) == before || names(a) == ["'2 hub'"])
      if try names(a) == before { try a.rebase(hub, rows: [row(2, "hub")]) }
    }
    #expect(try names(a) == ["'2 hub'"])
    #expect(try a.store.database.rows("SELECT * FROM temp.sqlite_schema").isEmpty)
  }
}
