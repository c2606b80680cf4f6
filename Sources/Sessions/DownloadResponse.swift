/// A piece of a delta.
package struct DownloadResponse: Hashable, Sendable {
  package var offset: Int
  /// The whole delta's length.
  package var deltaByteCount: Int
  package var bytes: [UInt8]

  package init(offset: Int, deltaByteCount: Int, bytes: [UInt8]) {
    self.offset = offset
    self.deltaByteCount = deltaByteCount
    self.bytes = bytes
  }
}
