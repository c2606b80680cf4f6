package import Basics
package import Clocks
internal import Deltas
package import Storage

/// Chains: what a copy of a database does to go on beside the one it was copied from.
extension BranchStore {
  /// The last changeset of the chain that has left the outbox, by the hash it was first sealed with
  /// as far as that is known: the log may have it under another header. With the counter 0 it is
  /// the last of the chain that this one continues, zero if there is none.
  package func confirmedHead() throws -> (counter: UInt64, hash: ContentHash) {
    let head = try lastConfirmed()
    return try performing {
      guard let id = try database.integer(BranchSQL.selectTailID, [.blob(head.hash.bytes)]),
        let row = try database.firstRow(BranchSQL.selectTailPiece, [.integer(id), .integer(0)]),
        case .blob(let bytes)? = row.first,
        let origin = try Self.header(inBeginning: bytes)?.origin
      else { return head }
      return (head.counter, origin)
    }
  }

  private func lastConfirmed() throws -> (counter: UInt64, hash: ContentHash) {
    try performing {
      let state = try BranchState(database)
      guard let first = try outbox().first else {
        return (state.nextCounter - 1, state.headHash)
      }
      guard let header = try Self.outboxHeader(first.counter, in: database) else {
        throw BranchStoreError.damaged("the outbox has a changeset without its beginning")
      }
      return (first.counter - 1, header.previous)
    }
  }

  /// Takes an identity of its own: this database is a copy, and another goes on under the old one.
  ///
  /// The outbox becomes the beginning of a new chain that goes on from `parentHash`, the last of
  /// the old chain that the hub's log has; zero if it has none. Each changeset names the hash that
  /// it was first sealed with, by which the hub knows those that it has. One transaction, in which
  /// what was captured meanwhile is sealed first, but for what waits for the hub's agreement to
  /// what the application has added: the hub is asked as the new replica, and that is sealed so.
  /// If the branch has keys of its own, `keySpace` is where rows that are made from now on get
  /// theirs. Rows that are there keep what others know them by, but for new ones of the copy alone:
  /// the other database gives such numbers, too. `newRows` says which these are; nil if nobody
  /// knows.
  ///
  /// Returns what the branch's people must be told; nil if the identity is the branch's already.
  @discardableResult
  package func adopt(
    replica: ReplicaID, branch: String, parentHash: ContentHash, keySpace: KeySpace? = nil,
    newRows: NewRows? = nil, wallMilliseconds: Int64
  ) throws -> BranchNotice? {
    try performing {
      guard replica != identity.replica else { return nil }
      let notice = BranchNotice(
        number: 0, milliseconds: wallMilliseconds,
        text: """
          This database and another began as one, “\(identity.branch)”. This one goes on as \
          “\(branch)”; nothing of either is lost.
          """)
      try database.transaction {
        var state = try BranchState(database)
        _ = try seal(&state, wallMilliseconds: wallMilliseconds, canExtend: true)
        // The hub tells both; should it be restored before it could, somebody is told all the same.
        try database.execute(
          BranchSQL.insertNotice, [.integer(0), .integer(wallMilliseconds), .text(notice.text)])
        // What waits for the hub's agreement is sealed next.
        let next = state.nextCounter
        if keySpace != nil { try settleKeys(try journaledTables(), counter: next) }
        let moving = try keySpace.flatMap { try newNumbers(newRows, to: $0) }
        if let keySpace { try moveKeys(to: keySpace) }
        try moving?.moveEntries(in: database)
        state.adopt(replica: replica, branch: branch)
        try moving?.renumber(outbox().map(\.counter) + [next], in: database)
        try rechain(&state, from: 1, previous: parentHash, moving) { _ in }
        try state.save(to: database)
      }
      identity.replica = replica
      identity.branch = branch
      try rereadKeys()
      return notice
    }
  }

  /// The numbers that move to a copy's own space. Nil where there is no other space.
  private func newNumbers(_ newRows: NewRows?, to space: KeySpace) throws -> NewNumbers? {
    guard let keys, keys.space != space else { return nil }
    let ranges = try newRows.map { try NewNumbers.ranges(of: $0.first...(.max), in: database) }
    return NewNumbers(ranges ?? [:], known: newRows?.known ?? [:], keys, to: space)
  }

  /// Writes the outbox's changesets anew, under the state's replica and counting from a number on.
  ///
  /// The first of them goes on from `previous`, or from what it went on from. Blocks stay as they
  /// are, byte for byte, unless they have numbers that are moved. What is not changed by it stays
  /// itself.
  func rechain(
    _ state: inout BranchState, from first: UInt64, previous: ContentHash?,
    _ moving: NewNumbers? = nil, _ edit: (inout ChangesetHeader) -> Void
  ) throws {
    var counter = first
    var previous = previous
    for changeset in try outbox() {
      guard let old = try Self.outboxHeader(changeset.counter, in: database) else {
        throw BranchStoreError.damaged("the outbox has a changeset without its beginning")
      }
      var header = old
      let replica = state.identity.replica
      header.dot = Dot(replica: replica, counter: counter)
      header.previous = previous ?? old.previous
      header.timestamp = HybridTimestamp(
        milliseconds: old.timestamp.milliseconds, counter: old.timestamp.counter,
        replica: replica)
      edit(&header)
      if header == old {
        previous = changeset.contentHash
      } else {
        previous =
          try moving.flatMap { try reseal(changeset, header, $0) } ?? rewrite(changeset, header)
      }
      counter += 1
    }
    try database.execute(BranchSQL.renumberOutgoing)
    try database.execute(BranchSQL.renumberPieces)
    state.nextCounter = counter
    if let previous { state.headHash = previous }
  }

  /// Replaces a changeset of the outbox by one with another header, under the negative of its
  /// counter. Returns its content hash.
  private func rewrite(
    _ changeset: OutgoingChangeset, _ header: ChangesetHeader
  ) throws -> ContentHash {
    let key = -Int64(header.dot.counter)
    var pieces = PieceWriter(database, insertSQL: BranchSQL.insertPiece, key: key)
    var rewriter = ChangesetRewriter(
      hash: changeset.contentHash, dot: header.dot, previous: header.previous,
      context: header.context)
    try forEachOutboxFrame(counter: changeset.counter) { frame in
      try pieces.append(try rewriter.rewrite(frame))
    }
    guard let trailer = rewriter.trailer else { throw DeltaDecodingError.truncated }
    try pieces.finish()
    try database.execute(
      BranchSQL.copyOutgoing,
      [
        .integer(Int64(changeset.counter)), .integer(key), .blob(trailer.contentHash.bytes),
        .integer(Int64(pieces.byteCount)),
      ])
    try forgetOutgoing(changeset.counter)
    return trailer.contentHash
  }

  /// Replaces a changeset of the outbox by one with moved numbers: others never had it under the
  /// old ones, so nothing says what it was. Nil if it has none of them.
  private func reseal(
    _ changeset: OutgoingChangeset, _ header: ChangesetHeader, _ moving: NewNumbers
  ) throws -> ContentHash? {
    guard !moving.isEmpty, try hasMoved(changeset, moving) else { return nil }
    var header = header
    header.origin = nil
    let key = -Int64(header.dot.counter)
    var pieces = PieceWriter(database, insertSQL: BranchSQL.insertPiece, key: key)
    var writer = ChangesetWriter(header: header)
    try pieces.append(writer.headerFrame())
    try forEachOutboxFrame(counter: changeset.counter) { frame in
      guard frame.type == .block else { return }
      let raw = try decompressedBlock(payload: frame.payload)
      let block = try BlockReader(raw: raw)
      try pieces.append(
        writer.blockFrame(raw: moving.moved(block) ?? raw, rowCount: block.rowCount))
    }
    let (trailer, frame) = writer.finish()
    try pieces.append(frame)
    try pieces.finish()
    try database.execute(
      BranchSQL.copyOutgoing,
      [
        .integer(Int64(changeset.counter)), .integer(key), .blob(trailer.contentHash.bytes),
        .integer(Int64(pieces.byteCount)),
      ])
    try database.execute(BranchSQL.forgetOrigin, [.integer(key)])
    try forgetOutgoing(changeset.counter)
    return trailer.contentHash
  }

  private func hasMoved(_ changeset: OutgoingChangeset, _ moving: NewNumbers) throws -> Bool {
    var result = false
    try forEachOutboxBlock(counter: changeset.counter) { block in
      if !result { result = moving.moved(block) != nil }
    }
    return result
  }

  func forgetOutgoing(_ counter: UInt64) throws {
    try database.execute(BranchSQL.deleteOutgoing, [.integer(Int64(bitPattern: counter))])
    try database.execute(BranchSQL.deletePieces, [.integer(Int64(bitPattern: counter))])
  }
}
