internal import Deltas
internal import Storage

/// One of the demo's three branches: its name, its database, and what its people do to it.
struct DemoBranch: Hashable, Sendable {
  let name: String
  /// The database's file name.
  let file: String

  static let nanshan = DemoBranch(name: "南山支行", file: "nanshan.db")
  static let luohu = DemoBranch(name: "罗湖支行", file: "luohu.db")
  static let field = DemoBranch(name: "Lin Wei (field)", file: "linwei.db")
  static let all = [nanshan, luohu, field]

  /// The database of a branch that has had one for years: tables and customers, no engine.
  static func makeDatabase(path: String) throws {
    let database = try Database(path: path, mode: .create)
    try database.execute("PRAGMA journal_mode = WAL")
    try database.executeScript(DemoData.schema)
    try database.transaction {
      for record in CSVText.records(DemoData.customers) {
        try insert(record, into: "customer", database)
      }
      for record in CSVText.records(DemoData.contacts) {
        try insert(record, into: "contact", database)
      }
    }
  }

  private static func insert(
    _ record: [String], into table: String, _ database: Database
  ) throws(StorageError) {
    let places = record.map { _ in "?" }.joined(separator: ", ")
    try database.execute(
      "INSERT INTO \(quoted(table)) VALUES (\(places))",
      record.map { $0.isEmpty ? .null : .text($0) })
  }

  /// What a program at the branch does: open the file, write, close. It knows nothing of us.
  func write(_ sql: String, in folder: String) throws {
    let database = try Database(path: folder + "/" + file, mode: .readWrite)
    try database.execute("PRAGMA foreign_keys = ON")
    try database.transaction { try database.executeScript(sql) }
  }
}
