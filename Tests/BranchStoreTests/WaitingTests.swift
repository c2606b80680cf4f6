import Clocks
import Deltas
import Storage
import TestSupport
import Testing

@testable import BranchStore

/// Rows with unconfirmed changes, and rows that SQLite refuses, wait; nothing waits behind them.
struct WaitingTests {
  private static let customers =
    "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, phone TEXT)"
  private var hub = RelayHub(generation: TestBranch.generation)

  private func key(_ id: Int64) -> RowKey { RowKey(table: TableID(1), values: [.integer(id)]) }

  private func insert(_ id: Int64, _ values: Value...) -> RowChange {
    RowChange(
      key: key(id), kind: .insert, columns: values.indices.map { ColumnID(UInt16($0 + 2)) },
      values: values, milliseconds: 1, base: nil)
  }

  private func update(_ id: Int64, _ column: UInt16, _ value: Value) -> RowChange {
    RowChange(
      key: key(id), kind: .update, columns: [ColumnID(column)], values: [value], milliseconds: 1,
      base: nil)
  }

  private func delete(_ id: Int64) -> RowChange {
    RowChange(key: key(id), kind: .delete, columns: [], values: [], milliseconds: 1, base: nil)
  }

  private mutating func write(_ branch: TestBranch, _ changes: RowChange...) throws {
    try hub.write(changes, by: ReplicaID(2), fingerprint: branch.schema.fingerprint)
  }

  private func accepted(
    _ branch: TestBranch, _ position: LogPosition
  ) throws -> ExchangeFacts.Accepted {
    let first = try #require(try branch.store.outbox().first)
    return ExchangeFacts.Accepted(
      counter: first.counter, contentHash: first.contentHash, position: position)
  }

  @Test mutating func incomingChangesOfAPendingRowWaitForItsConfirmation() throws {
    let a = try TestBranch(Self.customers)
    try write(a, insert(1, .text("n"), .text("p")), insert(2, .text("n"), .text("p")))
    try a.pull(hub)
    try a.run("UPDATE customer SET name = 'mine' WHERE id = 1")
    try write(a, update(1, 3, .text("theirs")), update(2, 3, .text("theirs")))
    let report = try a.pull(hub)
    #expect(report.rowCount == 2)
    #expect(!report.isOutboxEmpty)
    #expect(
      try a.rows("SELECT name, phone FROM customer") == [
        [.text("mine"), .text("p")], [.text("n"), .text("theirs")],
      ])
    let waiting = try a.store.deferredRows()
    #expect(waiting.map(\.key) == [key(1)])
    #expect(waiting[0].base == LogPosition(1))
    #expect(waiting[0].reason == nil)
    // What is written now has not seen what waits, and says so.
    try a.run("UPDATE customer SET name = 'again'; DELETE FROM customer WHERE id = 2")
    let sealed = try a.sealed()
    #expect(sealed.map(\.brief) == ["delete 2", "update 1 c2='again'"])
    #expect(sealed.map(\.base) == [nil, LogPosition(1)])
    try a.sync(&hub)
    #expect(try a.store.deferredRows().isEmpty)
    #expect(
      try a.rows("SELECT name, phone FROM customer") == [[.text("again"), .text("theirs")]])
  }

  @Test mutating func ownChangesAreReplayedOverOlderOnesOfOthers() throws {
    let a = try TestBranch(Self.customers)
    try write(a, insert(1, .text("n"), .text("p")))
    try a.pull(hub)
    // In the log: their deletion, our update with the whole row as its outcome, our deletion.
    try write(a, delete(1))
    try a.run("UPDATE customer SET name = 'mine'")
    try a.seal()
    try a.run("DELETE FROM customer")
    try a.seal()
    let streams = try a.streams()
    let third = try hub.accept(streams[0])
    hub.setOutcomes([insert(1, .text("mine"), .text("p"))], at: third)
    let fourth = try hub.accept(streams[1])
    let outbox = try a.store.outbox()
    let facts = zip(outbox, [third, fourth]).map {
      ExchangeFacts.Accepted(
        counter: $0.counter, contentHash: $0.contentHash, position: $1)
    }
    try a.pull(hub, accepted: facts)
    #expect(try a.rows("SELECT * FROM customer").isEmpty)
    #expect(try a.store.outbox().isEmpty)
  }

  @Test mutating func ownConfirmedChangesOfARowThatStillWaitsWaitInTheirPlace() throws {
    let a = try TestBranch(Self.customers)
    try write(a, insert(1, .text("n"), .text("p")))
    try a.pull(hub)
    try a.run("UPDATE customer SET name = 'first'")
    try a.seal()
    try write(a, delete(1))
    try a.pull(hub)
    try a.run("DELETE FROM customer")
    try a.seal()
    try a.run("INSERT INTO customer VALUES (1, 'third', NULL)")
    try a.seal()
    // The hub has the first two; the third is on its way.
    let outbox = try a.store.outbox()
    let streams = try a.streams()
    let third = try hub.accept(streams[0])
    hub.setOutcomes([insert(1, .text("first"), .text("p"))], at: third)
    let fourth = try hub.accept(streams[1])
    let facts = zip(outbox, [third, fourth]).map {
      ExchangeFacts.Accepted(
        counter: $0.counter, contentHash: $0.contentHash, position: $1)
    }
    try a.pull(hub, accepted: facts)
    // Their deletion, our update, its outcome, our deletion.
    #expect(try a.store.deferredRows().map(\.changeCount) == [4])
    #expect(try a.rows("SELECT name FROM customer") == [[.text("third")]])
    try a.sync(&hub)
    #expect(try a.store.deferredRows().isEmpty)
    #expect(try a.rows("SELECT name, phone FROM customer") == [[.text("third"), .null]])
  }

  @Test mutating func acceptedChangesetsBehindTheDeltasEndStayPending() throws {
    let a = try TestBranch(Self.customers)
    try write(a, insert(1, .text("n"), .text("p")))
    let end = hub.head
    try a.run("INSERT INTO customer VALUES (1, 'mine', 'q')")
    try a.seal()
    let shorter = hub
    let position = try hub.accept(try a.streams()[0])
    #expect(position > end)
    try a.pull(shorter, accepted: [try accepted(a, position)])
    #expect(try a.store.outbox().count == 1)
    #expect(try a.store.deferredRows().count == 1)
    #expect(try a.store.position() == end)
    hub.setOutcomes([insert(1, .text("mine"), .text("q"))], at: position)
    try a.pull(hub, accepted: [try accepted(a, position)])
    #expect(try a.store.outbox().isEmpty)
    #expect(try a.store.deferredRows().isEmpty)
    #expect(try a.rows("SELECT name FROM customer") == [[.text("mine")]])
  }

  @Test mutating func aConfirmationThatOnlyTheDeltaBringsCountsToo() throws {
    let a = try TestBranch(Self.customers)
    try write(a, insert(1, .text("n"), .text("p")))
    try a.pull(hub)
    try a.run("UPDATE customer SET name = 'mine'")
    try a.seal()
    try write(a, update(1, 3, .text("theirs")))
    try hub.accept(try a.streams()[0])
    try write(a, update(1, 2, .text("later")))
    // The answer that confirmed it was lost.
    let report = try a.pull(hub, accepted: [])
    #expect(report.isOutboxEmpty)
    #expect(try a.store.deferredRows().isEmpty)
    #expect(
      try a.rows("SELECT name, phone FROM customer") == [[.text("later"), .text("theirs")]])
  }

  @Test mutating func aRowThatAConstraintRefusesWaitsAloneAndIsTriedAgain() throws {
    let a = try TestBranch(
      """
      CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL, phone TEXT UNIQUE,
        CHECK (name <> 'bad'))
      """)
    try a.run("INSERT INTO customer VALUES (1, 'mine', '110')")
    try a.seal()
    try write(
      a, insert(2, .text("two"), .text("110")), insert(3, .text("bad"), .text("3")),
      insert(4, .null, .text("4")), insert(5, .text("good"), .text("5")))
    let position = try hub.accept(try a.streams()[0])
    try a.pull(hub, accepted: [try accepted(a, position)])
    #expect(try a.rows("SELECT id FROM customer") == [[.integer(1)], [.integer(5)]])
    let waiting = try a.store.deferredRows()
    #expect(waiting.map(\.key) == [key(2), key(3), key(4)])
    #expect(
      waiting.map(\.reason) == [
        "UNIQUE constraint failed: customer.phone",
        "CHECK constraint failed: name <> 'bad'",
        "NOT NULL constraint failed: customer.name",
      ])
    #expect(try a.store.status().quarantinedRowCount == 3)
    #expect(try a.store.check().count { !$0.isOK && $0.what.contains("quarantine") } == 3)
    // Later changes of a waiting row wait behind its others.
    try write(a, update(3, 2, .text("better")))
    try a.run("UPDATE customer SET phone = '111' WHERE id = 1")
    try a.sync(&hub)
    #expect(try a.store.deferredRows().map(\.key) == [key(4)])
    #expect(
      try a.rows("SELECT name FROM customer WHERE id IN (2, 3)")
        == [[.text("two")], [.text("better")]])
    try write(a, delete(4))
    try a.pull(hub)
    #expect(try a.store.deferredRows().isEmpty)
  }

  @Test mutating func aRowRefusedLateInADeltaWasIntegratedUpToThere() throws {
    let a = try TestBranch(
      "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT CHECK (name <> 'bad'), phone TEXT)")
    try write(a, insert(1, .text("n"), .text("p")))
    try write(a, insert(2, .text("n"), .text("p")))
    try write(a, update(1, 2, .text("bad")))
    try a.pull(hub)
    #expect(try a.store.deferredRows().map(\.base) == [LogPosition(2)])
    // The author of this change has seen the insertion, and not what was refused.
    try a.run("UPDATE customer SET phone = 'mine' WHERE id = 1")
    #expect(try a.sealed().map(\.base) == [LogPosition(2)])
  }

  @Test mutating func uniqueValuesMayMoveAndSwapWithinADelta() throws {
    let a = try TestBranch("CREATE TABLE customer(id INTEGER PRIMARY KEY, code TEXT UNIQUE, v)")
    try write(
      a, insert(1, .text("a"), .null), insert(2, .text("b"), .null), insert(3, .text("c"), .null),
      insert(4, .text("d"), .null))
    try a.pull(hub)
    // A chain in the wrong order, and a swap.
    try write(
      a, update(1, 2, .text("b")), update(2, 2, .text("x")), update(3, 2, .text("d")),
      update(4, 2, .text("c")))
    try a.pull(hub)
    #expect(try a.store.deferredRows().isEmpty)
    #expect(
      try a.rows("SELECT code FROM customer ORDER BY id")
        == [[.text("b")], [.text("x")], [.text("d")], [.text("c")]])
    // One that cannot be helped does not keep the others from swapping.
    try write(
      a, insert(9, .text("b"), .null), update(3, 2, .text("c")), update(4, 2, .text("d")))
    try a.pull(hub)
    #expect(try a.store.deferredRows().map(\.key) == [key(9)])
    #expect(
      try a.rows("SELECT code FROM customer ORDER BY id")
        == [[.text("b")], [.text("x")], [.text("c")], [.text("d")]])
  }

  @Test mutating func aKeyThatAnotherSpellingHoldsIsRefused() throws {
    let a = try TestBranch("CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v)")
    try a.run("INSERT INTO t VALUES ('ann', 1)")
    try a.sync(&hub)
    let other = RowChange(
      key: RowKey(table: TableID(1), values: [.text("Ann")]), kind: .insert,
      columns: [ColumnID(2)], values: [.integer(2)], milliseconds: 1, base: nil)
    try write(a, other)
    try a.pull(hub)
    #expect(try a.rows("SELECT * FROM t") == [[.text("ann"), .integer(1)]])
    #expect(try a.store.deferredRows().map(\.key) == [other.key])
    try a.run("DELETE FROM t")
    try a.sync(&hub)
    #expect(try a.rows("SELECT * FROM t") == [[.text("Ann"), .integer(2)]])
  }

  @Test mutating func conflictClausesOfTheTableDoNotDecide() throws {
    let a = try TestBranch(
      """
      CREATE TABLE customer(id INTEGER PRIMARY KEY, code TEXT UNIQUE ON CONFLICT REPLACE,
        other TEXT UNIQUE ON CONFLICT ROLLBACK)
      """)
    try a.run("INSERT INTO customer VALUES (1, 'x', 'o')")
    try a.sync(&hub)
    try write(
      a, insert(2, .text("x"), .text("p")), insert(3, .text("y"), .text("o")),
      insert(4, .text("z"), .text("q")))
    try a.pull(hub)
    #expect(try a.rows("SELECT id FROM customer") == [[.integer(1)], [.integer(4)]])
    #expect(try a.store.deferredRows().map(\.key) == [key(2), key(3)])
  }

  @Test func waitingChangesComeToOne() {
    let base = insert(1, .text("a"), .text("b"))
    #expect(base.followed(by: update(1, 2, .text("c"))).values == [.text("c"), .text("b")])
    #expect(base.followed(by: update(1, 2, .text("c"))).kind == .insert)
    #expect(base.followed(by: delete(1)).kind == .delete)
    #expect(delete(1).followed(by: update(1, 2, .text("c"))).kind == .delete)
    #expect(delete(1).followed(by: base) == base)
    let both = update(1, 3, .text("x")).followed(by: update(1, 2, .text("y")))
    #expect(both.columns == [ColumnID(2), ColumnID(3)])
    #expect(both.values == [.text("y"), .text("x")])
  }
}
