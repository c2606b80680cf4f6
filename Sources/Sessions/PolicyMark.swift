package import Basics

/// Which merge policy is in force at the hub.
package struct PolicyMark: Hashable, Sendable {
  /// 0 before the first was published.
  package var version: UInt64
  /// The SHA-256 of its canonical bytes.
  package var contentHash: ContentHash

  package init(version: UInt64, contentHash: ContentHash) {
    self.version = version
    self.contentHash = contentHash
  }
}
