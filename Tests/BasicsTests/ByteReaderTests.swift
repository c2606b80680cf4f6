import Basics
import Testing

@Suite struct ByteReaderTests {
  static let numbers: [UInt64] = [
    0, 1, 127, 128, 255, 256, 16_383, 16_384, 1 << 32, 1 << 53, 1 << 62, 1 << 63, .max,
  ]

  @Test(arguments: numbers) func varintsComeBack(number: UInt64) throws {
    var writer = ByteWriter()
    writer.writeVarint(number)
    var reader = ByteReader(writer.bytes)
    #expect(try reader.readVarint() == number)
    try reader.expectEnd()
    #expect(writer.count == max(1, (64 - number.leadingZeroBitCount + 6) / 7))
  }

  @Test(arguments: [Int64.min, -129, -128, -65, -64, -1, 0, 1, 63, 64, 128, .max])
  func signedVarintsComeBack(number: Int64) throws {
    var writer = ByteWriter()
    writer.writeSignedVarint(number)
    var reader = ByteReader(writer.bytes)
    #expect(try reader.readSignedVarint() == number)
    try reader.expectEnd()
  }

  @Test func fixedNumbersComeBack() throws {
    for number in Self.numbers {
      var writer = ByteWriter()
      writer.writeFixed(number)
      writer.writeBigEndian(number)
      writer.writeFixed(UInt32(truncatingIfNeeded: number))
      var reader = ByteReader(writer.bytes)
      #expect(try reader.readFixed64() == number)
      #expect(try reader.readBigEndian() == number)
      #expect(try reader.readFixed32() == UInt32(truncatingIfNeeded: number))
      try reader.expectEnd()
    }
  }

  @Test func theBytesOfFixedNumbersAreTheSpecifiedOnes() {
    var writer = ByteWriter()
    writer.writeFixed(UInt32(0x0102_0304))
    writer.writeFixed(UInt64(0x0102_0304_0506_0708))
    writer.writeBigEndian(0x0102_0304_0506_0708)
    #expect(hexadecimal(writer.bytes) == "04030201" + "0807060504030201" + "0102030405060708")
  }

  /// All one- and two-byte inputs, and those of three with any end: what is read must be what would
  /// be written.
  @Test func noVarintHasASecondSpelling() {
    var inputs: [[UInt8]] = (0...255).map { [$0] }
    for first in UInt8.min...(.max) {
      for second in UInt8.min...(.max) { inputs.append([first, second]) }
      for third in [0x00, 0x01, 0x7f, 0x80, 0xff] as [UInt8] {
        inputs += [[first, 0x80, third], [first, 0xff, third], [first, 0x00, third]]
      }
    }
    for bytes in inputs {
      var reader = ByteReader(bytes)
      guard let value = try? reader.readVarint() else { continue }
      var writer = ByteWriter()
      writer.writeVarint(value)
      if writer.bytes != Array(bytes.prefix(reader.offset)) {
        Issue.record("\(bytes) reads as \(value), which is written \(writer.bytes)")
      }
    }
  }

  @Test func numbersBeyond64BitsAreRefused() {
    let ten = [UInt8](repeating: 0xff, count: 9)
    #expect(throws: ByteReaderError.notCanonical) {
      var reader = ByteReader(ten + [0x02])
      _ = try reader.readVarint()
    }
    #expect(throws: ByteReaderError.notCanonical) {
      var reader = ByteReader(ten + [0x81, 0x00])
      _ = try reader.readVarint()
    }
    #expect(throws: ByteReaderError.notCanonical) {
      var reader = ByteReader([0x80, 0x00])
      _ = try reader.readVarint()
    }
    #expect(throws: ByteReaderError.truncated) {
      var reader = ByteReader(ten)
      _ = try reader.readVarint()
    }
  }

  @Test func lengthsAreHeldToTheLimitAndToWhatIsThere() throws {
    var writer = ByteWriter()
    writer.writeVarint(UInt64.max)
    #expect(throws: ByteReaderError.overLimit) {
      var reader = ByteReader(writer.bytes)
      _ = try reader.readLengthPrefixed(atMost: .max)
    }
    #expect(throws: ByteReaderError.overLimit) {
      var reader = ByteReader([5, 1, 2, 3, 4, 5])
      _ = try reader.readLengthPrefixed(atMost: 4)
    }
    #expect(throws: ByteReaderError.truncated) {
      var reader = ByteReader([5, 1, 2, 3, 4])
      _ = try reader.readLengthPrefixed(atMost: 5)
    }
    #expect(throws: ByteReaderError.truncated) {
      var reader = ByteReader([1])
      _ = try reader.readBytes(-1)
    }
  }

  @Test func textIsValidUTF8() throws {
    var writer = ByteWriter()
    writer.writeLengthPrefixed("南山 e\u{301} \0")
    var reader = ByteReader(writer.bytes[...])
    #expect(Array(try reader.readText(atMost: 100).utf8) == Array("南山 e\u{301} \0".utf8))
    #expect(throws: ByteReaderError.invalidText) {
      var reader = ByteReader([2, 0xc3, 0x28])
      _ = try reader.readText(atMost: 100)
    }
  }

  @Test func whatIsLeftOverIsAnError() {
    #expect(throws: ByteReaderError.trailingBytes) { try ByteReader([0]).expectEnd() }
  }
}
