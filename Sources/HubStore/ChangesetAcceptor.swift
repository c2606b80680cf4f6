internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Takes in one changeset frame by frame, inside the exchange's transaction.
final class ChangesetAcceptor {
  private let store: HubStore
  private let author: ReplicaRecord
  private let clockOffsetMilliseconds: Int64
  private let receivedMilliseconds: Int64

  /// What is left of the exchange's budget after `finish`.
  private(set) var budget: RawBudget
  private var keyAffinities: [TableID: [KeyAffinity]] = [:]

  private var frames = FrameReader()
  private var reader = ChangesetReader()
  private var progress = Progress.start
  private var part = 0
  private var blockBytes = 0
  private var blockFrames = 0

  private enum Progress {
    case start
    /// A changeset that the hub has: only its hash is compared.
    case known(header: ChangesetHeader, position: LogPosition, hash: ContentHash?)
    case merging(header: ChangesetHeader, position: LogPosition, RowMerger)
    case done(AcceptedEntry)
  }

  init(
    store: HubStore, author: ReplicaRecord, clockOffsetMilliseconds: Int64,
    receivedMilliseconds: Int64, budget: RawBudget
  ) {
    self.store = store
    self.budget = budget
    self.author = author
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.receivedMilliseconds = receivedMilliseconds
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
      if case .merging = progress { try write(frame.encoded, type: .changesetHeader) }
    case (.block(let block), .merging(let header, _, let merger)):
      try check(block, context: header.context.position)
      let keys = BlockKeys(block)
      let bytes = frame.encoded
      let isSilent = try !merger.merge(block, keys: keys, part: part)
      if !isSilent {
        blockBytes += bytes.count
        blockFrames += 1
      }
      try write(
        bytes, type: .block, table: block.table, keys: (keys.least, keys.greatest),
        isSilent: isSilent)
    case (.block, .known):
      break
    case (.trailer(let trailer), .merging(let header, let position, let merger)):
      try write(frame.encoded, type: .changesetTrailer)
      progress = .done(try end(header, trailer, at: position, merger))
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
    .refused(
      .chainBroken(expectedCounter: author.chainCounter + 1, counter: header.dot.counter))
  }

  // MARK: Header

  private func begin(_ header: ChangesetHeader) throws -> Progress {
    guard header.dot.replica == author.id else {
      throw HubStoreError.refused(.notTheAuthors)
    }
    guard header.schemaFingerprint == store.schemaFingerprint else {
      throw HubStoreError.refused(.schemaMismatch)
    }
    if header.dot.counter <= author.chainCounter {
      let known = try store.loggedChangeset(header.dot)
      return .known(header: header, position: known?.position ?? .start, hash: known?.hash)
    }
    guard header.dot.counter == author.chainCounter + 1, header.previous == author.chainHash
    else { throw chainBroken(header) }
    let head = try store.log.head()
    guard header.context.generation == store.generation, header.context.position <= head else {
      throw HubStoreError.refused(.unknownPosition)
    }
    let position = head.next
    let entry = LogEntry(
      dot: header.dot, context: header.context.position, isBaseline: header.isBaseline,
      clockOffsetMilliseconds: clockOffsetMilliseconds,
      receivedMilliseconds: receivedMilliseconds)
    store.log.remember(entry, at: position)
    let merger = try RowMerger(
      store: store, position: position, entry: entry,
      ledger: LedgerWriter(store: store, position: position))
    return .merging(header: header, position: position, merger)
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
    case .insert: fits = block.columns == table.valueColumns
    case .update: fits = ColumnSet(block.columns).isSubset(of: ColumnSet(table.valueColumns))
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
    guard case .merging(_, let position, _) = progress else { return }
    try store.writeFrame(
      bytes, type: type, table: table, keys: keys, isSilent: isSilent, at: position, part: part)
    part += 1
  }

  // MARK: Trailer

  private func end(
    _ header: ChangesetHeader, _ trailer: ChangesetTrailer, at position: LogPosition,
    _ merger: RowMerger
  ) throws -> AcceptedEntry {
    try merger.retryRefused()
    let outcomes = try OutcomeWriter(
      store: store, position: position, firstPart: part, ledger: merger.ledger
    ).write()
    let head = DeltaEntry(
      position: position, dot: header.dot, contentHash: trailer.contentHash,
      timestamp: header.timestamp, clockOffsetMilliseconds: clockOffsetMilliseconds,
      receivedMilliseconds: receivedMilliseconds, hasBlocks: true)
    let headBytes = head.payload.count + Frame.overheadBytes
    let author = (bytes: headBytes + outcomes.bytes, frames: 1 + outcomes.frames)
    try store.database.execute(
      HubSQL.insertLog,
      [
        Value(position), Value(header.dot.replica), Value(counter: header.dot.counter),
        Value(trailer.contentHash), Value(header.context.position), Value(header.isBaseline),
        .integer(header.timestamp.milliseconds), .integer(Int64(header.timestamp.counter)),
        Value(header.timestamp.replica), .integer(clockOffsetMilliseconds),
        .integer(receivedMilliseconds), Value(trailer.rowCount), Value(author.bytes),
        Value(author.frames), Value(author.bytes + blockBytes),
        Value(author.frames + blockFrames),
      ])
    try store.database.execute(
      HubSQL.updateChain,
      [Value(counter: header.dot.counter), Value(trailer.contentHash), Value(header.dot.replica)])
    return AcceptedEntry(
      counter: header.dot.counter, contentHash: trailer.contentHash, position: position,
      isNew: true, rowCount: trailer.rowCount)
  }
}
