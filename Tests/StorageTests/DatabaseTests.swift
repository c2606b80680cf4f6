import Deltas
import Foundation
import Storage
import TestSupport
import Testing

struct DatabaseTests {
  private let folder: TemporaryFolder
  private let database: Database

  init() throws {
    folder = try TemporaryFolder()
    database = try Database(path: folder.path("a.db"), mode: .create)
    try database.executeScript("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
  }

  @Test(arguments: [
    Value.null, .integer(.min), .integer(9_007_199_254_740_993), .real(-0.0), .real(1e300),
    .text([]), .text([0x61, 0, 0x62]), .text([0xff, 0xc0]), .blob([]), .blob([0, 1]),
  ])
  func valuesComeBackByteForByte(value: Value) throws {
    for copying in [true, false] {
      let statement = try database.prepare("REPLACE INTO t VALUES (1, ?1)")
      try value.withView { view in
        try statement.bind(1, view, copying: copying)
        try statement.run()
      }
      #expect(try database.firstRow("SELECT v FROM t") == [value])
    }
  }

  @Test func aTransactionIsAllOrNothing() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try database.transaction {
        #expect(database.hasOpenTransaction)
        try database.execute("INSERT INTO t VALUES (1, 1)")
        throw Stop()
      }
    }
    #expect(!database.hasOpenTransaction)
    #expect(try database.integer("SELECT count(*) FROM t") == 0)
    try database.transaction {
      try database.execute("INSERT INTO t VALUES (1, 1)")
      #expect(throws: Stop.self) {
        try database.savepoint {
          try database.execute("INSERT INTO t VALUES (2, 1)")
          throw Stop()
        }
      }
      try database.savepoint { try database.execute("INSERT INTO t VALUES (3, 1)") }
    }
    #expect(try database.rows("SELECT id FROM t") == [[.integer(1)], [.integer(3)]])
  }

  @Test func aCrashAtAStepLeavesWhatACrashWouldLeave() throws {
    struct Crash: Error {}
    for (step, count) in [(Database.Step.begin, 0), (.beforeCommit, 0), (.afterCommit, 1)] {
      database.onStep = { if $0 == step { throw Crash() } }
      #expect(throws: Crash.self) {
        try database.transaction { try database.execute("INSERT INTO t VALUES (1, 1)") }
      }
      database.onStep = nil
      #expect(try database.integer("SELECT count(*) FROM t") == Int64(count))
    }
  }

  @Test func errorsHaveTheKindsThatCallersTellApart() throws {
    let other = try Database(
      path: folder.path("a.db"), mode: .readWrite, busyTimeoutMilliseconds: 1)
    try database.executeScript("BEGIN IMMEDIATE")
    #expect(throws: StorageError.locked) {
      try other.transaction { try other.execute("DELETE FROM t") }
    }
    try database.executeScript("INSERT INTO t VALUES (1, 1); COMMIT")
    let error = #expect(throws: StorageError.self) {
      try other.execute("INSERT INTO t VALUES (1, 1)")
    }
    guard case .constraint(_, "UNIQUE constraint failed: t.id")? = error else {
      throw CancellationError()
    }
    let readOnly = try Database(path: folder.path("a.db"), mode: .readOnly)
    #expect(throws: StorageError.readOnly) { try readOnly.execute("DELETE FROM t") }
    #expect(throws: StorageError.cannotOpen) {
      try Database(path: folder.path("absent.db"), mode: .readWrite)
    }
    try Data(repeating: 7, count: 4_096).write(to: URL(fileURLWithPath: folder.path("text")))
    let text = try Database(path: folder.path("text"), mode: .readOnly)
    #expect(throws: StorageError.notADatabase) { try text.integer("SELECT 1 FROM sqlite_schema") }
  }

  @Test func filesAreThereOrNot() throws {
    let path = folder.path("a.db")
    #expect(DatabaseFile.exists(path))
    DatabaseFile.remove(path)
    #expect(!DatabaseFile.exists(path))
    DatabaseFile.remove(path)
  }
}
