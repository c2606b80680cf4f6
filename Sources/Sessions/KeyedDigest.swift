package import Deltas

/// A row's encoded key and its digest.
package struct KeyedDigest: Hashable, Sendable {
  package var key: [UInt8]
  package var digest: RowDigest

  package init(key: [UInt8], digest: RowDigest) {
    self.key = key
    self.digest = digest
  }
}
