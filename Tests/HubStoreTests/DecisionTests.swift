import Clocks
import Deltas
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// What people decide about conflicts, and take back.
@Suite struct DecisionTests {
  private static let city = ColumnID(3)

  /// A hub at which branches 1 and 2 gave customer 1's city different values; 2's stands.
  private func contested() throws -> (TestHub, ImitatedBranch, ImitatedBranch) {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    for _ in 0..<2 {
      try hub.store.sync(&a)
      try hub.store.sync(&b)
    }
    return (hub, a, b)
  }

  private func decide(
    _ hub: TestHub, _ choice: ConflictChoice, _ ids: [UInt64] = [1]
  ) throws {
    try hub.store.decide(ids, choice, person: "Eve", wallMilliseconds: TestHub.now)
  }

  private func undo(_ hub: TestHub, _ ids: [UInt64] = [1]) throws {
    try hub.store.undoDecisions(ids, person: "Eve", wallMilliseconds: TestHub.now)
  }

  /// Expects a city everywhere, and the same ledger.
  private func expectCity(
    _ city: Value, _ hub: TestHub, _ branches: inout [ImitatedBranch],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tables = try hub.tables()
    #expect(tables[.customer(1)]?[Self.city] == city, sourceLocation: sourceLocation)
    let ledger = try hub.store.conflicts(openOnly: false)
    for index in branches.indices {
      try hub.store.sync(&branches[index])
      #expect(branches[index].rows == tables, sourceLocation: sourceLocation)
      let theirs = Dictionary(branches[index].ledger.map { ($0.id, $0) }) { $1 }
      #expect(
        theirs.values.sorted { $0.id > $1.id } == ledger, sourceLocation: sourceLocation)
    }
  }

  @Test func aDecisionReachesEverybodyAndCanBeTakenBack() throws {
    let (hub, a, b) = try contested()
    var branches = [a, b]
    let before = try hub.store.conflicts(openOnly: false)
    try decide(hub, .branch("branch 1"))
    try expectCity(.text("Paris"), hub, &branches)
    let decided = try #require(try hub.store.conflicts(openOnly: false).first)
    #expect(decided.state == .decided)
    #expect(decided.values.map(\.value) == [.text("Paris"), .text("Rome")])
    #expect(decided.explanation == "Eve decided: what branch 1 did stands.")
    try undo(hub)
    try expectCity(.text("Rome"), hub, &branches)
    let after = try #require(try hub.store.conflicts(openOnly: false).first)
    #expect(after.state == .settled && after.explanation == before[0].explanation)
    #expect(after.values == before[0].values)
    #expect(throws: HubStoreError.notDecided(.nothingToUndo(1))) { try undo(hub) }
  }

  @Test func anotherValueMayStandAndDecisionsAreTakenBackOneByOne() throws {
    let (hub, a, b) = try contested()
    var branches = [a, b]
    try decide(hub, .value(.text("Oslo")))
    try decide(hub, .branch("branch 1"))
    try expectCity(.text("Paris"), hub, &branches)
    try undo(hub)
    try expectCity(.text("Oslo"), hub, &branches)
    let names = try hub.store.names()
    let entry = try #require(try hub.store.conflicts(openOnly: false).first)
    #expect(names[entry.values[0].dot.replica] == HubStore.headquartersName)
    try undo(hub)
    try expectCity(.text("Rome"), hub, &branches)
  }

  @Test func aDecisionBeatsNothingThatComesAfterIt() throws {
    var (hub, a, b) = try contested()
    // Written before the decision was made, by somebody who had not seen it: a conflict like any.
    b.write([.update(.customer(1), [3: .text("Bern")], at: TestHub.now + 5_000)])
    try decide(hub, .branch("branch 1"))
    try hub.store.sync(&b)
    #expect(try hub.tables()[.customer(1)]?[Self.city] == .text("Bern"))
    #expect(try hub.store.conflicts(openOnly: false).count == 2)
    // Written by somebody who had seen it, whatever the clock.
    try hub.store.sync(&a)
    a.write([.update(.customer(1), [3: .text("Wien")], at: 1)])
    try hub.store.sync(&a)
    #expect(try hub.tables()[.customer(1)]?[Self.city] == .text("Wien"))
    #expect(try hub.store.conflicts(openOnly: false).count == 2)
    #expect(throws: HubStoreError.notDecided(.writtenSince(1))) { try undo(hub) }
    // The row goes, by somebody who had seen all of it: nothing is left to take back.
    a.write([.delete(.customer(1), at: 2)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(throws: HubStoreError.notDecided(.deletedSince(1))) { try undo(hub) }
  }

  @Test func aDeletionIsDecidedAndTakenBack() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([.delete(.customer(1), at: 300)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    var branches = [a, b]
    try expectCity(.text("Rome"), hub, &branches)
    #expect(throws: HubStoreError.notDecided(.noColumn(1))) {
      try decide(hub, .value(.text("x")))
    }
    try decide(hub, .branch("branch 1"))
    #expect(try hub.tables().isEmpty)
    for index in branches.indices {
      try hub.store.sync(&branches[index])
      #expect(branches[index].rows.isEmpty)
    }
    try undo(hub)
    try expectCity(.text("Rome"), hub, &branches)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Ada"))
  }

  /// Where deletions win, the ledger has the rows: they come back whole when nothing else of them
  /// is left.
  @Test func aRowThatWasOverruledComesBackWholeLongAfter() throws {
    let hub = try TestHub()
    var branches = [hub.branch(1), hub.branch(2), hub.branch(3)]
    func syncAll() throws {
      for _ in 0..<3 {
        for index in branches.indices { try hub.store.sync(&branches[index]) }
      }
    }
    let policy = TablePolicy(deletes: .win)
    _ = try hub.store.publish(
      try MergePolicy(tables: [SampleSchema.customer: policy]), source: "",
      wallMilliseconds: TestHub.now)
    branches[0].write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try syncAll()
    branches[0].write([.delete(.customer(1), at: 300)])
    branches[1].write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    branches[2].write([.update(.customer(1), [4: .integer(9)], at: 500)])
    try syncAll()
    try hub.store.pruneAll()
    #expect(try hub.database().integer("SELECT count(*) FROM tributary_row") == 0)
    let ledger = try hub.store.conflicts(openOnly: false)
    try #require(ledger.count == 2 && ledger.allSatisfy(\.isOfRow))
    let kept = ledger.map { $0.sides.last?.values }
    #expect(kept[1] == [.text("Ada"), .text("Rome"), .integer(1)])
    #expect(kept[0] == [.text("Ada"), .text("Rome"), .integer(9)])
    #expect(throws: HubStoreError.notDecided(.noColumn(ledger[1].id))) {
      try decide(hub, .value(.text("x")), [ledger[1].id])
    }
    try decide(hub, .branch("branch 2"), [ledger[1].id])
    let back = [
      ColumnID(2): Value.text("Ada"), ColumnID(3): .text("Rome"), ColumnID(4): .integer(1),
    ]
    #expect(try hub.tables() == [.customer(1): back])
    try syncAll()
    #expect(branches.allSatisfy { $0.rows[.customer(1)] == back })
    try undo(hub, [ledger[1].id])
    #expect(try hub.tables().isEmpty)
    var again = ledger
    again[1].position = try hub.store.head()
    #expect(try hub.store.conflicts(openOnly: false) == again)
  }

  @Test func severalAreDecidedTogetherOrNone() throws {
    var (hub, a, b) = try contested()
    a.write([.update(.customer(1), [2: .text("Ada L."), 4: .integer(7)], at: 500)])
    b.write([.update(.customer(1), [2: .text("A. Lovelace"), 4: .integer(8)], at: 600)])
    for _ in 0..<2 {
      try hub.store.sync(&a)
      try hub.store.sync(&b)
    }
    #expect(try hub.store.conflicts(openOnly: false).count == 3)
    #expect(throws: HubStoreError.notDecided(.unknownConflict(9))) {
      try decide(hub, .branch("branch 1"), [1, 2, 9])
    }
    #expect(try hub.store.conflicts(openOnly: false).allSatisfy { $0.state == .settled })
    let head = try hub.store.head()
    try decide(hub, .branch("branch 1"), [1, 2, 3])
    #expect(try hub.store.head() == head.next, "One changeset.")
    var branches = [a, b]
    try expectCity(.text("Paris"), hub, &branches)
    #expect(
      try hub.tables()[.customer(1)]
        == [ColumnID(2): .text("Ada L."), ColumnID(3): .text("Paris"), ColumnID(4): .integer(7)])
    try undo(hub, [1, 2, 3])
    try expectCity(.text("Rome"), hub, &branches)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(4)] == .integer(8))
  }

  @Test(arguments: [[UInt64(1), 2], [2, 1]])
  func aRowAndItsColumnsAreDecidedTogetherInAnyOrder(ids: [UInt64]) throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    try hub.store.changeAndDelete(&a, against: &b)
    #expect(try hub.store.conflicts(openOnly: false).count == 2)
    var branches = [a, b]
    try expectCity(.text("Rome"), hub, &branches)
    try decide(hub, .branch("branch 1"), ids)
    #expect(try hub.tables().isEmpty)
    try undo(hub, ids)
    try expectCity(.text("Rome"), hub, &branches)
  }

  @Test func nobodyIsCalledHeadquarters() throws {
    let hub = try TestHub()
    #expect(throws: HubStoreError.nameTaken("headquarters")) {
      _ = try hub.enrol("headquarters")
    }
    #expect(throws: HubStoreError.branchUnknown("headquarters")) {
      try hub.store.revoke(name: "headquarters")
    }
  }

  @Test func whoTookNoPartCannotBeTaken() throws {
    let (hub, _, _) = try contested()
    #expect(
      throws: HubStoreError.notDecided(
        .notASide(1, branch: "branch 3", branches: ["branch 2", "branch 1"]))
    ) { try decide(hub, .branch("branch 3")) }
  }

  @Test func nothingIsTakenBackFromUnderALaterWriteOncePruned() throws {
    let (hub, a, b) = try contested()
    var branches = [a, b]
    func syncAndPrune() throws {
      for _ in 0..<3 {
        for index in branches.indices { try hub.store.sync(&branches[index]) }
      }
      try hub.store.pruneAll()
      #expect(try hub.database().integer("SELECT count(*) FROM tributary_row") == 0)
    }
    try decide(hub, .branch("branch 1"))
    try syncAndPrune()
    try undo(hub)
    try expectCity(.text("Rome"), hub, &branches)
    try decide(hub, .branch("branch 1"))
    try syncAndPrune()
    branches[0].write([.update(.customer(1), [3: .text("Wien")], at: 900)])
    try syncAndPrune()
    #expect(throws: HubStoreError.notDecided(.writtenSince(1))) { try undo(hub) }
    try expectCity(.text("Wien"), hub, &branches)
  }

  @Test func whatATableDoesNotTakeIsNotDecided() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    func voucher(_ code: String) -> RowKey {
      RowKey(table: SampleSchema.voucher, values: [.text(code)])
    }
    a.write(
      [("x", 1), ("y", 2)].map { code, serial in
        RowChange(
          key: voucher(code), kind: .insert, columns: [ColumnID(2), ColumnID(3)],
          values: [.integer(serial), .null], milliseconds: 100, base: nil)
      })
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([.update(voucher("y"), [2: .integer(5)], at: 300)])
    b.write([.update(voucher("y"), [2: .integer(6)], at: 400)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    try hub.store.sync(&a)
    a.write([.update(voucher("x"), [2: .integer(5)], at: 500)])
    try hub.store.sync(&a)
    let ledger = try hub.store.conflicts(openOnly: false)
    #expect(throws: HubStoreError.notDecided(.notTaken(1))) {
      try decide(hub, .branch("branch 1"))
    }
    #expect(try hub.store.conflicts(openOnly: false) == ledger)
    #expect(try hub.tables()[voucher("y")]?[ColumnID(2)] == .integer(6))
    #expect(try hub.store.quarantinedRows().isEmpty)
  }
}
