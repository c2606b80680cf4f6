import Deltas
import Storage
import TestSupport
import Testing

struct TableDigestsTests {
  private let folder: TemporaryFolder
  private let database: Database
  private let table: TableSchema

  init() throws {
    folder = try TemporaryFolder()
    database = try Database(path: folder.path("a.db"), mode: .create)
    try database.executeScript("CREATE TABLE t(v, k TEXT PRIMARY KEY)")
    table = try #require(try SchemaReader.read(database, tables: nil).tables.first)
    for number in 0..<100 {
      try database.execute(
        TableSQL(table).insert, [.text("key \(number)"), .integer(Int64(number))])
    }
  }

  @Test func digestDoesNotDependOnTheOrderAndNoticesEachValue() throws {
    let before = try TableDigests.digest(of: table, in: database)
    #expect(before.rowCount == 100)
    try database.executeScript("UPDATE t SET v = 7.0 WHERE k = 'key 7'")
    #expect(try TableDigests.digest(of: table, in: database) != before)
    try database.executeScript(
      "DELETE FROM t WHERE k = 'key 7'; INSERT INTO t(k, v) VALUES ('key 7', 7)")
    #expect(try TableDigests.digest(of: table, in: database) == before)
  }

  @Test func rowsWithANullKeyAreLeftOut() throws {
    let before = try TableDigests.digest(of: table, in: database)
    try database.executeScript("INSERT INTO t(k, v) VALUES (NULL, 1)")
    #expect(try TableDigests.digest(of: table, in: database) == before)
    #expect(try TableDigests.buckets(of: table, bits: 0, in: database) == [before])
  }

  @Test func bucketsAndTheirRowsAddUpToTheWhole() throws {
    let whole = try TableDigests.digest(of: table, in: database)
    let buckets = try TableDigests.buckets(of: table, bits: 3, in: database)
    #expect(buckets.count == 8)
    #expect(buckets.map(\.rowCount).reduce(0, +) == 100)
    var sum = StateDigest()
    for bucket in 0..<8 {
      let rows = try #require(
        try TableDigests.rows(
          of: table, bits: 3, buckets: [UInt32(bucket)], atMost: 100, in: database))
      #expect(rows.count == buckets[bucket].rowCount)
      for row in rows {
        sum.add(row.digest)
        #expect(TableDigests.bucket(ofKey: row.key, bits: 3) == UInt32(bucket))
      }
    }
    #expect(sum == whole)
    #expect(
      try TableDigests.rows(
        of: table, bits: 1, buckets: [0, 1], atMost: 99, in: database) == nil)
  }
}
