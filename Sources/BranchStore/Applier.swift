internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Applies a delta's frames, inside the caller's transaction.
///
/// Frame by frame the branch's rows become what the hub's were at that position, except rows with
/// changes of this branch that the hub has not confirmed: what comes in for those waits.
final class Applier {
  let store: BranchStore
  let database: Database
  /// Everything in the log up to here is applied, as far as it does not wait: where a row that
  /// begins to wait was last integrated.
  private var integrated: LogPosition
  private(set) var tables: [TableID: TableApplier] = [:]
  /// Counters of own changesets that the delta covers.
  var accepted: Set<UInt64>
  /// What the delta says of them, by their counters in the outbox.
  private(set) var ownEntries: [UInt64: DeltaEntry] = [:]
  private let hasOutbox: Bool
  /// Whether the entry that is being read is a changeset of the outbox.
  private var isInOutbox = false
  /// Whether its updates change no row: what was written while nothing was captured, and is for the
  /// hub's ledger only.
  private var isBaseline = false
  /// Where received entries are kept; nil where nothing is received.
  private var tail: Tail?
  /// The rows of a whole state, where those that it does not have must go.
  private let wholeState: WholeState?
  /// The tables of which the whole state says nothing, since their rows stay at the hub.
  private(set) var withheld: Set<TableID> = []
  /// Whether the delta is for anyone: it has no replays, and own entries come with their blocks
  /// unless what they hold stays at the hub.
  private var isForAnyone = false
  /// What rows held that were written while nothing was captured; nil if there can be none.
  private let overwritten: OverwrittenRows?
  /// Read from the outbox once it is needed.
  var heldRows: HeldRows?
  /// Whether rows were waiting before.
  let hadDeferred: Bool
  /// Keeps the values of columns that the file does not have.
  let carrier: Carrier
  private var nextDeferredID: Int64
  private var replacements = ReplacementWatch()
  /// The last own changeset whose place in the log the delta has reached.
  private var lastOwn: UInt64 = 0
  /// Nil where this branch's keys are the shared ones.
  private let numbers: KeyNumbers?
  private(set) var report: ApplyReport

  init(
    _ store: BranchStore, from: LogPosition, accepted: Set<UInt64> = [], tail: Tail? = nil,
    wholeState: WholeState? = nil, overwritten: OverwrittenRows? = nil,
    replicas: Set<UInt32> = []
  ) throws {
    self.store = store
    self.overwritten = overwritten
    self.tail = tail
    self.wholeState = wholeState
    database = store.database
    numbers = store.keys.map { KeyNumbers(store.database, $0, replicas: replicas) }
    integrated = from
    self.accepted = accepted
    report = ApplyReport(position: from)
    hasOutbox = try store.pendingOutgoing().changesetCount > 0
    let last = try database.integer(BranchSQL.lastDeferred) ?? 0
    hadDeferred = last > 0
    carrier = Carrier(store)
    nextDeferredID = last + 1
  }

  func held() throws -> HeldRows {
    if let heldRows { return heldRows }
    let read = try HeldRows(store, accepted: accepted)
    heldRows = read
    return read
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
      tables[table.schema.id] = TableApplier(
        table, database: database, isGuarded: isGuarded, numbers: numbers)
    }
  }

  func removeGuards() throws {
    for applier in tables.values {
      applier.finish()
      guard applier.isGuarded else { continue }
      for sql in BranchSQL.dropGuard(applier.table.schema) { try database.executeScript(sql) }
    }
    tables.removeAll()
    numbers?.finish()
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
          var expected = announced
          expected.formatVersion = header.formatVersion
          expected.withheld = header.withheld
          guard header == expected else {
            throw BranchStoreError.answerDoesNotFit("its delta is not the one it announced")
          }
          isForAnyone = header.receiver == .hub
          withheld = Set(header.withheld)
          if wholeState != nil { try forgetCarried() }
        case .entry(let next):
          try begin(next)
          entry = next
        case .changesetHeader(let header, let payload):
          isBaseline = header.isBaseline
          if let entry, !isInOutbox {
            try tail?.begin(entry, header: header, headerPayload: payload)
          }
        case .block(let block) where isBaseline && block.kind == .update:
          try tail?.append(frame, rowCount: block.rowCount)
        case .block(let block):
          try apply(
            block, isCounted: entry?.dot.replica != store.identity.replica, isAuthored: true)
          try tail?.append(frame, rowCount: block.rowCount)
        case .stub(let stub): try tail?.append(frame, rowCount: stub.rowCount)
        // Beside an author's blocks, an outcome is about rows that were counted already.
        case .outcome(let block):
          try apply(
            block, isCounted: entry == nil || entry?.dot.replica == store.identity.replica)
        case .conflicts(let conflicts): try record(conflicts)
        case .trailer: try tail?.end()
        }
      }
    }
    guard reader.isComplete, frames.pendingBytes == 0 else { throw DeltaDecodingError.truncated }
  }

  private func begin(_ entry: DeltaEntry) throws {
    try tail?.end()
    integrated = LogPosition(entry.position.rawValue - 1)
    isInOutbox = false
    isBaseline = false
    if !entry.hasBlocks, !isForAnyone, entry.dot.replica == store.identity.replica {
      try replay(entry)
      lastOwn = entry.dot.counter
      ownEntries[entry.dot.counter] = entry
    } else if hasOutbox, let counter = try store.outboxCounter(of: entry.contentHash) {
      // Somebody else has handed it back. Its blocks go the way of any other's, if it has any here.
      isInOutbox = true
      accepted.insert(counter)
      ownEntries[counter] = entry
    } else if hasOutbox, let counter = try store.outboxCounter(ofOrigin: entry.contentHash) {
      // The log has it as the copied branch sealed it; the tail keeps that. The hub has still to
      // be told that this chain has it too.
      try database.execute(BranchSQL.noteLogged, [.integer(Int64(counter))])
    }
  }

  private func apply(
    _ block: BlockReader, isCounted: Bool, isAuthored: Bool = false
  ) throws {
    let applier = tables[block.table]
    guard applier?.fits(block) ?? true else {
      throw DeltaDecodingError.malformed("it has other keys than the schema")
    }
    if isCounted { report.rowCount += block.rowCount }
    var held = try held()
    // Only one of the two may hold the sets, or they would be copied.
    heldRows = nil
    defer { heldRows = held }
    let overwritten = overwritten?.concerns(block.table) == true ? overwritten : nil
    let isKept = try carrier.concerns(block, beside: applier?.table)
    let isWatching = isAuthored && !isInOutbox
    let needsKeys = wholeState != nil || overwritten != nil
    var encoder = KeyEncoder()
    try block.withValues { values in
      defer { applier?.unbind() }
      for row in 0..<block.rowCount {
        var hash: UInt64 = 0
        if needsKeys || !held.isEmpty { values.encodeKey(row: row, into: &encoder) }
        try wholeState?.note(block.table, encoder.bytes)
        if !held.isEmpty {
          hash = HeldRows.hash(block.table, encoder.bytes)
          if isWatching, held.isOwn(hash) {
            replacements.note(hash, block, after: lastOwn, isFirst: !held.isDeferred(hash))
          }
          if held.mustWait(hash) {
            try wait(block, values, row: row, key: encoder.bytes, reason: nil)
            held.noteWaiting(hash)
            continue
          }
          held.noteWritten(hash)
        }
        try overwritten?.note(block.table, encoder.bytes)
        if case .refused(let reason) = try write(block, values, row: row, isKept) {
          values.encodeKey(row: row, into: &encoder)
          try wait(block, values, row: row, key: encoder.bytes, reason: reason)
          held.noteWaiting(HeldRows.hash(block.table, encoder.bytes))
        }
      }
    }
  }

  /// Writes what of a row the file has a place for, and keeps the rest.
  private func write(
    _ block: BlockReader, _ values: BlockValues, row: Int, _ isKept: Bool
  ) throws -> TableApplier.Outcome {
    let applier = tables[block.table]
    if let applier, case .refused(let reason) = try applier.apply(block, values, row: row) {
      return .refused(reason)
    }
    if isKept { try carrier.keep(block, values, row: row, beside: applier?.table) }
    return .done
  }

  /// A whole state has all columns of all rows of its tables.
  private func forgetCarried() throws {
    if withheld.isEmpty {
      try database.execute(BranchSQL.deleteCarried)
    } else {
      for table in store.known.tables where !withheld.contains(table.id) {
        try database.execute(BranchSQL.deleteCarriedTable, [.integer(Int64(table.id.rawValue))])
      }
    }
    carrier.forget(besides: withheld)
  }

  /// The tables in which a changeset that the hub had not confirmed has replaced a row, as what
  /// came in shows.
  func replacedTables() throws -> Set<TableID> {
    guard !(try store.withoutComparison(replacements.tables)).isEmpty else { return [] }
    var result: Set<TableID> = []
    for changeset in try store.outbox() where !changeset.isLogged {
      let header = try BranchStore.outboxHeader(changeset.counter, in: database)
      guard header?.isBaseline == false else { continue }
      try store.forEachOutboxBlock(counter: changeset.counter) { block in
        guard block.kind == .insert, replacements.tables.contains(block.table) else { return }
        block.withValues { values in
          for row in 0..<block.rowCount {
            let hash = HeldRows.hash(block.table, values.encodedKey(row: row))
            if replacements.wasThere(hash, before: changeset.counter) {
              result.insert(block.table)
            }
          }
        }
      }
    }
    return result
  }

  private func record(_ conflicts: [Conflict]) throws {
    for (index, conflict) in conflicts.enumerated() {
      try store.ledger.put(conflict)
      // A whole state says of one what was said of it before, too.
      if conflict.id == conflicts.dropFirst(index + 1).first?.id { continue }
      if conflict.state == .open {
        report.conflictsOpenCount += 1
      } else {
        report.conflictsSettledCount += 1
      }
    }
  }

  // MARK: Rows that wait

  /// Keeps a change for later: behind those that the row has waiting already.
  func wait(
    _ block: BlockReader, _ values: BlockValues, row: Int, key: [UInt8], reason: String?
  ) throws {
    let place: [Value] = [.integer(Int64(block.table.rawValue)), .blob(key)]
    var base = Int64(integrated.rawValue)
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
  }

  /// Reads the outbox anew: some of what was pending is confirmed by now.
  func forgetHeld() { heldRows = nil }

  /// Applies what waited for rows whose changes the hub has confirmed by now.
  func releaseConfirmed() throws {
    for row in try store.deferredRows() where row.reason == nil {
      let hash = HeldRows.hash(row.key)
      guard try !held().isPending(hash) else { continue }
      if try release(row.key) { heldRows?.noteWritten(hash) }
    }
  }

  /// Tries rows again that were refused: others may have moved out of their way by now.
  func retryRefused() throws {
    for _ in 0..<BranchLimits.retryRoundsMax {
      let rows = try refusedRows()
      guard !rows.isEmpty else { return }
      var isProgress = false
      for row in rows where try release(row.key) { isProgress = true }
      guard isProgress else { break }
    }
    try retryTogether()
  }

  func refusedRows() throws -> [DeferredRow] {
    try store.deferredRows().filter {
      try $0.reason != nil && !held().isPending(HeldRows.hash($0.key))
    }
  }

  /// Applies a row's waiting changes as one. Returns whether that succeeded.
  private func release(_ key: RowKey) throws -> Bool {
    if let change = try waitingChange(key), case .refused(let reason) = try apply(change) {
      let kept = Array(reason.utf8.prefix(BranchLimits.reasonBytesMax))
      try database.execute(
        BranchSQL.setDeferredReason,
        [.integer(Int64(key.table.rawValue)), .blob(key.encoded), .text(kept)])
      return false
    }
    try forget(key)
    return true
  }

  /// Forgets a row's waiting changes, which were applied.
  func forget(_ key: RowKey) throws {
    try database.execute(
      BranchSQL.deleteDeferred, [.integer(Int64(key.table.rawValue)), .blob(key.encoded)])
    heldRows?.noteWaitingNoMore(HeldRows.hash(key))
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
    try overwritten?.note(change.key.table, change.key.encoded)
    let block = try BlockReader(raw: change.block)
    let isKept = try carrier.concerns(block, beside: tables[change.key.table]?.table)
    return try block.withValues { values in
      defer { tables[change.key.table]?.unbind() }
      return try write(block, values, row: 0, isKept)
    }
  }
}
