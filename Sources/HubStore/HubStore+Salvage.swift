package import Basics
package import Clocks
internal import Deltas
internal import Storage

/// What retired branches still send: kept apart, whole, until people decide.
extension HubStore {
  /// A changeset that was kept apart.
  package struct Salvaged: Hashable, Sendable {
    package var replica: ReplicaID
    package var name: String
    package var counter: UInt64
    package var contentHash: ContentHash
    package var byteCount: Int
    package var milliseconds: Int64

    /// What names it in the table.
    fileprivate var row: [Value] {
      [Value(replica), Value(counter: counter), Value(contentHash)]
    }
  }

  /// If the branch is retired, keeps what it sent and then refuses it. One whose place the hub has
  /// lost hands back first: it may have what nobody else has, and what it sends names that.
  func salvageOfRetired(_ sources: [ChangesetSource], from contact: Contact) throws {
    guard let record = try replica(contact.replica), record.state == .retired else { return }
    guard !contact.isStranger else { throw HubStoreError.refused(.unknownReplica) }
    let kept = try storing("keep what a retired branch sent") {
      try database.transaction {
        try takeOver()
        _ = try whereabouts(of: contact)
        var last = ChainPoint(counter: 0, contentHash: .zero)
        for source in sources {
          last = try salvage(source, of: record, contact)
        }
        return KeptApart(
          counter: try endOfSalvage(of: record.id, after: last),
          changesetCount: Int(
            try database.integer(HubSQL.countSalvage, [Value(record.id)]) ?? 0))
      }
    }
    removeStaged(sources, of: record.id)
    throw HubStoreError.refused(.retired(kept))
  }

  /// Whether a changeset is kept apart already.
  func isSalvaged(_ counter: UInt64, _ hash: ContentHash, of replica: ReplicaID) throws -> Bool {
    let row = [Value(replica), Value(counter: counter), Value(hash)]
    return try database.integer(HubSQL.hasSalvage, row) == 1
  }

  /// How far the chain that a changeset belongs to is kept without a gap: a branch that was cut
  /// off need not send all of it again.
  private func endOfSalvage(of replica: ReplicaID, after last: ChainPoint) throws -> UInt64 {
    guard last.counter > 0 else { return 0 }
    var last = last
    while let next = try follower(of: last, in: replica) { last = next }
    return last.counter
  }

  private func follower(of last: ChainPoint, in replica: ReplicaID) throws -> ChainPoint? {
    let rows = try database.rows(
      HubSQL.selectSalvageBeginnings,
      [Value(replica), Value(counter: last.counter + 1), Value(Self.headerBytesMax)])
    for row in rows {
      guard let hash = row[0].asHash,
        try header(inBeginning: row[1].asBytes).previous == last.contentHash
      else { continue }
      return ChainPoint(counter: last.counter + 1, contentHash: hash)
    }
    return nil
  }

  /// Returns what it is.
  private func salvage(
    _ source: ChangesetSource, of record: ReplicaRecord, _ contact: Contact
  ) throws -> ChainPoint {
    if case .staged(let counter, let hash, _) = source,
      try isSalvaged(counter, hash, of: record.id)
    {
      return ChainPoint(counter: counter, contentHash: hash)
    }
    let header = try header(of: source, from: record.id)
    let hash = try contentHash(of: source)
    guard header.dot.replica == record.id else { throw HubStoreError.refused(.notTheAuthors) }
    let point = ChainPoint(counter: header.dot.counter, contentHash: hash)
    guard try loggedChangeset(hash) == nil else { return point }
    guard
      try seen(ofPushed: header.context, by: header.dot, handedTo: contact.handedTo) != nil
    else { throw HubStoreError.refused(.unknownPosition) }
    var piece = 0
    try read(source, of: record.id) { bytes in
      try database.execute(
        HubSQL.insertSalvage,
        [
          Value(record.id), Value(counter: header.dot.counter), Value(hash), Value(piece),
          .blob(Array(bytes)), .integer(contact.receivedMilliseconds),
        ])
      piece += 1
    }
    return point
  }

  /// What was kept apart, in the order of the branches and their chains.
  package func salvaged() throws -> [Salvaged] {
    try storing("list what was kept apart") {
      let names = try names()
      return try database.rows(HubSQL.selectSalvage).compactMap { row in
        row[2].asHash.map { hash in
          Salvaged(
            replica: row[0].asReplica, name: names[row[0].asReplica] ?? "",
            counter: row[1].asCounter, contentHash: hash, byteCount: Int(row[3].asInteger),
            milliseconds: row[4].asInteger)
        }
      }
    }
  }

  /// Accepts what was kept apart of a branch after all, and returns how many changesets that were.
  /// The branch stays retired.
  @discardableResult
  package func replaySalvaged(name: String, wallMilliseconds: Int64) throws -> Int {
    let record = try branch(named: name)
    let kept = try salvaged().filter { $0.replica == record.id }
    do {
      return try storing("accept what was kept apart") {
        try database.transaction {
          try takeOver()
          records?.forget()
          for changeset in kept { try replay(changeset, of: record, wallMilliseconds) }
          return kept.count
        }
      }
    } catch {
      forgetCaches()
      throw error
    }
  }

  private func replay(
    _ kept: Salvaged, of record: ReplicaRecord, _ wallMilliseconds: Int64
  ) throws {
    if try loggedChangeset(kept.contentHash) == nil {
      let pieces = try database.rows(HubSQL.selectSalvagePieces, kept.row)
      guard let first = pieces.first?[0].asBytes else { return }
      let header = try header(of: .inline(first), from: record.id)
      let dot = try hubName(
        of: header, name: record.name, told: header.dot, shared: log.head(),
        wallMilliseconds: wallMilliseconds)
      let acceptor = ChangesetAcceptor(
        store: self, from: .other(dot, seen: nil), claiming: kept.contentHash,
        clockOffsetMilliseconds: record.clockOffsetMilliseconds ?? 0,
        receivedMilliseconds: kept.milliseconds,
        budget: RawBudget(forCompressedBytes: kept.byteCount))
      for piece in pieces { try acceptor.take(piece[0].asBytes[...]) }
      _ = try acceptor.finish()
    }
    try database.execute(HubSQL.deleteSalvage, kept.row)
  }

  /// Throws away what was kept apart of a branch, and returns how many changesets that were.
  @discardableResult
  package func dropSalvaged(name: String) throws -> Int {
    let record = try branch(named: name)
    let kept = try salvaged().filter { $0.replica == record.id }
    try storing("throw away what was kept apart") {
      try database.transaction {
        for changeset in kept {
          try database.execute(HubSQL.deleteSalvage, changeset.row)
        }
      }
    }
    return kept.count
  }
}
