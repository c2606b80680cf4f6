package import Clocks
package import Deltas

/// Who may write.
package enum WriteAuthority: Hashable, Sendable {
  case everyone
  /// Headquarters, at the hub.
  case hub
  case branches
  case only(Set<ReplicaID>)
  /// The branch whose number the row has in a column.
  case owner(ColumnID)
}
