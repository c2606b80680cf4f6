internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Writes log entries into the tail while a delta is applied, inside the caller's transaction.
///
/// A stream is kept as it came: the author's header, blocks and stubs, and the trailer that its
/// counts and hash make.
struct Tail {
  private let database: Database
  private let lineage: Lineage
  /// The generation that names positions of the delta, and what is durable of them already.
  private let generation: GenerationID
  private let durable: LogPosition
  private let backupNumber: UInt64
  private let isUnlimited: Bool
  private var current: Entry?

  private struct Entry {
    let head: DeltaEntry
    let id: Int64
    var pieces: PieceWriter
    var rowCount = 0
    var blockCount = 0
  }

  init(_ database: Database, lineage: Lineage, facts: ExchangeFacts) {
    self.database = database
    self.lineage = lineage
    generation = facts.generation
    durable = facts.durable
    backupNumber = facts.backupNumber
    isUnlimited = facts.backupNumber > 0
  }

  func id(of hash: ContentHash) throws -> Int64? {
    try database.integer(BranchSQL.selectTailID, [.blob(hash.bytes)])
  }

  // MARK: Received entries

  /// Begins to keep an entry whose blocks follow, unless a backup or the tail itself has it.
  mutating func begin(
    _ head: DeltaEntry, header: ChangesetHeader, headerPayload: [UInt8]
  ) throws {
    if let known = try id(of: head.contentHash) {
      try name(known, head, header)
      return
    }
    guard head.position > durable else { return }
    let id = try insert(head, header, byteCount: 0)
    var entry = Entry(
      head: head, id: id,
      pieces: PieceWriter(database, insertSQL: BranchSQL.insertTailPiece, key: id))
    try entry.pieces.append(Frame(type: .changesetHeader, payload: headerPayload).encoded)
    current = entry
  }

  /// Keeps a block's or stub's frame, if the entry is kept.
  mutating func append(_ frame: Frame, rowCount: Int) throws {
    guard current != nil else { return }
    try current?.pieces.append(frame.encoded)
    current?.rowCount += rowCount
    current?.blockCount += 1
  }

  /// Ends the entry that is being kept, if there is one.
  mutating func end() throws {
    guard var entry = current else { return }
    current = nil
    let trailer = ChangesetTrailer(
      rowCount: entry.rowCount, blockCount: entry.blockCount, contentHash: entry.head.contentHash)
    try entry.pieces.append(Frame(type: .changesetTrailer, payload: trailer.payload).encoded)
    try entry.pieces.finish()
    let byteCount = entry.pieces.byteCount
    guard isUnlimited || byteCount <= BranchLimits.tailBytesUnbackedMax else {
      try BranchStore.dropTail(entry.id, in: database)
      return
    }
    try database.execute(
      BranchSQL.setTailByteCount, [.integer(entry.id), .integer(Int64(byteCount))])
  }

  // MARK: Own changesets

  /// Moves a confirmed changeset of the outbox into the tail, unless a backup has it.
  func keep(
    _ changeset: OutgoingChangeset, as head: DeltaEntry, header: ChangesetHeader
  ) throws {
    if let known = try id(of: head.contentHash) {
      try name(known, head, header)
      return
    }
    guard head.position > durable,
      isUnlimited || changeset.byteCount <= BranchLimits.tailBytesUnbackedMax
    else { return }
    let id = try insert(head, header, byteCount: changeset.byteCount)
    try database.execute(
      BranchSQL.copyPiecesToTail, [.integer(id), .integer(Int64(changeset.counter))])
  }

  // MARK: Names

  private func insert(
    _ head: DeltaEntry, _ header: ChangesetHeader, byteCount: Int
  ) throws -> Int64 {
    try database.execute(
      BranchSQL.insertTail,
      [
        .blob(head.contentHash.bytes), .integer(Int64(head.dot.replica.rawValue)),
        .integer(Int64(head.dot.counter)), .integer(head.clockOffsetMilliseconds),
        .integer(head.receivedMilliseconds), .integer(Int64(byteCount)),
        .integer(Int64(clamping: backupNumber)), .null,
      ] + seen(by: head, header))
    let id = database.lastInsertRowID
    try place(id, head.position)
    return id
  }

  /// Takes note of what the log calls an entry that is kept already.
  private func name(_ id: Int64, _ head: DeltaEntry, _ header: ChangesetHeader) throws {
    try database.execute(
      BranchSQL.setTailName,
      [
        .integer(id), .integer(Int64(head.dot.replica.rawValue)),
        .integer(Int64(head.dot.counter)), .integer(Int64(clamping: backupNumber)),
      ] + seen(by: head, header) + [
        .integer(head.clockOffsetMilliseconds), .integer(head.receivedMilliseconds),
      ])
    try place(id, head.position)
  }

  /// What an entry's author had seen, in positions of the delta's log: generation, position, more.
  /// A hub that does not say so leaves it at what the author says.
  private func seen(by head: DeltaEntry, _ header: ChangesetHeader) -> [Value] {
    guard let seen = head.seen else { return Self.seen(header.context) }
    // The others are positions of this generation's path, whatever writes the first one's name.
    return Self.seen(
      CausalContext(generation: generation, position: seen.upTo), also: seen.also)
  }

  static func seen(_ place: CausalContext, also: [EntryKnowledge.Also] = []) -> [Value] {
    var writer = ByteWriter()
    if !also.isEmpty { writer.write(also) }
    return [
      .text(place.generation.description), .integer(Int64(place.position.rawValue)),
      also.isEmpty ? .null : .blob(writer.bytes),
    ]
  }

  private func place(_ id: Int64, _ position: LogPosition) throws {
    let place = lineage.canonical(CausalContext(generation: generation, position: position))
    try database.execute(
      BranchSQL.putTailPlace,
      [
        .text(place.generation.description), .integer(Int64(place.position.rawValue)),
        .integer(id),
      ])
  }
}
