internal import Basics
internal import Clocks

/// Reads and checks a delta's frames one by one: their order, their counts, their positions.
///
/// Nothing of a delta is made visible before its trailer was read.
package struct DeltaReader: Sendable {
  /// What one frame of a delta says.
  package enum Part: Sendable {
    case header(DeltaHeader)
    case entry(DeltaEntry)
    /// Changes of the entry's author.
    case block(BlockReader)
    /// Rows of the entry as they stand at the hub: an insert has all columns outside the key, a
    /// deletion says that the row does not stand.
    case outcome(BlockReader)
    case conflicts([Conflict])
    case trailer(DeltaTrailer)
  }

  /// What was read last, and with it what may follow.
  private enum Stage: Int { case start, header, entry, block, outcome, conflicts, trailer }

  private var stage = Stage.start
  private var header: DeltaHeader?
  private var last: DeltaEntry?
  private var entryCount = 0
  private var frameCount = 0

  package init() {}

  /// Takes the stream's next frame. After an error nothing of the delta may be used.
  package mutating func read(_ frame: Frame) throws(DeltaDecodingError) -> Part {
    let part: Part
    switch (stage, frame.type) {
    case (.start, .deltaHeader):
      let header = try DeltaHeader(payload: frame.payload)
      self.header = header
      part = .header(header)
      stage = .header
    case (.header, .entry), (.entry, .entry), (.block, .entry), (.outcome, .entry),
      (.conflicts, .entry):
      part = .entry(try readEntry(frame.payload))
      stage = .entry
    case (.entry, .block) where last?.hasBlocks == true, (.block, .block):
      part = .block(try BlockReader(raw: try decompressedBlock(payload: frame.payload)))
      stage = .block
    case (.entry, .outcome), (.block, .outcome), (.outcome, .outcome):
      part = .outcome(try readOutcome(frame.payload))
      stage = .outcome
    case (.entry, .conflicts), (.block, .conflicts), (.outcome, .conflicts),
      (.conflicts, .conflicts):
      part = .conflicts(try Conflict.list(payload: frame.payload))
      stage = .conflicts
    case (.header, .deltaTrailer), (.entry, .deltaTrailer), (.block, .deltaTrailer),
      (.outcome, .deltaTrailer), (.conflicts, .deltaTrailer):
      part = .trailer(try readTrailer(frame.payload))
      stage = .trailer
    default:
      throw .malformed("a delta has a \(frame.type) where none belongs")
    }
    frameCount += 1
    return part
  }

  /// Whether the trailer was read.
  package var isComplete: Bool { stage == .trailer }

  private mutating func readEntry(_ payload: [UInt8]) throws(DeltaDecodingError) -> DeltaEntry {
    let entry = try DeltaEntry(payload: payload)
    guard let header, entry.position <= header.to,
      entry.position == (last?.position ?? header.from).next
    else { throw .malformed("a delta has an entry out of order") }
    last = entry
    entryCount += 1
    return entry
  }

  private func readOutcome(_ payload: [UInt8]) throws(DeltaDecodingError) -> BlockReader {
    let block = try BlockReader(raw: try decompressedBlock(payload: payload))
    guard block.kind != .update else { throw .malformed("an outcome is part of a row only") }
    return block
  }

  private func readTrailer(_ payload: [UInt8]) throws(DeltaDecodingError) -> DeltaTrailer {
    let trailer = try DeltaTrailer(payload: payload)
    guard trailer.entryCount == entryCount, trailer.frameCount == frameCount else {
      throw .malformed("a delta's trailer counts other entries or frames than there are")
    }
    guard let header, last?.position ?? header.from == header.to else {
      throw .malformed("a delta ends before its last entry")
    }
    return trailer
  }
}
