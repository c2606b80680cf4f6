import BranchStore
import Deltas
import Storage
import TestSupport
import Testing

/// Rows that SQLite removes without firing a DELETE trigger are captured all the same.
struct RemovalTests {
  private let accounts = """
    CREATE TABLE account(id INTEGER PRIMARY KEY, mail TEXT UNIQUE COLLATE NOCASE, note);
    INSERT INTO account VALUES (1, 'x', 'one'), (2, 'y', 'two');
    """

  private func brief(_ sql: String, after change: String) throws -> [String] {
    let branch = try TestBranch(sql)
    try branch.run(change)
    return try branch.sealed().map(\.brief)
  }

  @Test func replaceThroughAUniqueColumnIsADeletionToo() throws {
    #expect(
      try brief(accounts, after: "INSERT OR REPLACE INTO account VALUES (9, 'X', 'new')")
        == ["delete 1", "insert 9 c2='X' c3='new'"])
    #expect(
      try brief(accounts, after: "UPDATE OR REPLACE account SET mail = 'y' WHERE id = 1")
        == ["delete 2", "update 1 c2='y'"])
  }

  @Test func aUniqueIndexMadeAfterJoiningCountsFromTheNextSealOn() throws {
    let branch = try TestBranch(accounts)
    try branch.run("CREATE UNIQUE INDEX note_once ON account(note) WHERE note IS NOT NULL")
    #expect(try branch.seal().repairedTriggers.isEmpty)
    try branch.run("INSERT OR REPLACE INTO account VALUES (9, 'z', 'two')")
    #expect(try branch.sealed().map(\.brief) == ["delete 2", "insert 9 c2='z' c3='two'"])
  }

  @Test func whatWasNotRemovedIsNotSent() throws {
    #expect(
      try brief(accounts, after: "INSERT OR IGNORE INTO account VALUES (9, 'x', 'new')") == [])
    #expect(
      try brief(
        accounts,
        after: """
          INSERT INTO account VALUES (9, 'x', 'new')
          ON CONFLICT(mail) DO UPDATE SET note = excluded.note
          """) == ["update 1 c3='new'"])
  }

  @Test func aRowThatWasInTheWayAndDeletedLaterWentWhenItWasDeleted() throws {
    let branch = try TestBranch(accounts)
    try branch.run(
      """
      INSERT INTO account VALUES (9, 'x', 'new') ON CONFLICT(mail) DO UPDATE SET note = 'new'
      """)
    try branch.run("DELETE FROM account WHERE id = 1")
    let journal = try #require(
      branch.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'tributary_journal%'").first)
    guard case .text(let name) = journal[0] else { throw CancellationError() }
    // The clock jumped back before the deletion.
    try branch.run(
      "UPDATE \(String(decoding: name, as: UTF8.self))"
        + " SET wall = 2440587.5 + iif(change = 0, 300, 900) / 86400000.0")
    #expect(try branch.sealed().map(\.milliseconds) == [300])
  }

  @Test func keysThatSQLiteCallsEqualAreToldApart() throws {
    #expect(
      try brief(
        "CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v); INSERT INTO t VALUES ('a', 1);",
        after: "INSERT OR REPLACE INTO t VALUES ('A', 2)") == ["delete 'a'", "insert 'A' c2=2"])
    #expect(
      try brief(
        "CREATE TABLE t(k PRIMARY KEY, v); INSERT INTO t VALUES (1, 1);",
        after: "INSERT OR REPLACE INTO t VALUES (1.0, 2)") == ["delete 1", "insert 1.0 c2=2"])
  }
}
