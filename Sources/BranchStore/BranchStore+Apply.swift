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
        // What was accepted above the delta's end goes on waiting for the delta that covers it.
        let confirmed = facts.accepted.filter { $0.position <= facts.to }
        for accepted in confirmed { try checkOwn(accepted) }
        var report = try applyRows(
          facts, delta: delta, replica: state.identity.replica,
          confirmed: Set(confirmed.map(\.counter)))
        for accepted in confirmed { try forget(accepted) }
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

  /// Forgets a changeset that the hub has durably accepted and whose place in the log is passed.
  private func forget(_ accepted: ExchangeFacts.Accepted) throws {
    let counter = Value.integer(Int64(bitPattern: accepted.counter))
    try database.execute(BranchSQL.deleteOutgoing, [counter])
    try database.execute(BranchSQL.deletePieces, [counter])
  }

  private func applyRows(
    _ facts: ExchangeFacts, delta: DeltaSource?, replica: ReplicaID, confirmed: Set<UInt64>
  ) throws -> ApplyReport {
    let hasDelta = facts.to > facts.from
    let hasDeferred = try database.integer(BranchSQL.hasDeferred) == 1
    guard hasDelta || hasDeferred else { return ApplyReport(position: facts.from) }
    let applier = try Applier(self, from: facts.from, confirmed: confirmed)
    try applier.installGuards()
    try applier.releaseConfirmed()
    if hasDelta, let delta {
      let announced = DeltaHeader(
        generation: facts.generation, from: facts.from, to: facts.to, receiver: replica)
      try applier.apply(delta, announced: announced)
    }
    try applier.retryRefused()
    try applier.removeGuards()
    return applier.report
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
