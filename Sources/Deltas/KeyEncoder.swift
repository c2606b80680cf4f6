/// Writes keys in the canonical form of `RowKey.encoded` without building values.
///
/// One encoder serves many keys: `removeAll` between them keeps its room.
package struct KeyEncoder: Sendable {
  /// The key so far.
  package private(set) var bytes: [UInt8] = []
  /// Whether the last component is a text or blob that has no end mark yet.
  private var isOpen = false

  package init() {}

  /// Begins another key.
  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    isOpen = false
  }

  /// Appends the key's next value. A null, which no key that travels has, is written too, so that
  /// a store can name such a row; readers refuse it.
  package mutating func append(_ value: ValueView) {
    if isOpen { bytes.append(KeyTag.end) }
    isOpen = false
    switch value {
    case .null: bytes.append(KeyTag.null)
    case .integer(let integer): append(integer)
    case .real(let bits):
      bytes.append(KeyTag.real)
      appendBigEndian(KeyTag.ordered(bits), count: 8)
    case .text(let text):
      if let packed = PackedUUID(text: text) {
        bytes.append(KeyTag.uuid)
        withUnsafeBytes(of: (packed.first.littleEndian, packed.second.littleEndian)) {
          bytes.append(contentsOf: $0)
        }
      } else {
        append(text, tag: KeyTag.text)
      }
    case .blob(let blob): append(blob, tag: KeyTag.blob)
    }
  }

  private mutating func append(_ integer: Int64) {
    let magnitude = integer.magnitude
    let count = (64 - magnitude.leadingZeroBitCount + 7) / 8
    if integer < 0 {
      bytes.append(KeyTag.zero - UInt8(count))
      appendBigEndian(~magnitude, count: count)
    } else {
      bytes.append(KeyTag.zero + UInt8(count))
      appendBigEndian(magnitude, count: count)
    }
  }

  private mutating func appendBigEndian(_ value: UInt64, count: Int) {
    var shift = 8 * count
    while shift > 0 {
      shift -= 8
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  private mutating func append(_ content: UnsafeRawBufferPointer, tag: UInt8) {
    bytes.append(tag)
    isOpen = true
    guard content.contains(KeyTag.end) else { return bytes.append(contentsOf: content) }
    for byte in content {
      bytes.append(byte)
      if byte == KeyTag.end { bytes.append(KeyTag.escape) }
    }
  }
}
