import Agent
import BranchStore
import Clocks
import Deltas
import HubStore
import Storage
import TestSupport
import Testing

/// The hub is restored from a backup a thousand changesets old; three branches are ahead of it.
struct LargeRestoreTests {
  private static let sql = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v)"
  private static let changesetCount: UInt64 = 1000

  @Test func aThousandChangesetsAndABranchThatComesLater() throws {
    let world = try AgentWorld(Self.sql)
    let branches = try ["a", "b", "c"].map { try world.join($0) }
    try branches[0].run("INSERT INTO item VALUES (0, 'shared', 0)")
    try world.settle(branches[0], branches[1], branches[2])
    try world.backUpHub("backup")
    let backupHead = try world.hubStore.head().rawValue

    // In turn, each makes a row of its own and, in view of the others', edits the shared one.
    for number in 1...Self.changesetCount {
      let branch = branches[Int(number % 3)]
      _ = try branch.sync()
      try branch.run(
        """
        INSERT INTO item VALUES (\(number), '\(number)', 0);
        UPDATE item SET v = v + 1 WHERE id = 0;
        """)
      _ = try branch.sync()
    }
    #expect(try world.hubStore.head().rawValue == backupHead + Self.changesetCount)
    // The third was ahead of the backup too, has unsent work, and stays away.
    try branches[2].run("INSERT INTO item VALUES (5000, 'away', 0)")
    try world.restoreHub("backup")
    #expect(try world.hubStore.head().rawValue == backupHead)

    #expect(try branches[0].sync().isRelocated)
    #expect(try branches[1].sync().isRelocated)
    try branches[0].run("INSERT INTO item VALUES (5001, 'meanwhile', 0)")
    _ = try branches[0].sync()
    _ = try branches[2].sync()
    for branch in branches { _ = try branch.sync() }

    #expect(try expectSame(branches[0], branches[1], branches[2]))
    let digests = try world.hubStore.digests().map(\.digest)
    for branch in branches {
      #expect(try branch.store.digests().map(\.digest) == digests)
      #expect(try branch.store.ledger(openOnly: false).isEmpty)
      #expect(try branch.store.outbox().isEmpty)
      #expect(
        try branch.rows("SELECT v FROM item WHERE id = 0")
          == [[.integer(Int64(Self.changesetCount))]])
      #expect(
        try branch.rows("SELECT count(*) FROM item")
          == [[.integer(Int64(Self.changesetCount) + 3)]])
    }
    #expect(try world.hubStore.lossCount() == 0)
    #expect(try world.hubStore.head().rawValue == backupHead + Self.changesetCount + 2)
  }
}
