internal import CSQLite

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The clock that SQLite's `'now'` reads, as the calling thread sees it: the machine's, unless a
/// simulation has set another.
///
/// https://sqlite.org/vfs.html
package enum SQLiteClock {
  /// Sets the calling thread's time, in milliseconds since 1970; nil gives it the machine's again.
  ///
  /// Holds for connections that are opened after the first call.
  package static func set(_ milliseconds: Int64?) {
    _ = isInstalled
    let cell =
      pthread_getspecific(key).map { $0.assumingMemoryBound(to: Int64.self) }
      ?? {
        let made = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
        pthread_setspecific(key, made)
        return made
      }()
    cell.pointee = milliseconds ?? machineTime
  }

  /// Stands for the machine's own time.
  private static let machineTime = Int64.min

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { $0?.deallocate() }
    return key
  }()

  /// The default file system of SQLite, with another clock.
  private static let isInstalled: Bool = {
    _ = Database.isConfigured
    guard let machine = sqlite3_vfs_find(nil) else { return false }
    let ours = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    ours.initialize(to: machine.pointee)
    ours.pointee.zName = UnsafePointer(strdup("tributary-clock"))
    ours.pointee.pNext = nil
    ours.pointee.xCurrentTimeInt64 = { _, result in SQLiteClock.read(into: result) }
    ours.pointee.xCurrentTime = { _, result in
      var milliseconds: Int64 = 0
      let code = SQLiteClock.read(into: &milliseconds)
      result?.pointee = Double(milliseconds) / 86_400_000
      return code
    }
    return sqlite3_vfs_register(ours, 1) == SQLITE_OK
  }()

  /// The time as a Julian day in milliseconds.
  private static func read(into result: UnsafeMutablePointer<Int64>?) -> Int32 {
    var now = timespec()
    var milliseconds = machineTime
    if let cell = pthread_getspecific(key) {
      milliseconds = cell.assumingMemoryBound(to: Int64.self).pointee
    }
    if milliseconds == machineTime {
      clock_gettime(CLOCK_REALTIME, &now)
      milliseconds = Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
    }
    result?.pointee = milliseconds + julianDayOf1970
    return SQLITE_OK
  }

  private static let julianDayOf1970: Int64 = 210_866_760_000_000
}
