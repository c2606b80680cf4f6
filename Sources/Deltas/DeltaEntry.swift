package import Basics
package import Clocks

/// The head of one log entry in a delta.
package struct DeltaEntry: Hashable, Sendable {
  package var position: LogPosition
  package var dot: Dot
  package var contentHash: ContentHash
  package var timestamp: HybridTimestamp
  /// What the hub added to the author's clock when it merged.
  package var clockOffsetMilliseconds: Int64
  package var receivedMilliseconds: Int64
  /// Whether the author's blocks follow. They do not when the receiver is the author, or when all
  /// that the author wrote stays at the hub.
  package var hasBlocks: Bool
  /// Nil in format 1, and there only.
  package var seen: EntryKnowledge?

  package init(
    position: LogPosition, dot: Dot, contentHash: ContentHash, timestamp: HybridTimestamp,
    clockOffsetMilliseconds: Int64, receivedMilliseconds: Int64, hasBlocks: Bool,
    seen: EntryKnowledge? = nil
  ) {
    self.position = position
    self.dot = dot
    self.contentHash = contentHash
    self.timestamp = timestamp
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.receivedMilliseconds = receivedMilliseconds
    self.hasBlocks = hasBlocks
    self.seen = seen
  }

  /// Canonical bytes: the payload of the entry's first frame.
  package var payload: [UInt8] {
    var writer = ByteWriter(reservingCapacity: 80)
    writer.write(position)
    writer.write(dot)
    writer.write(contentHash)
    writer.write(timestamp)
    writer.writeSignedVarint(clockOffsetMilliseconds)
    writer.writeSignedVarint(receivedMilliseconds)
    writer.write(hasBlocks)
    if let seen {
      writer.write(seen.upTo)
      writer.write(seen.also)
    }
    return writer.bytes
  }

  package init(payload: [UInt8], formatVersion: Int) throws(DeltaDecodingError) {
    var reader = FieldReader(payload, in: "a log entry")
    self.init(
      position: try reader.readPosition(), dot: try reader.readDot(),
      contentHash: try reader.readHash(), timestamp: try reader.readTimestamp(),
      clockOffsetMilliseconds: try reader.readSignedVarint(),
      receivedMilliseconds: try reader.readSignedVarint(), hasBlocks: try reader.readFlag())
    if formatVersion > 1 {
      seen = EntryKnowledge(upTo: try reader.readPosition(), also: try reader.readAlsoSeen())
    }
    try reader.expectEnd()
  }
}
