package import Basics
internal import Clocks
package import Deltas

/// Streams as bytes, whole, for tests.
package enum Streams {
  /// A changeset's stream: each list of changes is one block.
  package static func changeset(
    _ header: ChangesetHeader, blocks: [[RowChange]]
  ) -> (bytes: [UInt8], trailer: ChangesetTrailer) {
    var writer = ChangesetWriter(header: header)
    var bytes = writer.headerFrame()
    for block in blocks {
      bytes += writer.blockFrame(raw: rawBlock(block), rowCount: block.count)
    }
    let (trailer, frame) = writer.finish()
    return (bytes + frame, trailer)
  }

  /// The frames of a whole stream.
  package static func frames(_ bytes: [UInt8]) throws -> [Frame] {
    var reader = FrameReader()
    reader.append(bytes)
    var frames: [Frame] = []
    while let frame = try reader.next() { frames.append(frame) }
    guard reader.pendingBytes == 0 else { throw DeltaDecodingError.truncated }
    return frames
  }

  /// Everything that a changeset's stream says. Throws unless it is whole.
  package static func readChangeset(
    _ bytes: [UInt8], allowsStubs: Bool = false
  ) throws -> ReadChangeset {
    var reader = ChangesetReader(allowsStubs: allowsStubs)
    var header: ChangesetHeader?
    var changes: [RowChange] = []
    var stubs: [BlockStub] = []
    var trailer: ChangesetTrailer?
    for frame in try frames(bytes) {
      switch try reader.read(frame) {
      case .header(let part): header = part
      case .block(let block): changes += block.rowChanges
      case .stub(let stub): stubs.append(stub)
      case .trailer(let part): trailer = part
      }
    }
    guard reader.isComplete, let header, let trailer else { throw DeltaDecodingError.truncated }
    return ReadChangeset(header: header, changes: changes, stubs: stubs, trailer: trailer)
  }

  /// Everything that a delta's stream says. Throws unless it is whole.
  package static func readDelta(_ bytes: [UInt8]) throws -> [DeltaReader.Part] {
    var reader = DeltaReader()
    var parts: [DeltaReader.Part] = []
    for frame in try frames(bytes) { parts.append(try reader.read(frame)) }
    guard reader.isComplete else { throw DeltaDecodingError.truncated }
    return parts
  }

  /// A delta's stream of frames between its header and its trailer, which counts them.
  package static func delta(_ header: DeltaHeader, _ frames: [Frame]) -> [UInt8] {
    let trailer = DeltaTrailer(
      entryCount: frames.count { $0.type == .entry }, frameCount: frames.count + 1)
    let all =
      [Frame(type: .deltaHeader, payload: header.payload)] + frames
      + [Frame(type: .deltaTrailer, payload: trailer.payload)]
    return all.flatMap(\.encoded)
  }
}

/// A changeset that was read as a whole.
package struct ReadChangeset: Hashable {
  package var header: ChangesetHeader
  package var changes: [RowChange]
  package var stubs: [BlockStub]
  package var trailer: ChangesetTrailer
}

extension SeededGenerator {
  package mutating func changesetHeader(mayCount: Bool = false) -> ChangesetHeader {
    ChangesetHeader(
      dot: dot(), previous: chance(200) ? .zero : hash(),
      context: CausalContext(generation: generation(), position: position()),
      timestamp: timestamp(), schemaFingerprint: hash(), isBaseline: chance(300),
      mayCount: mayCount)
  }

  /// Blocks of one to a few rows each, of any shapes.
  package mutating func blocks(
    count: Int, rowsBelow: Int, mayCount: Bool = false
  ) -> [[RowChange]] {
    (0..<count).map { _ in
      let shape = blockShape(mayCount: mayCount)
      return (0..<1 + int(below: rowsBelow)).map { _ in rowChange(shape) }
    }
  }

  /// What follows an entry with blocks, and its hash: in format 2 the author's header, and stubs
  /// for some blocks.
  private mutating func entryContent(
    formatVersion: Int
  ) -> (hash: ContentHash, frames: [Frame]) {
    let mayCount = formatVersion > 1 && chance(500)
    let header = changesetHeader(mayCount: mayCount).payload
    var hashed = header
    var frames: [Frame] = []
    if formatVersion > 1 { frames.append(Frame(type: .changesetHeader, payload: header)) }
    for block in blocks(count: 1 + int(below: 3), rowsBelow: 5, mayCount: mayCount) {
      let stub = BlockStub(raw: rawBlock(block), rowCount: block.count)
      hashed += stub.hash.bytes
      if formatVersion > 1, chance(300) {
        frames.append(Frame(type: .stub, payload: stub.payload))
      } else {
        frames.append(Frame(type: .block, payload: compressedBlock(raw: rawBlock(block))))
      }
    }
    return (ContentHash(of: hashed), frames)
  }

  /// A delta of a few entries with blocks, outcomes and conflicts.
  package mutating func delta(entryCount: Int, formatVersion: Int = FormatVersion.delta) -> [UInt8]
  {
    let from = UInt64(int(below: 1_000))
    var frames: [Frame] = []
    for index in 0..<entryCount {
      let hasBlocks = chance(700)
      let (hash, content) = entryContent(formatVersion: formatVersion)
      let entry = DeltaEntry(
        position: LogPosition(from + 1 + UInt64(index)), dot: dot(), contentHash: hash,
        timestamp: timestamp(), clockOffsetMilliseconds: Int64(int(below: 2_000)) - 1_000,
        receivedMilliseconds: milliseconds(), hasBlocks: hasBlocks,
        seen: formatVersion > 1 ? EntryKnowledge(upTo: position()) : nil)
      frames.append(Frame(type: .entry, payload: entry.payload))
      if hasBlocks { frames += content }
      if chance(500) {
        let outcomes = blocks(count: 1 + int(below: 2), rowsBelow: 3).filter {
          $0[0].kind != .update
        }
        frames += outcomes.map {
          Frame(type: .outcome, payload: compressedBlock(raw: rawBlock($0)))
        }
      }
      if chance(500) {
        frames.append(
          formatVersion > 2
            ? Frame(type: .ledger, payload: Conflict.payload(of: [conflict(), conflict()]))
            : Frame(
              type: .conflicts,
              payload: Conflict.formerPayload(of: [formerConflict(), formerConflict()])))
      }
    }
    let header = DeltaHeader(
      formatVersion: formatVersion, generation: generation(), from: LogPosition(from),
      to: LogPosition(from + UInt64(entryCount)), receiver: replica())
    return Streams.delta(header, frames)
  }
}
