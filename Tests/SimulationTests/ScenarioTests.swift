import Deltas
import Testing

@testable import Simulation

/// Histories in which a branch's own work meets what others did, one by one.
struct ScenarioTests {
  private static let sql = "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)"

  /// The branch's update brings the row back at the hub; its own later deletion then takes it away
  /// again, and met nothing. The branch must not keep what the update's outcome brought.
  @Test func ownWorkIsReplayedBehindTheOutcomeOfEarlierWork() throws {
    let world = try Scenario(Self.sql, branchCount: 2)
    try world.run("INSERT INTO t VALUES (1, 'x', 'y')", at: 1)
    try world.syncAll()
    try world.run("DELETE FROM t", at: 1)
    try world.sync(1)
    try world.run("UPDATE t SET a = 'z'", at: 2)
    try world.seal(2)
    try world.run("DELETE FROM t", at: 2)
    try world.syncAll()
    #expect(try world.rowsAtHub("SELECT * FROM t") == [])
    #expect(try world.rows("SELECT * FROM t", at: 2) == [])
    #expect(try world.isConverged())
  }

  /// What the other branch joined with stood already and adds nothing; on its way to the first
  /// branch it must not cover that branch's later edit.
  @Test func anEditIsNotCoveredByRowsThatAddedNothing() throws {
    let world = try Scenario(Self.sql, branchCount: 2)
    try world.run("INSERT INTO t VALUES (1, 'x', 'y')", at: 1)
    try world.sync(1)
    try world.run("INSERT INTO t VALUES (1, 'x', 'y')", at: 2)
    try world.sync(2)
    try world.run("UPDATE t SET b = 'z'", at: 1)
    try world.syncAll()
    #expect(try world.rowsAtHub("SELECT * FROM t") == ["1|x|z"])
    #expect(try world.isConverged())
  }

  /// A replacement deletes without telling; what was there before is deleted all the same.
  @Test func aReplacedRowThatIsDeletedIsDeletedEverywhere() throws {
    let world = try Scenario(Self.sql, branchCount: 2)
    try world.run("INSERT INTO t VALUES (1, 'x', 'y')", at: 1)
    try world.syncAll()
    try world.run("INSERT OR REPLACE INTO t VALUES (1, 'p', 'q'); DELETE FROM t", at: 1)
    try world.syncAll()
    #expect(try world.rowsAtHub("SELECT * FROM t") == [])
    #expect(try world.isConverged())
  }

  /// Two branches gave one number to two rows; one was deleted before they met.
  @Test func aDeletedRowDoesNotComeBackAgainstAnother() throws {
    let world = try Scenario(Self.sql, branchCount: 3)
    try world.run("INSERT INTO t VALUES (1, 'other', 'row')", at: 2)
    try world.run("INSERT INTO t VALUES (1, 'test', 'row')", at: 1)
    try world.sync(1)
    try world.run("DELETE FROM t", at: 1)
    try world.sync(1)
    try world.syncAll()
    #expect(try world.rows("SELECT * FROM t", at: 3) == ["1|other|row"])
    #expect(try world.conflicts().map(\.column) == [nil])
    #expect(try world.isConverged())
  }

  /// The other order of arrival comes to the same.
  @Test func aDeletedRowDoesNotComeBackWhicheverCameFirst() throws {
    let world = try Scenario(Self.sql, branchCount: 3)
    try world.run("INSERT INTO t VALUES (1, 'other', 'row')", at: 2)
    try world.run("INSERT INTO t VALUES (1, 'test', 'row')", at: 1)
    try world.seal(1)
    try world.sync(2)
    try world.run("DELETE FROM t", at: 1)
    try world.syncAll()
    #expect(try world.rows("SELECT * FROM t", at: 3) == ["1|other|row"])
    #expect(try world.isConverged())
  }
}
