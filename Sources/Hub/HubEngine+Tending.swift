internal import HubStore

/// What the hub does for itself when nobody asks anything.
extension HubEngine {
  /// Branches not heard of for this long are away, unless something else is said: the hub lets go
  /// of history that only they lack, and gives them the whole state when they return.
  package static let awayMillisecondsDefault: Int64 = 90 * 86_400_000

  /// One bounded step of letting go of what every branch has. Returns whether there is more to do
  /// at once.
  package func tend(wallMilliseconds: Int64) throws -> Bool {
    try store.noticeReplacement()
    let report = try store.prune(
      rowsAtMost: Self.tendedRowsMax,
      awayBeforeMilliseconds: wallMilliseconds - awayMilliseconds,
      keeping: historyMilliseconds == 0
        ? HistoryKeeping.none
        : HistoryKeeping(
          sinceMilliseconds: wallMilliseconds - historyMilliseconds, bytesMax: historyBytesMax))
    return report.hasMore
  }

  /// A step of so many rows is over in a few milliseconds.
  private static let tendedRowsMax = 2_000
}
