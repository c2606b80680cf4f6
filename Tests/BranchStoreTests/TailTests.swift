import Basics
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

@testable import BranchStore

/// What a branch keeps of the log until a backup of the hub has it.
struct TailTests {
  private static let customers =
    "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, phone TEXT)"
  private var hub = RelayHub(generation: TestBranch.generation)

  private func ids(_ branch: TestBranch) throws -> [Int64] {
    try branch.rows("SELECT id FROM tributary_tail ORDER BY id").compactMap(\.[0].number)
  }

  private func stream(_ branch: TestBranch, _ id: Int64) throws -> [UInt8] {
    try branch.store.tailBytes(id, offset: 0, byteCount: .max)
  }

  private func entries(_ branch: TestBranch) throws -> [TailEntry] {
    try branch.store.tail(above: hub.canonical(.start)).ids.compactMap {
      try branch.store.tailEntry($0)
    }
  }

  @Test mutating func ownAndReceivedEntriesAreKeptAsTheyWere() throws {
    let a = try TestBranch(Self.customers)
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', '1'), (2, 'Bob', '2')")
    try a.seal()
    let sent = try a.streams()
    try a.sync(&hub)
    try b.sync(&hub)
    for branch in [a, b] {
      let entry = try #require(try entries(branch).first)
      #expect(try stream(branch, entry.id) == sent[0])
      #expect(entry.contentHash == hub.entries[0].hash)
      #expect(entry.dot == Dot(replica: a.replica, counter: 1))
      #expect(entry.places == [hub.canonical(LogPosition(1))])
      #expect(entry.byteCount == sent[0].count)
      #expect(try branch.store.status().tailEntryCount == 1)
    }
  }

  @Test mutating func blocksThatAddedNothingAreKeptAsStubs() throws {
    let a = try TestBranch(Self.customers)
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', '1')")
    try a.sync(&hub)
    try hub.silence(LogPosition(1))
    try b.sync(&hub)
    let entry = try #require(try entries(b).first)
    var reader = ChangesetReader(allowsStubs: true)
    for frame in try Streams.frames(try stream(b, entry.id)) { _ = try reader.read(frame) }
    let isComplete = reader.isComplete
    #expect(isComplete)
  }

  @Test mutating func aSettledAndDurableRowCostsNothing() throws {
    let a = try TestBranch(Self.customers)
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    for number in 1...5 {
      try a.run("INSERT INTO customer VALUES (\(number), 'Ann', '1')")
      try a.sync(&hub)
    }
    hub.backUp()
    // What a backup has is not kept in the first place; what came before goes.
    try b.sync(&hub)
    #expect(try ids(b).isEmpty)
    #expect(try ids(a).count == 5)
    try a.sync(&hub)
    for branch in [a, b] {
      for table in ["tail", "tail_piece", "tail_place", "outbox", "outgoing", "deferred"] {
        #expect(try branch.rows("SELECT count(*) FROM tributary_\(table)") == [[.integer(0)]])
      }
    }
    try b.run("UPDATE customer SET name = 'Bea' WHERE id = 1")
    try b.sync(&hub)
    #expect(try ids(b).count == 1)
  }

  @Test mutating func withoutABackupTheNewestAreKept() throws {
    let a = try TestBranch("CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT)")
    for number in 1...4 {
      try a.run("INSERT INTO customer VALUES (\(number), randomblob(5000000))")
      try a.sync(&hub)
    }
    #expect(try entries(a).map(\.dot.counter) == [2, 3, 4])
    // One larger than all that may be kept does not push the others out.
    try a.run("INSERT INTO customer VALUES (9, randomblob(20000000))")
    try a.sync(&hub)
    #expect(try entries(a).map(\.dot.counter) == [2, 3, 4])
    #expect(try !a.store.tail(above: hub.canonical(.start)).isComplete)
    #expect(try a.store.tail(above: hub.canonical(LogPosition(5))).isComplete)
  }

  @Test mutating func placesOfAllTimelinesAreKeptUntilALaterBackup() throws {
    let a = try TestBranch(Self.customers)
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', '1')")
    try a.sync(&hub)
    hub.backUp()
    try b.run("INSERT INTO customer VALUES (2, 'Bob', '2')")
    try b.sync(&hub)
    try a.sync(&hub)
    let lost = hub.canonical(LogPosition(2))
    let bytes = try b.store.tailBytes(try #require(try ids(b).last), offset: 0, byteCount: .max)
    hub.restore(opening: GenerationID(high: 1, low: 1))
    // Somebody else is first now, and then it comes back.
    try hub.write(
      [.update(RowKey(table: TableID(1), values: [.integer(1)]), [2: .text("x")], at: 1)],
      by: ReplicaID(3), fingerprint: a.schema.fingerprint)
    try hub.accept(bytes)
    let report = try a.pull(hub)
    #expect(report.isRelocated)
    #expect(
      try a.store.place()
        == CausalContext(
          generation: GenerationID(high: 1, low: 1), position: LogPosition(3)))
    let entry = try #require(try entries(a).first { $0.places.count == 2 })
    #expect(entry.contentHash == hub.entries[2].hash)
    #expect(entry.places == [lost, hub.canonical(LogPosition(3))])
    // The backup may have been made before the hub knew both.
    hub.backUp()
    try a.pull(hub)
    #expect(try entries(a).isEmpty)
    #expect(try a.rows("SELECT name FROM customer ORDER BY id") == [[.text("x")], [.text("Bob")]])
  }

  /// A branch's entry of a lost timeline, which the log now has as another name of it.
  private mutating func branchWithARenamedEntry() throws -> (TestBranch, ContentHash) {
    let a = try TestBranch(Self.customers)
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', '1')")
    try a.sync(&hub)
    hub.backUp()
    try b.run("INSERT INTO customer VALUES (2, 'Bob', '2')")
    let changes = try b.sealed()
    try b.sync(&hub)
    try a.sync(&hub)
    let hash = hub.entries[1].hash
    hub.restore(opening: GenerationID(high: 1, low: 1))
    try hub.write(
      changes, by: ReplicaID(3), fingerprint: a.schema.fingerprint, origin: hash)
    try a.pull(hub)
    return (a, hash)
  }

  @Test mutating func anEntryThatTheLogHasAsAnotherIsKeptUntilALaterBackup() throws {
    let (a, hash) = try branchWithARenamedEntry()
    #expect(try Set(entries(a).map(\.contentHash)) == [hash, hub.entries[1].hash])
    // Once more both are lost, and either will do.
    hub.restore(opening: GenerationID(high: 1, low: 2))
    try hub.write(
      [.update(RowKey(table: TableID(1), values: [.integer(1)]), [2: .text("x")], at: 1)],
      by: ReplicaID(4), fingerprint: a.schema.fingerprint)
    let stream = try stream(a, try #require(try entries(a).first { $0.contentHash == hash }).id)
    try hub.accept(stream)
    try a.pull(hub)
    #expect(try entries(a).contains { $0.contentHash != hash && $0.places.count == 1 })
    hub.backUp()
    try a.pull(hub)
    #expect(try ids(a).isEmpty)
    #expect(try a.rows("SELECT name FROM customer ORDER BY id") == [[.text("x")], [.text("Bob")]])
  }

  @Test mutating func twoNamesOfTheSameChangesShareAPlace() throws {
    let (a, hash) = try branchWithARenamedEntry()
    let place = hub.canonical(LogPosition(2))
    try a.store.place([(hash, place.position)], on: place.generation)
    let named = try entries(a).first { $0.places.contains(place) }
    #expect(named?.contentHash == hub.entries[1].hash)
    hub.backUp()
    try a.pull(hub)
    #expect(try ids(a).isEmpty)
  }

  @Test mutating func leavingTakesEverythingAway() throws {
    let a = try TestBranch(Self.customers)
    try a.run("INSERT INTO customer VALUES (1, 'Ann', '1')")
    try a.sync(&hub)
    try a.store.detach()
    #expect(
      try a.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'tributary%'").isEmpty)
  }

  @Test mutating func theFloorIsWhatUnsentWorkRefersTo() throws {
    let a = try TestBranch(Self.customers)
    try hub.write(
      [
        RowChange(
          key: RowKey(table: TableID(1), values: [.integer(1)]), kind: .insert,
          columns: [ColumnID(2), ColumnID(3)], values: [.text("n"), .null], milliseconds: 1,
          base: nil)
      ], by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    try a.pull(hub)
    #expect(try a.store.floor() == LogPosition(1))
    try a.run("UPDATE customer SET name = 'mine'")
    for number in 1...3 {
      try hub.write(
        [
          .update(
            RowKey(table: TableID(1), values: [.integer(1)]), [3: .integer(Int64(number))], at: 1)
        ],
        by: ReplicaID(2), fingerprint: a.schema.fingerprint)
      try a.pull(hub)
    }
    #expect(try a.store.position() == LogPosition(4))
    #expect(try a.store.floor() == LogPosition(1))
    try a.sync(&hub)
    #expect(try a.store.floor() == LogPosition(5))
  }
}
