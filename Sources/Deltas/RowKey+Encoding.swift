internal import Basics

extension RowKey {
  /// The key's values as canonical bytes; the table is not included. Equal bytes if and only if
  /// equal values, and bytes mostly sort as SQLite sorts the keys: exactly, where a column holds
  /// integers only, reals only, blobs only, or texts that are all or none UUIDs.
  package var encoded: [UInt8] {
    var encoder = KeyEncoder()
    for value in values { value.withView { encoder.append($0) } }
    return encoder.bytes
  }

  /// Reads what `encoded` writes, and nothing else.
  package init(table: TableID, encoded: [UInt8]) throws(DeltaDecodingError) {
    guard encoded.count <= DeltaLimits.keyBytesMax else {
      throw .tooLarge(what: "key in bytes", limit: DeltaLimits.keyBytesMax)
    }
    var reader = KeyReader(encoded)
    self.init(table: table, values: try reader.readValues())
  }
}

/// Reads a key's components.
private struct KeyReader {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func readValues() throws(DeltaDecodingError) -> [Value] {
    var values: [Value] = []
    repeat {
      guard values.count < DeltaLimits.keyColumnsMax else {
        throw .tooLarge(what: "number of key columns", limit: DeltaLimits.keyColumnsMax)
      }
      values.append(try readValue())
    } while offset < bytes.count
    return values
  }

  private mutating func readValue() throws(DeltaDecodingError) -> Value {
    let tag = try take(1)
    switch tag {
    case UInt64(KeyTag.zero - 8)...UInt64(KeyTag.zero + 8):
      return .integer(try readInteger(tag: Int(tag) - Int(KeyTag.zero)))
    case UInt64(KeyTag.real): return .real(bits: KeyTag.unordered(try take(8)))
    case UInt64(KeyTag.uuid):
      let packed = PackedUUID(first: try take(8).byteSwapped, second: try take(8).byteSwapped)
      var text = [UInt8](repeating: 0, count: PackedUUID.textBytes)
      text.withUnsafeMutableBytes { packed.write(to: $0) }
      return .text(text)
    case UInt64(KeyTag.text):
      let text = try readContent()
      guard text.withUnsafeBytes({ PackedUUID(text: $0) == nil }) else {
        throw .malformed("a key has a UUID that is not packed")
      }
      return .text(text)
    case UInt64(KeyTag.blob): return .blob(try readContent())
    default: throw .malformed("a key has a component of the unknown kind \(tag)")
    }
  }

  /// The next bytes as a big-endian number.
  private mutating func take(_ count: Int) throws(DeltaDecodingError) -> UInt64 {
    guard count <= bytes.count - offset else { throw .malformed("a key is cut short") }
    var value: UInt64 = 0
    for byte in bytes[offset..<offset + count] { value = value << 8 | UInt64(byte) }
    offset += count
    return value
  }

  private mutating func readInteger(tag: Int) throws(DeltaDecodingError) -> Int64 {
    let count = abs(tag)
    guard count > 0 else { return 0 }
    let stored = try take(count)
    let mask = UInt64.max >> UInt64(64 - 8 * count)
    let magnitude = tag < 0 ? ~stored & mask : stored
    let isShortest = magnitude >> UInt64(8 * count - 8) != 0
    let isInRange = magnitude <= Int64.max.magnitude + (tag < 0 ? 1 : 0)
    guard isShortest, isInRange else {
      throw .malformed("a key has an integer that is not in its shortest form")
    }
    return Int64(truncatingIfNeeded: tag < 0 ? 0 &- magnitude : magnitude)
  }

  /// A text's or blob's bytes, up to an end mark that something follows, or up to the end.
  private mutating func readContent() throws(DeltaDecodingError) -> [UInt8] {
    var content: [UInt8] = []
    while offset < bytes.count {
      let byte = bytes[offset]
      offset += 1
      if byte == KeyTag.end {
        guard offset < bytes.count else { throw .malformed("a key ends with an end mark") }
        guard bytes[offset] == KeyTag.escape else { return content }
        offset += 1
      }
      content.append(byte)
    }
    return content
  }
}
