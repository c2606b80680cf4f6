import Basics
import Testing

@Suite struct ContentHashTests {
  /// FIPS 180-4's examples, and the empty message.
  static let vectors: [(message: [UInt8], digest: String)] = [
    ([], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (Array("abc".utf8), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]

  @Test(arguments: vectors.indices) func digestsAreThoseOfTheStandard(index: Int) {
    let (message, digest) = Self.vectors[index]
    #expect(ContentHash(of: message).description == digest)
  }

  @Test func piecesMakeNoDifference() {
    let message = (0..<1_000).map { UInt8(truncatingIfNeeded: $0) }
    let whole = ContentHash(of: message)
    for size in [1, 7, 63, 64, 65, 999] {
      var hasher = ContentHash.Hasher256()
      var rest = message[...]
      while !rest.isEmpty {
        hasher.update(rest.prefix(size))
        rest = rest.dropFirst(size)
      }
      #expect(hasher.finish() == whole)
    }
    // Of no contiguous storage.
    #expect(ContentHash(of: message.reversed().reversed() as [UInt8]) == whole)
    #expect(ContentHash(of: AnyCollection(message)) == whole)
  }

  @Test func aHasherServesAgain() {
    var hasher = ContentHash.Hasher256()
    for (message, digest) in Self.vectors {
      message.withUnsafeBytes { hasher.update($0) }
      #expect(hasher.finish().description == digest)
    }
  }

  @Test func aHashHas32Bytes() {
    #expect(ContentHash(bytes: []) == nil)
    #expect(ContentHash(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    #expect(ContentHash(bytes: [UInt8](repeating: 0, count: 33)) == nil)
    #expect(ContentHash(bytes: [UInt8](repeating: 0, count: 32)) == .zero)
    #expect(ContentHash.zero.shortDescription == "000000000000")
  }
}
