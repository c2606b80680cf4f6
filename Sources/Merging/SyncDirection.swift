/// Which way a table's changes travel.
package enum SyncDirection: UInt8, Hashable, Sendable, CaseIterable {
  case both = 1
  /// From branches to the hub only. Nothing follows from it yet, and no policy file says it.
  case up = 2
  /// From the hub to branches only.
  case down = 3
}
