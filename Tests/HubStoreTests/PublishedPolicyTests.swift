import Clocks
import Deltas
import HubStore
import Merging
import Policies
import TestSupport
import Testing

/// Policies in force at a hub, and what they make of what branches send.
@Suite struct PublishedPolicyTests {
  private static let customer = SampleSchema.customer

  private func publish(_ table: TablePolicy, at hub: TestHub) throws -> UInt64 {
    try hub.store.publish(
      try MergePolicy(tables: [Self.customer: table]), source: "# a policy",
      wallMilliseconds: TestHub.now)
  }

  /// A hub with a policy, at which branches 1 and 2 have customer 1.
  private func hub(_ table: TablePolicy) throws -> (TestHub, ImitatedBranch, ImitatedBranch) {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    _ = try publish(table, at: hub)
    a.write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
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

  @Test func versionsCountAndTheLastIsInForce() throws {
    let hub = try TestHub()
    #expect(try hub.store.policyInForce() == nil)
    #expect(try hub.store.check().contains { $0.what.hasPrefix("No merge policy was published") })
    #expect(try publish(TablePolicy(rule: .first), at: hub) == 1)
    #expect(try publish(TablePolicy(rule: .least), at: hub) == 2)
    let first = try #require(try hub.store.policies().last)
    #expect(
      try hub.store.publish(
        try MergePolicy.decoded(first.encoded), source: first.source, likeVersion: 1,
        wallMilliseconds: TestHub.now + 1) == 3)
    let inForce = try #require(try hub.reopened().policyInForce())
    #expect(inForce.version == 3 && inForce.likeVersion == 1)
    #expect(
      try hub.store.check().map(\.what).contains("Version 3 of the merge policy is in force."))
    #expect(inForce.contentHash == first.contentHash && inForce.source == "# a policy")
    #expect(throws: HubStoreError.policyTooLarge(limit: 1 << 20)) {
      _ = try hub.store.publish(
        MergePolicy(), source: String(repeating: "#", count: 1 << 20 + 1),
        wallMilliseconds: TestHub.now)
    }
  }

  @Test func headquartersAreNoBranchOfThatName() throws {
    let hub = try TestHub()
    #expect(try hub.store.policyNames().headquarters == .hub)
    try hub.store.registerHeadquarters(wallMilliseconds: TestHub.now)
    let names = try hub.store.policyNames()
    #expect(names.headquarters == ReplicaID(4))
    #expect(names.branches["headquarters"] == nil && names.branches.count == 3)
    let file = try PolicyFile(
      compiling: Array("policy: 1\ndefaults: {rule: {prefer: [headquarters]}}".utf8), names: names)
    #expect(file.warnings.isEmpty)
  }

  @Test func anotherProcessPublishesWhileTheHubMerges() throws {
    var (hub, a, b) = try hub(TablePolicy(rule: .latest))
    _ = try hub.reopened().publish(
      try MergePolicy(tables: [Self.customer: TablePolicy(rule: .first)]), source: "",
      wallMilliseconds: TestHub.now)
    a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(3)] == .text("Paris"))
    #expect(try hub.store.conflicts(openOnly: false).map(\.rule) == ["first"])
  }

  @Test func whatIsAskedStaysOpen() throws {
    var (hub, a, b) = try hub(TablePolicy(rules: [ColumnID(3): .ask]))
    a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(3)] == .text("Rome"))
    let open = try hub.store.conflicts(openOnly: true)
    #expect(open.map(\.rule) == ["ask"])
    try hub.store.decide(
      [open[0].id], .branch("branch 1"), person: "", wallMilliseconds: TestHub.now)
    #expect(try hub.store.conflicts(openOnly: true).isEmpty)
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(3)] == .text("Paris"))
  }

  @Test(arguments: [false, true]) func deletionsWin(isReversed: Bool) throws {
    var (hub, a, b) = try hub(TablePolicy(deletes: .win))
    a.write([.delete(.customer(1), at: 300)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    if isReversed { try hub.store.sync(&b) }
    try settle(hub, &a, &b)
    #expect(try hub.tables().isEmpty)
    #expect(try hub.store.conflicts(openOnly: false).map(\.rule) == ["delete over update"])
    b.write([.insertCustomer(1, "Ada", "Rome", 2, at: 500)])
    try settle(hub, &a, &b)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(3)] == .text("Rome"))
  }

  /// A branch that knows no policy sends only the columns it wrote.
  @Test func aUnitIsDecidedAsOneThoughPartsOfItCome() throws {
    var rows: [[ColumnID: Value]?] = []
    for isReversed in [false, true] {
      var (hub, a, b) = try hub(
        TablePolicy(units: [TablePolicy.Unit(columns: [ColumnID(3), ColumnID(4)])]))
      a.write([.update(.customer(1), [3: .text("Paris"), 4: .integer(75)], at: 300)])
      b.write([.update(.customer(1), [4: .integer(39)], at: 400)])
      if isReversed { try hub.store.sync(&b) }
      try settle(hub, &a, &b)
      #expect(try hub.store.conflicts(openOnly: false).count == 1)
      rows.append(try hub.tables()[.customer(1)])
    }
    #expect(rows[0]?[ColumnID(4)] == .integer(39))
    #expect(rows[0] == rows[1])
  }
}
