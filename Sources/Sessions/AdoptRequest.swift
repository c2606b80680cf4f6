package import Clocks

/// What a copy with its new identity says of the chain that it had with the old one.
package struct AdoptRequest: Hashable, Sendable {
  package var previous: ReplicaID
  /// The last changeset that the copy knows to be in the log.
  package var confirmed: ChainHead

  package init(previous: ReplicaID, confirmed: ChainHead) {
    self.previous = previous
    self.confirmed = confirmed
  }
}
