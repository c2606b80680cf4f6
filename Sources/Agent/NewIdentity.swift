package import Clocks

/// The identity that a copy of a branch's database has enrolled with.
package struct NewIdentity: Hashable, Sendable {
  package var replica: ReplicaID
  /// What people call the copy.
  package var branch: String

  package init(replica: ReplicaID, branch: String) {
    self.replica = replica
    self.branch = branch
  }
}
