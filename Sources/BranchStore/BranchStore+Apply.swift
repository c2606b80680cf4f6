internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

extension BranchStore {
  /// Makes an exchange's result visible, whole: what was captured meanwhile is sealed, accepted
  /// changesets are forgotten, the delta's rows are written, the position moves. One transaction.
  ///
  /// Without a delta there is nothing new in the log. Rows that wait for changes of this branch to
  /// be confirmed, and rows that SQLite refuses, are kept beside the tables.
  package func apply(
    _ facts: ExchangeFacts, delta: DeltaSource?, wallMilliseconds: Int64
  ) throws -> ApplyReport {
    try performing {
      try database.transaction {
        var state = try BranchState(database)
        let route = try route(facts, hasDelta: delta != nil, from: state)
        let seal = try seal(&state, wallMilliseconds: wallMilliseconds)
        if route.isLost { try leaveTimeline(route, lossCount: facts.lossCount, &state) }
        let overwritten = try OverwrittenRows(self)
        var report = try applyRows(
          facts, delta: delta, route: route, state: state, overwritten: overwritten)
        report.seal = seal
        report.position = facts.to
        report.isRelocated = route.isLost
        report.isWholeState = facts.isWholeState
        try record(facts, route: route, in: &state, wallMilliseconds: wallMilliseconds)
        try overwritten?.seal(self, &state, wallMilliseconds: wallMilliseconds)
        report.notices = try take(facts.notices, in: &state)
        report.isOutboxEmpty = try pendingOutgoing().changesetCount == 0
        if report.isOutboxEmpty { state.lastComplete = wallMilliseconds }
        try state.save(to: database)
        return report
      }
    }
  }

  /// The own changesets that the delta covers; those behind its end stay in the outbox.
  private func covered(_ facts: ExchangeFacts) throws -> Set<UInt64> {
    var result: Set<UInt64> = []
    for accepted in facts.accepted where accepted.position <= facts.to {
      guard let hash = try outgoingHash(accepted.counter) else { continue }
      guard hash == accepted.contentHash else {
        throw BranchStoreError.answerDoesNotFit("it confirms another changeset than was sent")
      }
      result.insert(accepted.counter)
    }
    return result
  }

  func outgoingHash(_ counter: UInt64) throws -> ContentHash? {
    let row = try database.firstRow(
      BranchSQL.selectOutgoingHash, [.integer(Int64(bitPattern: counter))])
    guard case .blob(let bytes)? = row?.first else { return nil }
    return ContentHash(bytes: bytes)
  }

  private func applyRows(
    _ facts: ExchangeFacts, delta: DeltaSource?, route: Route, state: BranchState,
    overwritten: OverwrittenRows?
  ) throws -> ApplyReport {
    let accepted = try covered(facts)
    let hasDelta = facts.to > facts.from
    let hasDeferred = try database.integer(BranchSQL.hasDeferred) == 1
    // A copy made before the first sync stands at the start, and has rows that may be gone by now.
    let hasHistory = state.position > .start || state.nextCounter > 1
    let isRebased = facts.isWholeState && hasHistory
    let tail = Tail(database, lineage: route.lineage, facts: facts)
    guard hasDelta || hasDeferred || isRebased else {
      try forget(accepted, facts: facts, ownEntries: [:], tail: tail)
      return ApplyReport(position: facts.from)
    }
    let wholeState = isRebased ? try WholeState(database) : nil
    let applier = try Applier(
      self, from: route.fork, accepted: accepted, tail: facts.isWholeState ? nil : tail,
      wholeState: wholeState, overwritten: overwritten, replicas: try replicas(besides: facts))
    try applier.installGuards()
    if hasDeferred { try applier.releaseConfirmed() }
    if hasDeferred, facts.isWholeState { try applier.replayAccepted() }
    if isRebased { try ledger.endOpen(at: facts.to) }
    if hasDelta, let delta {
      let isForAnyone = facts.isForAnyone || facts.isWholeState
      let announced = DeltaHeader(
        generation: facts.generation, from: facts.from, to: facts.to,
        receiver: isForAnyone ? .hub : state.identity.replica, isWholeState: facts.isWholeState)
      try applier.apply(delta, announced: announced)
    }
    if let wholeState {
      try database.execute(BranchSQL.holdGaps, [.integer(Int64(route.fork.rawValue))])
      try applier.removeOthers(than: wholeState, keepingHeld: state.position == .start)
      try wholeState.close()
    }
    let replaced = try applier.replacedTables()
    try forget(applier.accepted, facts: facts, ownEntries: applier.ownEntries, tail: tail)
    if try database.integer(BranchSQL.hasDeferred) == 1 {
      applier.forgetHeld()
      try applier.releaseConfirmed()
      try applier.retryRefused()
    }
    try applier.removeGuards()
    try compareReplacements(in: replaced)
    return applier.report
  }

  /// Whose rows may come.
  private func replicas(besides facts: ExchangeFacts) throws -> Set<UInt32> {
    guard keys != nil else { return [] }
    let heard = facts.vectorDifference.map(\.replica) + Array(facts.names.keys)
    return try replicas().union(heard.map(\.rawValue))
  }

  /// Whose rows may be here, or be kept.
  func replicas() throws -> Set<UInt32> {
    guard keys != nil else { return [] }
    return Set(try vector().dots.map(\.replica.rawValue))
  }

  /// Moves changesets that the hub has durably accepted from the outbox into the tail.
  private func forget(
    _ counters: Set<UInt64>, facts: ExchangeFacts, ownEntries: [UInt64: DeltaEntry], tail: Tail
  ) throws {
    guard !counters.isEmpty else { return }
    for changeset in try outbox() where counters.contains(changeset.counter) {
      let head =
        ownEntries[changeset.counter] ?? (facts.isWholeState ? entry(of: changeset, facts) : nil)
      // One that was chained anew may be in the log as what it was before.
      if let head, let header = try Self.outboxHeader(changeset.counter, in: database) {
        try tail.keep(changeset, as: head, header: header)
      }
      try forgetOutgoing(changeset.counter)
    }
    if let last = counters.max() { try NewNumbers.forget(upTo: last, in: database) }
  }

  /// What the hub has said of a changeset that no delta has told of: a whole state has no entries.
  private func entry(of changeset: OutgoingChangeset, _ facts: ExchangeFacts) -> DeltaEntry? {
    guard let accepted = facts.accepted.first(where: { $0.counter == changeset.counter }),
      accepted.position > facts.durable
    else { return nil }
    return DeltaEntry(
      position: accepted.position,
      dot: Dot(replica: identity.replica, counter: changeset.counter),
      contentHash: changeset.contentHash,
      timestamp: HybridTimestamp(
        milliseconds: accepted.receivedMilliseconds, counter: 0, replica: identity.replica),
      clockOffsetMilliseconds: accepted.clockOffsetMilliseconds,
      receivedMilliseconds: accepted.receivedMilliseconds, hasBlocks: true)
  }

  private func record(
    _ facts: ExchangeFacts, route: Route, in state: inout BranchState, wallMilliseconds: Int64
  ) throws {
    for dot in facts.vectorDifference {
      try database.execute(
        BranchSQL.raiseVector,
        [.integer(Int64(dot.replica.rawValue)), .integer(Int64(bitPattern: dot.counter))])
    }
    for (replica, name) in facts.names.sorted(by: { $0.key < $1.key }) {
      try database.execute(
        BranchSQL.setName, [.integer(Int64(replica.rawValue)), .text(name)])
    }
    if route.isLost || state.place.generation != route.place.generation {
      // What the branch knows now, an older backup need not say.
      try database.execute(
        BranchSQL.confirmTail, [.integer(Int64(clamping: facts.backupNumber))])
    }
    let isNews =
      route.place != state.place || facts.durable != state.durable
      || facts.backupNumber != state.backupNumber
    state.place = route.place
    if facts.isForAnyone || facts.isWholeState { state.wantsAll = false }
    state.logHash = facts.logHash
    state.durable = facts.durable
    state.backupNumber = facts.backupNumber
    if facts.isWholeState || route.isLost { try boundTail(route) }
    if isNews { try trimTail(state, route.lineage) }
    state.clockOffsetMilliseconds = facts.clockOffsetMilliseconds
    state.clock.observe(facts.timestamp, wallMilliseconds: wallMilliseconds)
    state.lastContact = wallMilliseconds
  }

  /// Notes that neither side has anything left for the other.
  package func noteComplete(wallMilliseconds: Int64) throws {
    try performing {
      let state = try BranchState(database)
      // The last application has noted it already.
      guard state.lastComplete == nil || state.lastComplete != state.lastContact else { return }
      try database.transaction {
        var state = try BranchState(database)
        state.lastComplete = wallMilliseconds
        try state.save(to: database)
      }
    }
  }

  /// The tables from which some trigger of the application deletes rows when we write.
  func deletionTargets() throws -> Set<String> {
    guard try database.integer(BranchSQL.deletingTriggers) ?? 0 > 0 else { return [] }
    watcher.forgetDeletionTargets()
    for table in tables {
      var statements = [table.sql.insert, table.sql.delete]
      if !table.valueColumns.isEmpty { statements.append(table.sql.update(table.valueColumns)) }
      for sql in statements {
        // One that cannot be prepared refuses its rows later, with the reason.
        do { _ = try database.prepare(sql) } catch {
          guard case .other = error else { throw error }
        }
      }
    }
    return watcher.deletionTargets
  }
}
