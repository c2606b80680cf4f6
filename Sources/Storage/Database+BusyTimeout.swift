internal import CSQLite

extension Database {
  /// How long a statement waits from now on for another process's lock.
  package func setBusyTimeout(milliseconds: Int32) throws(StorageError) {
    guard tributary_wait_for_locks(sqliteHandle, milliseconds) == SQLITE_OK else { throw lastError }
  }
}
