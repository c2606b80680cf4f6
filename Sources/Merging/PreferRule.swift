package import Clocks
internal import Deltas

/// The write of whoever comes first in a list of replicas stands; where the list does not tell them
/// apart, the latest.
package struct PreferRule: VersionRule {
  /// The most preferred first. Who is not in it comes after all who are.
  package let replicas: [ReplicaID]

  package init(_ replicas: [ReplicaID]) { self.replicas = replicas }

  package var name: String { "prefer" }

  package func stands(_ left: Version, over right: Version) -> Bool {
    let (leftRank, rightRank) = (rank(left), rank(right))
    return leftRank == rightRank ? LatestRule.stands(left, over: right) : leftRank < rightRank
  }

  package func explanation(_ standing: Version, over rival: Version) -> MergeExplanation {
    rank(standing) < rank(rival)
      ? .preferredBranch : LatestRule.explanation(standing, over: rival)
  }

  private func rank(_ version: Version) -> Int {
    replicas.firstIndex(of: version.dot.replica) ?? replicas.count
  }
}
