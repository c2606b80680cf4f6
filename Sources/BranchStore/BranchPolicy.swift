package import Basics
package import Merging

/// A merge policy as the hub tells it: its number for it, from 1, and its canonical bytes.
package struct ToldPolicy: Hashable, Sendable {
  package var version: UInt64
  package var encoded: [UInt8]

  package init(version: UInt64, encoded: [UInt8]) {
    self.version = version
    self.encoded = encoded
  }
}

/// The merge policy in force, as the hub has told it.
package struct BranchPolicy: Sendable {
  /// The hub's number for it; 0 if it has told none.
  package var version: UInt64
  /// The SHA-256 of its canonical bytes.
  package var contentHash: ContentHash
  package var policy: MergePolicy

  func isSame(as other: BranchPolicy) -> Bool {
    version == other.version && contentHash == other.contentHash
  }

  /// What holds as long as the hub has told none.
  static var none: BranchPolicy {
    let policy = MergePolicy()
    return BranchPolicy(version: 0, contentHash: policy.contentHash, policy: policy)
  }
}
