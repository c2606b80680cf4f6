/// Writes the canonical forms that replicas must agree on: fixed-width little-endian integers,
/// shortest LEB128 varints, length-prefixed bytes.
package struct ByteWriter: Sendable {
  @usableFromInline var buffer: [UInt8]

  @inlinable
  package init(reservingCapacity capacity: Int = 0) {
    buffer = []
    buffer.reserveCapacity(capacity)
  }

  /// What was written so far.
  @inlinable package var bytes: [UInt8] { buffer }

  @inlinable package var count: Int { buffer.count }

  /// Forgets what was written and keeps the room.
  @inlinable
  package mutating func removeAll() { buffer.removeAll(keepingCapacity: true) }

  @inlinable
  package mutating func write(_ byte: UInt8) { buffer.append(byte) }

  @inlinable
  package mutating func write(contentsOf other: some Collection<UInt8>) {
    buffer.append(contentsOf: other)
  }

  @inlinable
  package mutating func write(contentsOf other: UnsafeRawBufferPointer) {
    buffer.append(contentsOf: other)
  }

  /// Little-endian, 4 bytes.
  @inlinable
  package mutating func writeFixed(_ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) }
  }

  /// Little-endian, 8 bytes.
  @inlinable
  package mutating func writeFixed(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) }
  }

  /// Big-endian, 8 bytes: for identifiers and digests, whose bytes stand as their hexadecimal
  /// reads.
  @inlinable
  package mutating func writeBigEndian(_ value: UInt64) {
    withUnsafeBytes(of: value.bigEndian) { buffer.append(contentsOf: $0) }
  }

  /// Unsigned LEB128, always the shortest form: 1 to 10 bytes.
  @inlinable
  package mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      buffer.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    buffer.append(UInt8(truncatingIfNeeded: rest))
  }

  @inlinable
  package mutating func writeVarint(_ value: Int) {
    invariant(value >= 0, "An unsigned varint is not negative.")
    writeVarint(UInt64(value))
  }

  /// Zigzag, then LEB128: small magnitudes of either sign are short.
  @inlinable
  package mutating func writeSignedVarint(_ value: Int64) {
    writeVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  /// A varint length, then the bytes.
  @inlinable
  package mutating func writeLengthPrefixed(_ other: some Collection<UInt8>) {
    writeVarint(other.count)
    write(contentsOf: other)
  }

  /// A varint length in bytes, then the UTF-8.
  package mutating func writeLengthPrefixed(_ text: String) {
    writeVarint(text.utf8.count)
    write(contentsOf: text.utf8)
  }
}
