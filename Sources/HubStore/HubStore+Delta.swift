package import Clocks
internal import Deltas
internal import Storage

/// What the hub's log says to those who have some of it.
extension HubStore {
  // MARK: Vectors

  /// The version vector of everything up to a position. Throws `pruned` where the log is gone.
  package func vector(at position: LogPosition) throws -> VersionVector {
    try storing("read its log") {
      guard try position == .start || position >= pruned().log else {
        throw HubStoreError.pruned(position, upTo: try pruned().log)
      }
      if position == .start { return VersionVector() }
      return VersionVector(try dots(HubSQL.selectVector, [Value(position)]))
    }
  }

  /// The last changeset of each replica after one position and up to another: what the vector at
  /// the second has and the first's has not, in the order of the replicas.
  package func vectorDifference(from: LogPosition, to: LogPosition) throws -> [Dot] {
    guard from < to else { return [] }
    // A scan of few entries is cheaper than a search for each replica.
    let isShort = to.rawValue - from.rawValue <= Self.shortDifferenceEntries
    let sql = isShort ? HubSQL.selectVectorDifferenceShort : HubSQL.selectVectorDifference
    return try storing("read its log") {
      // What the pruned log had is known of all replicas together only.
      if try from < pruned().log { return try dots(HubSQL.selectVector, [Value(to)]) }
      return try dots(sql, [Value(from), Value(to)])
    }
  }

  private static let shortDifferenceEntries: UInt64 = 1_000

  private func dots(_ sql: String, _ parameters: [Value]) throws -> [Dot] {
    try database.rows(sql, parameters).map {
      Dot(replica: $0[0].asReplica, counter: $0[1].asCounter)
    }
  }

  // MARK: Deltas

  /// A piece of the delta between two positions for a receiver, and the length of the whole.
  ///
  /// The delta's bytes are always the same, so that a transfer can go on at any byte. Takes time
  /// and memory in proportion to the piece, and once to the number of changesets between the
  /// positions. The whole is 0 bytes long if there is nothing between them.
  package func delta(
    receiver: ReplicaID, from: LogPosition, to: LogPosition, offset: Int, byteCount: Int
  ) throws -> (bytes: [UInt8], total: Int) {
    try storing("read its log") {
      guard from < to else { return ([], 0) }
      guard try from >= pruned().stable else { throw HubStoreError.refused(.unknownPosition) }
      let index = try deltaIndex(receiver: receiver, from: from, to: to)
      var piece = DeltaPiece(offset: offset, byteCount: byteCount)
      piece.take(index.header, at: 0)
      if !piece.isFull { try readEntries(of: index, into: &piece) }
      piece.take(index.trailer, at: index.total - index.trailer.count)
      return (piece.bytes, index.total)
    }
  }

  /// The whole delta's length; 0 if there is nothing between the positions.
  func deltaByteCount(_ plan: DeltaPlan) throws -> Int {
    switch plan {
    case .nothing: 0
    case .wholeState(let to): try wholeState(at: to, offset: 0, byteCount: 0)?.total ?? 0
    case .log(let from, let to, let receiver):
      from < to ? try deltaIndex(receiver: receiver, from: from, to: to).total : 0
    }
  }

  /// A piece of the delta that an exchange announced, and the length of the whole.
  package func delta(
    _ plan: DeltaPlan, offset: Int, byteCount: Int
  ) throws -> (bytes: [UInt8], total: Int) {
    switch plan {
    case .nothing: return ([], 0)
    case .wholeState(let to):
      return try storing("read the whole state") {
        guard let piece = try wholeState(at: to, offset: offset, byteCount: byteCount) else {
          throw HubStoreError.refused(.unknownPosition)
        }
        return piece
      }
    case .log(let from, let to, let receiver):
      return try delta(
        receiver: receiver, from: from, to: to, offset: offset, byteCount: byteCount)
    }
  }

  /// The delta that an exchange announced. Nil if the log does not have that place.
  package func plan(
    from: LogPosition, to place: CausalContext, receiver: ReplicaID, isWholeState: Bool = false
  ) throws -> DeltaPlan? {
    try storing("look up a delta") {
      guard from <= place.position, place.position <= (try log.head()),
        try timeline().place(at: place.position) == place
      else { return nil }
      if isWholeState { return .wholeState(at: place.position) }
      return .log(from: from, to: place.position, receiver: receiver)
    }
  }

  private func deltaIndex(
    receiver: ReplicaID, from: LogPosition, to: LogPosition
  ) throws -> DeltaIndex {
    if let last = deltaIndex, last.receiver == receiver, last.from == from, last.to == to {
      return last
    }
    let sums = try database.firstRow(
      HubSQL.selectDeltaSums, [Value(receiver), Value(from), Value(to)])
    let index = DeltaIndex(
      generation: try timeline().place(at: to).generation, receiver: receiver, from: from, to: to,
      entryCount: Int(sums?[0].asInteger ?? 0), entryBytes: Int(sums?[1].asInteger ?? 0),
      frameCount: Int(sums?[2].asInteger ?? 0), isWithholding: sums?[3].asInteger == 1)
    deltaIndex = index
    return index
  }

  private func readEntries(of index: DeltaIndex, into piece: inout DeltaPiece) throws {
    let mark = index.mark(before: piece.offset)
    var start = mark.offset
    let entries = try database.prepare(HubSQL.selectDeltaEntries)
    try entries.bind([Value(index.receiver), Value(mark.position), Value(index.to)])
    while !piece.isFull, try entries.step() {
      let end = start + Int(entries.integer(1))
      if end > piece.offset {
        try readEntry(entries, of: index, from: start, into: &piece)
      }
      start = end
      deltaIndex?.note(entries.value(0).asPosition, endsAt: end)
    }
  }

  private func readEntry(
    _ row: Statement, of index: DeltaIndex, from start: Int, into piece: inout DeltaPiece
  ) throws {
    let head = try deltaEntry(row)
    let headFrame = Frame(type: .entry, payload: head.payload).encoded
    piece.take(headFrame, at: start)
    var offset = start + headFrame.count
    let frames = try database.prepare(HubSQL.selectDeltaFrames)
    try frames.bind([Value(head.position), Value(head.hasBlocks)])
    while !piece.isFull, try frames.step() {
      let byteCount = Int(frames.integer(0))
      if piece.overlaps(offset, byteCount: byteCount), case .blob(let bytes) = frames.view(1) {
        piece.take(bytes, at: offset)
      }
      offset += byteCount
    }
  }

  private func deltaEntry(_ row: Statement) throws -> DeltaEntry {
    guard let hash = row.value(4).asHash else {
      throw HubStoreError.damaged("the log has an entry without its hash")
    }
    return DeltaEntry(
      position: row.value(0).asPosition,
      dot: Dot(replica: row.value(2).asReplica, counter: row.value(3).asCounter), contentHash: hash,
      timestamp: HybridTimestamp(
        milliseconds: row.integer(5), counter: UInt32(clamping: row.integer(6)),
        replica: row.value(7).asReplica),
      clockOffsetMilliseconds: row.integer(8), receivedMilliseconds: row.integer(9),
      hasBlocks: row.integer(10) != 0,
      seen: try SeenEntries(
        upTo: row.value(11).asPosition, encoded: row.value(12).asOptionalBytes
      ).told)
  }
}
