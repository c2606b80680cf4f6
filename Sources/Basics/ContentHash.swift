internal import CCrypto

/// A SHA-256 digest: 32 bytes that name a content. FIPS 180-4.
package struct ContentHash: Hashable, Sendable, CustomStringConvertible {
  /// Always 32 bytes.
  package let bytes: [UInt8]

  package static let byteCount = 32

  /// The hash before a chain's first changeset.
  package static let zero = ContentHash(uncheckedBytes: [UInt8](repeating: 0, count: 32))

  private init(uncheckedBytes: [UInt8]) { bytes = uncheckedBytes }

  /// Returns nil unless there are exactly 32 bytes.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// The digest of some bytes.
  package init(of content: some Collection<UInt8>) {
    var hasher = Hasher256()
    hasher.update(content)
    self = hasher.finish()
  }

  /// Lower-case hexadecimal, 64 characters.
  package var description: String { hexadecimal(bytes) }

  /// The first 12 hexadecimal characters: enough for people to tell two apart.
  package var shortDescription: String { String(description.prefix(12)) }

  /// SHA-256 over bytes that come in pieces.
  package struct Hasher256: ~Copyable {
    private let context: OpaquePointer

    package init() {
      guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
      else { fatalError("Invariant broken: libcrypto provides SHA-256.") }
      self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    package mutating func update(_ bytes: some Collection<UInt8>) {
      let handled: Void? = bytes.withContiguousStorageIfAvailable { buffer in
        _ = EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
      }
      if handled == nil {
        let copy = Array(bytes)
        _ = copy.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
      }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      _ = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    package mutating func finish() -> ContentHash {
      var digest = [UInt8](repeating: 0, count: ContentHash.byteCount)
      var length: UInt32 = 0
      _ = digest.withUnsafeMutableBufferPointer {
        EVP_DigestFinal_ex(context, $0.baseAddress, &length)
      }
      invariant(length == 32, "A SHA-256 digest has 32 bytes.")
      return ContentHash(uncheckedBytes: digest)
    }
  }
}

/// Lower-case hexadecimal of some bytes.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in bytes {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}

/// The bytes that a hexadecimal text stands for, or nil if it is none.
package func bytes(hexadecimal text: some StringProtocol) -> [UInt8]? {
  let characters = Array(text.utf8)
  guard characters.count.isMultiple(of: 2) else { return nil }
  func nibble(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }
  var result: [UInt8] = []
  result.reserveCapacity(characters.count / 2)
  for index in stride(from: 0, to: characters.count, by: 2) {
    guard let high = nibble(characters[index]), let low = nibble(characters[index + 1]) else {
      return nil
    }
    result.append(high << 4 | low)
  }
  return result
}
