import BranchStore
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

/// What the application can do to its schema, found and said, or put right.
struct CheckTests {
  private let customers = """
    CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, phone TEXT);
    INSERT INTO customer VALUES (1, 'Ann', '1');
    """

  private func problems(_ branch: TestBranch) throws -> [String] {
    try branch.store.check().filter { !$0.isOK }.map(\.what)
  }

  @Test func aSoundBranchHasNoProblems() throws {
    let branch = try TestBranch(customers)
    #expect(try problems(branch).isEmpty)
    #expect(try branch.store.repairTriggers().isEmpty)
  }

  @Test func missingAndAlteredTriggersAreFoundAndMadeAnew() throws {
    let branch = try TestBranch(customers)
    try branch.run(
      """
      DROP TRIGGER tributary_1_i;
      DROP TRIGGER tributary_1_u2;
      CREATE TRIGGER tributary_1_u2 AFTER UPDATE OF name ON customer BEGIN SELECT 1; END;
      """)
    #expect(try problems(branch).count == 1)
    #expect(try branch.store.repairTriggers() == ["tributary_1_i", "tributary_1_u2"])
    #expect(try problems(branch).isEmpty)
    try branch.run("UPDATE customer SET name = 'x'")
    #expect(try branch.sealed().map(\.brief) == ["update 1 c2='x'"])
  }

  @Test func aTableThatWasRebuiltIsCapturedAgainFromTheNextSealOn() throws {
    let branch = try TestBranch(customers)
    try branch.run(
      """
      BEGIN;
      CREATE TABLE customer_new(id INTEGER PRIMARY KEY, name TEXT, phone TEXT, extra);
      INSERT INTO customer_new SELECT id, name, phone, NULL FROM customer;
      DROP TABLE customer;
      ALTER TABLE customer_new RENAME TO customer;
      COMMIT;
      """)
    let report = try branch.seal()
    #expect(report.repairedTriggers.count == 5)
    try branch.agree()
    try branch.run("UPDATE customer SET phone = '2'")
    #expect(try branch.sealed().map(\.brief) == ["update 1 c3='2'"])
    #expect(try problems(branch).isEmpty)
  }

  @Test func anAddedColumnTravelsOnceTheHubHasAgreed() throws {
    var hub = RelayHub(generation: TestBranch.generation)
    let branch = try TestBranch(customers)
    try branch.sync(&hub)
    try branch.run("ALTER TABLE customer ADD COLUMN note TEXT DEFAULT 'none'")
    try branch.run("UPDATE customer SET note = 'x', name = 'y'")
    #expect(try branch.sealed().isEmpty)
    let note = try #require(branch.store.known.tables[0].columns.last)
    #expect(note.name == "note" && note.defaultValue == .text("none"))
    try branch.agree()
    let (name, value) = ("update 1 c2='y'", "update 1 \(note.id)='x'")
    #expect(Set(try branch.outgoing().suffix(2).map(\.brief)) == [name, value])
    // Of somebody who does not have it yet.
    let insert = RowChange(
      key: RowKey(table: TableID(1), values: [.integer(2)]), kind: .insert,
      columns: [ColumnID(2), ColumnID(3)], values: [.text("n"), .null], milliseconds: 1, base: nil)
    try hub.write([insert], by: ReplicaID(2), fingerprint: branch.schema.fingerprint)
    try branch.pull(hub)
    #expect(
      try branch.rows("SELECT note FROM customer WHERE id = 2") == [[.text("none")]])
  }

  @Test func aTableThatIsGoneStopsTheSyncWithASentence() throws {
    let branch = try TestBranch(customers)
    try branch.run("INSERT INTO customer VALUES (2, 'x', 'y'); DROP TABLE customer")
    #expect(throws: BranchStoreError.schemaDiffers(["Table “customer” is missing."])) {
      try branch.seal()
    }
    #expect(try problems(branch).contains("Table “customer” is missing."))
    try branch.run("CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, phone TEXT)")
    // What was in the journal had been in the table that is gone.
    #expect(try branch.sealed().map(\.brief) == ["delete 2"])
  }

  @Test func whatWasWrittenWithoutCaptureCanBeSealedLater() throws {
    var hub = RelayHub(generation: TestBranch.generation)
    let branch = try TestBranch(customers)
    try branch.sync(&hub)
    try branch.run("DROP TRIGGER tributary_1_d; DROP TRIGGER tributary_1_i")
    try branch.run(
      "INSERT INTO customer VALUES (2, 'new', NULL); DELETE FROM customer WHERE id = 1")
    #expect(try branch.store.repairTriggers() == ["tributary_1_i", "tributary_1_d"])
    #expect(try branch.store.gaps() == [Gap(table: TableID(1), isSent: true)])
    func key(_ id: Int64) -> RowKey { RowKey(table: TableID(1), values: [.integer(id)]) }
    let sealed = try branch.store.capture(
      [
        Difference(key: key(2), kind: .onlyHere), Difference(key: key(1), kind: .onlyAtHub),
        // Not so any more.
        Difference(key: key(3), kind: .onlyHere), Difference(key: key(2), kind: .onlyAtHub),
      ], wallMilliseconds: 9)
    #expect(sealed == [key(1), key(2)])
    let changes = try branch.outgoing().suffix(2)
    #expect(changes.map(\.brief) == ["delete 1", "insert 2 c2='new' c3=null"])
    // They have never seen what stands at the hub.
    #expect(changes.map(\.base) == [.start, .start])
    try branch.store.closeGaps([TableID(1)])
    #expect(try branch.store.gaps().isEmpty)
  }

  @Test func rowsCanBeMadeWhatTheHubHasWithoutAnEcho() throws {
    var hub = RelayHub(generation: TestBranch.generation)
    let branch = try TestBranch(customers)
    try branch.sync(&hub)
    try branch.run("INSERT INTO customer VALUES (3, 'pending', NULL)")
    func key(_ id: Int64) -> RowKey { RowKey(table: TableID(1), values: [.integer(id)]) }
    let count = try branch.store.restore(
      [
        (key(1), nil), (key(2), [.integer(2), .text("hub's"), .null]), (key(3), nil),
      ], wallMilliseconds: 1)
    #expect(count == 2)
    #expect(
      try branch.rows("SELECT id, name FROM customer") == [
        [.integer(2), .text("hub's")], [.integer(3), .text("pending")],
      ])
    #expect(try branch.outgoing().map(\.brief) == ["insert 3 c2='pending' c3=null"])
  }

  @Test func progressOfAChangeIsKnown() throws {
    let branch = try TestBranch("CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT)")
    let key = RowKey(table: TableID(1), values: [.integer(1)])
    try branch.run("INSERT INTO customer VALUES (1, 'a'), (2, 'b')")
    try branch.seal()
    try branch.run("UPDATE customer SET name = 'c' WHERE id = 1")
    let progress = try branch.store.progress(of: key)
    #expect(progress.count == 2)
    #expect(progress[0].kind == .insert)
    #expect(progress[0].columns == [ColumnID(2)])
    #expect(progress[0].changeset?.counter == 1)
    #expect(progress[0].changeset?.sealedMilliseconds ?? 0 > 0)
    #expect(progress[1].kind == .update)
    #expect(progress[1].columns == [ColumnID(2)])
    #expect(progress[1].changeset == nil)
    #expect(try branch.store.row(key) == [.integer(1), .text("c")])
    try branch.run("DELETE FROM customer WHERE id = 1")
    #expect(try branch.store.progress(of: key).last?.kind == .delete)
  }
}
