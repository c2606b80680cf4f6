package import Basics
internal import Clocks
package import Deltas
package import Storage

/// What the application changes of its schema, and what others have changed of theirs.
extension BranchStore {
  /// Goes on with what the hub says is synced.
  ///
  /// One transaction, in which what was captured is sealed first. What only this branch had found
  /// and the hub would not have stays this file's own.
  package func adopt(schema told: Schema, wallMilliseconds: Int64) throws -> SealReport {
    try performing {
      try database.transaction {
        var state = try BranchState(database)
        var report = try seal(&state, wallMilliseconds: wallMilliseconds, canExtend: true)
        report.notSynced = try leaveUntracked(besides: told)
        let before = self.told
        let found = try SchemaReader.placement(
          of: told, in: database, besides: try untrackedNames(), called: try localNames())
        guard found.differences.isEmpty else {
          throw BranchStoreError.schemaDiffers(found.differences)
        }
        report.notSynced += found.unfit
        let placement = try withoutClashes(found, of: told).placement
        try follow(placement, told: told, &state, wallMilliseconds: wallMilliseconds)
        try compareDefaults(ofColumnsBeyond: before)
        let rest = try seal(&state, wallMilliseconds: wallMilliseconds)
        report.changesetCount += rest.changesetCount
        report.rowCount += rest.rowCount
        report.leftOut += rest.leftOut
        report.repairedTriggers += rest.repairedTriggers
        try state.save(to: database)
        return report
      }
    }
  }

  /// Notes that the hub has answered an exchange that named this schema: it has the same, whoever
  /// brought it.
  package func noteAgreement(on fingerprint: ContentHash) throws {
    try performing {
      try refreshSchema()
      guard told != known, known.fingerprint == fingerprint else { return }
      try database.transaction {
        try use(schema, known: known, told: known)
        try storeSchema()
      }
    }
  }

  /// Notes that the tables that a file has beyond the schema are its own, now that it joins.
  static func leaveOthersUntracked(than schema: Schema, in database: Database) throws {
    for name in try SchemaReader.otherTables(than: schema, in: database) {
      try note(UntrackedName(table: name, column: nil), in: database)
    }
  }

  /// Names that are the file's own, although they could be synced.
  func untrackedNames() throws -> Set<UntrackedName> {
    Set(
      try database.rows(BranchSQL.selectUntracked).compactMap { row in
        guard case .text(let table) = row[0], case .text(let column) = row[1] else { return nil }
        return UntrackedName(
          table: String(decoding: table, as: UTF8.self),
          column: column.isEmpty ? nil : String(decoding: column, as: UTF8.self))
      })
  }

  /// What our triggers say that tables and columns are called: SQLite changes them with what the
  /// application renames.
  package func localNames() throws -> LocalNames {
    var result = LocalNames()
    for row in try database.rows(BranchSQL.ownTriggers) {
      guard case .text(let name) = row[0], case .text(let sql) = row[1],
        let found = BranchSQL.names(
          inTrigger: String(decoding: name, as: UTF8.self), String(decoding: sql, as: UTF8.self))
      else { continue }
      result.tables[found.tableID] = found.table
      if let id = found.columnID, let column = found.column {
        result.columns[found.tableID, default: [:]][id] = column
      }
    }
    return result
  }

  private static func note(_ name: UntrackedName, in database: Database) throws {
    try database.execute(
      BranchSQL.putUntracked, [.text(name.table), .text(name.column ?? "")])
  }

  /// What only this branch has found and the hub has no place for. Returns it as sentences.
  private func leaveUntracked(besides told: Schema) throws -> [String] {
    var result: [String] = []
    for table in known.tables {
      guard let other = told.table(table.id) else {
        try Self.note(UntrackedName(table: table.name, column: nil), in: database)
        result.append("Table “\(table.name)” is not synced: the hub has no place for it.")
        continue
      }
      for column in table.columns where other.column(column.id) == nil {
        try Self.note(
          UntrackedName(table: other.name, column: column.name), in: database)
        result.append(
          "Column “\(column.name)” of table “\(table.name)” is not synced: the hub has no place "
            + "for it.")
      }
    }
    return result
  }

  /// Whether rows of this file have something else by default in a column that was added than they
  /// have at the hub.
  func hasOtherDefault(_ column: ColumnID, of table: TableSchema) throws -> Bool {
    guard column.rawValue >= Schema.addedNumberMin,
      let agreed = told.table(table.id)?.column(column), let name = table.column(column)?.name,
      let own = try SchemaReader.defaultValue(of: name, in: table.name, in: database)
    else { return false }
    return own != agreed.defaultValue ?? .null
  }

  /// Nobody has written a default, so it was not captured: the hub's rows are taken.
  private func compareDefaults(ofColumnsBeyond before: Schema) throws {
    for table in tables {
      guard let old = before.table(table.schema.id) else { continue }
      let added = table.valueColumns.filter { old.column($0) == nil }
      guard try added.contains(where: { try hasOtherDefault($0, of: table.schema) }) else {
        continue
      }
      try openGaps([table.schema.id], isSent: false)
    }
  }

  /// Goes on with the schema as the file has it now: captures what is new in it, puts what was
  /// carried in its place, and takes what was written there before for the application's own.
  ///
  /// In the caller's transaction, which seals afterwards.
  func follow(
    _ news: SchemaPlacement, told: Schema, _ state: inout BranchState, wallMilliseconds: Int64
  ) throws {
    let (before, knownBefore) = (schema, known)
    try extendKeys(to: news.placed, known: news.extended)
    try use(news.placed, known: news.extended, told: told)
    for table in before.tables { try leaveCapture(of: table) }
    for table in tables {
      guard let old = before.table(table.schema.id) else {
        try capture(table)
        continue
      }
      try renameCapture(of: table, from: old)
      var names = added(table, to: old).map { BranchSQL.triggerName(table.schema.id, $0) }
      if table.valueColumns != old.valueColumns {
        names.append(BranchSQL.replacementName(table.schema.id))
      }
      guard !names.isEmpty else { continue }
      for trigger in try Self.triggers(of: table, in: database) where names.contains(trigger.name) {
        try restore(trigger)
      }
    }
    try settleKeys(besides: before, knownBefore, counter: state.nextCounter)
    var settler = try SchemaSettler(self, wallMilliseconds: wallMilliseconds)
    for table in tables {
      guard let old = before.table(table.schema.id) else {
        try settler.settle(table)
        continue
      }
      for column in added(table, to: old) { try settler.settle(column, of: table) }
    }
    try settler.finish(from: state.position)
    try settler.sealOverruled(&state)
    try storeSchema()
  }

  private func added(_ table: TrackedTable, to old: TableSchema) -> [ColumnID] {
    table.valueColumns.filter { old.column($0) == nil }
  }

  /// Settles what others call the rows that are there, before carried ones are told from them.
  private func settleKeys(
    besides before: Schema, _ known: Schema, counter: UInt64
  ) throws {
    guard let keys else { return }
    let (old, new) = (
      try journaledTables().filter { before.table($0.schema.id) != nil },
      tables.filter { before.table($0.schema.id) == nil }
    )
    try settleKeys(old, counter: counter)
    let numbers = KeyNumbers(database, keys)
    try numbers.nameIrregular(in: Set(new.map(\.schema.id)))
    guard keys.rule == nil else { return }
    try settleMade(
      in: new.filter { table in
        guard known.table(table.schema.id)?.isDropped == false else { return false }
        let makers = keys.byID[table.schema.id]?.makers ?? []
        return makers.contains { $0.table.id == table.schema.id && $0.isNumbered }
      }, numbers, counter: counter)
  }

  /// Rows that the application made in tables of its own before they were captured, and that others
  /// have the tables for, too. Nobody knows which numbers SQLite gave: what is just the row that
  /// others have under its number is that; any other is a new record.
  private func settleMade(
    in tables: [TrackedTable], _ numbers: KeyNumbers, counter: UInt64
  ) throws {
    let carrier = Carrier(self)
    var isChanging = true
    // A row that refers to a new record differs from then on, too.
    while isChanging {
      isChanging = false
      for table in tables {
        let made = try carrier.rowsBesides(table)
        let given = try made.map { try numbers.giveNumber(to: $0, in: table.schema.id) }
        try NewNumbers.note(
          given.compactMap(\.number), in: table.schema.id, counter: counter, in: database)
        if !made.isEmpty { isChanging = true }
      }
    }
  }

  /// Whether a table has something that the hub has not agreed to yet. Its journal is left alone
  /// until then: the hub may have another thing under that name.
  func isUnagreed(_ table: TrackedTable) -> Bool {
    guard let agreed = told.table(table.schema.id) else { return true }
    return table.valueColumns.contains { agreed.column($0) == nil }
  }

  /// Makes a table's journal and triggers.
  private func capture(_ table: TrackedTable) throws {
    if try database.integer(BranchSQL.hasJournal(table.schema.id)) != 1 {
      try database.executeScript(BranchSQL.createJournal(table))
    }
    for trigger in try Self.triggers(of: table, in: database) { try restore(trigger) }
  }

  /// SQLite has changed the triggers of what the application has renamed, and they went on
  /// capturing. Only where one is missing has something been left out.
  private func renameCapture(of table: TrackedTable, from old: TableSchema) throws {
    let common = table.schema.columns.filter { old.column($0.id) != nil }
    let isRenamed =
      old.name != table.schema.name
      || common.contains { old.column($0.id)?.name != $0.name }
    if common.contains(where: { old.column($0.id)?.affinity != $0.affinity }) {
      // What the application has made of the values, everybody's is taken for.
      try openGaps([table.schema.id], isSent: false)
    }
    guard isRenamed else { return }
    let found = Set(try database.rows(BranchSQL.ownTriggers).map { $0[0] })
    let triggers = try Self.triggers(of: table, in: database).filter {
      found.contains(.text($0.name))
    }
    for trigger in triggers { try restore(trigger) }
  }

  /// Captures no more what the file had and has no more, or what is not synced any more. A column
  /// that is back some day lacks what came for it before it went.
  private func leaveCapture(of table: TableSchema) throws {
    guard let now = schema.table(table.id) else {
      let prefix = BranchSQL.triggerName(table.id)
      for row in try database.rows(BranchSQL.ownTriggers) {
        guard case .text(let bytes) = row[0] else { continue }
        let name = String(decoding: bytes, as: UTF8.self)
        guard name.hasPrefix(prefix) else { continue }
        try database.executeScript(BranchSQL.dropTriggerIfExists(name))
      }
      try database.executeScript(BranchSQL.dropJournal(table.id))
      return
    }
    for column in table.valueColumns where now.column(column) == nil {
      let name = BranchSQL.triggerName(table.id, column)
      try database.executeScript(BranchSQL.dropTriggerIfExists(name))
      try database.execute(
        BranchSQL.forgetJournaled(table),
        [.integer(BranchSQL.changeUpdateBase + Int64(column.rawValue))])
      guard known.table(table.id)?.column(column)?.isDropped == false else { continue }
      try database.execute(
        BranchSQL.putMissed,
        [.integer(Int64(table.id.rawValue)), .integer(Int64(column.rawValue))])
    }
  }
}
