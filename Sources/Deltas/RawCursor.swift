/// Reads a block's bytes in place. Every access is checked against the end.
struct RawCursor {
  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - offset }

  @inline(__always)
  mutating func readByte() throws(DeltaDecodingError) -> UInt8 {
    guard offset < bytes.count else { throw Self.cutShort }
    defer { offset += 1 }
    return bytes[offset]
  }

  @inline(__always)
  mutating func readVarint() throws(DeltaDecodingError) -> UInt64 {
    guard offset < bytes.count else { throw Self.cutShort }
    let first = bytes[offset]
    guard first >= 0x80 else {
      offset += 1
      return UInt64(first)
    }
    return try readLongVarint()
  }

  private mutating func readLongVarint() throws(DeltaDecodingError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      let byte = try readByte()
      if shift == 63, byte > 1 { throw Self.notShortest }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 {
        if byte == 0 { throw Self.notShortest }
        return value
      }
      shift += 7
      if shift > 63 { throw Self.notShortest }
    }
  }

  @inline(__always)
  mutating func readSignedVarint() throws(DeltaDecodingError) -> Int64 {
    let value = try readVarint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// A varint from 1 to `limit`.
  mutating func readCount(
    of counted: String, atMost limit: Int
  ) throws(DeltaDecodingError) -> Int {
    let value = try readVarint()
    guard value > 0 else { throw .malformed("a block has no \(counted)") }
    guard value <= UInt64(limit) else {
      throw .tooLarge(what: "number of \(counted) in a block", limit: limit)
    }
    return Int(value)
  }

  @inline(__always)
  mutating func readFixed64() throws(DeltaDecodingError) -> UInt64 {
    guard remaining >= 8 else { throw Self.cutShort }
    defer { offset += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  @inline(__always)
  mutating func readBytes(_ count: Int) throws(DeltaDecodingError) -> UnsafeRawBufferPointer {
    guard count <= remaining else { throw Self.cutShort }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  private static var cutShort: DeltaDecodingError { .malformed("a block is cut short") }
  private static var notShortest: DeltaDecodingError {
    .malformed("a block has a number that is not in its shortest form")
  }
}
