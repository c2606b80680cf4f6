internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Writes one changeset into the outbox, piece by piece, inside the caller's transaction.
struct OutboxWriter: ~Copyable {
  private let database: Database
  let header: ChangesetHeader
  private var writer: ChangesetWriter
  private var buffer: [UInt8] = []
  private var pieceCount: Int64 = 0
  private var byteCount = 0
  /// Rows in the sense of people: one however many times it was written.
  var rowCount = 0
  /// The time of the oldest write in it.
  var oldest = Int64.max

  init(_ database: Database, header: ChangesetHeader) throws {
    self.database = database
    self.header = header
    writer = ChangesetWriter(header: header)
    try append(writer.headerFrame())
  }

  /// Closes a block and adds it.
  mutating func add(_ builder: inout BlockBuilder) throws {
    let rowCount = builder.rowCount
    guard rowCount > 0 else { return }
    try append(writer.blockFrame(raw: builder.finish(), rowCount: rowCount))
  }

  private mutating func append(_ frame: [UInt8]) throws {
    byteCount += frame.count
    buffer.append(contentsOf: frame)
    var start = 0
    while buffer.count - start >= BranchLimits.outboxPieceBytes {
      try insertPiece(start..<start + BranchLimits.outboxPieceBytes)
      start += BranchLimits.outboxPieceBytes
    }
    if start > 0 { buffer.removeSubrange(..<start) }
  }

  private mutating func insertPiece(_ range: Range<Int>) throws {
    let statement = try database.cached(BranchSQL.insertPiece)
    try statement.bind(1, .integer(Int64(header.dot.counter)), copying: false)
    try statement.bind(2, .integer(pieceCount), copying: false)
    try buffer.withUnsafeBytes { bytes in
      try statement.bind(3, .blob(UnsafeRawBufferPointer(rebasing: bytes[range])), copying: false)
      try statement.run()
    }
    pieceCount += 1
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
    try append(frame)
    if !buffer.isEmpty { try insertPiece(0..<buffer.count) }
    try database.execute(
      BranchSQL.insertOutgoing,
      [
        .integer(Int64(header.dot.counter)), .blob(trailer.contentHash.bytes),
        .integer(Int64(byteCount)), .integer(Int64(rowCount)), .integer(oldest),
        .integer(header.isBaseline ? 1 : 0),
      ])
    state.headHash = trailer.contentHash
    state.nextCounter += 1
    return true
  }
}
