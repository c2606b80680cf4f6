import Basics
import Testing

@Suite struct CompressionTests {
  @Test(arguments: [0, 1, 2, 100, 1_000, 300_000]) func contentComesBack(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let content = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next() & 15) }
    let compressed = Compression.compress(content)
    #expect(try Compression.decompress(compressed, atMost: count) == content)
  }

  @Test func aBombIsRefusedBeforeItIsInflated() {
    let bomb = Compression.compress([UInt8](repeating: 0, count: 50 << 20))
    #expect(bomb.count < 10_000)
    #expect(throws: Compression.Failure.overLimit) {
      try Compression.decompress(bomb, atMost: 1 << 20)
    }
  }

  /// A frame whose head lies about the size of what follows.
  @Test func aLyingSizeIsAnError() {
    let content = [UInt8](repeating: 7, count: 200)
    let honest = Compression.compress(content)
    for size in 0...255 {
      var lying = honest
      // Magic number (4 bytes), descriptor (1), content size (1 byte below 256).
      lying[5] = UInt8(size)
      let result = try? Compression.decompress(lying, atMost: 1 << 20)
      #expect(result == (lying == honest ? content : nil))
    }
  }

  @Test func anythingElseIsAnErrorAndNeverATrap() {
    let content = Array("The quick brown fox jumps over the lazy dog. ".utf8) + [0, 1, 2, 3]
    let compressed = Compression.compress(content + content + content)
    for count in 0..<compressed.count {
      #expect(throws: Compression.Failure.self) {
        try Compression.decompress(Array(compressed.prefix(count)), atMost: 1 << 20)
      }
    }
    #expect(throws: Compression.Failure.self) {
      try Compression.decompress(compressed + [0], atMost: 1 << 20)
    }
    #expect(throws: Compression.Failure.self) {
      try Compression.decompress(compressed + compressed, atMost: 1 << 20)
    }
    for bit in 0..<compressed.count * 8 {
      var flipped = compressed
      flipped[bit / 8] ^= 1 << (bit % 8)
      _ = try? Compression.decompress(flipped, atMost: 1 << 20)
    }
    #expect(throws: Compression.Failure.self) {
      try Compression.decompress(Array("<!DOCTYPE html>".utf8), atMost: 1 << 20)
    }
  }
}
