import Basics
import Clocks
import Deltas
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// Rows that refer to others which somebody else deleted, or which never came.
@Suite struct ReferenceTests {
  /// A customer with an order of two lines, which everybody has.
  private func opened(_ rule: DeleteRule = .lose) throws -> (Shop, [ImitatedBranch]) {
    let shop = try Shop()
    if rule != .lose { try shop.publish(rule, of: "customer", "orders", "line", "employee") }
    var branches = [shop.hub.branch(1), shop.hub.branch(2), shop.hub.branch(3)]
    branches[0].write([
      shop.insert("customer", [17], [.text("Li"), .text("L17")], at: 100),
      shop.insert("orders", [1], [.integer(17), .text("tea")], at: 100),
      shop.insert("line", [1, 1], [.integer(2)], at: 100),
      shop.insert("line", [1, 2], [.integer(3)], at: 100),
      shop.insert("employee", [1], [.text("Boss"), .null], at: 100),
      shop.insert("employee", [2], [.text("Clerk"), .integer(1)], at: 100),
    ])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().isEmpty)
    return (shop, branches)
  }

  private func has(_ shop: Shop, _ name: String, _ key: Int64...) throws -> Bool {
    try shop.hub.tables()[
      RowKey(table: shop.table(name).id, values: key.map { .integer($0) })] != nil
  }

  /// In either order of arrival the customer stands again for an order that was added meanwhile.
  @Test(arguments: [false, true]) func aNewReferenceBringsTheRowBack(isOtherWayRound: Bool) throws {
    var (shop, branches) = try opened()
    branches[0].write([
      .delete(shop.key("line", 1, 1), at: 200), .delete(shop.key("line", 1, 2), at: 200),
      .delete(shop.key("orders", 1), at: 200), .delete(shop.key("customer", 17), at: 200),
    ])
    branches[1].write([shop.insert("orders", [5], [.integer(17), .text("rice")], at: 150)])
    for index in isOtherWayRound ? [1, 0] : [0, 1] { try shop.store.sync(&branches[index]) }
    try shop.settle(&branches)
    #expect(try has(shop, "customer", 17) && has(shop, "orders", 5))
    // What was deleted besides, and nothing refers to, stays deleted.
    #expect(try !has(shop, "orders", 1))
    #expect(try shop.store.orphans().isEmpty)
    let conflict = try #require(try shop.store.conflicts(openOnly: false).first)
    #expect(conflict.key == shop.key("customer", 17) && conflict.columns.isEmpty)
    #expect(conflict.rule == "update over delete" && conflict.state == .settled)
    #expect(conflict.sides.map(\.dot.replica.rawValue) == [2, 1])
    #expect(conflict.sides.map { $0.values == nil } == [false, true])
    #expect(
      conflict.explanation == """
        One branch deleted the row while another, without having seen that, wrote a row of orders \
        that refers to it; it stands again.
        """)
    // A person decides for the deletion: the order is an orphan then, and no more once taken back.
    try shop.store.decide(
      [conflict.id], .branch("branch 1"), person: "Eve", wallMilliseconds: TestHub.now)
    try shop.settle(&branches)
    #expect(try !has(shop, "customer", 17))
    #expect(
      try shop.reasons() == [
        """
        orders: customer refers to customer with id 17, which is not there: headquarters deleted \
        it on \(TestHub.now), and had seen this row
        """
      ])
    try shop.store.undoDecisions([conflict.id], person: "Eve", wallMilliseconds: TestHub.now)
    try shop.settle(&branches)
    #expect(try has(shop, "customer", 17))
    #expect(try shop.store.orphans().isEmpty)
  }

  /// A line of an order of a customer: all that it needs comes back.
  @Test(arguments: [false, true]) func parentsOfParentsComeBackToo(isOtherWayRound: Bool) throws {
    var (shop, branches) = try opened()
    branches[0].write([
      .delete(shop.key("line", 1, 1), at: 200), .delete(shop.key("line", 1, 2), at: 200),
      .delete(shop.key("orders", 1), at: 200), .delete(shop.key("customer", 17), at: 200),
    ])
    // The deletion of the line loses against its edit, and what the line needs stands with it.
    branches[1].write([shop.update(shop.key("line", 1, 2), "quantity", .integer(9), at: 150)])
    for index in isOtherWayRound ? [1, 0] : [0, 1] { try shop.store.sync(&branches[index]) }
    try shop.settle(&branches)
    #expect(try has(shop, "line", 1, 2) && has(shop, "orders", 1) && has(shop, "customer", 17))
    #expect(try !has(shop, "line", 1, 1))
    #expect(try shop.store.orphans().isEmpty)
  }

  @Test func aDeletionThatAsksLeavesItOpen() throws {
    var (shop, branches) = try opened(.ask)
    branches[0].write([.delete(shop.key("orders", 1), at: 200)])
    branches[1].write([shop.insert("line", [1, 7], [.integer(4)], at: 150)])
    try shop.settle(&branches)
    #expect(try has(shop, "orders", 1))
    let open = try shop.store.conflicts(openOnly: true)
    #expect(open.map(\.key).contains(shop.key("orders", 1)))
    #expect(open[0].explanation.hasSuffix("it stands until somebody decides."))
  }

  @Test func aDeletionThatWinsLeavesAnOrphan() throws {
    var (shop, branches) = try opened(.win)
    branches[0].write([
      .delete(shop.key("line", 1, 1), at: 200), .delete(shop.key("line", 1, 2), at: 200),
      .delete(shop.key("orders", 1), at: 200),
    ])
    branches[1].write([shop.insert("line", [1, 7], [.integer(4)], at: 150)])
    try shop.settle(&branches)
    #expect(try !has(shop, "orders", 1) && has(shop, "line", 1, 7))
    #expect(
      try shop.reasons() == [
        """
        line: orders refers to orders with id 1, which is not there: branch 1 deleted it on 200, \
        and in its table deletions stand
        """
      ])
    #expect(try shop.store.quarantinedRows().isEmpty)
    let since = try shop.store.orphans()[0].sinceMilliseconds
    #expect(since == TestHub.now)
    // The order is written anew: the listing ends by itself.
    branches[2].write([shop.insert("orders", [1], [.integer(17), .text("tea")], at: 300)])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().isEmpty)
  }

  @Test func whoKnewGetsNothingBack() throws {
    var (shop, branches) = try opened()
    // The deleter had seen the order: its program has no foreign keys on.
    branches[0].write([.delete(shop.key("customer", 17), at: 200)])
    try shop.settle(&branches)
    #expect(
      try shop.reasons() == [
        """
        orders: customer refers to customer with id 17, which is not there: branch 1 deleted it \
        on 200, and had seen this row
        """
      ])
    // Who refers to it now has seen that it is gone.
    branches[1].write([shop.insert("orders", [6], [.integer(17), .text("salt")], at: 300)])
    try shop.settle(&branches)
    #expect(try shop.reasons()[1].hasSuffix("and whoever wrote this row had seen that"))
    // Nobody ever had that one.
    branches[1].write([shop.insert("orders", [7], [.integer(99), .text("salt")], at: 300)])
    try shop.settle(&branches)
    #expect(try shop.reasons()[2].hasSuffix("never had it, or has forgotten that it was deleted"))
    #expect(try !has(shop, "customer", 17))
    // One reference is turned to nobody, one row goes, one parent comes.
    branches[1].write([
      shop.update(shop.key("orders", 1), "customer", .null, at: 400),
      .delete(shop.key("orders", 6), at: 400),
    ])
    branches[2].write([shop.insert("customer", [99], [.text("Wu"), .null], at: 400)])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().isEmpty)
    #expect(try shop.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func deletedAndReferredToInOneChangeset() throws {
    var (shop, branches) = try opened()
    branches[0].write([
      .delete(shop.key("customer", 17), at: 200),
      shop.insert("orders", [5], [.integer(17), .text("rice")], at: 201),
    ])
    try shop.settle(&branches)
    #expect(try !has(shop, "customer", 17))
    #expect(try shop.store.orphans().count == 2)
  }

  @Test func whatRefersToItself() throws {
    var (shop, branches) = try opened()
    branches[0].write([
      shop.update(shop.key("employee", 2), "boss", .null, at: 200),
      .delete(shop.key("employee", 1), at: 200),
    ])
    branches[1].write([shop.insert("employee", [3], [.text("New"), .integer(1)], at: 150)])
    try shop.settle(&branches)
    #expect(try has(shop, "employee", 1))
    // His own boss, in a ring, children before parents.
    branches[2].write([
      shop.insert("employee", [8], [.text("Self"), .integer(8)], at: 300),
      shop.insert("hen", [1], [.integer(1)], at: 300),
      shop.insert("egg", [1], [.integer(1)], at: 300),
    ])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().isEmpty)
    branches[2].write([.delete(shop.key("employee", 8), at: 400)])
    // Both of a ring are deleted at one branch, and one is used at another.
    branches[0].write([
      .delete(shop.key("hen", 1), at: 400), .delete(shop.key("egg", 1), at: 400),
    ])
    branches[1].write([shop.insert("hen", [2], [.integer(1)], at: 390)])
    try shop.settle(&branches)
    #expect(try has(shop, "egg", 1) && has(shop, "hen", 1) && has(shop, "hen", 2))
    #expect(try !has(shop, "employee", 8))
    #expect(try shop.store.orphans().isEmpty)
  }

  @Test func compositeKeysAndKeysThatAreNotPrimary() throws {
    var (shop, branches) = try opened()
    branches[0].write([
      .delete(shop.key("line", 1, 2), at: 200),
      .delete(shop.key("orders", 1), at: 200), .delete(shop.key("line", 1, 1), at: 200),
      .delete(shop.key("customer", 17), at: 200),
    ])
    branches[1].write([
      shop.insert("part", [1], [.integer(1), .integer(2)], at: 150),
      shop.insert("part", [2], [.integer(1), .null], at: 150),
      shop.insert("card", [1], [.text("L17")], at: 150),
    ])
    try shop.settle(&branches)
    #expect(try has(shop, "line", 1, 2) && has(shop, "orders", 1) && has(shop, "customer", 17))
    #expect(try !has(shop, "line", 1, 1))
    // The code by which a card finds its customer is changed.
    branches[2].write([shop.update(shop.key("customer", 17), "code", .text("L18"), at: 300)])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().map(\.wanted) == [[.text("L17")]])
    branches[2].write([shop.insert("customer", [18], [.text("Wu"), .text("L17")], at: 400)])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().isEmpty)
  }

  /// A customer whose code another has is not in its table, and comes once there is room.
  @Test func aParentThatIsRefused() throws {
    var (shop, branches) = try opened()
    branches[0].write([shop.insert("customer", [20], [.text("Wu"), .text("W")], at: 200)])
    branches[1].write([
      shop.insert("customer", [21], [.text("Wen"), .text("W")], at: 200),
      shop.insert("orders", [5], [.integer(21), .text("rice")], at: 200),
    ])
    for index in [0, 1] { try shop.store.sync(&branches[index]) }
    try shop.settle(&branches)
    #expect(try shop.store.quarantinedRows().map(\.key) == [shop.key("customer", 21)])
    #expect(try shop.reasons().map { $0.hasSuffix("it is in quarantine itself") } == [true])
    let list = try shop.store.quarantine()
    #expect(list.rows.count == 2)
    #expect(list.rows.map { $0.author?.rawValue } == [2, 2])
    #expect(list.rows.allSatisfy { $0.sinceMilliseconds == TestHub.now })
    branches[0].write([shop.update(shop.key("customer", 20), "code", .text("V"), at: 300)])
    try shop.settle(&branches)
    #expect(try shop.store.quarantine().rows.isEmpty)
  }

  /// Who writes a field of the row that came back loses nothing to those who only refer to it.
  @Test func aUseOverwritesNothing() throws {
    var (shop, branches) = try opened()
    branches[2].write([shop.update(shop.key("customer", 17), "name", .text("Lili"), at: 120)])
    branches[0].write([
      .delete(shop.key("orders", 1), at: 200), .delete(shop.key("customer", 17), at: 200),
    ])
    branches[1].write([shop.insert("orders", [5], [.integer(17), .text("rice")], at: 190)])
    for index in [0, 1, 2] { try shop.store.sync(&branches[index]) }
    try shop.settle(&branches)
    let name = try shop.hub.tables()[shop.key("customer", 17)]?[ColumnID(2)]
    #expect(name == .text("Lili"))
    // Deleted by somebody who has seen it all, it is gone, and its orders with it.
    branches[2].write([
      .delete(shop.key("orders", 5), at: 300), .delete(shop.key("customer", 17), at: 300),
    ])
    try shop.settle(&branches)
    #expect(try !has(shop, "customer", 17))
  }

  /// The records of rows that stand again go like others, and the list stays.
  @Test func pruningKeepsWhatIsListed() throws {
    var (shop, branches) = try opened()
    branches[0].write([
      .delete(shop.key("orders", 1), at: 200), .delete(shop.key("customer", 17), at: 200),
      .delete(shop.key("line", 1, 1), at: 200),
    ])
    branches[1].write([shop.insert("orders", [5], [.integer(17), .text("rice")], at: 150)])
    try shop.settle(&branches)
    let before = try shop.store.orphans()
    #expect(before.map(\.key) == [shop.key("line", 1, 2)])
    for _ in 0..<3 {
      try shop.settle(&branches)
      while try shop.store.prune(rowsAtMost: 3, awayBeforeMilliseconds: 0).hasMore {}
    }
    #expect(try shop.store.metadata().recordCount == 0)
    #expect(try shop.store.orphans() == before)
    #expect(try has(shop, "customer", 17))
    branches[2].write([shop.insert("orders", [1], [.integer(17), .text("tea")], at: 300)])
    try shop.settle(&branches)
    #expect(try shop.store.orphans().isEmpty)
  }
}
