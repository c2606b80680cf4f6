internal import CZstd

/// Zstandard, RFC 8878, as one frame whose content size is known before anything is allocated.
package enum Compression {
  /// Why bytes were not decompressed.
  package enum Failure: Error, Hashable, Sendable {
    case notCompressed
    /// The content would be larger than the caller allows.
    case overLimit
  }

  /// Faster than gzip's fastest and about as small as gzip's best on rows.
  package static let level: Int32 = 3

  /// One frame that declares its content's size. Linear.
  package static func compress(_ content: [UInt8]) -> [UInt8] {
    let bound = ZSTD_compressBound(content.count)
    return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
      let written = content.withUnsafeBytes {
        ZSTD_compress(buffer.baseAddress, bound, $0.baseAddress, $0.count, level)
      }
      invariant(ZSTD_isError(written) == 0, "A buffer of the bound's size is large enough.")
      count = written
    }
  }

  /// The content of one whole frame with nothing after it.
  ///
  /// The declared size is checked against `limit` before the buffer is allocated.
  package static func decompress(
    _ frame: [UInt8], atMost limit: Int
  ) throws(Failure) -> [UInt8] {
    let declared = frame.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
    // The two highest values mean “unknown” and “error”.
    guard declared < UInt64.max - 1 else { throw .notCompressed }
    guard declared <= UInt64(limit) else { throw .overLimit }
    let whole = frame.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
    guard ZSTD_isError(whole) == 0, whole == frame.count else { throw .notCompressed }
    let size = Int(declared)
    var failed = false
    let content = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      let read = frame.withUnsafeBytes {
        ZSTD_decompress(buffer.baseAddress, size, $0.baseAddress, $0.count)
      }
      failed = ZSTD_isError(read) != 0 || read != size
      count = failed ? 0 : size
    }
    guard !failed else { throw .notCompressed }
    return content
  }
}
