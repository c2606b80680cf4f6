package import Clocks

/// What people call a replica.
package struct ReplicaName: Hashable, Sendable {
  package var replica: ReplicaID
  package var name: String

  package init(replica: ReplicaID, name: String) {
    self.replica = replica
    self.name = name
  }
}
