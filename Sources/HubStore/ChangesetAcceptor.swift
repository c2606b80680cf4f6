internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Takes in one changeset frame by frame, inside the exchange's transaction.
final class ChangesetAcceptor {
  /// Who brings the changeset.
  enum Bringer {
    /// Its author, in the order of its chain.
    case author(ReplicaRecord, handedTo: GenerationID?)
    /// Somebody else, long after. It is named as here; what its author had seen is told beside it
    /// or else in its header.
    case other(Dot, seen: ToldSeen?)
  }

  private let store: HubStore
  private let bringer: Bringer
  /// What the stream's hash will be, if it is what it claims.
  private let claimedHash: ContentHash
  private let clockOffsetMilliseconds: Int64
  private let receivedMilliseconds: Int64

  /// Whether it is what people at headquarters decided: whatever the policy says of who may write.
  var isDecision = false
  /// Called once the rows are merged: what else the ledger is to say with this changeset.
  var note: (LedgerWriter) throws -> Void = { _ in }
  /// What is left of the exchange's budget after `finish`.
  private(set) var budget: RawBudget
  private var keyAffinities: [TableID: [KeyAffinity]] = [:]

  private var frames = FrameReader()
  private var reader: ChangesetReader
  private var progress = Progress.start
  private var part = 0
  /// Of what the author made and others are sent: header, blocks, stubs.
  private var authoredBytes = 0
  /// The position above which the entry's knowledge has all of its chain's ancestors.
  private var ancestorsAbove: LogPosition?
  private var authoredFrames = 0
  /// Blocks of tables whose rows stay at the hub, and of others.
  private var blockCounts = (withheld: 0, others: 0)

  private enum Progress {
    case start
    /// A changeset that the hub has: only its hash is compared.
    case known(header: ChangesetHeader, position: LogPosition, hash: ContentHash?)
    case merging(Merging)
    /// A changeset whose changes the hub has under another name.
    case alias(header: ChangesetHeader, dot: Dot, position: LogPosition)
    case done(AcceptedEntry)
  }

  private struct Merging {
    let header: ChangesetHeader
    let merger: RowMerger

    var position: LogPosition { merger.position }
    var entry: LogEntry { merger.entry }
  }

  init(
    store: HubStore, from bringer: Bringer, claiming hash: ContentHash,
    clockOffsetMilliseconds: Int64,
    receivedMilliseconds: Int64, budget: RawBudget
  ) {
    self.store = store
    self.budget = budget
    self.bringer = bringer
    claimedHash = hash
    switch bringer {
    case .author: reader = ChangesetReader()
    case .other: reader = ChangesetReader(allowsStubs: true)
    }
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.receivedMilliseconds = receivedMilliseconds
  }

  private var isHandedBack: Bool {
    if case .other = bringer { return true }
    return false
  }

  private var isHeadquarters: Bool {
    if case .author(let author, _) = bringer { return author.state == .headquarters }
    return false
  }

  /// Takes the stream's next bytes.
  func take(_ bytes: ArraySlice<UInt8>) throws {
    frames.append(bytes)
    while let frame = try refusing({ () throws(DeltaDecodingError) in try frames.next() }) {
      try take(frame)
    }
  }

  /// What was accepted, once the whole stream was taken.
  func finish() throws -> AcceptedEntry {
    guard case .done(let entry) = progress, frames.pendingBytes == 0 else {
      throw HubStoreError.refused(.undecodable(.truncated))
    }
    return entry
  }

  private func take(_ frame: Frame) throws {
    try budget.take(frame)
    let read = try refusing { () throws(DeltaDecodingError) in try reader.read(frame) }
    switch (read, progress) {
    case (.header(let header), .start):
      progress = try begin(header)
      if case .merging = progress { try writeAuthored(frame.encoded, type: .changesetHeader) }
    case (.block(let block), .merging(let merging)):
      try take(block, frame, merging)
    case (.stub, .merging):
      try writeAuthored(frame.encoded, type: .stub)
    case (.block, .known), (.stub, .known), (.block, .alias), (.stub, .alias):
      break
    case (.trailer(let trailer), .alias(let header, let dot, let position)):
      try store.addAlias(trailer.contentHash, header, as: dot, of: position)
      progress = .done(
        AcceptedEntry(
          counter: dot.counter, contentHash: trailer.contentHash, position: position,
          isNew: false, rowCount: 0))
    case (.trailer(let trailer), _) where trailer.contentHash != claimedHash:
      throw HubStoreError.refused(.malformed("another changeset came than was named"))
    case (.trailer(let trailer), .merging(let merging)):
      try write(frame.encoded, type: .changesetTrailer)
      progress = .done(try end(merging, trailer))
    case (.trailer(let trailer), .known(let header, let position, let hash)):
      guard hash == trailer.contentHash else { throw chainBroken(header) }
      progress = .done(
        AcceptedEntry(
          counter: header.dot.counter, contentHash: trailer.contentHash, position: position,
          isNew: false, rowCount: 0))
    default:
      throw HubStoreError.refused(.malformed("bytes follow a changeset's end"))
    }
  }

  private func take(_ block: BlockReader, _ frame: Frame, _ merging: Merging) throws {
    try check(block, context: merging.header.context.position)
    try noteAncestors(of: block, merging)
    let keys = BlockKeys(block)
    let isWithheld = store.policy.withholds(block.table)
    if isWithheld { blockCounts.withheld += 1 } else { blockCounts.others += 1 }
    var isSilent = try !merging.merger.merge(block, keys: keys, part: part)
    if isWithheld, isHeadquarters {
      // What people decide about several tables is one changeset.
      try merging.merger.markAll(keys, rowCount: block.rowCount, of: block.table)
      isSilent = true
    }
    if isHandedBack {
      try merging.merger.tellAll(keys, rowCount: block.rowCount, of: block.table)
    }
    if isSilent {
      try write(
        frame.encoded, type: .block, table: block.table, keys: (keys.least, keys.greatest),
        isSilent: true)
      // Others need of it what its changeset's hash is made of.
      let raw = try decompressedBlock(payload: frame.payload)
      let stub = BlockStub(raw: raw, rowCount: block.rowCount)
      try writeAuthored(Frame(type: .stub, payload: stub.payload).encoded, type: .stub)
    } else {
      try writeAuthored(
        frame.encoded, type: .block, table: block.table, keys: (keys.least, keys.greatest))
    }
  }

  /// A row that was integrated before the rest had seen its author's chain all the same.
  private func noteAncestors(of block: BlockReader, _ merging: Merging) throws {
    let bases = (0..<block.rowCount).compactMap { block.base(row: $0) }
    guard let least = bases.min(), least < ancestorsAbove ?? merging.entry.seen.upTo else { return }
    ancestorsAbove = least
    let ancestors = try store.ancestors(of: merging.entry.dot, above: least)
    if !ancestors.isEmpty { merging.merger.note(ancestors) }
  }

  private func refusing<Result>(
    _ body: () throws(DeltaDecodingError) -> Result
  ) throws -> Result {
    do throws(DeltaDecodingError) {
      return try body()
    } catch {
      throw HubStoreError.refused(.undecodable(error))
    }
  }

  private func chainBroken(_ header: ChangesetHeader) -> HubStoreError {
    guard case .author(let author, _) = bringer else {
      return .refused(.malformed("a changeset that was handed back does not fit its name"))
    }
    return .refused(
      .chainBroken(expectedCounter: author.chainCounter + 1, counter: header.dot.counter))
  }

  // MARK: Header

  private func begin(_ header: ChangesetHeader) throws -> Progress {
    switch bringer {
    case .author(let author, let handedTo):
      guard header.dot.replica == author.id else { throw HubStoreError.refused(.notTheAuthors) }
      if header.dot.counter <= author.chainCounter {
        let known = try store.loggedChangeset(header.dot)
        return .known(header: header, position: known?.position ?? .start, hash: known?.hash)
      }
      guard header.dot.counter == author.chainCounter + 1,
        try header.previous == author.chainHash || store.adoptParent(header, of: author)
      else { throw chainBroken(header) }
      if let position = try store.position(ofOrigin: header.origin ?? claimedHash) {
        return .alias(header: header, dot: header.dot, position: position)
      }
      guard let seen = try store.seen(ofPushed: header.context, by: header.dot, handedTo: handedTo)
      else {
        throw HubStoreError.refused(.unknownPosition)
      }
      return .merging(try merge(header, as: header.dot, seen: seen))
    case .other(let dot, _):
      // Should its timeline become known later, so does the rest of what it had seen.
      if let position = try store.position(ofOrigin: header.origin ?? claimedHash) {
        return .alias(header: header, dot: dot, position: position)
      }
      let seen =
        try store.seen(told(header), by: dot)
        ?? SeenEntries(upTo: .start, others: store.ancestors(of: dot, above: .start))
      return .merging(try merge(header, as: dot, seen: seen))
    }
  }

  private func told(_ header: ChangesetHeader) -> ToldSeen {
    if case .other(_, let told?) = bringer { return told }
    return ToldSeen(header.context)
  }

  private func merge(
    _ header: ChangesetHeader, as dot: Dot, seen: SeenEntries
  ) throws -> Merging {
    let position = try store.log.head().next
    let entry = LogEntry(
      dot: dot, seen: seen, isElsewhere: try !store.isHere(told(header).reach),
      isBaseline: header.isBaseline,
      clockOffsetMilliseconds: clockOffsetMilliseconds,
      receivedMilliseconds: receivedMilliseconds)
    store.log.remember(entry, at: position)
    let merger = try RowMerger(
      store: store, position: position, entry: entry,
      ledger: LedgerWriter(store: store, position: position),
      // What comes back of headquarters' was decided there.
      isDecision: isDecision || isHandedBack && store.isHeadquarters(dot.replica))
    // Before a change meets what is behind another after all.
    try merger.rereadRows()
    return Merging(header: header, merger: merger)
  }

  // MARK: Blocks

  /// A block that decodes may still not fit the schema.
  private func check(_ block: BlockReader, context: LogPosition) throws {
    guard let table = store.schema.table(block.table) else {
      throw HubStoreError.refused(.malformed("a block is of a table that is not tracked"))
    }
    guard block.keyColumnCount == table.keyColumns.count else {
      throw HubStoreError.refused(.malformed("a key has other columns than its table's"))
    }
    let fits: Bool
    switch block.kind {
    case .insert, .update:
      fits =
        block.columns == table.valueColumns
        || ColumnSet(block.columns).isSubset(of: ColumnSet(table.valueColumns))
    case .delete: fits = true
    }
    guard fits else {
      throw HubStoreError.refused(.malformed("a row has other columns than its table's"))
    }
    for row in 0..<block.rowCount {
      guard let base = block.base(row: row) else { continue }
      guard base <= context else {
        throw HubStoreError.refused(
          .malformed("a row claims to have seen more than its changeset has"))
      }
    }
    try checkKeys(of: block, in: table)
  }

  /// A key that its column converts would be another row's.
  private func checkKeys(of block: BlockReader, in table: TableSchema) throws {
    let affinities = keyAffinities[table.id] ?? KeyAffinity.list(of: table)
    keyAffinities[table.id] = affinities
    let isKept = block.withValues { values in
      (0..<block.rowCount).allSatisfy { row in
        affinities.indices.allSatisfy { affinities[$0].keeps(values.key($0, row: row)) }
      }
    }
    guard isKept else {
      throw HubStoreError.refused(.malformed("a key has a value that its column never holds"))
    }
  }

  private func write(
    _ bytes: [UInt8], type: FrameType, table: TableID? = nil,
    keys: (least: [UInt8], greatest: [UInt8])? = nil, isSilent: Bool = false
  ) throws {
    guard case .merging(let merging) = progress else { return }
    try store.writeFrame(
      bytes, type: type, table: table, keys: keys, isSilent: isSilent, at: merging.position,
      part: part)
    part += 1
  }

  /// Writes a frame that others than the author are sent.
  private func writeAuthored(
    _ bytes: [UInt8], type: FrameType, table: TableID? = nil,
    keys: (least: [UInt8], greatest: [UInt8])? = nil
  ) throws {
    try write(bytes, type: type, table: table, keys: keys)
    authoredBytes += bytes.count
    authoredFrames += 1
  }

  // MARK: Trailer

  private func end(_ merging: Merging, _ trailer: ChangesetTrailer) throws -> AcceptedEntry {
    let (header, entry, position) = (merging.header, merging.entry, merging.position)
    try merging.merger.retryRefused()
    try merging.merger.settleLife()
    try merging.merger.noteRefusals()
    try note(merging.merger.ledger)
    let outcomes = try OutcomeWriter(
      store: store, position: position, firstPart: part, ledger: merging.merger.ledger
    ).write()
    let head = DeltaEntry(
      position: position, dot: entry.dot, contentHash: trailer.contentHash,
      timestamp: header.timestamp, clockOffsetMilliseconds: clockOffsetMilliseconds,
      receivedMilliseconds: receivedMilliseconds, hasBlocks: true, seen: entry.seen.told)
    let headBytes = head.payload.count + Frame.overheadBytes
    let rest = (bytes: headBytes + outcomes.bytes, frames: 1 + outcomes.frames)
    let whole = (bytes: rest.bytes + authoredBytes, frames: rest.frames + authoredFrames)
    // Who wrote what was handed back may not have it any more.
    let author = isHandedBack ? whole : rest
    let isWithheld = blockCounts.withheld > 0 && blockCounts.others == 0
    let others = isWithheld ? rest : whole
    let elsewhere = entry.isElsewhere ? told(header) : nil
    try store.database.execute(
      HubSQL.insertLog,
      [
        Value(position), Value(entry.dot.replica), Value(counter: entry.dot.counter),
        Value(trailer.contentHash), header.origin.map { Value($0) } ?? .null,
        Value(try logHash(of: head)),
        Value(entry.seen.upTo), Value(bytes: entry.seen.othersEncoded),
        elsewhere.map { Value($0.generation) } ?? .null,
        elsewhere.map { Value($0.reach.position) } ?? .null,
        Value(bytes: elsewhere?.encoded), Value(header.isBaseline), Value(isHandedBack),
        .integer(header.timestamp.milliseconds), .integer(Int64(header.timestamp.counter)),
        Value(header.timestamp.replica), .integer(clockOffsetMilliseconds),
        .integer(receivedMilliseconds), Value(trailer.rowCount), Value(author.bytes),
        Value(author.frames), Value(others.bytes), Value(others.frames), Value(isWithheld),
      ])
    try store.database.execute(
      HubSQL.updateChain,
      [Value(counter: entry.dot.counter), Value(trailer.contentHash), Value(entry.dot.replica)])
    // Chains that were handed back before it know it by what it was first sealed as.
    for hash in [trailer.contentHash, header.origin].compactMap({ $0 }) {
      try store.reviseSeen(ofChainsAfter: entry.dot, hash)
    }
    return AcceptedEntry(
      counter: entry.dot.counter, contentHash: trailer.contentHash, position: position,
      isNew: true, rowCount: trailer.rowCount)
  }

  private func logHash(of entry: DeltaEntry) throws -> ContentHash {
    guard let before = try store.log.logHash(LogPosition(entry.position.rawValue - 1)) else {
      throw HubStoreError.damaged("the log lacks the hash before position \(entry.position)")
    }
    let facts = EntryFacts(
      contentHash: entry.contentHash, clockOffsetMilliseconds: entry.clockOffsetMilliseconds,
      receivedMilliseconds: entry.receivedMilliseconds)
    return ContentHash(of: before.bytes + facts.encoded)
  }
}
