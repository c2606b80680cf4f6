internal import CSQLiteSession

struct SQLiteFailure: Error, CustomStringConvertible {
  var description: String
}

/// The least of SQLite that is needed here, close to C: the reference must not be slowed down.
final class SQLite {
  private(set) var handle: OpaquePointer?

  init(_ path: String) throws {
    guard sqlite3_open(path, &handle) == SQLITE_OK else {
      throw SQLiteFailure(description: "\(path) cannot be opened")
    }
    sqlite3_busy_timeout(handle, 60_000)
    // What most programs set; the same for all that is compared.
    try execute("PRAGMA journal_mode = WAL")
    try execute("PRAGMA synchronous = NORMAL")
  }

  deinit { sqlite3_close(handle) }

  private func check(_ code: Int32) throws {
    guard code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW else {
      throw SQLiteFailure(description: String(cString: sqlite3_errmsg(handle)))
    }
  }

  func execute(_ sql: String) throws { try check(sqlite3_exec(handle, sql, nil, nil, nil)) }

  func prepare(_ sql: String) throws -> OpaquePointer? {
    var statement: OpaquePointer?
    try check(sqlite3_prepare_v2(handle, sql, -1, &statement, nil))
    return statement
  }

  func integer(_ sql: String) throws -> Int {
    let statement = try prepare(sql)
    defer { sqlite3_finalize(statement) }
    try check(sqlite3_step(statement))
    return Int(sqlite3_column_int64(statement, 0))
  }

  func run(_ statement: OpaquePointer?) throws {
    try check(sqlite3_step(statement))
    sqlite3_reset(statement)
  }

  /// Records every change of this connection, as SQLite's session extension does.
  func startSession() throws -> OpaquePointer? {
    var session: OpaquePointer?
    try check(sqlite3session_create(handle, "main", &session))
    try check(sqlite3session_attach(session, nil))
    return session
  }
}

func bind(_ statement: OpaquePointer?, _ index: Int32, _ bytes: [UInt8]) {
  _ = bytes.withUnsafeBytes {
    tributary_bind_bytes(statement, index, $0.baseAddress, Int32($0.count))
  }
}
