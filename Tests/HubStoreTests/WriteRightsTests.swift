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
    #expect(try refused(hub) == kept)
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
}
