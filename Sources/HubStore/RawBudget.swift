internal import Deltas

/// What the changesets of one exchange may still decompress to: a few bytes off the wire must not
/// keep the hub busy with gigabytes.
struct RawBudget {
  private let bytesMax: Int
  private var bytesLeft: Int

  /// For changesets that came in so many bytes together.
  init(forCompressedBytes byteCount: Int) {
    let (product, overflow) = max(0, byteCount)
      .multipliedReportingOverflow(by: HubStoreLimits.rawBytesPerByteMax)
    let most = HubStoreLimits.rawBytesMax
    bytesMax =
      overflow || product >= most
      ? most : min(most, product + HubStoreLimits.rawBytesBesidesMax)
    bytesLeft = bytesMax
  }

  /// Counts a frame before it is decompressed.
  mutating func take(_ frame: Frame) throws {
    guard frame.type == .block else { return }
    var reader = FieldReader(frame.payload, in: "a compressed block")
    let declared: UInt64
    do throws(DeltaDecodingError) {
      declared = try reader.readVarint()
    } catch {
      throw HubStoreError.refused(.undecodable(error))
    }
    guard declared <= UInt64(bytesLeft) else {
      throw HubStoreError.refused(
        .tooLarge(what: "their length in bytes, decompressed,", limit: bytesMax))
    }
    bytesLeft -= Int(declared)
  }
}
