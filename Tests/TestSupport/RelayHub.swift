package import Basics
package import Clocks
package import Deltas

/// A hub that orders and relays changesets and merges nothing: outcomes and conflicts are put in
/// by hand. For tests of what stands below a hub.
package struct RelayHub {
  package struct Entry {
    package let header: ChangesetHeader
    package let hash: ContentHash
    /// The author's block frames, verbatim.
    package let blocks: [[UInt8]]
    package var outcomes: [RowChange] = []
    package var conflicts: [Conflict] = []
  }

  package let generation: GenerationID
  package private(set) var entries: [Entry] = []

  package init(generation: GenerationID) { self.generation = generation }

  package var head: LogPosition { LogPosition(UInt64(entries.count)) }

  /// Takes a changeset's whole stream as the next entry.
  @discardableResult
  package mutating func accept(_ stream: [UInt8]) throws -> LogPosition {
    var frames = FrameReader()
    frames.append(stream)
    var reader = ChangesetReader()
    var header: ChangesetHeader?
    var hash: ContentHash?
    var blocks: [[UInt8]] = []
    while let frame = try frames.next() {
      switch try reader.read(frame) {
      case .header(let read): header = read
      case .block, .stub: blocks.append(frame.encoded)
      case .trailer(let trailer): hash = trailer.contentHash
      }
    }
    guard let header, let hash else { throw DeltaDecodingError.truncated }
    entries.append(Entry(header: header, hash: hash, blocks: blocks))
    return head
  }

  /// Takes row changes as the next entry, as if a branch had sealed them.
  @discardableResult
  package mutating func write(
    _ changes: [RowChange], by replica: ReplicaID, fingerprint: ContentHash
  ) throws -> LogPosition {
    let own = entries.filter { $0.header.dot.replica == replica }
    let header = ChangesetHeader(
      dot: Dot(replica: replica, counter: UInt64(own.count + 1)),
      previous: own.last?.hash ?? .zero,
      context: CausalContext(generation: generation, position: head),
      timestamp: HybridTimestamp(milliseconds: 1, counter: 0, replica: replica),
      schemaFingerprint: fingerprint, isBaseline: false)
    var writer = ChangesetWriter(header: header)
    var stream = writer.headerFrame()
    for change in changes { stream += writer.blockFrame(raw: change.rawBlock, rowCount: 1) }
    stream += writer.finish().frame
    return try accept(stream)
  }

  /// Says how contested rows of an entry stand after its merge.
  package mutating func setOutcomes(
    _ outcomes: [RowChange], conflicts: [Conflict] = [], at position: LogPosition
  ) {
    entries[Int(position.rawValue) - 1].outcomes = outcomes
    entries[Int(position.rawValue) - 1].conflicts = conflicts
  }

  /// The delta's bytes for one receiver.
  package func delta(for receiver: ReplicaID, from: LogPosition, to: LogPosition) -> [UInt8] {
    var frames = [
      Frame(
        type: .deltaHeader,
        payload: DeltaHeader(
          formatVersion: 1, generation: generation, from: from, to: to, receiver: receiver
        ).payload
      ).encoded
    ]
    var entryCount = 0
    for (index, entry) in entries.enumerated() {
      let position = LogPosition(UInt64(index + 1))
      guard position > from, position <= to else { continue }
      entryCount += 1
      let isOwn = entry.header.dot.replica == receiver
      let head = DeltaEntry(
        position: position, dot: entry.header.dot, contentHash: entry.hash,
        timestamp: entry.header.timestamp, clockOffsetMilliseconds: 0, receivedMilliseconds: 0,
        hasBlocks: !isOwn)
      frames.append(Frame(type: .entry, payload: head.payload).encoded)
      if !isOwn { frames += entry.blocks }
      for outcome in entry.outcomes {
        frames.append(
          Frame(type: .outcome, payload: compressedBlock(raw: outcome.rawBlock)).encoded)
      }
      if !entry.conflicts.isEmpty {
        frames.append(
          Frame(type: .conflicts, payload: Conflict.payload(of: entry.conflicts)).encoded)
      }
    }
    let trailer = DeltaTrailer(entryCount: entryCount, frameCount: frames.count)
    frames.append(Frame(type: .deltaTrailer, payload: trailer.payload).encoded)
    return frames.flatMap { $0 }
  }
}

extension RowChange {
  /// A block of this row alone.
  package var rawBlock: [UInt8] {
    var builder = BlockBuilder(
      table: key.table, kind: kind, columns: columns, keyColumnCount: key.values.count)
    builder.beginRow(milliseconds: milliseconds, base: base)
    for value in key.values { value.withView { builder.appendKey($0) } }
    for value in values { value.withView { builder.append($0) } }
    return builder.finish()
  }
}
