internal import Basics
internal import Clocks

/// Reads and checks a delta's frames one by one: their order, their counts, their positions, and
/// that an author's blocks are what the entry's hash names.
///
/// Nothing of a delta is made visible before its trailer was read.
package struct DeltaReader: ~Copyable {
  /// What one frame of a delta says.
  package enum Part: Sendable {
    case header(DeltaHeader)
    case entry(DeltaEntry)
    /// The header of the entry's author, and its canonical bytes. In format 2 it follows an entry
    /// with blocks.
    case changesetHeader(ChangesetHeader, payload: [UInt8])
    /// Changes of the entry's author.
    case block(BlockReader)
    /// In place of a block whose every row added nothing at the hub.
    case stub(BlockStub)
    /// Rows of the entry as they stand at the hub: an insert has all columns outside the key, a
    /// deletion says that the row does not stand. Of a whole state: rows that stand.
    case outcome(BlockReader)
    case conflicts([Conflict])
    case trailer(DeltaTrailer)
  }

  /// What was read last, and with it what may follow.
  private enum Stage: Int {
    case start, header, entry, changesetHeader, block, outcome, conflicts, trailer
  }

  private var stage = Stage.start
  private var header: DeltaHeader?
  private var last: DeltaEntry?
  /// Whether the entry's author may have counted.
  private var mayCount = false
  private var hasher = ContentHash.Hasher256()
  private var entryCount = 0
  private var frameCount = 0

  package init() {}

  /// Takes the stream's next frame. After an error nothing of the delta may be used.
  package mutating func read(_ frame: Frame) throws(DeltaDecodingError) -> Part {
    guard follows(frame.type) else {
      throw .malformed("a delta has a \(frame.type) where none belongs")
    }
    let part: Part
    switch frame.type {
    case .deltaHeader:
      let header = try DeltaHeader(payload: frame.payload)
      self.header = header
      part = .header(header)
      stage = .header
    case .entry:
      try closeEntry()
      part = .entry(try readEntry(frame.payload))
      stage = .entry
    case .changesetHeader:
      let header = try ChangesetHeader(payload: frame.payload)
      hasher.update(frame.payload)
      mayCount = header.mayCount
      part = .changesetHeader(header, payload: frame.payload)
      stage = .changesetHeader
    case .block:
      let raw = try decompressedBlock(payload: frame.payload)
      let block = try BlockReader(raw: raw)
      try block.expectFit(mayCount: mayCount)
      part = .block(block)
      if isVerified { hasher.update(ContentHash(of: raw).bytes) }
      stage = .block
    case .stub:
      let stub = try BlockStub(payload: frame.payload)
      hasher.update(stub.hash.bytes)
      part = .stub(stub)
      stage = .block
    case .outcome:
      try closeEntry()
      part = .outcome(try readOutcome(frame.payload))
      stage = .outcome
    case .conflicts:
      try closeEntry()
      part = .conflicts(try Conflict.list(formerPayload: frame.payload))
      stage = .conflicts
    case .ledger:
      try closeEntry()
      part = .conflicts(try Conflict.list(payload: frame.payload))
      stage = .conflicts
    case .deltaTrailer, .changesetTrailer:
      try closeEntry()
      part = .trailer(try readTrailer(frame.payload))
      stage = .trailer
    }
    frameCount += 1
    return part
  }

  /// Whether the trailer was read.
  package var isComplete: Bool { stage == .trailer }

  /// Whether entries with blocks have their author's header, so that blocks can be held to the
  /// entry's hash.
  private var isVerified: Bool { (header?.formatVersion ?? 0) > 1 }

  /// Whether a frame of the type belongs behind what was read.
  private func follows(_ type: FrameType) -> Bool {
    let isWholeState = header?.isWholeState == true
    switch type {
    case .deltaHeader: return stage == .start
    case .entry: return !isWholeState && isBetweenEntries
    case .changesetHeader: return stage == .entry && isVerified && last?.hasBlocks == true
    case .block:
      if stage == .entry { return !isVerified && last?.hasBlocks == true }
      return stage == .changesetHeader || stage == .block
    case .stub: return isVerified && (stage == .changesetHeader || stage == .block)
    case .outcome:
      return stage != .conflicts && isBetweenEntries && (stage != .header || isWholeState)
    case .conflicts: return isBetweenEntries && (stage != .header || isWholeState)
    case .ledger:
      return (header?.formatVersion ?? 0) > 2 && isBetweenEntries
        && (stage != .header || isWholeState)
    case .deltaTrailer: return isBetweenEntries
    case .changesetTrailer: return false
    }
  }

  /// Whether the entry before, if there is one, may be at its end.
  private var isBetweenEntries: Bool {
    switch stage {
    case .start, .trailer: false
    case .entry: !isVerified || last?.hasBlocks == false
    case .header, .changesetHeader, .block, .outcome, .conflicts: true
    }
  }

  /// Checks an author's blocks once the last has come.
  private mutating func closeEntry() throws(DeltaDecodingError) {
    guard isVerified, stage == .changesetHeader || stage == .block else { return }
    guard hasher.finish() == last?.contentHash else { throw .hashMismatch }
  }

  private mutating func readEntry(_ payload: [UInt8]) throws(DeltaDecodingError) -> DeltaEntry {
    let entry = try DeltaEntry(
      payload: payload, formatVersion: header?.formatVersion ?? FormatVersion.delta)
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
    guard block.kind == .insert || header?.isWholeState == false else {
      throw .malformed("a whole state has a row that does not stand")
    }
    return block
  }

  private func readTrailer(_ payload: [UInt8]) throws(DeltaDecodingError) -> DeltaTrailer {
    let trailer = try DeltaTrailer(payload: payload)
    guard trailer.entryCount == entryCount, trailer.frameCount == frameCount else {
      throw .malformed("a delta's trailer counts other entries or frames than there are")
    }
    guard let header, header.isWholeState || last?.position ?? header.from == header.to else {
      throw .malformed("a delta ends before its last entry")
    }
    return trailer
  }
}
