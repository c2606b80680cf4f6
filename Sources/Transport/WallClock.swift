internal import Glibc

/// The machine's opinion of the time, for the edges, which hand it inward as an argument.
package enum WallClock {
  /// Milliseconds since 1970 in UTC.
  package static func systemMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
