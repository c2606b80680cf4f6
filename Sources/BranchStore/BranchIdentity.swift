package import Clocks

/// Who a branch is, as its hub's registry has it.
package struct BranchIdentity: Hashable, Sendable {
  package var replica: ReplicaID
  package var branch: String
  package var hubURL: String
  package var generation: GenerationID

  package init(replica: ReplicaID, branch: String, hubURL: String, generation: GenerationID) {
    self.replica = replica
    self.branch = branch
    self.hubURL = hubURL
    self.generation = generation
  }
}
