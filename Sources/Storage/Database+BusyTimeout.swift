internal import CSQLite

extension Database {
  /// How long a statement waits from now on for another process's lock.
  package func setBusyTimeout(milliseconds: Int32) throws(StorageError) {
    guard sqlite3_busy_timeout(sqliteHandle, milliseconds) == SQLITE_OK else { throw lastError }
  }
}
