internal import Clocks

/// How far the hub has let go of what everybody has.
struct Pruned: Hashable, Sendable {
  /// Every branch has seen all of this, those that are away too: a row that is in the table and has
  /// neither a record nor a cover came to what it is up to here.
  var settled = LogPosition.start
  /// Every branch heard of lately has seen all of this: up to here the log has no frames, and rows
  /// that were deleted may have left nothing.
  var stable = LogPosition.start
  /// Up to here the log has no entries. Below `settled`, so that what names that one stays.
  var log = LogPosition.start
  /// No settled row was written after this.
  var receivedMilliseconds: Int64 = 0

  /// The version of all columns of a settled row; nil if no row is settled yet.
  var settledVersion: StoredVersion? {
    guard settled > .start else { return nil }
    return StoredVersion(
      position: settled, milliseconds: receivedMilliseconds, isSettled: true)
  }
}
