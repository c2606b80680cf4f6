internal import Basics
package import Clocks

/// What stands at the head of a delta: everything in the log after `from`, up to `to`.
///
/// For one receiver, generation, `from` and `to` the bytes are always the same, so a transfer can
/// go on at any byte.
package struct DeltaHeader: Hashable, Sendable {
  package var generation: GenerationID
  package var from: LogPosition
  package var to: LogPosition
  package var receiver: ReplicaID

  package init(
    generation: GenerationID, from: LogPosition, to: LogPosition, receiver: ReplicaID
  ) {
    self.generation = generation
    self.from = from
    self.to = to
    self.receiver = receiver
  }

  /// Canonical bytes: the payload of a delta's first frame.
  package var payload: [UInt8] {
    var writer = ByteWriter()
    writer.writeVarint(FormatVersion.current)
    writer.write(generation)
    writer.write(from)
    writer.write(to)
    writer.write(receiver)
    return writer.bytes
  }

  package init(payload: [UInt8]) throws(DeltaDecodingError) {
    var reader = FieldReader(payload, in: "a delta's header")
    try reader.readFormatVersion()
    self.init(
      generation: try reader.readGeneration(), from: try reader.readPosition(),
      to: try reader.readPosition(), receiver: try reader.readReplica())
    guard from <= to else { throw reader.error("ends before it begins") }
    try reader.expectEnd()
  }
}
