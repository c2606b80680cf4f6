internal import CSQLite
internal import Storage

/// Runs SQL that anybody made up: it finds no way to files, no settings, and an end.
enum SandboxedSQL {
  /// A script that fails has made what stands before.
  static func run(_ sql: String, on database: Database) {
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
    try? database.executeScript(sql)
    sqlite3_set_authorizer(handle, nil, nil)
    sqlite3_progress_handler(handle, 0, nil, nil)
    sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
  }
}
