import Basics
import Clocks
import Deltas
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// What people do about rows in quarantine.
@Suite struct QuarantineDecisionTests {
  /// Two customers to whom two branches gave one code; the second is refused.
  private func refused() throws -> (Shop, [ImitatedBranch]) {
    let shop = try Shop()
    var branches = [shop.hub.branch(1), shop.hub.branch(2)]
    branches[0].write([shop.insert("customer", [1], [.text("Li"), .text("A")], at: 100)])
    branches[1].write([shop.insert("customer", [2], [.text("Wu"), .text("A")], at: 100)])
    try shop.settle(&branches)
    #expect(try shop.store.quarantinedRows().map(\.key) == [shop.key("customer", 2)])
    return (shop, branches)
  }

  private func expectOneLedger(_ shop: Shop, _ branches: [ImitatedBranch]) throws {
    let ledger = try shop.store.conflicts(openOnly: false)
    for branch in branches {
      let theirs = Dictionary(branch.ledger.map { ($0.id, $0) }) { $1 }
      #expect(theirs.values.sorted { $0.id > $1.id } == ledger)
    }
  }

  @Test func aRefusedRowIsGivenUpAndTakenBack() throws {
    var (shop, branches) = try refused()
    let before = try shop.store.conflicts(openOnly: false)
    #expect(before.map(\.state) == [.open])
    let key = shop.key("customer", 2)
    let done = try shop.store.dropQuarantined(key, person: "Eve", wallMilliseconds: TestHub.now)
    #expect(done.conflict == before[0].id)
    try shop.settle(&branches)
    #expect(try shop.store.quarantine().rows.isEmpty)
    let decided = try #require(try shop.store.conflicts(openOnly: false).first)
    #expect(decided.state == .decided)
    #expect(decided.explanation == "Eve decided: what was refused is given up.")
    #expect(decided.sides.map { $0.values == nil } == [true, false])
    try expectOneLedger(shop, branches)
    // Twice is once too often.
    #expect(throws: HubStoreError.notDecided(.notInQuarantine)) {
      try shop.store.dropQuarantined(key, person: "", wallMilliseconds: TestHub.now)
    }
    try shop.store.undoDecisions([done.conflict], person: "Eve", wallMilliseconds: TestHub.now)
    try shop.settle(&branches)
    let again = try shop.store.quarantinedRows()
    #expect(again.map(\.key) == [key] && again[0].values == [.text("Wu"), .text("A")])
    #expect(again[0].conflict == done.conflict)
    let open = try shop.store.conflicts(openOnly: false)
    #expect(open.map(\.state) == [.open] && open[0].explanation == before[0].explanation)
    try expectOneLedger(shop, branches)
    // It ends as it would have.
    branches[0].write([shop.update(shop.key("customer", 1), "code", .text("B"), at: 300)])
    try shop.settle(&branches)
    #expect(try shop.store.quarantine().rows.isEmpty)
    #expect(try shop.store.conflicts(openOnly: false).map(\.state) == [.settled])
    try expectOneLedger(shop, branches)
  }

  @Test func whatIsTakenBackStandsIfThereIsRoomByThen() throws {
    var (shop, branches) = try refused()
    let key = shop.key("customer", 2)
    let done = try shop.store.dropQuarantined(key, person: "", wallMilliseconds: TestHub.now)
    branches[0].write([.delete(shop.key("customer", 1), at: 300)])
    try shop.settle(&branches)
    try shop.store.undoDecisions([done.conflict], person: "", wallMilliseconds: TestHub.now)
    try shop.settle(&branches)
    #expect(try shop.hub.tables()[key] != nil)
    #expect(try shop.store.quarantine().rows.isEmpty)
    #expect(try shop.store.conflicts(openOnly: false).map(\.state) == [.settled])
  }

  /// Of a refused update the row stays as its table shows it.
  @Test func aRefusedUpdateIsGivenUp() throws {
    var (shop, branches) = try refused()
    branches[1].write([shop.insert("customer", [3], [.text("He"), .text("C")], at: 200)])
    try shop.settle(&branches)
    branches[1].write([shop.update(shop.key("customer", 3), "code", .text("A"), at: 300)])
    try shop.settle(&branches)
    let key = shop.key("customer", 3)
    let done = try shop.store.dropQuarantined(key, person: "", wallMilliseconds: TestHub.now)
    try shop.settle(&branches)
    #expect(try shop.hub.tables()[key]?[ColumnID(3)] == .text("C"))
    #expect(try shop.store.quarantinedRows().map(\.key) == [shop.key("customer", 2)])
    try shop.store.undoDecisions([done.conflict], person: "", wallMilliseconds: TestHub.now)
    try shop.settle(&branches)
    #expect(try shop.store.quarantinedRows().count == 2)
    try expectOneLedger(shop, branches)
  }

  @Test func anOrphanIsGivenUpAndTakenBack() throws {
    let shop = try Shop()
    var branches = [shop.hub.branch(1), shop.hub.branch(2)]
    branches[0].write([shop.insert("orders", [5], [.integer(17), .text("tea")], at: 100)])
    try shop.settle(&branches)
    let key = shop.key("orders", 5)
    let done = try shop.store.dropQuarantined(key, person: "Eve", wallMilliseconds: TestHub.now)
    try shop.settle(&branches)
    #expect(try shop.hub.tables()[key] == nil)
    #expect(try shop.store.quarantine().rows.isEmpty)
    let decided = try #require(try shop.store.conflicts(openOnly: false).first)
    #expect(decided.state == .decided && decided.rule == "reference")
    try expectOneLedger(shop, branches)
    while try shop.store.prune(rowsAtMost: 50, awayBeforeMilliseconds: 0).hasMore {}
    try shop.store.undoDecisions([done.conflict], person: "Eve", wallMilliseconds: TestHub.now)
    try shop.settle(&branches)
    #expect(try shop.hub.tables()[key]?[ColumnID(3)] == .text("tea"))
    #expect(try shop.store.orphans().map(\.key) == [key])
    #expect(try shop.store.conflicts(openOnly: false).map(\.state) == [.settled])
    try expectOneLedger(shop, branches)
  }

  @Test func tryingAgainThatComesToNothingLeavesNoTrace() throws {
    var (shop, branches) = try refused()
    branches[0].write([shop.insert("orders", [5], [.integer(17), .text("tea")], at: 100)])
    try shop.settle(&branches)
    let head = try shop.store.head()
    let tried = try shop.store.retryQuarantine(wallMilliseconds: TestHub.now)
    #expect(tried.ended.isEmpty && tried.waiting.count == 2)
    #expect(try shop.store.head() == head)
    #expect(throws: HubStoreError.notDecided(.notInQuarantine)) {
      try shop.store.retryQuarantine(
        [shop.key("customer", 1)], wallMilliseconds: TestHub.now)
    }
    branches[1].write([shop.insert("customer", [9], [.text("Xu"), .null], at: 300)])
    try shop.settle(&branches)
    #expect(try shop.store.check().contains { $0.what.hasPrefix("1 references lead") })
  }

  /// Deletions won when the order came; they do no more when it is tried again.
  @Test func tryingAgainUnderAnotherPolicy() throws {
    let shop = try Shop()
    try shop.publish(.win, of: "customer")
    var branches = [shop.hub.branch(1), shop.hub.branch(2)]
    branches[0].write([shop.insert("customer", [17], [.text("Li"), .null], at: 100)])
    try shop.settle(&branches)
    branches[0].write([.delete(shop.key("customer", 17), at: 200)])
    branches[1].write([shop.insert("orders", [5], [.integer(17), .text("tea")], at: 150)])
    for index in [0, 1] { try shop.store.sync(&branches[index]) }
    #expect(try shop.store.orphans().map(\.absence.cause) == [.deletionStands])
    try shop.publish(.lose, of: "customer")
    let tried = try shop.store.retryQuarantine(
      [shop.key("orders", 5)], wallMilliseconds: TestHub.now)
    #expect(tried.ended == [shop.key("orders", 5)] && tried.waiting.isEmpty)
    try shop.settle(&branches)
    #expect(try shop.hub.tables()[shop.key("customer", 17)] != nil)
    #expect(try shop.store.conflicts(openOnly: false).map(\.rule) == ["update over delete"])
  }

  /// The policy names a reference that the database does not declare.
  @Test func aReferenceThatThePolicyNames() throws {
    let shop = try Shop(
      sql: """
        CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE payment (id INTEGER PRIMARY KEY, customer INTEGER);
        """)
    var branches = [shop.hub.branch(1), shop.hub.branch(2)]
    branches[0].write([
      shop.insert("customer", [17], [.text("Li")], at: 100),
      shop.insert("payment", [1], [.integer(99)], at: 100),
    ])
    try shop.settle(&branches)
    let references = [ColumnID(2): shop.table("customer").id]
    _ = try shop.store.publish(
      MergePolicy(tables: [shop.table("payment").id: TablePolicy(references: references)]),
      source: "", wallMilliseconds: TestHub.now)
    branches[0].write([.delete(shop.key("customer", 17), at: 200)])
    branches[1].write([shop.insert("payment", [2], [.integer(17)], at: 150)])
    for _ in 0..<2 { for index in [0, 1] { try shop.store.sync(&branches[index]) } }
    #expect(try shop.hub.tables()[shop.key("customer", 17)] != nil)
    #expect(try shop.store.orphans().map(\.key) == [shop.key("payment", 1)])
    // Once it is no reference any more, nothing is listed.
    _ = try shop.store.publish(MergePolicy(), source: "", wallMilliseconds: TestHub.now)
    branches[0].write([shop.insert("customer", [18], [.text("Wu")], at: 300)])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().isEmpty)
  }

  /// A column that compares otherwise than what it refers to.
  @Test func valuesThatAreComparedAsTheParentSays() throws {
    let shop = try Shop(
      sql: """
        CREATE TABLE customer (id INTEGER PRIMARY KEY, code TEXT COLLATE NOCASE UNIQUE);
        CREATE TABLE card (id INTEGER PRIMARY KEY, code TEXT REFERENCES customer(code));
        CREATE TABLE note (id INTEGER PRIMARY KEY, customer TEXT REFERENCES customer(id));
        """)
    var branches = [shop.hub.branch(1), shop.hub.branch(2)]
    branches[0].write([
      shop.insert("customer", [17], [.text("ab")], at: 100),
      shop.insert("card", [1], [.text("AB")], at: 100),
      shop.insert("note", [1], [.text("017")], at: 100),
    ])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().isEmpty)
    branches[0].write([.delete(shop.key("customer", 17), at: 200)])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().count == 2)
    branches[1].write([shop.insert("customer", [17], [.text("aB")], at: 300)])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().isEmpty)
  }
}
