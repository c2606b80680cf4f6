/// A SHA-256 digest: 32 bytes that name a content. FIPS 180-4.
package struct ContentHash: Hashable, Sendable, CustomStringConvertible {
  /// Always 32 bytes.
  package let bytes: [UInt8]

  package static let byteCount = 32

  /// The hash before a chain's first changeset.
  package static let zero = ContentHash(uncheckedBytes: [UInt8](repeating: 0, count: 32))

  init(uncheckedBytes: [UInt8]) {
    invariant(uncheckedBytes.count == Self.byteCount, "A SHA-256 digest has 32 bytes.")
    bytes = uncheckedBytes
  }

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
}
