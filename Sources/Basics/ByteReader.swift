/// What can be wrong with bytes that claim to be canonical.
package enum ByteReaderError: Error, Hashable, Sendable {
  case truncated
  /// A varint that is not the shortest form, or does not fit 64 bits.
  case notCanonical
  /// A length above what the caller allows.
  case overLimit
  case invalidText
  case trailingBytes
}

/// Reads what `ByteWriter` writes, and nothing else: a second spelling of a value is an error.
///
/// Never traps on any input. Lengths are checked against what is left, and against the caller's
/// limit, before anything is allocated.
package struct ByteReader: Sendable {
  private let bytes: [UInt8]
  /// How many bytes were read.
  package private(set) var offset: Int
  private let end: Int

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    offset = 0
    end = bytes.count
  }

  package init(_ bytes: ArraySlice<UInt8>) { self.init(Array(bytes)) }

  package var remaining: Int { end - offset }
  package var isAtEnd: Bool { offset == end }

  package mutating func readByte() throws(ByteReaderError) -> UInt8 {
    guard offset < end else { throw .truncated }
    defer { offset += 1 }
    return bytes[offset]
  }

  package mutating func readBytes(_ count: Int) throws(ByteReaderError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else { throw .truncated }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  /// Little-endian, 4 bytes.
  package mutating func readFixed32() throws(ByteReaderError) -> UInt32 {
    var value: UInt32 = 0
    for (index, byte) in try readBytes(4).enumerated() { value |= UInt32(byte) << (8 * index) }
    return value
  }

  /// Little-endian, 8 bytes.
  package mutating func readFixed64() throws(ByteReaderError) -> UInt64 {
    var value: UInt64 = 0
    for (index, byte) in try readBytes(8).enumerated() { value |= UInt64(byte) << (8 * index) }
    return value
  }

  /// Big-endian, 8 bytes.
  package mutating func readBigEndian() throws(ByteReaderError) -> UInt64 {
    var value: UInt64 = 0
    for byte in try readBytes(8) { value = value << 8 | UInt64(byte) }
    return value
  }

  /// Unsigned LEB128; any but the shortest form is `notCanonical`.
  package mutating func readVarint() throws(ByteReaderError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try readByte()
      if shift == 63, byte > 1 { throw .notCanonical }
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 {
        if byte == 0, shift > 0 { throw .notCanonical }
        return value
      }
      shift += 7
      if shift > 63 { throw .notCanonical }
    }
  }

  /// A varint that counts or measures something, at most `limit`.
  package mutating func readCount(atMost limit: Int) throws(ByteReaderError) -> Int {
    let value = try readVarint()
    guard value <= UInt64(limit) else { throw .overLimit }
    return Int(value)
  }

  /// A zigzag varint.
  package mutating func readSignedVarint() throws(ByteReaderError) -> Int64 {
    let value = try readVarint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// A varint length of at most `limit`, then that many bytes.
  package mutating func readLengthPrefixed(
    atMost limit: Int
  ) throws(ByteReaderError) -> ArraySlice<UInt8> {
    try readBytes(try readCount(atMost: limit))
  }

  /// A length-prefixed text that is valid UTF-8.
  package mutating func readText(atMost limit: Int) throws(ByteReaderError) -> String {
    guard let text = String(validating: try readLengthPrefixed(atMost: limit), as: UTF8.self)
    else { throw .invalidText }
    return text
  }

  /// Throws `trailingBytes` unless everything was read.
  package func expectEnd() throws(ByteReaderError) {
    guard isAtEnd else { throw .trailingBytes }
  }
}
