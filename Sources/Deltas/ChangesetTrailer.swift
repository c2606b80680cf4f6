package import Basics

/// What closes a changeset: counts, and the hash that is its identity.
package struct ChangesetTrailer: Hashable, Sendable {
  package var rowCount: Int
  package var blockCount: Int
  /// SHA-256 over the header's canonical bytes and the SHA-256 of each block's raw bytes.
  package var contentHash: ContentHash

  package init(rowCount: Int, blockCount: Int, contentHash: ContentHash) {
    self.rowCount = rowCount
    self.blockCount = blockCount
    self.contentHash = contentHash
  }
}
