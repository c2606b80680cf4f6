internal import Basics
package import Clocks

/// What stands at the head of a delta: everything in the log after `from`, up to `to`.
///
/// For one receiver, generation, `from` and `to` the bytes are always the same, so a transfer can
/// go on at any byte.
package struct DeltaHeader: Hashable, Sendable {
  /// 1 to 3. From version 2 on an author's blocks stand behind the author's header; from version 3
  /// on there may be `ledger` frames.
  package var formatVersion: Int
  package var generation: GenerationID
  package var from: LogPosition
  package var to: LogPosition
  /// The hub stands for anyone: then all entries come with their blocks.
  package var receiver: ReplicaID
  /// Whether the delta is the rows that stand at `to`, as outcomes, instead of entries. Then `from`
  /// is the start, and the format version at least 2.
  package var isWholeState: Bool

  package init(
    formatVersion: Int = FormatVersion.delta, generation: GenerationID, from: LogPosition,
    to: LogPosition, receiver: ReplicaID, isWholeState: Bool = false
  ) {
    self.formatVersion = formatVersion
    self.generation = generation
    self.from = from
    self.to = to
    self.receiver = receiver
    self.isWholeState = isWholeState
  }

  /// Canonical bytes: the payload of a delta's first frame.
  package var payload: [UInt8] {
    var writer = ByteWriter()
    writer.writeVarint(formatVersion)
    writer.write(generation)
    writer.write(from)
    writer.write(to)
    writer.write(receiver)
    if formatVersion > 1 { writer.write(isWholeState) }
    return writer.bytes
  }

  package init(payload: [UInt8]) throws(DeltaDecodingError) {
    var reader = FieldReader(payload, in: "a delta's header")
    let version = try reader.readVarint()
    guard (1...UInt64(FormatVersion.delta)).contains(version) else {
      throw .unsupportedFormat(version)
    }
    self.init(
      formatVersion: Int(version), generation: try reader.readGeneration(),
      from: try reader.readPosition(), to: try reader.readPosition(),
      receiver: try reader.readReplica(),
      isWholeState: version > 1 ? try reader.readFlag() : false)
    guard from <= to else { throw reader.error("ends before it begins") }
    guard !isWholeState || from == .start else {
      throw reader.error("has a whole state that does not begin at the start")
    }
    try reader.expectEnd()
  }
}
