import Clocks
import Deltas
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// Policies tried on the conflicts there were, published for them, and taken back.
@Suite struct RehearsalTests {
  private static let customer = SampleSchema.customer

  private func policy(_ table: TablePolicy) throws -> MergePolicy {
    try MergePolicy(tables: [Self.customer: table])
  }

  /// A hub at which branches 1 and 2 gave each of some customers' cities and scores different
  /// values. The city of 2 stands, and the score of 1.
  private func contested(_ count: Int64) throws -> (TestHub, [ImitatedBranch]) {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write((1...count).map { .insertCustomer($0, "customer", "London", 1, at: 100) })
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write((1...count).map { .update(.customer($0), [3: .text("Paris")], at: 300) })
    a.write((1...count).map { .update(.customer($0), [4: .integer(10)], at: 600) })
    b.write((1...count).map { .update(.customer($0), [3: .text("Rome")], at: 400) })
    b.write((1...count).map { .update(.customer($0), [4: .integer(20)], at: 500) })
    for _ in 0..<2 {
      try hub.store.sync(&a)
      try hub.store.sync(&b)
    }
    return (hub, [a, b])
  }

  private func publish(
    _ policy: MergePolicy, at hub: TestHub, like version: UInt64? = nil
  ) throws -> Rehearsal {
    try hub.store.publishAnew(
      policy, source: "", likeVersion: version, sampleMax: 3, wallMilliseconds: TestHub.now
    ).rehearsal
  }

  /// Expects the same city and score of all customers, everywhere.
  private func expect(
    _ city: String, _ score: Int64, _ hub: TestHub, _ branches: inout [ImitatedBranch],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tables = try hub.tables()
    #expect(
      tables.values.allSatisfy {
        $0[ColumnID(3)] == .text(city) && $0[ColumnID(4)] == .integer(score)
      }, sourceLocation: sourceLocation)
    for index in branches.indices {
      try hub.store.sync(&branches[index])
      #expect(branches[index].rows == tables, sourceLocation: sourceLocation)
    }
  }

  @Test func aThousandConflictsAreTriedDecidedAnewAndPutBack() throws {
    var (hub, branches) = try contested(600)
    let first = try policy(TablePolicy(rule: .first))
    let rehearsal = try hub.store.rehearse(first, sampleMax: 5)
    #expect(rehearsal.examinedCount == 1_200 && rehearsal.differingCount == 1_200)
    #expect(rehearsal.leftCount == 0 && rehearsal.sample.count == 5)
    #expect(rehearsal.sample[0].after.sides[0] == rehearsal.sample[0].before.sides[1])
    try expect("Rome", 10, hub, &branches)
    #expect(try publish(first, at: hub).differingCount == 1_200)
    try expect("Paris", 20, hub, &branches)
    #expect(try hub.store.conflicts(openOnly: false).allSatisfy { $0.rule == "first" })
    #expect(try hub.store.rehearse(first, sampleMax: 5).differingCount == 0)
    #expect(try publish(MergePolicy(), at: hub, like: 0).differingCount == 1_200)
    try expect("Rome", 10, hub, &branches)
    #expect(try hub.store.conflicts(openOnly: false).allSatisfy { $0.rule == "latest" })
  }

  @Test func whatPeopleDecidedOrSomebodyWroteSinceStays() throws {
    var (hub, branches) = try contested(3)
    let conflicts = try hub.store.conflicts(openOnly: false).filter { $0.column == ColumnID(3) }
    let decided = try #require(conflicts.first { $0.key == .customer(1) })
    try hub.store.decide(
      [decided.id], .branch("branch 2"), person: "", wallMilliseconds: TestHub.now)
    for index in branches.indices { try hub.store.sync(&branches[index]) }
    branches[0].write([.update(.customer(2), [3: .text("Oslo")], at: 900)])
    for index in branches.indices { try hub.store.sync(&branches[index]) }
    let rehearsal = try publish(
      try policy(TablePolicy(rules: [ColumnID(3): .first])), at: hub)
    #expect(rehearsal.examinedCount == 4 && rehearsal.differingCount == 1)
    #expect(rehearsal.leftCount == 2)
    let tables = try hub.tables()
    #expect(
      (1...3).map { tables[.customer($0)]?[ColumnID(3)] }
        == [.text("Rome"), .text("Oslo"), .text("Paris")])
  }

  @Test func whatIsAskedFromNowOnIsOpened() throws {
    let (hub, _) = try contested(2)
    let rehearsal = try publish(try policy(TablePolicy(rules: [ColumnID(3): .ask])), at: hub)
    #expect(rehearsal.openedCount == 2 && rehearsal.differingCount == 0)
    #expect(try hub.store.conflicts(openOnly: true).map(\.column) == [ColumnID(3), ColumnID(3)])
  }

  @Test func deletionsAreDecidedAnew() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([.delete(.customer(1), at: 300)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    for _ in 0..<2 {
      try hub.store.sync(&a)
      try hub.store.sync(&b)
    }
    #expect(try publish(try policy(TablePolicy(deletes: .win)), at: hub).differingCount == 1)
    #expect(try hub.tables().isEmpty)
    #expect(try publish(MergePolicy(), at: hub, like: 0).differingCount == 1)
    for _ in 0..<2 {
      try hub.store.sync(&a)
      try hub.store.sync(&b)
    }
    let row = try hub.tables()[.customer(1)]
    #expect(row?[ColumnID(3)] == .text("Rome") && row?[ColumnID(2)] == .text("Ada"))
    #expect(a.rows == (try hub.tables()) && b.rows == a.rows)
  }

  @Test func whatCountsIsLeftAsItCame() throws {
    let (hub, _) = try contested(2)
    let rehearsal = try hub.store.rehearse(
      try policy(TablePolicy(rules: [ColumnID(4): .counter])), sampleMax: 5)
    #expect(rehearsal.examinedCount == 2 && rehearsal.leftCount == 2)
  }

  /// Long after its deletion, when all had seen it, the ledger still has the whole row.
  @Test func aDeletedRowComesBackFromTheLedger() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    _ = try publish(try policy(TablePolicy(deletes: .win)), at: hub)
    a.write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([.delete(.customer(1), at: 300)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    for _ in 0..<4 {
      try hub.store.sync(&a)
      try hub.store.sync(&b)
    }
    try hub.store.pruneAll()
    let ledger = try hub.store.conflicts(openOnly: false)
    #expect(ledger.count == 1 && ledger[0].sides[0].values == nil)
    #expect(try hub.database().integer("SELECT count(*) FROM tributary_row") == 0)
    let rehearsal = try publish(MergePolicy(), at: hub)
    #expect(rehearsal.differingCount == 1 && rehearsal.leftCount == 0)
    let row = [
      ColumnID(2): Value.text("Ada"), ColumnID(3): .text("Rome"), ColumnID(4): .integer(1),
    ]
    #expect(try hub.tables() == [.customer(1): row])
    let again = try #require(try hub.store.conflicts(openOnly: false).first)
    #expect(again.isOfRow && again.columns.isEmpty && again.sides[0].values != nil)
    // And goes once more, whole, into the ledger.
    _ = try publish(try policy(TablePolicy(deletes: .win)), at: hub)
    #expect(try hub.tables().isEmpty)
    let kept = try #require(try hub.store.conflicts(openOnly: false).first)
    #expect(kept.sides.map(\.values) == [nil, [.text("Ada"), .text("Rome"), .integer(1)]])
  }

  /// A column and its row, which goes: of the column nothing is decided anew.
  @Test func anEntryIsSaidAnewOnlyWithWhatStands() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    try hub.store.changeAndDelete(&a, against: &b)
    let before = try hub.store.conflicts(openOnly: false)
    let city = try #require(before.first { $0.column == ColumnID(3) })
    #expect(city.sides[0].values == [.text("Rome")])
    _ = try publish(
      try policy(TablePolicy(rules: [ColumnID(3): .first], deletes: .win)), at: hub)
    #expect(try hub.tables().isEmpty)
    let after = try hub.store.conflicts(openOnly: false)
    #expect(after.contains(city), "Its row is gone, so nothing of it stands anew.")
    #expect(after.contains { $0.isOfRow && $0.sides[0].values == nil })
  }
}
