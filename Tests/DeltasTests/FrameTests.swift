import Basics
import Deltas
import TestSupport
import Testing

@Suite struct FrameTests {
  static let sample = [
    Frame(type: .changesetHeader, payload: []), Frame(type: .block, payload: [1, 2, 3]),
    Frame(type: .conflicts, payload: [UInt8](repeating: 9, count: 300)),
    Frame(type: .deltaTrailer, payload: [0xff]),
  ]
  static let stream = sample.flatMap(\.encoded)

  @Test func theBytesAreTheSpecifiedOnes() {
    let encoded = Frame(type: .block, payload: [0xaa, 0xbb]).encoded
    let head = "02" + "02000000" + "aabb"
    let checksum = ContentHash(of: bytes(hexadecimal: head)!).description.prefix(16)
    #expect(hexadecimal(encoded) == head + checksum)
    #expect(encoded.count == 2 + Frame.overheadBytes)
  }

  @Test(arguments: 1..<40) func piecesMakeNoDifference(size: Int) throws {
    var reader = FrameReader()
    var frames: [Frame] = []
    var rest = Self.stream[...]
    while !rest.isEmpty {
      reader.append(rest.prefix(size))
      rest = rest.dropFirst(size)
      while let frame = try reader.next() { frames.append(frame) }
    }
    #expect(frames == Self.sample)
    #expect(reader.pendingBytes == 0)
    #expect(try reader.next() == nil)
  }

  @Test func whatIsConsumedIsLetGo() throws {
    var reader = FrameReader()
    let frame = Frame(type: .block, payload: [UInt8](repeating: 3, count: 500_000))
    for _ in 0..<20 {
      reader.append(frame.encoded + [2])
      #expect(try reader.next() == frame)
      #expect(reader.pendingBytes == 1)
      reader.append(frame.encoded.dropFirst())
      #expect(try reader.next() == frame)
      #expect(reader.pendingBytes == 0)
    }
  }

  @Test func everyFlippedBitIsNoticed() {
    for bit in 0..<Self.stream.count * 8 {
      var flipped = Self.stream
      flipped[bit / 8] ^= 1 << (bit % 8)
      #expect(throws: DeltaDecodingError.self) { try Streams.frames(flipped) }
    }
  }

  @Test func anErrorStays() {
    var reader = FrameReader()
    reader.append([0x3c] + Array("html>".utf8))
    for _ in 0..<3 {
      #expect(throws: DeltaDecodingError.malformed("a piece has the unknown type 60")) {
        try reader.next()
      }
    }
  }

  /// Refused at its head, before its bytes are waited for.
  @Test func aFrameThatClaimsTooMuchIsRefused() {
    var reader = FrameReader()
    reader.append([2, 0xff, 0xff, 0xff, 0xff])
    #expect(throws: DeltaDecodingError.tooLarge(what: "frame in bytes", limit: 41 << 20)) {
      try reader.next()
    }
  }
}
