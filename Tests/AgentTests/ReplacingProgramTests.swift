import BranchStore
import Deltas
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Programs that save a row with `INSERT OR REPLACE` are merged as if they had updated it.
struct ReplacingProgramTests {
  private static let sql = """
    CREATE TABLE card(
      id TEXT PRIMARY KEY, points INTEGER, name TEXT, phone TEXT, tags TEXT);
    """
  private static let policy = """
    policy: 1
    tables:
      card:
        columns: {points: counter, tags: set}
    """

  private func expect(_ branches: AgentBranch..., has row: [Value]) throws {
    for branch in branches {
      #expect(try branch.rows("SELECT points, name, phone, tags FROM card") == [row])
    }
    #expect(try expectSame(branches[0], branches[1]))
  }

  @Test func countsAddUpAndOtherColumnsStayAsTheyAre() throws {
    let world = try AgentWorld(Self.sql)
    try world.publish(Self.policy)
    let one = try world.join("one", Self.sql)
    let two = try world.join("two", Self.sql)
    try one.run("INSERT INTO card VALUES ('1', 100, 'Ann', '1111', '[\"vip\"]')")
    try world.settle(one, two)
    let save = "INSERT OR REPLACE INTO card SELECT id,"
    try one.run("\(save) points + 5, name, phone, tags FROM card")
    try two.run("\(save) points + 7, name, phone, tags FROM card")
    try world.settle(one, two)
    try expect(one, two, has: [.integer(112), .text("Ann"), .text("1111"), .text("[\"vip\"]")])

    try two.run("UPDATE card SET phone = '2222', tags = '[\"vip\",\"wine\"]'")
    try one.run("\(save) points, 'Anne', phone, tags FROM card")
    try world.settle(one, two)
    try expect(
      one, two, has: [.integer(112), .text("Anne"), .text("2222"), .text("[\"vip\",\"wine\"]")])
    #expect(try world.hubStore.conflicts(openOnly: false).isEmpty)
  }

  /// Nothing counts, and nothing was replaced here before: the first replacement is taken for a
  /// new row. Somebody's update of that row, which comes before it, shows what it was.
  @Test func whatComesInShowsThatRowsAreReplaced() throws {
    let world = try AgentWorld(Self.sql)
    let one = try world.join("one", Self.sql)
    let two = try world.join("two", Self.sql)
    try one.run("INSERT INTO card VALUES ('1', 100, 'Ann', '1111', NULL)")
    try world.settle(one, two)
    let isCompared = "SELECT count(*) FROM sqlite_schema WHERE name = 'tributary_1_o'"
    for (phone, name) in [("2222", "Anne"), ("3333", "Anna")] {
      try two.run("UPDATE card SET phone = '\(phone)'")
      try one.run(
        "INSERT OR REPLACE INTO card SELECT id, points, '\(name)', phone, tags FROM card")
      _ = try two.sync()
      try world.settle(one, two)
      #expect(try one.rows(isCompared) == [[.integer(1)]])
      #expect(try two.rows(isCompared) == [[.integer(0)]])
      #expect(try world.hubStore.conflicts(openOnly: false).count == 1)
    }
    try expect(one, two, has: [.integer(100), .text("Anna"), .text("3333"), .null])
  }
}
