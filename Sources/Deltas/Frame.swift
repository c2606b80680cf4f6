internal import Basics

/// What a frame holds. Streams of changesets and deltas are sequences of frames.
package enum FrameType: UInt8, Hashable, Sendable {
  // A changeset: header, blocks, trailer.
  case changesetHeader = 1
  case block = 2
  case changesetTrailer = 3
  // A delta: its header; for each log entry an entry head, the author's blocks unless the receiver
  // is the author, the outcomes of contested rows, the conflicts found; a trailer.
  case deltaHeader = 4
  case entry = 5
  case outcome = 6
  case conflicts = 7
  case deltaTrailer = 8
}

/// A checksummed piece of a stream: type, payload length, payload, checksum.
package struct Frame: Hashable, Sendable {
  package var type: FrameType
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
