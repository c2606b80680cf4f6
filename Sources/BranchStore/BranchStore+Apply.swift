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
        try check(facts, delta: delta, against: state)
        let seal = try seal(&state, wallMilliseconds: wallMilliseconds)
        var report = try applyRows(facts, delta: delta, replica: state.identity.replica)
        try record(facts, in: &state, wallMilliseconds: wallMilliseconds)
        report.seal = seal
        report.position = facts.to
        report.isOutboxEmpty = try pendingOutgoing().changesetCount == 0
        if report.isOutboxEmpty { state.lastComplete = wallMilliseconds }
        try state.save(to: database)
        return report
      }
    }
  }

  private func check(
    _ facts: ExchangeFacts, delta: DeltaSource?, against state: BranchState
  ) throws {
    guard facts.generation == state.identity.generation else {
      throw BranchStoreError.answerDoesNotFit("it comes from another generation of the hub")
    }
    guard facts.from == state.position else {
      throw BranchStoreError.answerDoesNotFit("another sync has moved this branch meanwhile")
    }
    guard facts.to == facts.from || facts.to > facts.from && delta != nil else {
      throw BranchStoreError.answerDoesNotFit("its delta is missing")
    }
  }

  private func checkOwn(_ accepted: ExchangeFacts.Accepted) throws {
    let counter = Value.integer(Int64(bitPattern: accepted.counter))
    guard case .blob(let hash)? = try database.firstRow(BranchSQL.selectOutgoingHash, [counter])?[0]
    else { return }
    guard hash == accepted.contentHash.bytes else {
      throw BranchStoreError.answerDoesNotFit("it confirms a changeset that is not this branch's")
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
    _ facts: ExchangeFacts, delta: DeltaSource?, replica: ReplicaID
  ) throws -> ApplyReport {
    let accepted = try covered(facts)
    let hasDelta = facts.to > facts.from
    let hasDeferred = try database.integer(BranchSQL.hasDeferred) == 1
    guard hasDelta || hasDeferred else {
      try forget(accepted)
      return ApplyReport(position: facts.from)
    }
    let applier = try Applier(self, from: facts.from, accepted: accepted)
    try applier.installGuards()
    if hasDeferred { try applier.releaseConfirmed() }
    if hasDelta, let delta {
      let announced = DeltaHeader(
        generation: facts.generation, from: facts.from, to: facts.to, receiver: replica)
      try applier.apply(delta, announced: announced)
    }
    try forget(applier.accepted)
    if try database.integer(BranchSQL.hasDeferred) == 1 {
      applier.forgetHeld()
      try applier.releaseConfirmed()
      try applier.retryRefused()
    }
    try applier.removeGuards()
    return applier.report
  }

  /// Forgets changesets that the hub has durably accepted.
  private func forget(_ counters: Set<UInt64>) throws {
    for counter in counters.sorted() {
      try database.execute(BranchSQL.deleteOutgoing, [.integer(Int64(bitPattern: counter))])
      try database.execute(BranchSQL.deletePieces, [.integer(Int64(bitPattern: counter))])
    }
  }

  private func record(
    _ facts: ExchangeFacts, in state: inout BranchState, wallMilliseconds: Int64
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
    state.position = facts.to
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
