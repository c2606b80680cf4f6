internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Merges one changeset's row changes into the consolidated tables, in the order of the stream.
///
/// Most changes have seen all that they overwrite: these are written straight into the table. Only
/// a change that meets another which it had not seen goes through the merge core. Both ways come
/// to the same.
final class RowMerger {
  let store: HubStore
  let records: RowRecords
  let position: LogPosition
  private(set) var entry: LogEntry
  let ledger: LedgerWriter
  let pruned: Pruned
  let references: KnownReferences
  /// Whether people decided what is written: then anybody's right to write it is theirs to give.
  let isDecision: Bool
  /// How many rows the table's constraints have refused.
  private(set) var refusedCount = 0
  /// Rows of the block that added nothing.
  private var idleCount = 0

  init(
    store: HubStore, position: LogPosition, entry: LogEntry, ledger: LedgerWriter,
    isDecision: Bool
  ) throws {
    self.store = store
    self.isDecision = isDecision
    self.position = position
    self.entry = entry
    self.ledger = ledger
    try store.refreshPolicy()
    references = try store.watchReferences()
    records = try store.rowRecords()
    pruned = try store.pruned()
    guard !references.groups.isEmpty else { return }
    try store.database.execute(HubSQL.createTouched)
    try store.database.execute(HubSQL.deleteAllTouched)
  }

  /// Takes note of entries that rows of the next blocks had seen besides.
  func note(_ others: [SeenEntries.Other]) {
    entry.seen = entry.seen.adding(others)
    store.log.remember(entry, at: position)
  }

  /// Merges a block that the log will have as `part` of this changeset. It fits the schema.
  ///
  /// False if no row of it added anything: then nobody needs to hear of it.
  func merge(_ block: BlockReader, keys: BlockKeys, part: Int) throws -> Bool {
    guard let table = try store.table(block.table) else { return false }
    let rights = try limitedRights(in: table)
    // What was there before its branch joined is not its branch's to write, but to bring.
    if rights?.takesNewRows ?? true || entry.isBaseline, try isNew(block, keys: keys, in: table) {
      try insertCovered(block, keys: keys, part: part, into: table)
      return true
    }
    idleCount = 0
    let mayBeCovered =
      try records.isCovered(table.id, from: keys.least, to: keys.greatest)
    // Nobody elsewhere has seen what the hub asks of rows that stay here.
    let hasQuestions = try !store.policy.withholds(table.id) && hasQuestions(table, keys)
    let watchesGroups = try watchesGroups(of: table.id)
    try block.withValues { values in
      let context = Block(table: table, reader: block, values: values, policy: store.policy)
      try keys.withKeys { views in
        for row in 0..<block.rowCount {
          let change = Change(
            block: context, row: row, key: views[row], version: version(of: block, row: row))
          if isUncaptured(change) {
            try keepUncaptured(change)
            continue
          }
          try merge(change, rights, mayBeCovered: mayBeCovered)
          if let watchesGroups { try noteGroup(of: change, isAnyListed: watchesGroups) }
          if hasQuestions { try answerQuestions(change) }
        }
      }
    }
    return idleCount < block.rowCount
  }

  private func merge(_ change: Change, _ rights: WriteRights?, mayBeCovered: Bool) throws {
    if let rights { return try mergePermitted(change, rights) }
    if change.block.lacksColumns { return try insertPart(change) }
    switch store.takesShortcuts ? change.block.reader.kind : nil {
    case .insert: try insert(change, mayBeCovered: mayBeCovered)
    case .update: try update(change)
    case .delete: try delete(change)
    case nil: try mergeSlowly(change, try record(of: change))
    }
  }

  /// What the author may write, where the policy does not leave everything to everybody.
  private func limitedRights(in table: HubTable) throws -> WriteRights? {
    let policy = store.policy.table(table.id)
    guard !isDecision, WriteRights.areLimited(by: policy) else { return nil }
    let author = try store.author(entry.dot.replica)
    return WriteRights(
      policy, author: author.id, name: author.name,
      isHeadquarters: try store.isHeadquarters(author.id))
  }

  /// A row that was there before its branch joined is just what stands: it adds nothing at all.
  func noteIdle() { idleCount += 1 }

  /// The block being merged. Valid only while its values are lent.
  final class Block {
    let table: HubTable
    let reader: BlockReader
    let values: BlockValues
    let columns: ColumnSet
    /// Its columns, and those that are decided together with any of them.
    let decidedColumns: ColumnSet
    /// Whether it inserts rows of which its author does not know all columns.
    let lacksColumns: Bool
    /// Whether it says of any column what its authors had there, and the column's rule asks for it.
    let countsOperations: Bool
    private var updateStatement: Statement?
    private var remembered: (record: RowRecord, base: LogPosition?, detail: [UInt8])?

    init(table: HubTable, reader: BlockReader, values: BlockValues, policy: MergePolicy) {
      self.table = table
      self.reader = reader
      self.values = values
      columns = ColumnSet(reader.columns)
      lacksColumns = reader.kind == .insert && !table.isWhole(reader.columns)
      var decided = columns
      for unit in policy.units(of: table.id) {
        let unit = ColumnSet(unit.columns)
        if !unit.isDisjoint(with: columns) { decided.formUnion(unit) }
      }
      decidedColumns = decided
      countsOperations = reader.counted.contains {
        policy.countsOperations(table: table.id, column: $0)
      }
    }

    /// Updates just the block's columns.
    func update() throws(StorageError) -> Statement {
      if let updateStatement { return updateStatement }
      let statement = try table.update(reader.columns)
      updateStatement = statement
      return statement
    }

    /// What an update that had seen a row made of its record.
    func remember(_ detail: [UInt8], after record: RowRecord, base: LogPosition?) {
      remembered = (record, base, detail)
    }

    /// What an update makes of a record that is like the last one's.
    func detail(after record: RowRecord, base: LogPosition?) -> [UInt8]? {
      guard let remembered, remembered.base == base, remembered.record == record else {
        return nil
      }
      return remembered.detail
    }
  }

  /// One row of it.
  struct Change {
    let block: Block
    let row: Int
    /// Its encoded key.
    let key: UnsafeRawBufferPointer
    let version: StoredVersion

    var table: HubTable { block.table }
    var isBaseline: Bool { version.milliseconds == nil }
    var rowKey: RowKey {
      RowKey(
        table: table.id,
        values: (0..<table.keyColumnCount).map { Value(block.values.key($0, row: row)) })
    }

    /// Inserts the whole row.
    var insert: Statement { table.insert(block.reader.columns) }

    /// Runs a statement with the row's key and values. Returns how many rows changed.
    func run(_ statement: Statement) throws(StorageError) -> Int {
      try table.run(
        statement, block.values, row: row, columnCount: block.reader.columns.count)
    }
  }

  private func version(of block: BlockReader, row: Int) -> StoredVersion {
    StoredVersion(
      position: position, milliseconds: entry.effectiveMilliseconds(block.milliseconds(row: row)),
      base: entry.kept(block.base(row: row)))
  }

  func record(of change: Change) throws -> RowRecord {
    try records.record(change.table.id, change.key)
  }

  // MARK: Blocks of new rows

  /// Whether a block inserts rows in a range of keys where the hub has none.
  private func isNew(_ block: BlockReader, keys: BlockKeys, in table: HubTable) throws -> Bool {
    guard block.kind == .insert, block.rowCount >= store.coverRowsMin, keys.isAscending,
      table.isWhole(block.columns), !mayBeLate(block), try watchesGroups(of: table.id) != true
    else {
      return false
    }
    if try records.hasAny(table.id, from: keys.least, to: keys.greatest) { return false }
    return try pruned.settledVersion == nil
      || !table.mayHaveRows(from: keys.least, to: keys.greatest)
  }

  private func insertCovered(
    _ block: BlockReader, keys: BlockKeys, part: Int, into table: HubTable
  ) throws {
    try records.add(
      RowRecords.Cover(
        table: table.id, keyMin: keys.least, keyMax: keys.greatest, position: position,
        part: part))
    try block.withValues { values in
      let columnCount = block.columns.count
      for row in 0..<block.rowCount {
        do throws(StorageError) {
          _ = try table.run(
            table.insert(block.columns), values, row: row, columnCount: columnCount)
        } catch {
          guard case .constraint = error else { throw error }
          try keys.withKeys { views in
            let change = Change(
              block: Block(table: table, reader: block, values: values, policy: store.policy),
              row: row,
              key: views[row], version: version(of: block, row: row))
            try mergeSlowly(change, .unknown)
          }
        }
      }
    }
  }

  // MARK: What a change has seen

  /// Whether the author of this changeset had seen a version when it changed a row.
  ///
  /// What an earlier row change of this changeset wrote counts as seen.
  func hasSeen(_ other: StoredVersion, _ version: StoredVersion) throws -> Bool {
    if other.position <= seenUpTo(version) || other.position == position { return true }
    if other.isSettled { return false }
    if !entry.seen.others.isEmpty,
      entry.seen.knowledge(base: version.base).contains(other.position)
    {
      return true
    }
    return try store.log.entry(other.position)?.dot.replica == entry.dot.replica
  }

  func hasSeen(all others: [StoredVersion], _ version: StoredVersion) throws -> Bool {
    for other in others where try !hasSeen(other, version) { return false }
    return true
  }

  // MARK: Refusals

  func noteRefused() { refusedCount += 1 }
}
