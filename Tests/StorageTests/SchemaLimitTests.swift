import Deltas
import Storage
import Testing

/// What is at a schema's limits works; what is beyond them is refused before anybody is told.
struct SchemaLimitTests {
  private func read(_ sql: String) throws -> Schema {
    let database = try Database(path: ":memory:", mode: .create)
    try database.executeScript(sql)
    return try SchemaReader.read(database, tables: nil)
  }

  private func limit(_ sql: String) -> Int? {
    do {
      _ = try read(sql)
      return nil
    } catch SchemaError.tooLarge(_, let limit) {
      return limit
    } catch {
      return -1
    }
  }

  private func columns(_ count: Int) -> String {
    (0..<count).map { "c\($0)" }.joined(separator: ", ")
  }

  @Test func theWidestTableAndKeyAreRead() throws {
    let wide = try read("CREATE TABLE t(\(columns(2_000)), PRIMARY KEY(c0))")
    #expect(wide.tables[0].columns.count == DeltaLimits.columnsMax)
    #expect(try Schema(encoded: wide.encoded) == wide)
    let long = try read("CREATE TABLE t(\(columns(64)), PRIMARY KEY(\(columns(64))))")
    #expect(long.tables[0].keyColumns.count == DeltaLimits.keyColumnsMax)
    #expect(try Schema(encoded: long.encoded) == long)
  }

  @Test func theLongestNamesAndStatementsAreRead() throws {
    let name = String(repeating: "n", count: DeltaLimits.nameBytesMax)
    let named = try read("CREATE TABLE \(name)(\(name) \(name) PRIMARY KEY)")
    #expect(try Schema(encoded: named.encoded) == named)
    let head = "CREATE TABLE t(a PRIMARY KEY, b DEFAULT '"
    let text = String(repeating: "x", count: DeltaLimits.sqlBytesMax - head.utf8.count - 2)
    let spoken = try read(head + text + "')")
    #expect(spoken.tables[0].createSQL.utf8.count == DeltaLimits.sqlBytesMax)
    #expect(try Schema(encoded: spoken.encoded) == spoken)
    #expect(limit(head + text + "y')") == DeltaLimits.sqlBytesMax)
  }

  @Test func whatOtherReplicasCouldNotBeToldIsRefused() {
    #expect(limit("CREATE TABLE t(\(columns(65)), PRIMARY KEY(\(columns(65))))") == 64)
    let name = String(repeating: "n", count: DeltaLimits.nameBytesMax + 1)
    #expect(limit("CREATE TABLE \(name)(a PRIMARY KEY)") == DeltaLimits.nameBytesMax)
    #expect(limit("CREATE TABLE t(\(name) PRIMARY KEY)") == DeltaLimits.nameBytesMax)
    #expect(limit("CREATE TABLE t(a \(name) PRIMARY KEY)") == DeltaLimits.nameBytesMax)
    let view = String(repeating: "x", count: DeltaLimits.sqlBytesMax)
    #expect(
      limit("CREATE TABLE t(a PRIMARY KEY); CREATE VIEW v AS SELECT '\(view)'")
        == DeltaLimits.sqlBytesMax)
    let most = String(repeating: "x", count: DeltaLimits.sqlBytesMax - 100)
    let views = (0..<3).map { "CREATE VIEW v\($0) AS SELECT '\(most)';" }.joined()
    #expect(limit("CREATE TABLE t(a PRIMARY KEY, \(columns(1_990))); \(views)") == 3 << 20)
  }
}
