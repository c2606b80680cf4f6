internal import Clocks
internal import Deltas
internal import Storage

extension BranchStore {
  /// Turns what the journals hold into a changeset, with the rows' values as they are now.
  ///
  /// One transaction, and none at all when nothing was captured.
  package func seal(wallMilliseconds: Int64) throws -> SealReport {
    try performing {
      guard try needsSeal() else { return SealReport() }
      return try database.transaction {
        var state = try BranchState(database)
        let report = try seal(&state, wallMilliseconds: wallMilliseconds, canExtend: true)
        try state.save(to: database)
        return report
      }
    }
  }

  /// Whether some journal has entries, or the schema wants looking at.
  private func needsSeal() throws -> Bool {
    if try schemaNews() != nil { return true }
    if try !checkSchema().isEmpty { return true }
    return try tables.contains {
      try !isUnagreed($0) && database.integer(BranchSQL.hasJournalEntries($0.schema)) == 1
    }
  }

  /// Seals inside the caller's transaction.
  ///
  /// What the application has added is looked at only where nothing is applied afterwards
  /// (`canExtend`): its journals cannot be sealed before the hub has agreed.
  func seal(
    _ state: inout BranchState, wallMilliseconds: Int64, canExtend: Bool = false
  ) throws -> SealReport {
    var report = SealReport()
    if let news = try schemaNews(), canExtend || news.extended == known || lacksPlaced(news) {
      guard canExtend || news.extended == known else { throw Self.changedMeanwhile }
      try follow(news, told: told, &state, wallMilliseconds: wallMilliseconds)
    }
    let damaged = try checkSchema()
    for trigger in damaged {
      try restore(trigger)
      if !trigger.followsIndexes, !trigger.onlyRefines {
        report.repairedTriggers.append(trigger.name)
      }
    }
    report.gapTables = tables(of: damaged)
    try openGaps(report.gapTables, isSent: true)
    let captured = try journaledTables()
    var written = captured.filter { !isUnagreed($0) }
    guard canExtend || written.count == captured.count else { throw Self.changedMeanwhile }
    guard !written.isEmpty else { return report }
    if keys != nil {
      try settleKeys(written, counter: state.nextCounter)
      written = try journaledTables().filter { !isUnagreed($0) }
    }
    let hasDeferred = try database.integer(BranchSQL.hasDeferred) == 1
    // What stays at the hub is in changesets of its own, behind the rows that it refers to: others
    // never have a part of one.
    for part in [written.filter { !$0.isWithheld }, written.filter(\.isWithheld)]
    where !part.isEmpty {
      try seal(
        part, into: &report, &state, wallMilliseconds: wallMilliseconds, hasDeferred: hasDeferred)
    }
    return report
  }

  /// Makes one changeset of what some tables' journals hold.
  private func seal(
    _ written: [TrackedTable], into report: inout SealReport, _ state: inout BranchState,
    wallMilliseconds: Int64, hasDeferred: Bool
  ) throws {
    let compared = Set(try gaps().filter(\.isSent).map(\.table))
    let mayCount = try written.contains {
      try $0.isCounting && database.integer(BranchSQL.hasJournalCounts($0)) == 1
    }
    var outbox = try openOutbox(
      &state, wallMilliseconds: wallMilliseconds, isBaseline: false, mayCount: mayCount)
    for table in written {
      let sealer = try TableSealer(
        table, database: database, hasDeferred: hasDeferred,
        mayLackRows: compared.contains(table.schema.id))
      try sealer.seal(into: &outbox)
      try database.execute(BranchSQL.emptyJournal(table.schema))
      if sealer.hasReplacements { try compareReplacements(in: [table.schema.id]) }
      // They stay pending: once they are smaller they go whole.
      for row in sealer.tooLarge {
        try append(row.key, BranchSQL.changeInsert, milliseconds: row.wall, to: table)
      }
      report.leaveOut(table.schema.name, sealer.nullKeyCount, why: "their key has a NULL in it")
      report.leaveOut(
        table.schema.name, sealer.tooLarge.count, why: "they are too large to travel")
    }
    let rowCount = outbox.rowCount
    if try outbox.finish(&state) {
      report.changesetCount += 1
      report.rowCount += rowCount
    }
  }

  func journaledTables() throws -> [TrackedTable] {
    try tables.filter { try database.integer(BranchSQL.hasJournalEntries($0.schema)) == 1 }
  }

  private static let changedMeanwhile = BranchStoreError.answerDoesNotFit(
    "the application has changed its tables meanwhile")

  /// Whether something that was captured is not there any more.
  private func lacksPlaced(_ news: SchemaPlacement) -> Bool {
    schema.tables.contains { table in
      guard let now = news.placed.table(table.id) else { return true }
      return table.columns.contains { now.column($0.id)?.name != $0.name }
    }
  }

  func append(
    _ key: [Value], _ change: Int64, milliseconds: Int64, to table: TrackedTable
  ) throws {
    try database.execute(
      BranchSQL.appendToJournal(table.schema),
      key + [.integer(change), JournalTime.value(milliseconds: milliseconds)])
  }

  func openOutbox(
    _ state: inout BranchState, wallMilliseconds: Int64, isBaseline: Bool, mayCount: Bool = false
  ) throws -> OutboxWriter {
    try OutboxWriter(
      database,
      header: ChangesetHeader(
        dot: Dot(replica: state.identity.replica, counter: state.nextCounter),
        previous: state.headHash, context: state.context,
        timestamp: state.clock.issue(wallMilliseconds: wallMilliseconds),
        schemaFingerprint: known.fingerprint, isBaseline: isBaseline, mayCount: mayCount))
  }
}

extension SealReport {
  mutating func leaveOut(_ table: String, _ rowCount: Int, why: String) {
    guard rowCount > 0 else { return }
    leftOut.append(LeftOut(table: table, rowCount: rowCount, why: why))
  }
}
