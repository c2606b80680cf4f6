internal import Basics
internal import Clocks

/// What merging needs to know of a changeset that the log has.
struct LogEntry: Hashable, Sendable {
  let dot: Dot
  /// What its author had seen, besides its own chain.
  var seen: SeenEntries
  /// Whether what its author had seen is told in positions of which some are not of this log: what
  /// is called so there may come to be known later, and is seen then.
  let isElsewhere: Bool
  let isBaseline: Bool
  /// What the hub's clock was ahead of the author's.
  let clockOffsetMilliseconds: Int64
  let receivedMilliseconds: Int64

  /// What to keep of where the author had integrated a row; nil if that will never say less than
  /// the changeset's context.
  func kept(_ base: LogPosition?) -> LogPosition? { isElsewhere ? base : seen.normalized(base) }

  /// When something was written, by the author's wall clock corrected by the measured offset, and
  /// never after its receipt. Nil for what was there before the author joined.
  func effectiveMilliseconds(_ wallMilliseconds: Int64) -> Int64? {
    if isBaseline { return nil }
    return min(wallMilliseconds.addingSaturating(clockOffsetMilliseconds), receivedMilliseconds)
  }
}

/// What an entry of a log says that is not in what its author had seen: its changes, and the clock
/// facts that decide between them and others. The same changes, logged twice by a hub that was
/// turned back, may have other clock facts.
struct EntryFacts: Hashable, Sendable {
  var contentHash: ContentHash
  var clockOffsetMilliseconds: Int64
  var receivedMilliseconds: Int64

  func hasSameClock(as other: EntryFacts) -> Bool {
    clockOffsetMilliseconds == other.clockOffsetMilliseconds
      && receivedMilliseconds == other.receivedMilliseconds
  }

  /// The content hash, signed varint the offset, signed varint the receipt.
  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(contentsOf: contentHash.bytes)
    writer.writeSignedVarint(clockOffsetMilliseconds)
    writer.writeSignedVarint(receivedMilliseconds)
    return writer.bytes
  }
}
