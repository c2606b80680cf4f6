import Basics
import Clocks
import Deltas
import Merging
import Storage
import TestSupport
import Testing

@testable import BranchStore

/// Keys of a branch's own: what is sealed and what comes in has shared ones.
struct OwnKeyTests {
  private static let sql = """
    CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, boss INT REFERENCES customer);
    CREATE TABLE line(
      order_id INT REFERENCES orders, number INT, what TEXT, PRIMARY KEY(order_id, number));
    CREATE TABLE orders(
      id INTEGER PRIMARY KEY AUTOINCREMENT, customer_id INT REFERENCES customer);
    """
  private static let customer = TableID(1)
  private static let orders = TableID(3)

  private func branch(_ rows: String = "", replica: UInt32 = 1) throws -> TestBranch {
    let space = try #require(KeySpace(replica))
    return try TestBranch(
      Self.sql + rows, replica: replica, ownKeys: OwnKeys(space: space))
  }

  private func hub() -> RelayHub { RelayHub(generation: TestBranch.generation) }

  private func briefs(_ changes: [RowChange]) -> [String] { changes.map(\.brief) }

  private func row(
    _ table: TableID, _ key: [Int64], _ columns: [(UInt16, Value)], kind: ChangeKind = .insert
  ) -> RowChange {
    RowChange(
      key: RowKey(table: table, values: key.map { .integer($0) }), kind: kind,
      columns: columns.map { ColumnID($0.0) }, values: columns.map(\.1), milliseconds: 1,
      base: nil)
  }

  private func customer(_ id: Int64, _ name: String, boss: Int64? = nil) -> RowChange {
    row(Self.customer, [id], [(2, .text(name)), (3, boss.map { .integer($0) } ?? .null)])
  }

  private func names(_ branch: TestBranch) throws -> [String] {
    try branch.rows("SELECT id, name, boss FROM customer ORDER BY id").map {
      $0.map(\.brief).joined(separator: " ")
    }
  }

  // MARK: Out

  @Test func whatIsThereAndWhatIsWrittenIsSentUnderSharedKeys() throws {
    let branch = try branch(
      """
      INSERT INTO customer VALUES (1, 'Ann', NULL), (17, 'Bob', 1);
      INSERT INTO orders VALUES (5, 17);
      INSERT INTO line VALUES (5, 1, 'tea');
      """)
    #expect(
      try briefs(branch.outgoing()) == [
        "insert 1000000000001 c2='Ann' c3=null", "insert 1000000000017 c2='Bob' c3=1000000000001",
        "insert 1000000000005,1 c3='tea'", "insert 1000000000005 c2=1000000000017",
      ])
    try branch.run(
      """
      INSERT INTO customer VALUES (18, 'Cy', 17);
      UPDATE customer SET boss = 18 WHERE id = 1;
      DELETE FROM line;
      UPDATE orders SET id = 6;
      """)
    #expect(
      try briefs(branch.sealed()) == [
        "update 1000000000001 c3=1000000000018", "insert 1000000000018 c2='Cy' c3=1000000000017",
        "delete 1000000000005,1", "delete 1000000000005", "insert 1000000000006 c2=1000000000017",
      ])
  }

  @Test func numbersOutsideTheRuleGetOthers() throws {
    let branch = try branch(
      """
      INSERT INTO customer VALUES (-3, 'x', 0), (900000000000, 'y', -3), (0, 'z', 7000000000000);
      """)
    #expect(
      try briefs(branch.outgoing()) == [
        "insert 1900000000000 c2='x' c3=1900000000001",
        "insert 1900000000001 c2='z' c3=7000000000000",
        "insert 1900000000002 c2='y' c3=1900000000000",
      ])
    try branch.run("INSERT INTO customer VALUES (-9, 'w', -10)")
    #expect(try briefs(branch.sealed()) == ["insert 1900000000003 c2='w' c3=-10"])
  }

  @Test func whatThePolicyCallsAReferenceIsTranslated() throws {
    let policy = try MergePolicy(
      tables: [TableID(2): TablePolicy(references: [ColumnID(2): Self.customer])])
    let space = try #require(KeySpace(1))
    let branch = try TestBranch(
      """
      CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT);
      CREATE TABLE payment(code TEXT PRIMARY KEY, payer INT, more INT);
      """, ownKeys: try OwnKeys(.newNumbers, space: space).following(policy: policy.encoded))
    try branch.run(
      """
      INSERT INTO customer(name) VALUES ('Ann');
      INSERT INTO payment VALUES ('p', 1, 1);
      """)
    #expect(
      try briefs(branch.sealed()) == [
        "insert 1000000000001 c2='Ann'", "insert 'p' c2=1000000000001 c3=1",
      ])
  }

  @Test func anAddedColumnFollowsThePolicy() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL);")
    let before = try #require(branch.schema.table(Self.orders)).columns.map(\.id)
    let payer = Schema.addedColumn("payer", besides: Set(before))
    let other = Schema.addedColumn("other", besides: Set(before + [payer]))
    func follow(_ references: [ColumnID: TableID], version: UInt64) throws {
      let policy = try MergePolicy(tables: [Self.orders: TablePolicy(references: references)])
      _ = try branch.store.adopt(policy: policy.encoded, version: version, wallMilliseconds: 1)
    }
    try follow([payer: Self.customer], version: 1)
    try branch.run("ALTER TABLE orders ADD COLUMN payer; ALTER TABLE orders ADD COLUMN other")
    try branch.seal()
    try branch.agree()
    try branch.run("INSERT INTO orders(id, payer, other) VALUES (5, 1, 1)")
    let sent = try branch.sealed().map(\.brief).joined()
    #expect(sent.contains("c\(payer.rawValue)=1000000000001"))
    #expect(sent.contains("c\(other.rawValue)=1") && !sent.contains("c\(other.rawValue)=10"))
    #expect(try branch.store.check().allSatisfy { $0.isOK })
    // What a policy says later changes nothing, and is said.
    try follow([payer: Self.customer, other: Self.customer], version: 2)
    let findings = try branch.store.check().filter { !$0.isOK }.map(\.what)
    #expect(findings.count == 1)
    #expect(findings.allSatisfy { $0.contains("“other”") && $0.contains("not translated") })
  }

  // MARK: In

  @Test func rowsOfOthersGetNumbersThatAreFree() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL), (3, 'Bob', 1);")
    var hub = hub()
    try branch.sync(&hub)
    try hub.write(
      [
        customer(1, "hub's", boss: 9), customer(2_000_000_000_008, "eighth", boss: 1),
        customer(9, "ninth", boss: 1_000_000_000_003),
      ], by: ReplicaID(2), fingerprint: branch.schema.fingerprint)
    try branch.sync(&hub)
    #expect(
      try names(branch) == [
        "1 'Ann' null", "3 'Bob' 1", "4 'hub's' 9", "9 'ninth' 3", "10 'eighth' 4",
      ])
    // Numbers above all go on; what comes back finds its row.
    try branch.run("UPDATE customer SET name = 'here' WHERE id = 4")
    try branch.run("UPDATE customer SET boss = 10 WHERE id = 3")
    #expect(
      try briefs(branch.sealed()) == [
        "update 1 c2='here'", "update 1000000000003 c3=2000000000008",
      ])
    #expect(try branch.store.row(RowKey(table: Self.customer, values: [.integer(9)])) != nil)
    #expect(
      try branch.store.ownKey(of: RowKey(table: Self.customer, values: [.integer(1)]))?.values
        == [.integer(4)])
    #expect(
      try branch.store.sharedKey(of: RowKey(table: Self.customer, values: [.integer(3)])).values
        == [.integer(1_000_000_000_003)])
  }

  @Test func aReferenceMayComeBeforeItsRow() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL);")
    var hub = hub()
    try branch.sync(&hub)
    try hub.write(
      [row(Self.orders, [1], [(2, .integer(1))])], by: ReplicaID(2),
      fingerprint: branch.schema.fingerprint)
    try branch.sync(&hub)
    #expect(try branch.rows("SELECT * FROM orders") == [[.integer(1), .integer(2)]])
    try hub.write(
      [customer(1, "hub's")], by: ReplicaID(2), fingerprint: branch.schema.fingerprint)
    try branch.sync(&hub)
    #expect(try names(branch) == ["1 'Ann' null", "2 'hub's' null"])
  }

  @Test func aNumberThatAProgramTakesIsItsOwn() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL);")
    var hub = hub()
    try branch.sync(&hub)
    try hub.write(
      [row(Self.orders, [1], [(2, .integer(1))])], by: ReplicaID(2),
      fingerprint: branch.schema.fingerprint)
    try branch.sync(&hub)
    // SQLite gives the next customer the number that was kept for the hub's.
    try branch.run("INSERT INTO customer(name) VALUES ('Bob')")
    try branch.run("INSERT INTO orders(customer_id) VALUES (2)")
    #expect(
      try briefs(branch.sealed()) == [
        "insert 1000000000002 c2='Bob' c3=null", "insert 1000000000002 c2=1000000000002",
      ])
    try hub.write(
      [customer(1, "hub's")], by: ReplicaID(2), fingerprint: branch.schema.fingerprint)
    try branch.sync(&hub)
    #expect(try names(branch) == ["1 'Ann' null", "2 'Bob' null", "3 'hub's' null"])
    #expect(
      try branch.rows("SELECT * FROM orders") == [
        [.integer(1), .integer(3)], [.integer(2), .integer(2)],
      ])
  }

  @Test func aDeletedRowsNumberIsANewRowsIfSQLiteGivesIt() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL);")
    var hub = hub()
    try branch.sync(&hub)
    try hub.write(
      [customer(7, "hub's"), customer(8, "eighth")], by: ReplicaID(2),
      fingerprint: branch.schema.fingerprint)
    try branch.sync(&hub)
    try branch.run("DELETE FROM customer WHERE id = 8")
    #expect(try briefs(branch.sealed()) == ["delete 8"])
    try branch.run("INSERT INTO customer(name) VALUES ('Bob')")
    #expect(try names(branch).last == "8 'Bob' null")
    #expect(try briefs(branch.sealed()) == ["insert 1000000000008 c2='Bob' c3=null"])
    // And a row that others delete.
    try hub.write(
      [row(Self.customer, [7], [], kind: .delete)], by: ReplicaID(2),
      fingerprint: branch.schema.fingerprint)
    try branch.sync(&hub)
    try branch.run("DELETE FROM customer WHERE id = 8")
    try branch.run("INSERT INTO customer VALUES (7, 'Cy', NULL)")
    #expect(
      try briefs(branch.sealed()) == [
        "delete 1000000000008", "insert 7 c2='Cy' c3=null",
      ])
    // A number that a program writes is the one that it saw.
    try hub.write(
      [customer(8, "eighth")], by: ReplicaID(2), fingerprint: branch.schema.fingerprint)
    try branch.sync(&hub)
    #expect(try names(branch) == ["1 'Ann' null", "7 'Cy' null", "9 'eighth' null"])
  }

  @Test func whatWaitsIsFoundAgain() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL);")
    var hub = hub()
    try branch.sync(&hub)
    try hub.write(
      [customer(1, "hub's")], by: ReplicaID(2), fingerprint: branch.schema.fingerprint)
    try branch.sync(&hub)
    try branch.run("UPDATE customer SET name = 'mine' WHERE id = 2")
    try branch.seal()
    try hub.write(
      [row(Self.customer, [1], [(3, .integer(1_000_000_000_001))], kind: .update)],
      by: ReplicaID(2), fingerprint: branch.schema.fingerprint)
    try branch.pull(hub)
    #expect(try branch.store.deferredRows().map(\.key.values) == [[.integer(1)]])
    #expect(try names(branch) == ["1 'Ann' null", "2 'mine' null"])
    try branch.sync(&hub)
    #expect(try names(branch) == ["1 'Ann' null", "2 'mine' 1"])
    #expect(try branch.store.deferredRows().isEmpty)
  }

  // MARK: The file

  @Test func sqliteShowsWhichNumbersItGives() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL);")
    let findings = try branch.store.check()
    #expect(findings.allSatisfy { $0.isOK })
    #expect(findings.contains { $0.what.contains("which numbers of new rows it gives") })
  }

  @Test func theFileSaysThatItTranslates() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL);")
    #expect(try branch.application.integer("SELECT format FROM tributary_state") == 104)
    let again = try BranchStore(path: branch.path)
    #expect(try again.digests().map(\.digest) == branch.store.digests().map(\.digest))
    try branch.store.detach()
    #expect(try names(branch) == ["1 'Ann' null"])
    #expect(
      try branch.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'tributary%'").isEmpty)
  }

  @Test func aTranslatingFileOfTheThirdFormatIsBroughtUp() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL);")
    try branch.run(
      """
      ALTER TABLE tributary_schema DROP COLUMN told;
      ALTER TABLE tributary_schema DROP COLUMN placed;
      ALTER TABLE tributary_schema DROP COLUMN edition;
      DROP TABLE tributary_untracked; DROP TABLE tributary_carried; DROP TABLE tributary_missed;
      UPDATE tributary_state SET format = 103;
      """)
    let opened = try BranchStore(path: branch.path)
    #expect(try branch.application.integer("SELECT format FROM tributary_state") == 104)
    #expect(try opened.digests().map(\.digest) == branch.store.digests().map(\.digest))
    for format: Int64 in [5, 100, 105] {
      try branch.run("UPDATE tributary_state SET format = \(format)")
      #expect(throws: BranchStoreError.unsupportedFormat(format)) {
        _ = try BranchStore(path: branch.path)
      }
    }
  }

  @Test func aCopyMakesItsRowsInItsOwnSpace() throws {
    let branch = try branch("INSERT INTO customer VALUES (1, 'Ann', NULL), (2, 'Bob', 1);")
    var hub = hub()
    try branch.sync(&hub)
    try branch.run("INSERT INTO customer VALUES (3, 'Cy', 2)")
    try branch.store.adopt(
      replica: ReplicaID(9), branch: "copy", parentHash: .zero, keySpace: KeySpace(9),
      wallMilliseconds: 7_000)
    try branch.run(
      "INSERT INTO customer VALUES (4, 'Di', 3); UPDATE customer SET boss = 4 WHERE id = 1")
    #expect(
      try briefs(branch.outgoing()) == [
        "insert 1000000000003 c2='Cy' c3=1000000000002"
      ])
    #expect(
      try briefs(branch.sealed()) == [
        "update 1000000000001 c3=9000000000004", "insert 9000000000004 c2='Di' c3=1000000000003",
      ])
  }
}
