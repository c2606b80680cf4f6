internal import Basics

/// Digests one row after another without allocating for each.
///
/// A value's canonical form is its class (0 null, 1 integer, 2 real, 3 text, 4 blob), then 8 bytes
/// little-endian for a number, or a varint length and the bytes.
package struct RowDigester: ~Copyable {
  private var hasher: ContentHash.Hasher256
  /// What the hasher has not been given yet.
  private var pending: ByteWriter

  /// Larger pieces go to the hasher at once.
  private static let pendingBytesMax = 16 << 10

  package init() {
    hasher = ContentHash.Hasher256()
    pending = ByteWriter(reservingCapacity: 1 << 10)
  }

  /// In the order of the columns' numbers, key columns included.
  package mutating func append(_ value: ValueView) {
    switch value {
    case .null:
      pending.write(StorageClass.null)
    case .integer(let integer):
      pending.write(StorageClass.integer)
      pending.writeFixed(UInt64(bitPattern: integer))
    case .real(let bits):
      pending.write(StorageClass.real)
      pending.writeFixed(bits)
    case .text(let bytes):
      pending.write(StorageClass.text)
      append(bytes)
    case .blob(let bytes):
      pending.write(StorageClass.blob)
      append(bytes)
    }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    pending.writeVarint(bytes.count)
    guard pending.count + bytes.count > Self.pendingBytesMax else {
      return pending.write(contentsOf: bytes)
    }
    flush()
    hasher.update(bytes)
  }

  private mutating func flush() {
    hasher.update(pending.bytes)
    pending.removeAll()
  }

  /// The digest of the values since the last row.
  package mutating func finishRow() -> RowDigest {
    flush()
    return withUnsafeTemporaryAllocation(byteCount: ContentHash.byteCount, alignment: 8) {
      hasher.finish(into: $0)
      return RowDigest(
        high: UInt64(bigEndian: $0.load(as: UInt64.self)),
        low: UInt64(bigEndian: $0.load(fromByteOffset: 8, as: UInt64.self)))
    }
  }
}
