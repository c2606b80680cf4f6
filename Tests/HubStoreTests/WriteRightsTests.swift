import Clocks
import Deltas
import HubStore
import Merging
import TestSupport
import Testing

/// Who may write what: the rest is refused with its reason, undone at its branch, and kept.
@Suite struct WriteRightsTests {
  private static let score = ColumnID(4)

  private func hub(_ policy: TablePolicy) throws -> (TestHub, ImitatedBranch, ImitatedBranch) {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(1, "Ada", "branch 1", 1, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    _ = try hub.store.publish(
      try MergePolicy(tables: [SampleSchema.customer: policy]), source: "",
      wallMilliseconds: TestHub.now)
    return (hub, a, b)
  }

  private func settle(_ hub: TestHub, _ a: inout ImitatedBranch, _ b: inout ImitatedBranch) throws {
    for _ in 0..<2 {
      try hub.store.sync(&a)
      try hub.store.sync(&b)
    }
    let tables = try hub.tables()
    #expect(a.rows == tables)
    #expect(b.rows == tables)
  }

  private func refused(_ hub: TestHub) throws -> [Conflict] {
    try hub.store.conflicts(openOnly: false).filter { $0.state == .refused }
  }

  @Test func aColumnOfHeadquartersIsPutBackAndTheRestIsTaken() throws {
    var (hub, a, b) = try hub(TablePolicy(authorities: [Self.score: .hub]))
    a.write([.update(.customer(1), [3: .text("Rome"), 4: .integer(1_000)], at: 300)])
    #expect(a.rows[.customer(1)]?[Self.score] == .integer(1_000))
    try settle(hub, &a, &b)
    #expect(
      try hub.tables()[.customer(1)]
        == [ColumnID(2): .text("Ada"), ColumnID(3): .text("Rome"), Self.score: .integer(1)])
    let kept = try #require(try refused(hub).first)
    #expect(kept.columns == [Self.score] && kept.rule == "authority")
    #expect(kept.sides.map(\.values) == [[.integer(1)], [.integer(1_000)]])
    #expect(kept.explanation.hasPrefix("Only headquarters may write this:"))
    // A person at headquarters lets it stand.
    try hub.store.decide(
      [kept.id], .value(.integer(1_000)), person: "", wallMilliseconds: TestHub.now)
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(1)]?[Self.score] == .integer(1_000))
  }

  @Test func ownersAreNamedByNumberOrByName() throws {
    for owner in [ColumnID(3), Self.score] {
      var (hub, a, b) = try hub(TablePolicy(authorities: [ColumnID(2): .owner(owner)]))
      b.write([.update(.customer(1), [2: .text("Bob")], at: 300)])
      try settle(hub, &a, &b)
      #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Ada"))
      a.write([.update(.customer(1), [2: .text("Eve")], at: 400)])
      try settle(hub, &a, &b)
      #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Eve"))
      a.write([.update(.customer(1), [3: .text("branch 2"), 4: .integer(2)], at: 500)])
      try settle(hub, &a, &b)
      b.write([.update(.customer(1), [2: .text("Bob")], at: 600)])
      try settle(hub, &a, &b)
      #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Bob"))
      #expect(try refused(hub).count == 1)
    }
  }

  @Test func rowsAreOnlyEverAdded() throws {
    var (hub, a, b) = try hub(TablePolicy(isAppendOnly: true))
    a.write([.update(.customer(1), [3: .text("Rome")], at: 300)])
    b.write([.delete(.customer(1), at: 300), .insertCustomer(2, "Bob", "", 2, at: 300)])
    try settle(hub, &a, &b)
    #expect(Set(try hub.tables().keys) == [.customer(1), .customer(2)])
    #expect(try hub.tables()[.customer(1)]?[ColumnID(3)] == .text("branch 1"))
    #expect(try refused(hub).count == 2)
  }

  @Test func whatComesDownIsNotWrittenAtBranches() throws {
    var (hub, a, b) = try hub(TablePolicy(direction: .down))
    a.write([
      .insertCustomer(7, "Bob", "x", 2, at: 300), .update(.customer(1), [4: .integer(9)], at: 300),
    ])
    try settle(hub, &a, &b)
    #expect(
      try hub.tables().keys.sorted { $0.encoded.lexicographicallyPrecedes($1.encoded) }
        == [.customer(1)])
    let kept = try refused(hub)
    #expect(kept.count == 2)
    let insertion = try #require(kept.first { $0.key == .customer(7) })
    #expect(insertion.columns.count == 3 && insertion.sides[0].values == nil)
    #expect(insertion.sides[1].values == [.text("Bob"), .text("x"), .integer(2)])
    // A person at headquarters lets the new row stand, and takes that back.
    try hub.store.decide(
      [insertion.id], .branch("branch 1"), person: "", wallMilliseconds: TestHub.now)
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(7)]?[ColumnID(2)] == .text("Bob"))
    try hub.store.undoDecisions([insertion.id], person: "", wallMilliseconds: TestHub.now)
    try settle(hub, &a, &b)
    #expect(Set(try hub.tables().keys) == [.customer(1)])
    let again = try refused(hub).map { conflict in
      var conflict = conflict
      if conflict.id == insertion.id { conflict.position = insertion.position }
      return conflict
    }
    #expect(again == kept, "It is said anew, and as before.")
  }

  @Test func onlySomeMayAndWhatIsTheSameIsNoWrite() throws {
    var (hub, a, b) = try hub(TablePolicy(authority: .only([ReplicaID(2)])))
    a.write([.insertCustomer(1, "Ada", "branch 1", 1, at: 300)])
    try settle(hub, &a, &b)
    #expect(try refused(hub).isEmpty)
    a.write([.insertCustomer(1, "Ada", "Rome", 1, at: 400)])
    b.write([.update(.customer(1), [4: .integer(5)], at: 400)])
    try settle(hub, &a, &b)
    #expect(
      try hub.tables()[.customer(1)]
        == [ColumnID(2): .text("Ada"), ColumnID(3): .text("branch 1"), Self.score: .integer(5)])
    #expect(try refused(hub).map(\.columns) == [[ColumnID(3)]])
  }

  @Test func whatComesDownMayComeFromABranch() throws {
    var (hub, a, b) = try hub(
      TablePolicy(direction: .down, authority: .only([ReplicaID(1), ReplicaID(9)])))
    a.write([
      .insertCustomer(7, "Bob", "x", 2, at: 300), .update(.customer(1), [4: .integer(9)], at: 300),
    ])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 300)])
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(7)]?[Self.score] == .integer(2))
    #expect(try hub.tables()[.customer(1)]?[Self.score] == .integer(9))
    #expect(try refused(hub).map(\.columns) == [[ColumnID(3)]])
    #expect(try refused(hub).first?.explanation.hasPrefix("This table comes from") == true)
  }

  // MARK: What people decide

  private static let mayWriteTheName: [TablePolicy] = [
    TablePolicy(authorities: [ColumnID(2): .owner(score)]),
    TablePolicy(authorities: [ColumnID(2): .only([ReplicaID(1)])]),
    TablePolicy(authorities: [ColumnID(2): .hub]), TablePolicy(authority: .only([])),
  ]

  @Test(arguments: mayWriteTheName) func whatPeopleDecideIsNotRefused(policy: TablePolicy) throws {
    var (hub, a, b) = try hub(policy)
    b.write([.update(.customer(1), [2: .text("Bob")], at: 300)])
    try settle(hub, &a, &b)
    let id = try #require(try refused(hub).first).id
    try hub.store.decide(
      [id], .branch("branch 2"), person: "", wallMilliseconds: TestHub.now)
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Bob"))
    #expect(try hub.store.conflicts(openOnly: false).map(\.state) == [.decided])
    try hub.store.undoDecisions([id], person: "", wallMilliseconds: TestHub.now)
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Ada"))
    #expect(try hub.store.conflicts(openOnly: false).map(\.state) == [.refused])
  }

  @Test func whatAPolicyDecidesAnewIsNotRefused() throws {
    var (hub, a, b) = try hub(TablePolicy(authority: .branches))
    a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    try settle(hub, &a, &b)
    let policy = TablePolicy(rules: [ColumnID(3): .first], authority: .branches)
    _ = try hub.store.publishAnew(
      try MergePolicy(tables: [SampleSchema.customer: policy]), source: "", sampleMax: 3,
      wallMilliseconds: TestHub.now)
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(3)] == .text("Paris"))
    let ledger = try hub.store.conflicts(openOnly: false)
    #expect(ledger.map { $0.values[0].value } == [.text("Paris")])
  }

  // MARK: Rows that a joining branch brings

  private static let headquartersTables: [TablePolicy] = [
    TablePolicy(authority: .hub), TablePolicy(direction: .down),
    TablePolicy(authorities: [score: .hub]), TablePolicy(authority: .only([])),
  ]

  @Test(arguments: headquartersTables)
  func whatAJoiningFileBringsIsTakenWhereNothingStands(policy: TablePolicy) throws {
    var (hub, a, b) = try hub(policy)
    var c = hub.branch(3)
    c.write(
      [.insertCustomer(1, "Ada", "branch 1", 7, at: 0)]
        + (2...9).map { .insertCustomer($0, "c", "Oslo", $0, at: 0) }, isBaseline: true)
    try hub.store.sync(&c)
    try settle(hub, &a, &b)
    try hub.store.sync(&c)
    #expect(c.rows == a.rows && c.rows.count == 9)
    #expect(c.rows[.customer(9)]?[Self.score] == .integer(9))
    #expect(c.rows[.customer(1)]?[Self.score] == .integer(1))
    #expect(try refused(hub).map(\.key) == [.customer(1)])
  }

  // MARK: New rows

  @Test func whoDeletesAndAddsAgainWritesNoMoreThanBefore() throws {
    for isPruned in [false, true] {
      var (hub, a, b) = try hub(TablePolicy(authorities: [Self.score: .hub]))
      a.write([.delete(.customer(1), at: 300)])
      try settle(hub, &a, &b)
      if isPruned {
        try settle(hub, &a, &b)
        try hub.store.pruneAll()
      }
      a.write([.insertCustomer(1, "Bob", "Rome", 1_000_000, at: 400)])
      try settle(hub, &a, &b)
      let standing: Value = isPruned ? .null : .integer(1)
      #expect(
        try hub.tables()[.customer(1)]
          == [ColumnID(2): .text("Bob"), ColumnID(3): .text("Rome"), Self.score: standing])
      let kept = try refused(hub)
      #expect(kept.map(\.columns) == [[Self.score]])
      #expect(kept.first?.sides.map(\.values) == [[standing], [.integer(1_000_000)]])
    }
  }

  @Test func aNewRowHasItsDefaultWhereItsAuthorMayNotWrite() throws {
    var (hub, a, b) = try hub(TablePolicy(authorities: [Self.score: .hub]))
    a.write([.insertCustomer(7, "Bob", "Rome", 9, at: 300)])
    b.write([
      RowChange(
        key: .customer(8), kind: .insert, columns: [ColumnID(2), ColumnID(3), Self.score],
        values: [.text("Eve"), .text("Oslo"), .null], milliseconds: 300, base: nil)
    ])
    try settle(hub, &a, &b)
    #expect(
      try hub.tables()[.customer(7)]
        == [ColumnID(2): .text("Bob"), ColumnID(3): .text("Rome"), Self.score: .null])
    #expect(try hub.tables()[.customer(8)]?[ColumnID(2)] == .text("Eve"))
    let kept = try refused(hub)
    #expect(kept.map(\.key) == [.customer(7)])
    try hub.store.decide(
      [#require(kept.first).id], .branch("branch 1"), person: "", wallMilliseconds: TestHub.now)
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(7)]?[Self.score] == .integer(9))
  }

  // MARK: Rows that are not in their table

  @Test func anOwnersEditBringsADeletedRowBack() throws {
    for isReversed in [false, true] {
      var (hub, a, b) = try hub(TablePolicy(authorities: [ColumnID(2): .owner(Self.score)]))
      a.write([.update(.customer(1), [2: .text("Eve")], at: 300)])
      b.write([.delete(.customer(1), at: 400)])
      if isReversed { try hub.store.sync(&b) }
      try settle(hub, &a, &b)
      #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Eve"))
      #expect(try refused(hub).isEmpty)
    }
  }

  @Test func aRowInQuarantineIsForItsOwnerOnly() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    let owner = WriteAuthority.owner(ColumnID(3))
    _ = try hub.store.publish(
      try MergePolicy(tables: [SampleSchema.voucher: TablePolicy(authority: owner)]), source: "",
      wallMilliseconds: TestHub.now)
    func voucher(_ code: String) -> RowKey {
      RowKey(table: SampleSchema.voucher, values: [.text(code)])
    }
    func insertion(_ code: String, _ serial: Int64) -> RowChange {
      RowChange(
        key: voucher(code), kind: .insert, columns: [ColumnID(2), ColumnID(3)],
        values: [.integer(serial), .text("branch 1")], milliseconds: 100, base: nil)
    }
    a.write([insertion("x", 1), insertion("y", 1)])
    try hub.store.sync(&a)
    #expect(try hub.store.quarantinedRows().map(\.key) == [voucher("y")])
    b.write([.delete(voucher("y"), at: 300)])
    try hub.store.sync(&b)
    #expect(try hub.store.quarantinedRows().map(\.key) == [voucher("y")])
    #expect(try refused(hub).map(\.key) == [voucher("y")])
    a.write([.update(voucher("y"), [2: .integer(2)], at: 400)])
    try settle(hub, &a, &b)
    #expect(try hub.store.quarantinedRows().isEmpty)
    #expect(try hub.tables()[voucher("y")]?[ColumnID(2)] == .integer(2))
    #expect(try refused(hub).count == 1)
  }
}
