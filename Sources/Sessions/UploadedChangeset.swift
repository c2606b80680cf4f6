package import Basics

/// Names a changeset that travels in pieces.
package struct UploadedChangeset: Hashable, Sendable {
  package var counter: UInt64
  package var contentHash: ContentHash
  /// The whole stream's length.
  package var byteCount: Int

  package init(counter: UInt64, contentHash: ContentHash, byteCount: Int) {
    self.counter = counter
    self.contentHash = contentHash
    self.byteCount = byteCount
  }
}
