package import Basics
package import Clocks
package import Deltas

/// A hub that orders and relays changesets and merges nothing: outcomes and conflicts are put in
/// by hand. It can be restored from before. For tests of what stands below a hub.
package struct RelayHub {
  package struct Entry {
    package let header: ChangesetHeader
    package let hash: ContentHash
    /// The author's block frames, verbatim, or stubs in their places.
    package var blocks: [[UInt8]]
    package var outcomes: [RowChange] = []
    package var conflicts: [Conflict] = []
  }

  /// The path of the log's generations, the root first.
  package private(set) var steps: [GenerationStep]
  package private(set) var entries: [Entry] = []
  /// What the last backup has, and its number.
  package private(set) var durable = LogPosition.start
  package private(set) var backupNumber: UInt64 = 0
  private var backup: [Entry] = []
  /// Whether deltas have the headers of their entries' authors.
  package var isFormat1 = false

  package init(generation: GenerationID) {
    steps = [GenerationStep(generation: generation, fork: .start)]
  }

  package var head: LogPosition { LogPosition(UInt64(entries.count)) }
  package var generation: GenerationID { canonical(head).generation }
  package var lineage: Lineage {
    var lineage = Lineage(root: steps[0].generation)
    for (parent, step) in zip(steps, steps.dropFirst()) {
      _ = lineage.add(
        LineageLink(
          generation: step.generation, parent: parent.generation, fork: step.fork))
    }
    return lineage
  }

  /// The place of a position of this log.
  package func canonical(_ position: LogPosition) -> CausalContext {
    lineage.canonical(
      CausalContext(generation: steps[steps.count - 1].generation, position: position))
  }

  /// Backs everything up.
  package mutating func backUp() {
    backup = entries
    durable = head
    backupNumber += 1
  }

  /// Becomes what the last backup has, and opens a generation.
  package mutating func restore(opening generation: GenerationID) {
    entries = backup
    steps.append(GenerationStep(generation: generation, fork: head))
  }

  /// Leaves an entry's blocks out of deltas, as those that added nothing.
  package mutating func silence(_ position: LogPosition) throws {
    let index = Int(position.rawValue) - 1
    entries[index].blocks = try entries[index].blocks.map { bytes in
      let frame = try Streams.frames(bytes)[0]
      let raw = try decompressedBlock(payload: frame.payload)
      let stub = BlockStub(raw: raw, rowCount: try BlockReader(raw: raw).rowCount)
      return Frame(type: .stub, payload: stub.payload).encoded
    }
  }

  /// Whether the log has a changeset, and where.
  package func position(of hash: ContentHash) -> LogPosition? {
    entries.firstIndex { $0.hash == hash }.map { LogPosition(UInt64($0 + 1)) }
  }

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

  /// Takes row changes as the next entry, as if a branch had sealed them; or had chained anew what
  /// was first sealed as another changeset.
  @discardableResult
  package mutating func write(
    _ changes: [RowChange], by replica: ReplicaID, fingerprint: ContentHash,
    origin: ContentHash? = nil
  ) throws -> LogPosition {
    let own = entries.filter { $0.header.dot.replica == replica }
    let header = ChangesetHeader(
      dot: Dot(replica: replica, counter: UInt64(own.count + 1)),
      previous: own.last?.hash ?? .zero,
      context: canonical(head),
      timestamp: HybridTimestamp(milliseconds: 1, counter: 0, replica: replica),
      schemaFingerprint: fingerprint, isBaseline: false, origin: origin,
      mayCount: changes.contains { !$0.previous.isEmpty })
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

  /// The delta's bytes for one receiver; the hub stands for anyone.
  package func delta(for receiver: ReplicaID, from: LogPosition, to: LogPosition) -> [UInt8] {
    var frames = [
      Frame(
        type: .deltaHeader,
        payload: DeltaHeader(
          formatVersion: isFormat1 ? 1 : FormatVersion.delta, generation: canonical(to).generation,
          from: from, to: to, receiver: receiver
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
        hasBlocks: !isOwn,
        seen: isFormat1 ? nil : EntryKnowledge(upTo: entry.header.context.position))
      frames.append(Frame(type: .entry, payload: head.payload).encoded)
      if !isOwn, !isFormat1 {
        frames.append(
          Frame(type: .changesetHeader, payload: entry.header.payload).encoded)
      }
      if !isOwn { frames += entry.blocks }
      for outcome in entry.outcomes {
        frames.append(
          Frame(type: .outcome, payload: compressedBlock(raw: outcome.rawBlock)).encoded)
      }
      if !entry.conflicts.isEmpty {
        frames.append(
          Frame(type: .ledger, payload: Conflict.payload(of: entry.conflicts)).encoded)
      }
    }
    let trailer = DeltaTrailer(entryCount: entryCount, frameCount: frames.count)
    frames.append(Frame(type: .deltaTrailer, payload: trailer.payload).encoded)
    return frames.flatMap { $0 }
  }
}

extension RelayHub {
  /// A whole state at the head: rows that stand, as they are given.
  package func wholeState(_ rows: [RowChange], conflicts: [Conflict] = []) -> [UInt8] {
    var frames = rows.map {
      Frame(type: .outcome, payload: compressedBlock(raw: $0.rawBlock))
    }
    if !conflicts.isEmpty {
      frames.append(Frame(type: .ledger, payload: Conflict.payload(of: conflicts)))
    }
    return Streams.delta(
      DeltaHeader(
        generation: generation, from: .start, to: head, receiver: .hub, isWholeState: true),
      frames)
  }
}

extension RowChange {
  /// A block of this row alone.
  package var rawBlock: [UInt8] {
    TestSupport.rawBlock([self])
  }
}
