import Clocks
import Deltas
import Storage
import TestSupport
import Testing

@testable import BranchStore

/// What is too large, too much, or in another encoding.
struct LimitTests {
  @Test func rowsTooLargeToTravelStayPendingUntilTheyAreSmaller() throws {
    let branch = try TestBranch(
      """
      CREATE TABLE t(k TEXT PRIMARY KEY, v, w);
      INSERT INTO t VALUES ('before', zeroblob(\(DeltaLimits.valueBytesMax + 1)), NULL);
      """)
    #expect(try branch.store.outbox().isEmpty)
    try branch.run(
      """
      INSERT INTO t VALUES ('value', zeroblob(\(DeltaLimits.valueBytesMax + 1)), 1);
      INSERT INTO t VALUES ('row', zeroblob(20000000), zeroblob(20000000));
      INSERT INTO t VALUES (printf('%*c', 70000, 'k'), 1, 1);
      INSERT INTO t VALUES ('small', 1, 1);
      """)
    for _ in 0..<2 {
      let report = try branch.seal()
      #expect(report.leftOut.map(\.rowCount) == [4])
    }
    #expect(try branch.outgoing().map(\.brief) == ["insert 'small' c2=1 c3=1"])
    #expect(try branch.store.status().pendingRowCount == 5)
    try branch.run("UPDATE t SET v = 1 WHERE k IN ('value', 'row', 'before')")
    let sealed = try branch.sealed()
    #expect(sealed.map(\.kind) == [.insert, .insert, .insert])
    #expect(try branch.store.status().pendingRowCount == 5)
  }

  @Test func largeRowsThatFitTravel() throws {
    var hub = RelayHub(generation: TestBranch.generation)
    let a = try TestBranch("CREATE TABLE t(k INTEGER PRIMARY KEY, v, w)")
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    try a.run(
      """
      INSERT INTO t VALUES (1, randomblob(300000), 'x'), (2, 1, 2),
        (3, zeroblob(\(DeltaLimits.valueBytesMax)), 4), (4, '', zeroblob(10000000));
      """)
    try a.sync(&hub)
    try b.sync(&hub)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
  }

  @Test func manySetsOfColumnsAtOnce() throws {
    let columns = (1...12).map { "c\($0)" }
    let a = try TestBranch(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, \(columns.joined(separator: ", ")))")
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    var hub = RelayHub(generation: TestBranch.generation)
    try a.run(
      """
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
        INSERT INTO t(id) SELECT i FROM n
      """)
    try a.sync(&hub)
    for id in 1...400 {
      let chosen = columns.enumerated().filter { id >> ($0.offset % 9) & 1 == 1 }.map(\.element)
      guard !chosen.isEmpty else { continue }
      let list = chosen.map { "\($0) = 'v\(id)'" }.joined(separator: ", ")
      try a.run("UPDATE t SET \(list) WHERE id = \(id)")
    }
    try a.sync(&hub)
    try b.sync(&hub)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
  }

  @Test func aFullDiskChangesNothing() throws {
    let a = try TestBranch("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
    var hub = RelayHub(generation: TestBranch.generation)
    try hub.write(
      (1...200).map {
        RowChange(
          key: RowKey(table: TableID(1), values: [.integer($0)]), kind: .insert,
          columns: [ColumnID(2)], values: [.blob([UInt8](repeating: 7, count: 1_000))],
          milliseconds: 1, base: nil)
      }, by: ReplicaID(2), fingerprint: a.schema.fingerprint)
    let pages = try #require(try a.store.database.integer("PRAGMA page_count"))
    _ = try a.store.database.rows("PRAGMA max_page_count = \(pages + 10)")
    #expect(throws: BranchStoreError.storage(.diskFull)) { try a.pull(hub) }
    #expect(try a.store.position() == .start)
    #expect(try a.rows("SELECT count(*) FROM t") == [[.integer(0)]])
    _ = try a.store.database.rows("PRAGMA max_page_count = 1000000")
    try a.pull(hub)
    #expect(try a.rows("SELECT count(*) FROM t") == [[.integer(200)]])
  }

  @Test func otherTextEncodingsAreTheFilesOwnBusiness() throws {
    var hub = RelayHub(generation: TestBranch.generation)
    let sql = "CREATE TABLE t(k TEXT PRIMARY KEY COLLATE NOCASE, v TEXT)"
    let a = try TestBranch("PRAGMA encoding = 'UTF-16le';" + sql)
    let b = try TestBranch(sql, replica: 2)
    try a.run("INSERT INTO t VALUES ('ключ', '客户 😀'), ('k', 'e' || char(769)), ('', '')")
    try a.sync(&hub)
    try b.sync(&hub)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
    try b.run("UPDATE t SET v = '😀' WHERE k = 'ключ'; UPDATE t SET k = 'K' WHERE k = 'k'")
    try b.sync(&hub)
    try a.sync(&hub)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
    #expect(try a.rows("SELECT v FROM t WHERE k = 'ключ'") == [[.text("😀")]])
  }

  @Test(arguments: ["DELETE", "WAL"])
  func writersGoOnDuringASync(mode: String) throws {
    var hub = RelayHub(generation: TestBranch.generation)
    let a = try TestBranch(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, v); PRAGMA journal_mode = \(mode)")
    let b = try TestBranch(nil, like: a.schema, replica: 2)
    var next = 0
    // A program writes at each step of each of our transactions that lets it.
    let write: (Database.Step) throws -> Void = { step in
      guard step != .beforeCommit else { return }
      next += 1
      try a.run("INSERT INTO t VALUES (\(next), 'x'); UPDATE t SET v = 'y' WHERE id = \(next / 2)")
    }
    for round in 0..<10 {
      a.store.database.onStep = write
      try a.sync(&hub)
      a.store.database.onStep = nil
      try b.run("INSERT INTO t VALUES (\(1_000 + round), 'b')")
      try b.sync(&hub)
    }
    try a.sync(&hub)
    try b.sync(&hub)
    try a.sync(&hub)
    #expect(try a.store.digests().map(\.digest) == b.store.digests().map(\.digest))
    #expect(next > 10)
    #expect(try a.rows("SELECT count(*) FROM t") == [[.integer(Int64(next + 10))]])
    #expect(try a.rows("PRAGMA journal_mode") == [[.text(mode.lowercased())]])
  }
}
