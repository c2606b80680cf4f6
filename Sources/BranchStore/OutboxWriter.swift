internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Writes one changeset into the outbox, piece by piece, inside the caller's transaction.
struct OutboxWriter: ~Copyable {
  private let database: Database
  let header: ChangesetHeader
  private var writer: ChangesetWriter
  private var pieces: PieceWriter
  /// Rows in the sense of people: one however many times it was written.
  var rowCount = 0
  /// The time of the oldest write in it.
  var oldest = Int64.max
  /// The least position that the changeset refers to; the start is none.
  private var floor: LogPosition

  init(_ database: Database, header: ChangesetHeader) throws {
    self.database = database
    self.header = header
    floor = header.context.position
    writer = ChangesetWriter(header: header)
    pieces = PieceWriter(
      database, insertSQL: BranchSQL.insertPiece, key: Int64(header.dot.counter))
    try pieces.append(writer.headerFrame())
  }

  /// Takes note that a row was integrated here last, and not at the context.
  mutating func refer(to base: LogPosition?) {
    if let base, base > .start { floor = min(floor, base) }
  }

  /// Closes a block and adds it.
  mutating func add(_ builder: inout BlockBuilder) throws {
    let rowCount = builder.rowCount
    guard rowCount > 0 else { return }
    invariant(builder.counted.isEmpty || header.mayCount, "The header says that updates count.")
    try pieces.append(writer.blockFrame(raw: builder.finish(), rowCount: rowCount))
  }

  /// Ends the changeset, and makes it the chain's last. One without rows leaves nothing behind.
  ///
  /// Returns whether there was a changeset.
  consuming func finish(_ state: inout BranchState) throws -> Bool {
    let (trailer, frame) = writer.finish()
    guard trailer.rowCount > 0 else {
      try database.execute(BranchSQL.deletePieces, [.integer(Int64(header.dot.counter))])
      return false
    }
    try pieces.append(frame)
    try pieces.finish()
    try database.execute(
      BranchSQL.insertOutgoing,
      [
        .integer(Int64(header.dot.counter)), .blob(trailer.contentHash.bytes),
        .integer(Int64(pieces.byteCount)), .integer(Int64(rowCount)), .integer(oldest),
        .integer(header.isBaseline ? 1 : 0), .integer(Int64(floor.rawValue)),
      ])
    state.headHash = trailer.contentHash
    state.nextCounter += 1
    return true
  }
}
