internal import Basics
package import Clocks

/// What stands at the head of a delta: everything in the log after `from`, up to `to`.
///
/// For one receiver, generation, `from` and `to` the bytes are always the same, so a transfer can
/// go on at any byte.
package struct DeltaHeader: Hashable, Sendable {
  /// 1 to 4. From version 2 on an author's blocks stand behind the author's header; from version 3
  /// on there may be `ledger` frames; from version 4 on entries may come without their blocks, and
  /// tables may be left out of a whole state.
  package var formatVersion: Int
  package var generation: GenerationID
  package var from: LogPosition
  package var to: LogPosition
  /// The hub stands for anyone: then all entries come with their blocks.
  package var receiver: ReplicaID
  /// Whether the delta is the rows that stand at `to`, as outcomes, instead of entries. Then `from`
  /// is the start, and the format version at least 2.
  package var isWholeState: Bool
  /// The tables whose rows stay at the hub, which a whole state therefore says nothing of.
  /// Ascending; none before version 4.
  package var withheld: [TableID]

  package init(
    formatVersion: Int = FormatVersion.delta, generation: GenerationID, from: LogPosition,
    to: LogPosition, receiver: ReplicaID, isWholeState: Bool = false, withheld: [TableID] = []
  ) {
    self.formatVersion = formatVersion
    self.generation = generation
    self.from = from
    self.to = to
    self.receiver = receiver
    self.isWholeState = isWholeState
    self.withheld = withheld
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
    if formatVersion > 3 { writer.writeList(withheld) { $0.write($1) } }
    return writer.bytes
  }

  package init(payload: [UInt8]) throws(DeltaDecodingError) {
    var reader = FieldReader(payload, in: "a delta's header")
    let version = try reader.readVarint()
    guard (1...UInt64(FormatVersion.withholdingDelta)).contains(version) else {
      throw .unsupportedFormat(version)
    }
    self.init(
      formatVersion: Int(version), generation: try reader.readGeneration(),
      from: try reader.readPosition(), to: try reader.readPosition(),
      receiver: try reader.readReplica(),
      isWholeState: version > 1 ? try reader.readFlag() : false)
    if version > 3 {
      withheld = try reader.readList(of: "tables", atMost: DeltaLimits.tablesMax) {
        (reader) throws(DeltaDecodingError) in try reader.readTable()
      }
    }
    guard zip(withheld, withheld.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw reader.error("has tables out of order")
    }
    guard isWholeState || withheld.isEmpty else {
      throw reader.error("leaves tables out of what is no whole state")
    }
    guard from <= to else { throw reader.error("ends before it begins") }
    guard !isWholeState || from == .start else {
      throw reader.error("has a whole state that does not begin at the start")
    }
    try reader.expectEnd()
  }
}
