internal import Basics

/// What ends a delta: nothing is applied before it has come.
package struct DeltaTrailer: Hashable, Sendable {
  package var entryCount: Int
  /// All frames before this one, the header's included.
  package var frameCount: Int

  package init(entryCount: Int, frameCount: Int) {
    self.entryCount = entryCount
    self.frameCount = frameCount
  }

  /// Canonical bytes: the payload of a delta's last frame.
  package var payload: [UInt8] {
    var writer = ByteWriter()
    writer.writeVarint(entryCount)
    writer.writeVarint(frameCount)
    return writer.bytes
  }

  package init(payload: [UInt8]) throws(DeltaDecodingError) {
    var reader = FieldReader(payload, in: "a delta's trailer")
    self.init(
      entryCount: try reader.readCount(of: "entries", atMost: DeltaLimits.deltaFramesMax),
      frameCount: try reader.readCount(of: "frames", atMost: DeltaLimits.deltaFramesMax))
    try reader.expectEnd()
  }
}
