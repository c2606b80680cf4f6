/// The 16 bytes of a text that is a UUID in lower-case hexadecimal with hyphens: 36 characters,
/// exactly as `8-4-4-4-12`.
struct PackedUUID {
  /// Eight bytes each, in the order of the text, as a little-endian machine loads them.
  var first: UInt64
  var second: UInt64

  static let textBytes = 36
  static let byteCount = 16

  init(first: UInt64, second: UInt64) {
    self.first = first
    self.second = second
  }

  /// Nil unless the text is exactly of that form.
  @inline(__always)
  init?(text: UnsafeRawBufferPointer) {
    guard text.count == Self.textBytes,
      text[8] == Self.hyphen, text[13] == Self.hyphen, text[18] == Self.hyphen,
      text[23] == Self.hyphen
    else { return nil }
    func four(_ offset: Int) -> UInt64 {
      UInt64(UInt32(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    func eight(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    guard let a = Self.pack(eight(0)), let b = Self.pack(four(9) | four(14) << 32),
      let c = Self.pack(four(19) | four(24) << 32), let d = Self.pack(eight(28))
    else { return nil }
    first = a | b << 32
    second = c | d << 32
  }

  /// The 36 characters.
  @inline(__always)
  func write(to text: UnsafeMutableRawBufferPointer) {
    let a = Self.expand(first & 0xffff_ffff)
    let b = Self.expand(first >> 32)
    let c = Self.expand(second & 0xffff_ffff)
    let d = Self.expand(second >> 32)
    func storeFour(_ characters: UInt64, at offset: Int) {
      let four = UInt32(truncatingIfNeeded: characters)
      text.storeBytes(of: four.littleEndian, toByteOffset: offset, as: UInt32.self)
    }
    text.storeBytes(of: a.littleEndian, toByteOffset: 0, as: UInt64.self)
    text[8] = Self.hyphen
    storeFour(b, at: 9)
    text[13] = Self.hyphen
    storeFour(b >> 32, at: 14)
    text[18] = Self.hyphen
    storeFour(c, at: 19)
    text[23] = Self.hyphen
    storeFour(c >> 32, at: 24)
    text.storeBytes(of: d.littleEndian, toByteOffset: 28, as: UInt64.self)
  }

  private static let hyphen = UInt8(ascii: "-")
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  /// Eight hexadecimal characters to four bytes, all at once; nil if writing the bytes would not
  /// give these very characters.
  @inline(__always)
  private static func pack(_ characters: UInt64) -> UInt64? {
    // A letter has bit 6, and its nibble is 9 more than its low four bits.
    let letters = (characters >> 6) & ones
    let nibbles = ((characters & (ones &* 0x0f)) &+ letters &* 9) & (ones &* 0x0f)
    var packed = (nibbles << 4 | nibbles >> 8) & 0x00ff_00ff_00ff_00ff
    packed = (packed | packed >> 8) & 0x0000_ffff_0000_ffff
    packed = (packed | packed >> 16) & 0xffff_ffff
    return expand(packed) == characters ? packed : nil
  }

  /// Four bytes to their eight characters.
  @inline(__always)
  private static func expand(_ bytes: UInt64) -> UInt64 {
    var spread = (bytes | bytes << 16) & 0x0000_ffff_0000_ffff
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff
    let nibbles = (spread >> 4 | spread << 8) & (ones &* 0x0f)
    let letters = ((nibbles &+ ones &* 6) >> 4) & ones
    return nibbles &+ ones &* 0x30 &+ letters &* 39
  }
}
