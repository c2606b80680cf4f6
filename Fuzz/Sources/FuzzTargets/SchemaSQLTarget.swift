internal import Basics
internal import CSQLite
internal import Deltas
internal import Storage

/// Whatever schema SQLite accepts is read twice alike, passes the wire unchanged, and makes a file
/// with the same tables; whatever it does not accept is refused with a sentence.
///
/// The input is SQL, run in memory without a way to files.
package struct SchemaSQLTarget: FuzzTarget {
  package static let name = "schema-sql"
  package static let inputBytesMax = 2_048
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    let sql = String(decoding: input.filter { $0 != 0 }, as: UTF8.self)
    guard let database = try? Self.database(running: sql),
      let schema = try? SchemaReader.read(database, tables: nil)
    else { return }
    let again = try? SchemaReader.read(database, tables: schema.tables.map(\.name))
    try hold(again == schema, "A schema reads otherwise the second time.")
    try hold((try? Schema(encoded: schema.encoded)) == schema, "A schema changes on the wire.")
    try checkRemade(schema)
  }

  /// A file made of the tracked tables' own statements has the same tables.
  private func checkRemade(_ schema: Schema) throws(FuzzFinding) {
    guard let database = try? Database(path: ":memory:", mode: .create) else { return }
    for table in schema.tables {
      // What SQLite kept as text it reads again, unless somebody wrote to its own tables.
      guard (try? database.executeScript(table.createSQL)) != nil else { return }
    }
    guard let remade = try? SchemaReader.read(database, tables: schema.tables.map(\.name)) else {
      throw FuzzFinding("A schema's own statements make other tables.")
    }
    // Planted: an affinity is read otherwise.
    var expected = schema
    if isBroken { expected.tables[0].columns[0].affinity = .numeric }
    try hold(
      remade.fingerprint == expected.fingerprint, "A schema's own statements make other tables.")
  }

  private static func database(running sql: String) throws -> Database {
    let database = try Database(path: ":memory:", mode: .create)
    let handle = database.sqliteHandle
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 1 << 20)
    sqlite3_limit(handle, SQLITE_LIMIT_VDBE_OP, 25_000)
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 50)
    // Statements that would run for long are stopped.
    sqlite3_progress_handler(handle, 20_000, { _ in 1 }, nil)
    sqlite3_set_authorizer(
      handle,
      { _, action, _, _, _, _ in
        [SQLITE_ATTACH, SQLITE_PRAGMA, SQLITE_DETACH].contains(action) ? SQLITE_DENY : SQLITE_OK
      }, nil)
    // A script that fails has made what stands before.
    try? database.executeScript(sql)
    sqlite3_set_authorizer(handle, nil, nil)
    sqlite3_progress_handler(handle, 0, nil, nil)
    sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    return database
  }
}
