package import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// A sealed changeset that the hub has not confirmed.
package struct OutgoingChangeset: Hashable, Sendable {
  package var counter: UInt64
  package var contentHash: ContentHash
  /// Of its whole stream.
  package var byteCount: Int
  /// Rows in it: each counts once.
  package var rowCount: Int
  /// The time of the oldest write in it, by the branch's clock.
  package var oldestMilliseconds: Int64
  package var isBaseline: Bool
  /// Whether the log has its changes under the name that they had before it was chained anew. It
  /// has still to be sent, so that the hub knows the chain; incoming rows do not wait for it.
  package var isLogged: Bool
}

extension BranchStore {
  /// The changesets that the hub has not confirmed, in the order of their counters.
  package func outbox() throws -> [OutgoingChangeset] {
    try performing {
      try database.rows(BranchSQL.selectOutgoing).map { row in
        guard case .integer(let counter) = row[0], case .blob(let bytes) = row[1],
          let hash = ContentHash(bytes: bytes), case .integer(let byteCount) = row[2],
          case .integer(let rowCount) = row[3], case .integer(let oldest) = row[4],
          case .integer(let isBaseline) = row[5], case .integer(let isLogged) = row[6]
        else { throw BranchStoreError.damaged("the outbox has an impossible value") }
        return OutgoingChangeset(
          counter: UInt64(counter), contentHash: hash, byteCount: Int(byteCount),
          rowCount: Int(rowCount), oldestMilliseconds: oldest, isBaseline: isBaseline != 0,
          isLogged: isLogged != 0)
      }
    }
  }

  /// A piece of a changeset's stream: as much as there is from the offset on, up to a number of
  /// bytes and a limit of ours. Empty past the end.
  package func outboxBytes(counter: UInt64, offset: Int, byteCount: Int) throws -> [UInt8] {
    try performing {
      try PieceReader.read(offset: offset, byteCount: byteCount) { index in
        try outboxPiece(counter: counter, index: index)
      }
    }
  }

  /// The counter of a sealed changeset that has not left the outbox.
  func outboxCounter(of hash: ContentHash) throws -> UInt64? {
    try database.integer(BranchSQL.selectOutgoingCounter, [.blob(hash.bytes)]).map { UInt64($0) }
  }

  /// The counter of a sealed changeset that had this hash before it was chained anew.
  func outboxCounter(ofOrigin hash: ContentHash) throws -> UInt64? {
    try database.integer(BranchSQL.selectOutgoingOfOrigin, [.blob(hash.bytes)])
      .map { UInt64($0) }
  }

  func outboxPiece(counter: UInt64, index: Int) throws -> [UInt8]? {
    let statement = try database.cached(BranchSQL.selectPiece)
    defer { statement.reset() }
    try statement.bind(1, .integer(Int64(counter)), copying: false)
    try statement.bind(2, .integer(Int64(index)), copying: false)
    return try statement.step() ? statement.bytes(0) : nil
  }

  /// The frames of a sealed changeset.
  func forEachOutboxFrame(counter: UInt64, _ body: (Frame) throws -> Void) throws {
    var frames = FrameReader()
    var index = 0
    while let piece = try outboxPiece(counter: counter, index: index) {
      frames.append(piece)
      index += 1
      while let frame = try frames.next() { try body(frame) }
    }
  }

  /// The blocks of a sealed changeset.
  func forEachOutboxBlock(counter: UInt64, _ body: (BlockReader) throws -> Void) throws {
    try forEachOutboxFrame(counter: counter) { frame in
      guard frame.type == .block else { return }
      try body(try BlockReader(raw: try decompressedBlock(payload: frame.payload)))
    }
  }
}
