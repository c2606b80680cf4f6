import BranchStore
import Deltas
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Two branches write one row, each rightly by itself, and what that comes to is not right; and
/// rows that get another key at both.
struct BrokenTogetherTests {
  private static let sql = """
    CREATE TABLE offer(
      code TEXT PRIMARY KEY, low INTEGER, high INTEGER, phone TEXT, mail TEXT,
      CHECK (low <= high), CHECK (phone NOT NULL OR mail NOT NULL))
    """
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws {
    world = try AgentWorld(Self.sql)
    a = try world.join("a", Self.sql)
    b = try world.join("b", Self.sql)
    try a.run("INSERT INTO offer VALUES ('x', 1, 9, '1111', 'x@example.org')")
    try world.settle(a, b)
  }

  private func offers(_ database: Database) throws -> [String] {
    try database.rows(
      """
      SELECT code || ' ' || low || ' ' || high || ' ' || ifnull(phone, '-') || ' '
        || ifnull(mail, '-') FROM offer ORDER BY code
      """
    ).map { $0[0].text }
  }

  private func expect(
    _ expected: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try world.settle(a, b)
    #expect(try offers(world.hubStore.database) == expected, sourceLocation: sourceLocation)
    for branch in [a, b] {
      #expect(try offers(branch.application) == expected, sourceLocation: sourceLocation)
      #expect(
        try LoadCheck(world: world).unsettled(branch) == [], sourceLocation: sourceLocation)
    }
  }

  /// What was accepted first stands, and the second's waits, until somebody who is shown the row
  /// writes it so that it is right; what had waited is in the ledger then.
  @Test func aCheckOverTwoColumns() throws {
    try a.run("UPDATE offer SET low = 7 WHERE code = 'x'")
    try b.run("UPDATE offer SET high = 5 WHERE code = 'x'")
    try expect(["x 7 9 1111 x@example.org"])
    let waiting = try world.hubStore.quarantinedRows()
    #expect(waiting.map { Array($0.values.prefix(2)) } == [[.integer(7), .integer(5)]])
    #expect(waiting.allSatisfy { $0.reason.contains("CHECK") })
    try b.run("UPDATE offer SET high = 8 WHERE code = 'x'")
    try expect(["x 7 8 1111 x@example.org"])
    #expect(try world.hubStore.quarantinedCount() == 0)
    let kept = try world.hubStore.conflicts(openOnly: false).flatMap { $0.sides.dropFirst() }
    #expect(kept.contains { $0.values == [.integer(5)] })
  }

  /// The other column makes room too: then what waited stands.
  @Test func roomMadeForWhatACheckRefused() throws {
    try a.run("UPDATE offer SET low = 7 WHERE code = 'x'")
    try b.run("UPDATE offer SET high = 5 WHERE code = 'x'")
    try world.settle(a, b)
    try a.run("UPDATE offer SET low = 2 WHERE code = 'x'")
    try expect(["x 2 5 1111 x@example.org"])
    #expect(try world.hubStore.quarantinedCount() == 0)
  }

  @Test func aValueThatOneOfTwoColumnsMustHave() throws {
    try a.run("UPDATE offer SET phone = NULL WHERE code = 'x'")
    try b.run("UPDATE offer SET mail = NULL WHERE code = 'x'")
    try expect(["x 1 9 - x@example.org"])
    #expect(try world.hubStore.quarantinedRows().map(\.values.last) == [.null])
    try a.run("UPDATE offer SET phone = '2222' WHERE code = 'x'")
    try expect(["x 1 9 2222 -"])
    #expect(try world.hubStore.quarantinedCount() == 0)
  }

  // MARK: Keys

  @Test func anotherKeyAtEachBranch() throws {
    try a.run("UPDATE offer SET code = 'y', low = 2 WHERE code = 'x'")
    try b.run("UPDATE offer SET code = 'z', low = 3 WHERE code = 'x'")
    try expect(["y 2 9 1111 x@example.org", "z 3 9 1111 x@example.org"])
  }

  @Test func theSameOtherKeyAtBoth() throws {
    try a.run("UPDATE offer SET code = 'y', low = 2 WHERE code = 'x'")
    try b.run("UPDATE offer SET code = 'y', low = 3 WHERE code = 'x'")
    try world.settle(a, b)
    let stands = try offers(world.hubStore.database)
    try expect(stands)
    let kept = try world.hubStore.conflicts(openOnly: false).flatMap(\.sides).compactMap(\.values)
    #expect(Set(kept) == [[.integer(2)], [.integer(3)]])
  }

  /// One changes the key, the other the row: that comes back under its key, and both are there.
  @Test func anotherKeyAndAnEdit() throws {
    try a.run("UPDATE offer SET code = 'y' WHERE code = 'x'")
    try b.run("UPDATE offer SET low = 3 WHERE code = 'x'")
    try expect(["x 3 9 1111 x@example.org", "y 1 9 1111 x@example.org"])
  }
}
