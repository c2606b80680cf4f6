internal import Basics

/// Cuts a stream into frames, whatever the pieces in which it comes.
///
/// Holds no more than what was appended and not yet taken; a frame that claims more than
/// `DeltaLimits.frameBytesMax` is refused at its head.
package struct FrameReader: Sendable {
  private var buffer: [UInt8] = []
  private var start = 0

  package init() {}

  /// Takes the stream's next bytes.
  package mutating func append(_ bytes: some Collection<UInt8>) {
    if start > 0, start == buffer.count || start >= Self.slackBytesMax {
      buffer.removeSubrange(..<start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next whole frame, or nil if its last byte has not come yet.
  ///
  /// After an error it goes on throwing the same one.
  package mutating func next() throws(DeltaDecodingError) -> Frame? {
    guard pendingBytes > 0 else { return nil }
    guard let type = FrameType(rawValue: buffer[start]) else {
      throw .malformed("a piece has the unknown type \(buffer[start])")
    }
    guard pendingBytes >= Frame.headBytes else { return nil }
    let length = (1...4).reduce(0) { $0 | Int(buffer[start + $1]) << (8 * ($1 - 1)) }
    guard length <= DeltaLimits.frameBytesMax - Frame.overheadBytes else {
      throw .tooLarge(what: "frame in bytes", limit: DeltaLimits.frameBytesMax)
    }
    guard pendingBytes >= length + Frame.overheadBytes else { return nil }
    let payloadStart = start + Frame.headBytes
    let payloadEnd = payloadStart + length
    let expected = ContentHash(of: buffer[start..<payloadEnd]).bytes.prefix(Frame.checksumBytes)
    guard expected.elementsEqual(buffer[payloadEnd..<payloadEnd + Frame.checksumBytes]) else {
      throw .checksumMismatch
    }
    start = payloadEnd + Frame.checksumBytes
    return Frame(type: type, payload: Array(buffer[payloadStart..<payloadEnd]))
  }

  /// Bytes taken that no frame has been made of yet. 0 at the end of a whole stream.
  package var pendingBytes: Int { buffer.count - start }

  /// Consumed bytes are kept up to this many, so that they are not moved at every append.
  private static let slackBytesMax = 1 << 20
}
