/// Which way a table's changes travel.
package enum SyncDirection: UInt8, Hashable, Sendable, CaseIterable {
  case both = 1
  /// From branches to the hub only: what one writes no other is told. A row that the hub has no
  /// branch changes any more.
  case up = 2
  /// From the hub to branches only.
  case down = 3
}
