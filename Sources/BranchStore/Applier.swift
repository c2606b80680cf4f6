internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Applies a delta's frames, inside the caller's transaction.
final class Applier {
  let store: BranchStore
  let database: Database
  /// The branch's position before this application: what a row that begins to wait was last
  /// integrated at.
  private let from: LogPosition
  private(set) var tables: [TableID: TableApplier] = [:]
  private(set) var held: HeldRows
  /// The branch's own changesets that the delta covers.
  let confirmed: Set<UInt64>
  /// The rows that this application has written so far, as hashes: what the branch itself did to
  /// them later in the log has to be done again. Kept only where there is such a later.
  private(set) var touched: Set<UInt64> = []
  private var nextDeferredID: Int64
  private(set) var report: ApplyReport

  init(_ store: BranchStore, from: LogPosition, confirmed: Set<UInt64>) throws {
    self.store = store
    database = store.database
    self.from = from
    self.confirmed = confirmed
    held = try HeldRows(store, confirmed: confirmed)
    nextDeferredID = (try database.integer(BranchSQL.lastDeferred) ?? 0) + 1
    report = ApplyReport(position: from)
  }

  /// Guards the tables that triggers of the application delete from. Undone by `removeGuards`.
  func installGuards() throws {
    let targets = try store.deletionTargets()
    for table in store.tables {
      let name = SchemaReader.asciiLowercased(table.schema.name)
      let isGuarded = targets.contains(name)
      if isGuarded {
        for sql in BranchSQL.createGuard(table.schema) { try database.executeScript(sql) }
      }
      tables[table.schema.id] = TableApplier(table, database: database, isGuarded: isGuarded)
    }
  }

  func removeGuards() throws {
    for applier in tables.values where applier.isGuarded {
      applier.unbind()
      for sql in BranchSQL.dropGuard(applier.table.schema) { try database.executeScript(sql) }
    }
    tables.removeAll()
  }

  // MARK: Frames

  /// Reads a delta to its end. What it claims to be is held to what was announced.
  func apply(_ source: DeltaSource, announced: DeltaHeader) throws {
    var frames = FrameReader()
    var reader = DeltaReader()
    var entry: DeltaEntry?
    while true {
      let bytes = try source()
      if bytes.isEmpty { break }
      frames.append(bytes)
      while let frame = try frames.next() {
        switch try reader.read(frame) {
        case .header(let header):
          guard header == announced else {
            throw BranchStoreError.answerDoesNotFit("its delta is not the one it announced")
          }
        case .entry(let next):
          entry = next
          if !next.hasBlocks { try replay(next) }
        case .block(let block): try apply(block, isCounted: true)
        case .outcome(let block):
          // Beside an author's blocks, an outcome is about rows that were counted already.
          try apply(block, isCounted: entry?.hasBlocks == false)
        case .conflicts(let conflicts): try record(conflicts)
        case .trailer: break
        }
      }
    }
    guard reader.isComplete, frames.pendingBytes == 0 else { throw DeltaDecodingError.truncated }
  }

  private func apply(_ block: BlockReader, isCounted: Bool) throws {
    guard let applier = tables[block.table], applier.fits(block) else {
      throw DeltaDecodingError.malformed("it has columns that the schema does not have")
    }
    if isCounted { report.rowCount += block.rowCount }
    var encoder = KeyEncoder()
    try block.withValues { values in
      for row in 0..<block.rowCount {
        if !held.isEmpty || !confirmed.isEmpty {
          values.encodeKey(row: row, into: &encoder)
          let hash = HeldRows.hash(block.table, encoder.bytes)
          if held.contains(hash) {
            try hold(block, values, row: row, key: encoder.bytes, reason: nil)
            continue
          }
          if !confirmed.isEmpty { touched.insert(hash) }
        }
        if case .refused(let reason) = try applier.apply(block, values, row: row) {
          values.encodeKey(row: row, into: &encoder)
          try hold(block, values, row: row, key: encoder.bytes, reason: reason)
        }
      }
      applier.unbind()
    }
  }

  private func record(_ conflicts: [Conflict]) throws {
    for conflict in conflicts {
      try database.execute(
        BranchSQL.putConflict,
        [
          .integer(Int64(bitPattern: conflict.id)), .integer(Int64(conflict.state.rawValue)),
          .blob(Conflict.payload(of: [conflict])),
        ])
      if conflict.state == .open {
        report.conflictsOpenCount += 1
      } else {
        report.conflictsSettledCount += 1
      }
    }
  }

  // MARK: Rows that wait

  /// Keeps a change for later: behind those that the row has waiting already.
  func hold(
    _ block: BlockReader, _ values: BlockValues, row: Int, key: [UInt8], reason: String?
  ) throws {
    let place: [Value] = [.integer(Int64(block.table.rawValue)), .blob(key)]
    var base = Int64(from.rawValue)
    var kept = reason.map { Value.text(Array($0.utf8.prefix(BranchLimits.reasonBytesMax))) }
    if let known = try database.firstRow(BranchSQL.selectDeferredBase, place),
      case .integer(let position) = known[0]
    {
      base = position
      kept = kept ?? known[1]
    }
    var builder = BlockBuilder(
      table: block.table, kind: block.kind, columns: block.columns,
      keyColumnCount: block.keyColumnCount)
    builder.beginRow(milliseconds: block.milliseconds(row: row), base: nil)
    for index in 0..<block.keyColumnCount { builder.appendKey(values.key(index, row: row)) }
    for index in block.columns.indices { builder.append(values.value(index, row: row)) }
    try database.execute(
      BranchSQL.insertDeferred,
      place + [.integer(nextDeferredID), .integer(base), kept ?? .null, .blob(builder.finish())])
    nextDeferredID += 1
    held.hold(HeldRows.hash(block.table, key))
  }

  /// Applies what waited for rows whose changes the hub has confirmed by now.
  func releaseConfirmed() throws {
    for row in try store.deferredRows() where row.reason == nil {
      let hash = HeldRows.hash(row.key.table, row.key.encoded)
      guard !held.isPending(hash) else { continue }
      touched.insert(hash)
      try release(row.key)
    }
  }

  /// Tries rows again that were refused: others may have moved out of their way by now.
  func retryRefused() throws {
    for _ in 0..<BranchLimits.retryRoundsMax {
      let rows = try refusedRows()
      guard !rows.isEmpty else { return }
      var isProgress = false
      for row in rows {
        if try release(row.key) { isProgress = true }
      }
      guard isProgress else { break }
    }
    try retryTogether()
  }

  func refusedRows() throws -> [DeferredRow] {
    try store.deferredRows().filter {
      $0.reason != nil && !held.isPending(HeldRows.hash($0.key.table, $0.key.encoded))
    }
  }

  /// Applies a row's waiting changes as one. Returns whether that succeeded.
  @discardableResult
  private func release(_ key: RowKey) throws -> Bool {
    let place: [Value] = [.integer(Int64(key.table.rawValue)), .blob(key.encoded)]
    if let change = try waitingChange(key),
      case .refused(let reason) = try apply(change)
    {
      let kept = Array(reason.utf8.prefix(BranchLimits.reasonBytesMax))
      try database.execute(BranchSQL.setDeferredReason, place + [.text(kept)])
      return false
    }
    try forget(key)
    return true
  }

  /// Forgets a row's waiting changes, which were applied.
  func forget(_ key: RowKey) throws {
    let encoded = key.encoded
    try database.execute(
      BranchSQL.deleteDeferred, [.integer(Int64(key.table.rawValue)), .blob(encoded)])
    held.release(HeldRows.hash(key.table, encoded))
  }

  func waitingChange(_ key: RowKey) throws -> RowChange? {
    let statement = try database.cached(BranchSQL.selectDeferredChanges)
    defer { statement.reset() }
    try statement.bind([.integer(Int64(key.table.rawValue)), .blob(key.encoded)])
    var result: RowChange?
    while try statement.step() {
      let next = try BlockReader(raw: statement.bytes(0)).rowChange(0)
      result = result.map { $0.followed(by: next) } ?? next
    }
    return result
  }

  func apply(_ change: RowChange) throws -> TableApplier.Outcome {
    guard let applier = tables[change.key.table] else {
      throw BranchStoreError.damaged("a waiting row is of no tracked table")
    }
    let block = try BlockReader(raw: change.block)
    return try block.withValues { values in
      defer { applier.unbind() }
      return try applier.apply(block, values, row: 0)
    }
  }
}
