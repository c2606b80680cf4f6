import Deltas
import Storage
import TestSupport
import Testing

struct TableSQLTests {
  private let folder: TemporaryFolder
  private let database: Database

  init() throws {
    folder = try TemporaryFolder()
    database = try Database(path: folder.path("a.db"), mode: .create)
  }

  private func table(_ sql: String) throws -> TableSchema {
    try database.executeScript(sql)
    return try #require(try SchemaReader.read(database, tables: nil).tables.first)
  }

  @Test func statementsReadAndWriteOneRowByItsKey() throws {
    let table = try table(
      "CREATE TABLE \"订 单\"(note TEXT, a INT, \"b\"\"\" TEXT, PRIMARY KEY(\"b\"\"\", a))")
    let sql = TableSQL(table)
    try database.execute(sql.insert, [.text("k"), .integer(1), .text("n")])
    try database.execute(sql.insert, [.text("k"), .integer(2), .null])
    try database.execute(sql.update([ColumnID(1)]), [.text("k"), .integer(2), .text("two")])
    #expect(
      try database.rows(sql.selectAll) == [
        [.text("n"), .integer(1), .text("k")], [.text("two"), .integer(2), .text("k")],
      ])
    try database.execute(sql.delete, [.text("k"), .integer(1)])
    #expect(
      try database.rows(sql.selectAllByKeyOrder) == [[.text("k"), .integer(2), .text("two")]])
    #expect(try database.rows(sql.selectByKey([ColumnID(1)]), [.text("k"), .integer(1)]).isEmpty)
    #expect(try database.integer(sql.selectByKey([]), [.text("k"), .integer(2)]) == 1)
    #expect(try database.integer(sql.count) == 1)
  }

  @Test func keysMatchByBytesAndUseTheIndex() throws {
    let table = try table("CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v)")
    let sql = TableSQL(table)
    try database.execute(sql.insert, [.text("Ann"), .integer(1)])
    #expect(try database.rows(sql.selectByKey([ColumnID(2)]), [.text("ann")]).isEmpty)
    #expect(try database.rows(sql.selectByKey([ColumnID(2)]), [.text("Ann")]) == [[.integer(1)]])
    let plan = try database.rows("EXPLAIN QUERY PLAN " + sql.selectByKey([]), [.text("Ann")])
    guard case .text(let detail) = plan[0][3] else { throw CancellationError() }
    #expect(String(decoding: detail, as: UTF8.self).hasPrefix("SEARCH"))
  }

  @Test func keysWithoutAffinityMatchByStorageClass() throws {
    let table = try table("CREATE TABLE t(k BLOB PRIMARY KEY, v) WITHOUT ROWID")
    let sql = TableSQL(table)
    try database.execute(sql.insert, [.integer(1), .text("integer")])
    #expect(try database.rows(sql.selectByKey([ColumnID(2)]), [.real(1.0)]).isEmpty)
    #expect(
      try database.rows(sql.selectByKey([ColumnID(2)]), [.integer(1)]) == [[.text("integer")]])
  }

  @Test func textKeysKeepTheirTrailingSpaces() throws {
    let table = try table("CREATE TABLE t(k TEXT PRIMARY KEY COLLATE RTRIM, v)")
    let sql = TableSQL(table)
    try database.execute(sql.insert, [.text("a  "), .integer(1)])
    #expect(try database.rows(sql.selectByKey([]), [.text("a")]).isEmpty)
    #expect(try database.rows(sql.selectByKey([]), [.text("a  ")]).count == 1)
  }
}
