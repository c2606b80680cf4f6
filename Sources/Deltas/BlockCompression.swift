internal import Basics

/// The raw, decompressed content of a block or outcome frame's payload.
///
/// The declared length is held to `DeltaLimits.blockRawBytesMax` before anything is allocated.
package func decompressedBlock(payload: [UInt8]) throws(DeltaDecodingError) -> [UInt8] {
  var reader = FieldReader(payload, in: "a compressed block")
  let rawCount = try reader.readVarint()
  guard rawCount <= UInt64(DeltaLimits.blockRawBytesMax) else {
    throw .tooLarge(what: "block in bytes", limit: DeltaLimits.blockRawBytesMax)
  }
  let stored = try reader.readBytes(exactly: reader.remaining)
  guard stored.count < rawCount else {
    guard stored.count == rawCount else { throw reader.error("is longer than its content") }
    return stored
  }
  do throws(Compression.Failure) {
    let raw = try Compression.decompress(stored, atMost: Int(rawCount))
    guard raw.count == rawCount else { throw .notCompressed }
    return raw
  } catch {
    throw reader.error("cannot be decompressed to the length it declares")
  }
}

/// The payload of a block or outcome frame: raw length, then the compressed bytes, or the raw bytes
/// themselves where compression does not make them fewer.
package func compressedBlock(raw: [UInt8]) -> [UInt8] {
  let compressed = Compression.compress(raw)
  var writer = ByteWriter(reservingCapacity: min(raw.count, compressed.count) + 5)
  writer.writeVarint(raw.count)
  writer.write(contentsOf: compressed.count < raw.count ? compressed : raw)
  return writer.bytes
}
