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
  package var encoded: [UInt8] { fatalError("unwritten") }

  /// The bytes around a payload.
  package static let overheadBytes = 13
}

/// Cuts a stream into frames, whatever the pieces in which it comes.
package struct FrameReader: Sendable {
  package init() {}

  /// Takes the stream's next bytes.
  package mutating func append(_ bytes: some Collection<UInt8>) { fatalError("unwritten") }

  /// The next whole frame, or nil if its last byte has not come yet.
  package mutating func next() throws(DeltaDecodingError) -> Frame? { fatalError("unwritten") }

  /// Bytes taken that no frame has been made of yet. 0 at the end of a whole stream.
  package var pendingBytes: Int { fatalError("unwritten") }
}
