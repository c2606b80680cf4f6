internal import CCrypto

extension ContentHash {
  /// SHA-256 over bytes that come in pieces.
  package struct Hasher256: ~Copyable {
    private let context: OpaquePointer

    /// Looked up once: libcrypto would otherwise search for it at every start.
    private nonisolated(unsafe) static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    package init() {
      guard let algorithm = Self.algorithm, let context = EVP_MD_CTX_new(),
        EVP_DigestInit_ex2(context, algorithm, nil) == 1
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

    /// The digest of everything since the start; the hasher is then at a new start.
    package mutating func finish() -> ContentHash {
      var digest = [UInt8](repeating: 0, count: ContentHash.byteCount)
      digest.withUnsafeMutableBytes { finish(into: $0) }
      return ContentHash(uncheckedBytes: digest)
    }

    /// Writes the digest's 32 bytes without allocating; the hasher is then at a new start.
    package mutating func finish(into digest: UnsafeMutableRawBufferPointer) {
      invariant(digest.count == ContentHash.byteCount, "A SHA-256 digest has 32 bytes.")
      var length: UInt32 = 0
      let isFinal = EVP_DigestFinal_ex(
        context, digest.baseAddress?.assumingMemoryBound(to: UInt8.self), &length)
      invariant(isFinal == 1 && length == 32, "libcrypto finishes a digest.")
      let isRestarted = EVP_DigestInit_ex2(context, nil, nil)
      invariant(isRestarted == 1, "libcrypto starts a digest again.")
    }
  }
}
