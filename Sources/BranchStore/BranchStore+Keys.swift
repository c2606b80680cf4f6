internal import Clocks
package import Deltas
package import Storage

/// Keys of the branch's own. Outside its tables and journals there are only shared ones: in what is
/// sealed, waits, is kept in the tail, compared and counted.
extension BranchStore {
  /// What statements need to read a table with shared keys; nil if it has them.
  package func keyColumns(of table: TableID) -> KeyColumns? { keys?.columns(of: table) }

  /// The same of all tables that have keys of the branch's own.
  package var keyColumns: [TableID: KeyColumns] {
    schema.tables.reduce(into: [:]) { $0[$1.id] = keyColumns(of: $1.id) }
  }

  /// Why a database's keys cannot be its own, as sentences; empty if nothing stands in the way.
  /// Changes nothing.
  package static func obstacles(
    path: String, schema: Schema, ownKeys: OwnKeys
  ) throws -> [String] {
    do {
      let database = try Database(path: path, mode: .readOnly)
      if try database.integer(BranchSQL.isEmptyFile) == 1 { return [] }
      let domains = try ownKeys.domains(of: schema, in: database)
      return try ownKeys.obstacles(domains, of: schema, in: database)
    } catch BranchStoreError.keysNotSafe(let sentences) {
      return sentences
    } catch {
      throw BranchStoreError.wrapping(error)
    }
  }

  /// The key by which the branch's people know a row; nil if it has none here.
  package func ownKey(of key: RowKey) throws -> RowKey? {
    guard let table = table(key.table), table.sql.isTranslating else { return key }
    return try performing {
      let values = try database.firstRow(table.sql.selectOwnKey, key.values) ?? []
      guard values.count == key.values.count, !values.contains(.null) else { return nil }
      return RowKey(table: key.table, values: values)
    }
  }

  /// The key by which others know a row of this branch.
  package func sharedKey(of key: RowKey) throws -> RowKey {
    guard let table = table(key.table), table.sql.isTranslating else { return key }
    return try performing {
      let values = try database.firstRow(table.sql.selectSharedKey, key.values) ?? key.values
      return RowKey(table: key.table, values: values)
    }
  }

  // MARK: Attaching

  /// Notes in the file whose keys its columns hold. In the caller's transaction, before anything is
  /// sealed.
  static func install(
    _ ownKeys: OwnKeys, schema: Schema, in database: Database
  ) throws -> KeyTranslation? {
    let domains = try ownKeys.domains(of: schema, in: database)
    let obstacles = try ownKeys.obstacles(domains, of: schema, in: database)
    guard obstacles.isEmpty else { throw BranchStoreError.keysNotSafe(obstacles) }
    try database.executeScript(KeySQL.create)
    try database.execute(KeySQL.putSpace, [.integer(Int64(ownKeys.space.number))])
    for (place, domain) in domains.domains.sorted(by: { $0.key < $1.key }) {
      try database.execute(
        KeySQL.insertColumn,
        [place.table.value, .integer(Int64(place.column.rawValue)), domain.value])
    }
    guard let keys = try KeyTranslation(database, schema: schema) else { return nil }
    let numbers = KeyNumbers(database, keys)
    for domain in keys.all {
      for maker in domain.makers {
        let sql = BranchSQL.irregularKeys(of: maker.table, maker.column)
        for row in try database.rows(sql, [domain.id.value]) {
          try numbers.giveShared(to: row[0], in: domain.id)
        }
      }
    }
    return keys
  }

  /// Takes a space of its own: what the rows that are there are called by others is noted first. In
  /// the caller's transaction; the caller reads the keys anew once it is done.
  func moveKeys(to space: KeySpace) throws {
    guard let keys, keys.space != space else { return }
    for domain in keys.all {
      let makers = domain.makers.map { ($0.table, $0.column, 0) }
      let columns = domain.columns.map { ($0.table, $0.column, 1) }
      for (table, column, state) in makers + columns {
        try database.execute(
          BranchSQL.noteKeys(
            of: table, column, domain: domain.id, space: keys.space, state: state))
      }
    }
    try database.execute(KeySQL.putSpace, [.integer(Int64(space.number))])
  }

  // MARK: Sealing

  /// Settles what programs did with keys, before what they wrote is sealed: rows that lie outside
  /// the rule get a shared key, rows under a number that was kept for another's row take it, and
  /// deleted rows are noted. In the caller's transaction.
  func settleKeys(_ written: [TrackedTable]) throws {
    guard let keys else { return }
    let tables = Set(written.map(\.schema.id))
    let numbers = KeyNumbers(database, keys)
    for domain in keys.all {
      for maker in domain.makers where tables.contains(maker.table.id) {
        if maker.isWhole { try settleTaken(maker, in: domain, numbers) }
        let irregular = BranchSQL.journaledIrregularKeys(
          of: maker.table, keyIndex: maker.keyIndex)
        for row in try database.rows(irregular, [domain.id.value]) {
          try numbers.giveShared(to: row[0], in: domain.id)
        }
        guard maker.isWhole else { continue }
        let makers = domain.makers.filter(\.isWhole).map { ($0.table, $0.column) }
        try database.execute(
          BranchSQL.noteJournaledHere(maker.table, maker.column), [domain.id.value])
        try database.execute(
          BranchSQL.noteJournaledGone(maker.table, makers: makers), [domain.id.value])
        guard maker.numbering == .mayRepeat else { continue }
        try database.execute(
          BranchSQL.noteLastGone(
            maker.table, maker.column, domain: domain.id, space: keys.space))
      }
    }
  }

  /// A program's new row has a number that another row was to get, or had: that one gets another.
  ///
  /// What refers to a row that never was here goes with it, unless a program wrote it since. What
  /// referred to a row that is gone refers to the new one now, as the branch's people see it, and
  /// is sent so; but no reference that is part of a key.
  private func settleTaken(
    _ maker: KeyTranslation.Maker, in domain: KeyTranslation.Domain, _ numbers: KeyNumbers
  ) throws {
    let sql = BranchSQL.takenKeys(
      of: maker.table, maker.column, orGone: maker.numbering == .mayRepeat)
    for row in try database.rows(sql, [domain.id.value]) {
      let (own, shared) = (row[0], row[1])
      let other = try numbers.fresh(for: shared, in: domain.id)
      try database.execute(KeySQL.setOwn, [domain.id.value, own, other])
      let isGone = row[2] != KeyNumbers.stateAwaited
      for (table, column) in domain.columns {
        if isGone, !table.keyColumns.contains(column.id) {
          try database.execute(BranchSQL.journalReferences(table, column), [own])
        } else {
          try database.execute(BranchSQL.moveReferences(table, column), [own, other])
        }
      }
      let byRule = try database.firstRow(
        "SELECT \(KeySQL.shared("?1", domain.id, numbers.keys.space))", [own])
      guard let byRule, byRule[0] != own,
        try database.firstRow(KeySQL.hasShared, [domain.id.value, byRule[0]]) == nil
      else {
        try numbers.giveShared(to: own, in: domain.id)
        continue
      }
    }
  }
}
