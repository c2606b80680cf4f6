internal import Basics

/// A checksummed piece of a stream: type, payload length, payload, checksum.
package struct Frame: Hashable, Sendable {
  package var type: FrameType
  /// At most `DeltaLimits.frameBytesMax` less `overheadBytes`.
  package var payload: [UInt8]

  package init(type: FrameType, payload: [UInt8]) {
    self.type = type
    self.payload = payload
  }

  /// type (1 byte) ‖ payload length (4 bytes, little-endian) ‖ payload ‖ the first 8 bytes of the
  /// SHA-256 over all before.
  package var encoded: [UInt8] {
    invariant(
      payload.count <= DeltaLimits.frameBytesMax - Self.overheadBytes,
      "A frame's payload is within its limit.")
    var writer = ByteWriter(reservingCapacity: payload.count + Self.overheadBytes)
    writer.write(type.rawValue)
    writer.writeFixed(UInt32(payload.count))
    writer.write(contentsOf: payload)
    let checksum = ContentHash(of: writer.bytes).bytes.prefix(Self.checksumBytes)
    writer.write(contentsOf: checksum)
    return writer.bytes
  }

  /// The bytes around a payload.
  package static let overheadBytes = headBytes + checksumBytes

  /// The bytes before a payload.
  static let headBytes = 5
  /// The bytes after it.
  static let checksumBytes = 8
}
