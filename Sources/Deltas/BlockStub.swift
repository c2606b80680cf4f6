package import Basics

/// Stands for a block that is left out of a stream: what its changeset's counts and hash need of
/// it.
package struct BlockStub: Hashable, Sendable {
  package var rowCount: Int
  /// The SHA-256 of the block's raw bytes.
  package var hash: ContentHash

  package init(rowCount: Int, hash: ContentHash) {
    self.rowCount = rowCount
    self.hash = hash
  }

  /// The stub of a block's raw bytes.
  package init(raw: [UInt8], rowCount: Int) {
    self.init(rowCount: rowCount, hash: ContentHash(of: raw))
  }

  /// Canonical bytes: the payload of a stub frame.
  package var payload: [UInt8] {
    var writer = ByteWriter(reservingCapacity: 36)
    writer.writeVarint(rowCount)
    writer.write(hash)
    return writer.bytes
  }

  package init(payload: [UInt8]) throws(DeltaDecodingError) {
    var reader = FieldReader(payload, in: "a block's stub")
    self.init(
      rowCount: try reader.readCount(of: "rows", atMost: DeltaLimits.blockRowsMax),
      hash: try reader.readHash())
    guard rowCount > 0 else { throw reader.error("has no rows") }
    try reader.expectEnd()
  }
}
