package import Basics

/// A value by itself, outside a block: its class (0 null, 1 integer, 2 real, 3 text, 4 blob), then
/// a zigzag varint, 8 bytes little-endian, or a length and the bytes.
extension ByteWriter {
  package mutating func write(_ value: Value) {
    switch value {
    case .null:
      write(StorageClass.null)
    case .integer(let integer):
      write(StorageClass.integer)
      writeSignedVarint(integer)
    case .real(let bits):
      write(StorageClass.real)
      writeFixed(bits)
    case .text(let bytes):
      write(StorageClass.text)
      writeLengthPrefixed(bytes)
    case .blob(let bytes):
      write(StorageClass.blob)
      writeLengthPrefixed(bytes)
    }
  }
}

extension FieldReader {
  package mutating func readValue() throws(DeltaDecodingError) -> Value {
    switch try readByte() {
    case StorageClass.null: return .null
    case StorageClass.integer: return .integer(try readSignedVarint())
    case StorageClass.real: return .real(bits: try readFixed64())
    case StorageClass.text:
      return .text(try readBytes(of: "text", atMost: DeltaLimits.valueBytesMax))
    case StorageClass.blob:
      return .blob(try readBytes(of: "blob", atMost: DeltaLimits.valueBytesMax))
    case let other: throw error("has a value of the unknown class \(other)")
    }
  }
}
