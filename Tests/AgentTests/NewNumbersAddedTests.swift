import Agent
import BranchStore
import Deltas
import Storage
import TestSupport
import Testing

/// Tables that applications add where only the numbers that SQLite gives are a branch's own.
struct NewNumbersAddedTests {
  private static let sql = "CREATE TABLE item(code TEXT PRIMARY KEY, name TEXT)"
  private static let add = """
    CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT, answers INT REFERENCES note);
    """
  private static let notes = """
    SELECT note.text || ifnull(' to ' || other.text, '') FROM note
    LEFT JOIN note other ON other.id = note.answers ORDER BY 1
    """

  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws {
    world = try AgentWorld(Self.sql)
    a = try world.join("a", ownKeys: .newNumbers)
    b = try world.join("b", ownKeys: .newNumbers)
    try world.settle(a, b)
  }

  private func texts(_ branch: AgentBranch) throws -> [String] {
    try branch.rows(Self.notes).map { $0[0].text }
  }

  private func expectNothingOpen() throws {
    #expect(try expectSame(a, b))
    for branch in [a, b] {
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
      #expect(try branch.store.ledger(openOnly: false).isEmpty)
      #expect(try branch.compare().1.allSatisfy { $0.isEqual })
    }
  }

  /// No table had such numbers when the branches joined.
  @Test func numbersInATableThatBothAddAreTheirOwn() throws {
    for branch in [a, b] {
      try branch.run(Self.add)
      _ = try branch.sync()
    }
    for (branch, name) in [(a, "a"), (b, "b")] {
      try branch.run(
        "INSERT INTO note(text) VALUES ('\(name) 1'), ('\(name) 2');"
          + "INSERT INTO note(text, answers) VALUES ('\(name) 3', 2)")
    }
    try world.settle(a, b)
    let expected = ["a 1", "a 2", "a 3 to a 2", "b 1", "b 2", "b 3 to b 2"]
    #expect(try texts(a) == expected)
    #expect(try texts(b) == expected)
    #expect(try b.application.integer("SELECT id FROM note WHERE text = 'b 2'") == 2)
    try expectNothingOpen()
  }

  @Test func whatTheUpdateBringsEverywhereIsOneRecordAndWhatPeopleMadeIsNot() throws {
    let seeds = "INSERT INTO note VALUES (1, 'seed', NULL), (2, 'second', 1);"
    try a.run(Self.add + seeds)
    try a.run("INSERT INTO note(text, answers) VALUES ('of a', 1), ('more of a', 3)")
    try world.settle(a, b)
    // Its program is updated, and used before anything captures it.
    try b.run(Self.add + seeds)
    try b.run(
      """
      INSERT INTO note(text, answers) VALUES ('of b', 2), ('more of a', 3), ('last of b', 4);
      """)
    try world.settle(b, a)
    let expected = [
      "last of b to more of a", "more of a to of a", "more of a to of b", "of a to seed",
      "of b to second", "second to seed", "seed",
    ]
    #expect(try texts(a) == expected)
    #expect(try texts(b) == expected)
    for (id, text) in [(1, "seed"), (3, "of b"), (5, "last of b")] {
      #expect(
        try b.application.integer("SELECT id FROM note WHERE text = '\(text)'") == Int64(id))
    }
    try expectNothingOpen()
  }

  @Test func numbersOfWhichNotAllThatRefersToThemIsKnownAreSharedAndNamed() throws {
    try b.run("\(Self.add) CREATE TABLE memo(id INTEGER PRIMARY KEY, note_id INT);")
    _ = try b.sync()
    let findings = try b.store.check().filter { !$0.isOK }.map(\.what)
    #expect(findings.count == 1)
    #expect(findings.allSatisfy { $0.contains("table “note” are shared") })
  }
}
