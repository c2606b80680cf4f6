internal import CSQLite

extension Database {
  /// Pages copied between two looks at `onProgress`.
  package static let copiedPagesAtATime: Int32 = 4_096

  /// Makes another connection's file what this one's is, all of it, in one transaction of that
  /// file: its readers see the old state or the new one.
  ///
  /// Begin a read transaction before, and the copy is of that one moment while others write on. The
  /// target may be in use by other connections and processes, which then see the new state; it must
  /// have the same page size, and no transaction open on its own connection.
  /// https://sqlite.org/c3ref/backup_finish.html
  package func copy(
    to target: Database, onProgress: (_ pagesDone: Int, _ pageCount: Int) -> Void = { _, _ in }
  ) throws(StorageError) {
    guard let copy = sqlite3_backup_init(target.sqliteHandle, "main", sqliteHandle, "main") else {
      throw target.lastError
    }
    var code = SQLITE_OK
    repeat {
      code = sqlite3_backup_step(copy, Self.copiedPagesAtATime)
      let count = Int(sqlite3_backup_pagecount(copy))
      onProgress(count - Int(sqlite3_backup_remaining(copy)), count)
    } while code == SQLITE_OK
    let ended = sqlite3_backup_finish(copy)
    guard code == SQLITE_DONE, ended == SQLITE_OK else {
      throw target.error(
        code: ended == SQLITE_OK ? code : sqlite3_extended_errcode(target.sqliteHandle))
    }
  }
}
