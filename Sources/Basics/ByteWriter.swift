/// Writes the canonical forms that replicas must agree on: fixed-width little-endian integers,
/// shortest LEB128 varints, length-prefixed bytes.
package struct ByteWriter: Sendable {
  package private(set) var bytes: [UInt8]

  package init(reservingCapacity capacity: Int = 0) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  package var count: Int { bytes.count }

  @inline(__always)
  package mutating func write(_ byte: UInt8) { bytes.append(byte) }

  package mutating func write(contentsOf other: some Collection<UInt8>) {
    bytes.append(contentsOf: other)
  }

  package mutating func write(contentsOf other: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: other)
  }

  /// Little-endian, 4 bytes.
  package mutating func writeFixed(_ value: UInt32) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Little-endian, 8 bytes.
  package mutating func writeFixed(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Unsigned LEB128, always the shortest form: 1 to 10 bytes.
  @inline(__always)
  package mutating func writeVarint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  package mutating func writeVarint(_ value: Int) {
    invariant(value >= 0, "An unsigned varint is not negative.")
    writeVarint(UInt64(value))
  }

  /// Zigzag, then LEB128: small magnitudes of either sign are short.
  @inline(__always)
  package mutating func writeSignedVarint(_ value: Int64) {
    writeVarint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  /// A varint length, then the bytes.
  package mutating func writeLengthPrefixed(_ other: some Collection<UInt8>) {
    writeVarint(other.count)
    write(contentsOf: other)
  }

  /// A varint length in bytes, then the UTF-8.
  package mutating func writeLengthPrefixed(_ text: String) {
    writeLengthPrefixed(Array(text.utf8))
  }
}
