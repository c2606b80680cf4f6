package import Basics
package import Clocks
internal import Deltas
internal import Storage

/// Where a changeset's stream is.
package enum ChangesetSource: Hashable, Sendable {
  /// It came with the request.
  case inline([UInt8])
  /// It was uploaded in pieces.
  case staged(counter: UInt64, contentHash: ContentHash, byteCount: Int)

  var byteCount: Int {
    switch self {
    case .inline(let bytes): bytes.count
    case .staged(_, _, let byteCount): byteCount
    }
  }
}

/// A changeset that the log has, now or from before.
package struct AcceptedEntry: Hashable, Sendable {
  package var counter: UInt64
  package var contentHash: ContentHash
  package var position: LogPosition
  /// False if the hub had it already.
  package var isNew: Bool
  /// The rows it changed; 0 unless it is new.
  package var rowCount: Int
}

/// What an exchange came to.
package struct Acceptance: Hashable, Sendable {
  /// Beside the sources.
  package var entries: [AcceptedEntry]
  /// The delta that the branch is to have now goes from what it has integrated to here.
  package var deltaTo: LogPosition
  /// That delta's length; 0 if there is nothing new.
  package var deltaByteCount: Int
}

/// What a branch says of itself with its changesets.
package struct Contact: Hashable, Sendable {
  package var replica: ReplicaID
  /// What it has durably integrated; nil before its first exchange.
  package var integrated: CausalContext?
  /// Where a delta ends of which the branch has a part; nil if it has none.
  package var resumeTo: LogPosition?
  /// A delta up to this length goes with the answer, and counts as delivered.
  package var inlineBytesMax: Int
  /// How far the hub's clock is ahead of the branch's.
  package var clockOffsetMilliseconds: Int64
  /// The hub's wall clock.
  package var receivedMilliseconds: Int64

  package init(
    replica: ReplicaID, integrated: CausalContext?, resumeTo: LogPosition? = nil,
    inlineBytesMax: Int = 0, clockOffsetMilliseconds: Int64, receivedMilliseconds: Int64
  ) {
    self.replica = replica
    self.integrated = integrated
    self.resumeTo = resumeTo
    self.inlineBytesMax = inlineBytesMax
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.receivedMilliseconds = receivedMilliseconds
  }
}

extension HubStore {
  /// Accepts a branch's changesets in the order of their counters, merges them, and notes the
  /// contact: one durable transaction for all, or nothing.
  ///
  /// What the hub has already is confirmed again. Throws `HubStoreError.refused` with the reason.
  package func accept(
    _ sources: [ChangesetSource], from contact: Contact
  ) throws -> Acceptance {
    do {
      let accepted = try storing("accept the changesets") {
        try database.transaction { try acceptAll(sources, from: contact) }
      }
      if !sources.isEmpty { removeStaged(of: contact.replica) }
      return accepted
    } catch {
      log.forget()
      deltaIndex = nil
      records?.forget()
      throw error
    }
  }

  private func acceptAll(
    _ sources: [ChangesetSource], from contact: Contact
  ) throws -> Acceptance {
    records?.forget()
    guard let known = try replica(contact.replica) else {
      throw HubStoreError.refused(.unknownReplica)
    }
    guard known.state == .active else { throw HubStoreError.refused(.revoked) }
    if let integrated = contact.integrated {
      guard integrated.generation == generation, integrated.position <= (try log.head()) else {
        throw HubStoreError.refused(.unknownPosition)
      }
    }
    var accepted: [AcceptedEntry] = []
    var budget = RawBudget(forCompressedBytes: sources.reduce(0) { $0 + $1.byteCount })
    for source in sources {
      // Its chain has grown with each of them.
      guard let author = try replica(contact.replica) else { continue }
      accepted.append(try accept(source, of: author, contact, budget: &budget))
    }
    let from = contact.integrated?.position ?? .start
    let head = try log.head()
    // A delta of which the branch has a part is finished before a newer one begins.
    let to = contact.resumeTo.map { from < $0 && $0 <= head ? $0 : head } ?? head
    let byteCount = try deltaByteCount(receiver: contact.replica, from: from, to: to)
    let isInline = byteCount <= contact.inlineBytesMax
    try noteContact(
      contact, acknowledged: from, delivered: isInline ? to : from,
      isComplete: isInline && to == head)
    return Acceptance(entries: accepted, deltaTo: to, deltaByteCount: byteCount)
  }

  private func accept(
    _ source: ChangesetSource, of author: ReplicaRecord, _ contact: Contact,
    budget: inout RawBudget
  ) throws -> AcceptedEntry {
    let acceptor = ChangesetAcceptor(
      store: self, author: author, clockOffsetMilliseconds: contact.clockOffsetMilliseconds,
      receivedMilliseconds: contact.receivedMilliseconds, budget: budget)
    defer { budget = acceptor.budget }
    switch source {
    case .inline(let bytes):
      try acceptor.take(bytes[...])
      return try acceptor.finish()
    case .staged(let counter, let hash, let byteCount):
      let dot = Dot(replica: author.id, counter: counter)
      if let logged = try loggedChangeset(dot), logged.hash == hash {
        return AcceptedEntry(
          counter: counter, contentHash: hash, position: logged.position, isNew: false,
          rowCount: 0)
      }
      let file = staging.filePath(replica: author.id, counter: counter, hash: hash)
      let staged = staging.byteCount(file)
      guard staged == byteCount else {
        throw HubStoreError.refused(.notUploaded(haveBytes: staged, ofBytes: byteCount))
      }
      let entry: AcceptedEntry
      do {
        try staging.read(file) { try acceptor.take($0) }
        entry = try acceptor.finish()
      } catch let error as HubStoreError {
        // What was staged is not the changeset: it must come again from its beginning.
        if case .refused(.undecodable) = error { staging.remove(file) }
        throw error
      }
      guard entry.counter == counter, entry.contentHash == hash else {
        staging.remove(file)
        throw HubStoreError.refused(.malformed("another changeset was uploaded than was named"))
      }
      return entry
    }
  }

  // MARK: Log

  /// Where the log has a changeset, and what its hash is.
  func loggedChangeset(_ dot: Dot) throws -> (position: LogPosition, hash: ContentHash)? {
    let parameters = [Value(dot.replica), Value(counter: dot.counter)]
    guard let row = try database.firstRow(HubSQL.selectLogByDot, parameters),
      let hash = row[1].asHash
    else { return nil }
    return (row[0].asPosition, hash)
  }

  func writeFrame(
    _ bytes: [UInt8], type: FrameType, table: TableID?,
    keys: (least: [UInt8], greatest: [UInt8])?, isSilent: Bool = false,
    at position: LogPosition, part: Int
  ) throws {
    let statement = try database.cached(HubSQL.insertFrame)
    try statement.bind([
      Value(position), Value(part), .integer(Int64(type.rawValue)), Value(bytes.count),
      table.map { Value($0) } ?? .null, keys.map { .blob($0.least) } ?? .null,
      keys.map { .blob($0.greatest) } ?? .null, Value(isSilent),
    ])
    try bytes.withUnsafeBytes { view in
      try statement.bind(9, .blob(view), copying: false)
      try statement.run()
    }
  }

  // MARK: Uploads

  /// Keeps a piece of a changeset that is too large to come with an exchange, and returns how much
  /// of it is there now. A piece that is there already, or lies beyond, changes nothing.
  package func stage(
    _ bytes: [UInt8], at offset: Int, of changeset: ChangesetSource, from replica: ReplicaID
  ) throws -> Int {
    guard case .staged(let counter, let hash, let byteCount) = changeset else { return 0 }
    let dot = Dot(replica: replica, counter: counter)
    if let logged = try storing("look up a changeset", { try loggedChangeset(dot) }),
      logged.hash == hash
    {
      return byteCount
    }
    let file = staging.filePath(replica: replica, counter: counter, hash: hash)
    let staged = staging.byteCount(file)
    guard offset >= 0, offset <= staged, offset + bytes.count > staged else { return staged }
    guard offset + bytes.count <= byteCount else {
      throw HubStoreError.refused(.tooLarge(what: "the upload in bytes", limit: byteCount))
    }
    if staged == 0 { try makeRoom(for: replica) }
    return try staging.write(Array(bytes.dropFirst(staged - offset)), to: file, at: staged)
  }

  private func makeRoom(for replica: ReplicaID) throws {
    let files = staging.files(of: replica)
    guard files.count >= HubStoreLimits.stagedChangesetsMax else { return }
    for oldest in files.dropLast(HubStoreLimits.stagedChangesetsMax - 1) {
      staging.remove(oldest.file)
    }
  }

  /// Removes what was staged and is in the log.
  private func removeStaged(of replica: ReplicaID) {
    guard let chainCounter = try? self.replica(replica)?.chainCounter else { return }
    for staged in staging.files(of: replica) where staged.counter <= chainCounter {
      staging.remove(staged.file)
    }
  }
}
