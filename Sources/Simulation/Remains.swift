package import BranchStore
package import HubStore

/// What stores keep beside the rows.
package struct Remains: Hashable, Sendable {
  package var hub: HubMetadata
  package var branches: [MachineID: BranchMetadata]
  /// Files that wait in a branch's staging folder.
  package var stagedCounts: [MachineID: Int]
  /// Chains that the registry knows.
  package var chainCount: Int
  /// Whether rows may have come in parts, because somebody wrote behind the triggers.
  package var hasGaps: Bool
}
