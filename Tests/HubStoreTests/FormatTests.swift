import Basics
import Clocks
import Deltas
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// Hubs that were made by earlier programs.
@Suite struct FormatTests {
  /// A hub as the first format had it, with conflicts in its ledger.
  private func former() throws -> (hub: TestHub, ledger: [Conflict]) {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([.update(.customer(1), [3: .text("Rome")], at: 300)])
    b.write([.update(.customer(1), [3: .text("Paris")], at: 400)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    let file = try Database(path: hub.store.folder + "/hub.db", mode: .readWrite)
    var ledger: [Conflict] = []
    for row in try file.rows("SELECT id, content FROM tributary_ledger ORDER BY id DESC") {
      guard case .blob(let content) = row[1] else { continue }
      let conflicts = try Conflict.list(payload: content)
      // It did not tell clocks.
      ledger += conflicts.map { conflict in
        var conflict = conflict
        for index in conflict.sides.indices { conflict.sides[index].clockOffsetMilliseconds = nil }
        return conflict
      }
      try file.execute(
        "UPDATE tributary_ledger SET content = ?2 WHERE id = ?1",
        [row[0], .blob(Conflict.formerPayload(of: conflicts))])
    }
    try file.executeScript(
      """
      DROP TABLE tributary_policy; DROP TABLE tributary_decision;
      DROP TABLE tributary_reference; DROP TABLE tributary_orphan;
      ALTER TABLE tributary_log DROP COLUMN is_withheld;
      DROP TABLE tributary_member; DROP TABLE tributary_top;
      UPDATE tributary_hub SET format = 1;
      """)
    return (hub, ledger)
  }

  @Test func aHubOfTheFirstFormatGoesOn() throws {
    let (hub, ledger) = try former()
    #expect(ledger.count == 1)
    let store = try hub.reopened()
    #expect(try store.conflicts(openOnly: false) == ledger)
    #expect(
      try store.publish(MergePolicy(), source: "", wallMilliseconds: TestHub.now) == 1)
    try store.decide(
      [ledger[0].id], .branch("branch 1"), person: "", wallMilliseconds: TestHub.now)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(3)] == .text("Rome"))
    // Once is enough.
    #expect(try hub.reopened().conflicts(openOnly: false).map(\.state) == [.decided])
  }

  @Test func aLongLedgerIsBroughtUpInPages() throws {
    let (hub, ledger) = try former()
    try Database(path: hub.store.folder + "/hub.db", mode: .readWrite).executeScript(
      """
      WITH RECURSIVE number (id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM number LIMIT 2000)
      INSERT INTO tributary_ledger (id, position, table_id, key, column_id, state, content)
      SELECT number.id, position, table_id, key, column_id, state, content
      FROM number, tributary_ledger AS first WHERE first.id = 1
      """)
    let all = try hub.reopened().conflicts(openOnly: false)
    #expect(all.count == 2_001 && all.allSatisfy { $0 == ledger[0] })
  }

  /// What refers to nothing since before is listed with the first changeset, if not earlier.
  @Test func aHubOfTheSecondFormatLooksAtReferences() throws {
    let shop = try Shop()
    var branch = shop.hub.branch(1)
    branch.write([shop.insert("orders", [5], [.integer(17), .text("tea")], at: 100)])
    try shop.store.sync(&branch)
    let file = try Database(path: shop.store.folder + "/hub.db", mode: .readWrite)
    try file.executeScript(
      """
      DROP TABLE tributary_reference; DROP TABLE tributary_orphan;
      ALTER TABLE tributary_log DROP COLUMN is_withheld;
      DROP TABLE tributary_member; DROP TABLE tributary_top;
      UPDATE tributary_hub SET format = 2;
      """)
    let store = try shop.hub.reopened()
    branch.write([shop.insert("employee", [1], [.text("Boss"), .null], at: 200)])
    try store.sync(&branch)
    #expect(try store.orphans().map(\.key) == [shop.key("orders", 5)])
    try shop.expectListed()
  }

  /// It withheld nothing, and goes on with deltas for all.
  @Test func aHubOfTheThirdFormatHasSentAll() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try hub.store.sync(&a)
    try Database(path: hub.store.folder + "/hub.db", mode: .readWrite).executeScript(
      """
      ALTER TABLE tributary_log DROP COLUMN is_withheld;
      DROP TABLE tributary_member; DROP TABLE tributary_top;
      UPDATE tributary_hub SET format = 3;
      """)
    let store = try hub.reopened()
    a.write([.insertCustomer(2, "Bob", "Rome", 1, at: 200)])
    try store.sync(&a)
    try store.sync(&b)
    #expect(Set(b.rows.keys) == [.customer(1), .customer(2)])
    #expect(try store.check().allSatisfy(\.isOK))
  }

  @Test func aBranchThatWasCalledHeadquartersIsCalledByItsNumberToo() throws {
    let (hub, ledger) = try former()
    try Database(path: hub.store.folder + "/hub.db", mode: .readWrite)
      .executeScript("UPDATE tributary_replica SET name = 'headquarters' WHERE id = 1")
    let store = try hub.reopened()
    #expect(try store.names()[ReplicaID(1)] == "headquarters #1")
    try store.registerHeadquarters(wallMilliseconds: TestHub.now)
    try store.decide(
      [ledger[0].id], .branch("headquarters #1"), person: "", wallMilliseconds: TestHub.now)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(3)] == .text("Rome"))
    var branch = hub.branch(1)
    try store.sync(&branch)
    #expect(try store.names()[ReplicaID(4)] == "headquarters")
    #expect(HubStoreError.nameTaken("headquarters").message.contains("decide conflicts"))
  }

  @Test func whatCannotBeReadLeavesTheFileAsItIs() throws {
    let (hub, _) = try former()
    let file = try Database(path: hub.store.folder + "/hub.db", mode: .readWrite)
    try file.executeScript("UPDATE tributary_ledger SET content = x'ff'")
    #expect(throws: HubStoreError.damaged("its ledger cannot be read")) { try hub.reopened() }
    #expect(try file.integer("SELECT format FROM tributary_hub") == 1)
    try file.executeScript("UPDATE tributary_hub SET format = 9")
    #expect(throws: HubStoreError.unsupportedFormat(9)) { try hub.reopened() }
  }
}
