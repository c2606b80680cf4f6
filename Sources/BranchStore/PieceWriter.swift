internal import Deltas
internal import Storage

/// Writes a stream into a table of pieces of one size, inside the caller's transaction.
struct PieceWriter {
  private let database: Database
  private let insertSQL: String
  private let key: Int64
  private var buffer: [UInt8] = []
  private var pieceCount: Int64 = 0
  private(set) var byteCount = 0

  /// The statement takes the key, the piece's number and its bytes.
  init(_ database: Database, insertSQL: String, key: Int64) {
    self.database = database
    self.insertSQL = insertSQL
    self.key = key
  }

  mutating func append(_ bytes: [UInt8]) throws {
    byteCount += bytes.count
    buffer.append(contentsOf: bytes)
    var start = 0
    while buffer.count - start >= BranchLimits.outboxPieceBytes {
      try insert(start..<start + BranchLimits.outboxPieceBytes)
      start += BranchLimits.outboxPieceBytes
    }
    if start > 0 { buffer.removeSubrange(..<start) }
  }

  /// Writes what is left.
  mutating func finish() throws {
    if !buffer.isEmpty { try insert(0..<buffer.count) }
    buffer = []
  }

  private mutating func insert(_ range: Range<Int>) throws {
    let statement = try database.cached(insertSQL)
    try statement.bind(1, .integer(key), copying: false)
    try statement.bind(2, .integer(pieceCount), copying: false)
    try buffer.withUnsafeBytes { bytes in
      try statement.bind(3, .blob(UnsafeRawBufferPointer(rebasing: bytes[range])), copying: false)
      try statement.run()
    }
    pieceCount += 1
  }
}
