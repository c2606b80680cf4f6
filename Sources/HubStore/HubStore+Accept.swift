internal import Basics
package import Clocks
internal import Deltas
internal import Storage

extension HubStore {
  /// Accepts a branch's changesets in the order of their counters, merges them, and notes the
  /// contact: one durable transaction for all, or nothing.
  ///
  /// What the hub has already is confirmed again. Throws `HubStoreError.refused` with the reason.
  package func accept(
    _ sources: [ChangesetSource], from contact: Contact
  ) throws -> Acceptance {
    do {
      try salvageOfRetired(sources, from: contact)
      var accepted = try storing("accept the changesets") {
        try database.transaction { try acceptAll(sources, from: contact) }
      }
      if accepted.plan.isWholeState { try offerWholeState(&accepted, to: contact) }
      if !sources.isEmpty { removeStaged(of: contact.replica) }
      return accepted
    } catch {
      forgetCaches()
      guard error is TurnedBack else { throw error }
      try storing("open a generation") {
        try database.transaction { try closeTimeline() }
      }
      throw HubStoreError.refused(.unknownPosition)
    }
  }

  /// The file and this store's memory were turned back together: what the log is named by must
  /// change, whatever becomes of the request.
  private struct TurnedBack: Error {}

  /// Where a branch stands. Throws if the hub has lost that, and the branch has not handed back.
  func whereabouts(of contact: Contact) throws -> Whereabouts {
    guard let place = contact.integrated else { return .here(.start) }
    let found = try whereabouts(
      of: place, logHash: contact.logHash, handedTo: contact.handedTo)
    switch found {
    case .here, .lost(_, isHandedBack: true): return found
    case .turnedBack where service != nil: throw TurnedBack()
    case .turnedBack, .unknown, .lost(_, isHandedBack: false):
      throw HubStoreError.refused(.unknownPosition)
    }
  }

  private func acceptAll(
    _ sources: [ChangesetSource], from contact: Contact
  ) throws -> Acceptance {
    try takeOver()
    records?.forget()
    knownPruned = nil
    let known = try replica(contact.replica)
    if known?.state == .revoked { throw HubStoreError.refused(.revoked) }
    let whereabouts = try whereabouts(of: contact)
    guard let known, known.state == .active, !contact.isStranger else {
      throw HubStoreError.refused(.unknownReplica)
    }
    try checkChain(of: known, contact)
    var accepted: [AcceptedEntry] = []
    var budget = RawBudget(forCompressedBytes: sources.reduce(0) { $0 + $1.byteCount })
    for source in sources {
      // Its chain has grown with each of them.
      guard let author = try replica(contact.replica) else { continue }
      accepted.append(try accept(source, of: author, contact, budget: &budget))
    }
    let acknowledged = whereabouts.shared
    let plan = try deltaPlan(whereabouts, contact)
    // What is written to a file is written once all this is durable.
    let byteCount = plan.isWholeState ? 0 : try deltaByteCount(plan)
    let isInline = !plan.isWholeState && byteCount <= contact.inlineBytesMax
    try noteContact(
      contact, acknowledged: acknowledged, plan: plan, isDelivered: isInline,
      isComplete: isInline && plan.to == (try log.head()))
    return Acceptance(
      entries: accepted, plan: plan, deltaByteCount: byteCount,
      lossCount: try contact.integrated.map(lossCount) ?? 0)
  }

  /// Whether the database is the one that the chain's last changesets came from. A copy of it, or
  /// an older state, would lack changesets that its deltas leave out as its own.
  private func checkChain(of known: ReplicaRecord, _ contact: Contact) throws {
    guard let sealed = contact.sealed else { return }
    let isBehind = known.chainCounter > sealed.counter
    let isOther =
      known.chainCounter == sealed.counter && known.chainCounter > 0
      && known.chainHash != sealed.contentHash
    guard !isBehind, !isOther else {
      throw HubStoreError.refused(
        .chainBroken(expectedCounter: known.chainCounter + 1, counter: sealed.counter + 1))
    }
  }

  /// What a branch is to have now: the one place where it is decided.
  private func deltaPlan(_ whereabouts: Whereabouts, _ contact: Contact) throws -> DeltaPlan {
    let head = try log.head()
    let shared = whereabouts.shared
    if try shared < head && shared < pruned().stable {
      return .wholeState(at: head)
    }
    switch whereabouts {
    case .here(let from):
      return plan(
        from: from, to: head, receiver: contact.wantsAll ? .hub : contact.replica,
        resumeTo: contact.resumeTo)
    case .lost(let from, _):
      // What it has seen above is here under other positions, its own changesets too.
      guard from < head else { return .log(from: from, to: from, receiver: .hub) }
      return plan(from: from, to: head, receiver: .hub, resumeTo: contact.resumeTo)
    case .turnedBack, .unknown:
      throw HubStoreError.refused(.unknownPosition)
    }
  }

  private func plan(
    from: LogPosition, to head: LogPosition, receiver: ReplicaID, resumeTo: LogPosition?
  ) -> DeltaPlan {
    guard from < head else { return .nothing(at: head) }
    // A delta of which the branch has a part is finished before a newer one begins. One for anyone
    // is not: the part may end at a position of another timeline.
    let part = receiver == .hub ? nil : resumeTo
    let to = part.map { from < $0 && $0 <= head ? $0 : head } ?? head
    return .log(from: from, to: to, receiver: receiver)
  }

  private func accept(
    _ source: ChangesetSource, of author: ReplicaRecord, _ contact: Contact,
    budget: inout RawBudget
  ) throws -> AcceptedEntry {
    let acceptor = ChangesetAcceptor(
      store: self, from: .author(author, handedTo: contact.handedTo),
      claiming: try contentHash(of: source),
      clockOffsetMilliseconds: contact.clockOffsetMilliseconds,
      receivedMilliseconds: contact.receivedMilliseconds, budget: budget)
    defer { budget = acceptor.budget }
    switch source {
    case .inline(let bytes):
      try acceptor.take(bytes[...])
      return try acceptor.finish()
    case .staged(let counter, let hash, _):
      let dot = Dot(replica: author.id, counter: counter)
      if let logged = try loggedChangeset(dot), logged.hash == hash {
        return AcceptedEntry(
          counter: counter, contentHash: hash, position: logged.position, isNew: false,
          rowCount: 0)
      }
      let file = try stagedFile(source, of: author.id)
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

  /// Where the log has a changeset, by what it is.
  func loggedChangeset(_ hash: ContentHash) throws -> (position: LogPosition, dot: Dot)? {
    guard let row = try database.firstRow(HubSQL.selectLogByHash, [Value(hash)]) else { return nil }
    return (row[0].asPosition, Dot(replica: row[1].asReplica, counter: row[2].asCounter))
  }

  /// Where the log has a changeset, and what its hash is.
  func loggedChangeset(_ dot: Dot) throws -> (position: LogPosition, hash: ContentHash)? {
    let parameters = [Value(dot.replica), Value(counter: dot.counter)]
    guard let row = try database.firstRow(HubSQL.selectLogByDot, parameters),
      let hash = row[1].asHash
    else { return nil }
    return (row[0].asPosition, hash)
  }

  /// What was added to an entry's author's clock, and the hub's clock at its receipt; nil once the
  /// log has let go of it.
  package func clockFacts(
    at position: LogPosition
  ) throws -> (offset: Int64, received: Int64)? {
    try storing("look up a changeset") {
      try log.entry(position).map { ($0.clockOffsetMilliseconds, $0.receivedMilliseconds) }
    }
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
    let isKept = try storing("look up a changeset") {
      try loggedChangeset(hash) != nil || isSalvaged(counter, hash, of: replica)
    }
    guard !isKept else { return byteCount }
    let file = staging.filePath(replica: replica, counter: counter, hash: hash)
    let staged = staging.byteCount(file)
    guard offset >= 0, offset <= staged, offset + bytes.count > staged else { return staged }
    guard offset + bytes.count <= byteCount else {
      throw HubStoreError.refused(.tooLarge(what: "the upload in bytes", limit: byteCount))
    }
    if staged == 0 { try makeRoom(for: replica) }
    return try staging.write(Array(bytes.dropFirst(staged - offset)), to: file, at: staged)
  }

  /// The file of a changeset that a replica has uploaded whole.
  func stagedFile(_ source: ChangesetSource, of replica: ReplicaID) throws -> String {
    guard case .staged(let counter, let hash, let byteCount) = source else { return "" }
    let file = staging.filePath(replica: replica, counter: counter, hash: hash)
    let staged = staging.byteCount(file)
    guard staged == byteCount else {
      throw HubStoreError.refused(.notUploaded(haveBytes: staged, ofBytes: byteCount))
    }
    return file
  }

  /// Reads a changeset's stream from its beginning to its end.
  func read(
    _ source: ChangesetSource, of replica: ReplicaID, _ body: (ArraySlice<UInt8>) throws -> Void
  ) throws {
    switch source {
    case .inline(let bytes): try body(bytes[...])
    case .staged: try staging.read(try stagedFile(source, of: replica), body)
    }
  }

  private func makeRoom(for replica: ReplicaID) throws {
    let files = staging.files(of: replica)
    guard files.count >= HubStoreLimits.stagedChangesetsMax else { return }
    for oldest in files.dropLast(HubStoreLimits.stagedChangesetsMax - 1) {
      staging.remove(oldest.file)
    }
  }

  /// Removes the files of changesets that are kept elsewhere now.
  func removeStaged(_ sources: [ChangesetSource], of replica: ReplicaID) {
    for case .staged(let counter, let hash, _) in sources {
      staging.remove(staging.filePath(replica: replica, counter: counter, hash: hash))
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
