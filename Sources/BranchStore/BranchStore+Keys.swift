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

  /// Why a database's keys cannot be its own, as sentences; empty if nothing stands in the way. If
  /// only new numbers are to be, they are shared where something does. Changes nothing.
  package static func obstacles(
    path: String, schema: Schema, ownKeys: OwnKeys
  ) throws -> [String] {
    do {
      let database = try Database(path: path, mode: .readOnly)
      if try database.integer(BranchSQL.isEmptyFile) == 1 { return [] }
      let placement = try SchemaReader.placement(of: schema, in: database, besides: [])
      let placed = placement.placed.restricted(to: schema)
      let domains = try ownKeys.domains(of: placed, known: schema, in: database)
      return try ownKeys.obstacles(domains, of: placed, in: database).map(\.sentence)
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

  /// The tables of which rows have other keys here than others know them by, by name.
  package func namesOfTablesWithOwnKeys() throws -> [String] {
    guard let keys else { return [] }
    return try performing {
      try keys.all.filter { domain in
        try keys.rule != nil || database.firstRow(KeySQL.hasEntries, [domain.id.value]) != nil
      }.flatMap(\.makers).map(\.table.name).sorted()
    }
  }

  // MARK: Attaching

  /// Notes in the file whose keys its columns hold. In the caller's transaction, before anything is
  /// sealed.
  static func install(
    _ ownKeys: OwnKeys, schema: Schema, known: Schema, in database: Database
  ) throws -> KeyTranslation? {
    let domains = try ownKeys.translated(
      try ownKeys.domains(of: schema, known: known, in: database), of: schema, in: database)
    // Also where there are none: the application may add tables whose numbers are its own.
    try database.executeScript(KeySQL.create)
    try database.execute(
      KeySQL.insertSpace,
      [
        .integer(Int64(ownKeys.space.number)),
        .integer(ownKeys.scope == .everything ? 1 : 0),
      ])
    try note(domains, in: database)
    guard let keys = try KeyTranslation(database, schema: schema) else { return nil }
    for table in schema.tables.map({ TrackedTable($0, keys: keys.columns(of: $0.id)) }) {
      guard let mark = BranchSQL.numberMark(table) else { continue }
      try database.executeScript(mark.sql)
    }
    let tables = Set(schema.tables.map(\.id))
    try KeyNumbers(database, keys).nameIrregular(in: tables)
    try keepReferred(from: tables, keys, onlyWritten: false, in: database)
    return keys
  }

  private static func note(_ domains: KeyDomains, in database: Database) throws {
    for (place, domain) in domains.domains.sorted(by: { $0.key < $1.key }) {
      try database.execute(
        KeySQL.insertColumn,
        [place.table.value, .integer(Int64(place.column.rawValue)), domain.value])
    }
  }

  // MARK: What the application adds

  /// Finds whose keys are held by columns that the application has added, before they are captured.
  /// In the caller's transaction. What is shared already stays what it is.
  func extendKeys(to placed: Schema, known: Schema) throws {
    guard let keys else { return }
    let noted = keys.noted
    let added = placed.places.subtracting(schema.places).subtracting(noted.domains.keys)
    guard !added.isEmpty else { return }
    try Self.note(
      ownKeys(keys).domains(of: added, beside: noted, in: placed, known: known, database: database),
      in: database)
  }

  /// What the file has noted, and the policy in force says.
  private func ownKeys(_ keys: KeyTranslation) throws -> OwnKeys {
    try refreshPolicy()
    return OwnKeys(keys.rule == nil ? .newNumbers : .everything, space: keys.space).following(rules)
  }

  /// What a file has, without added columns whose values would be keys of two kinds at once, or
  /// that have a key of the branch's own by default: they are its own. With why, as sentences. What
  /// is synced by others the file lacks.
  func withoutClashes(
    _ placement: SchemaPlacement, of synced: Schema
  ) throws -> (placement: SchemaPlacement, sentences: [String]) {
    guard let keys else { return (placement, []) }
    var (result, sentences) = (placement, [String]())
    while true {
      let added = result.placed.places.subtracting(schema.places)
        .subtracting(keys.noted.domains.keys)
      guard !added.isEmpty else { break }
      let clashes = try ownKeys(keys).standing(
        of: added, beside: keys.noted, in: result.placed, known: result.extended,
        database: database
      ).clashes.merging(keysByDefault(added, keys, in: result)) { clash, _ in clash }
      guard !clashes.isEmpty else { break }
      for (place, sentence) in clashes.sorted(by: { $0.key < $1.key }) {
        sentences.append(sentence)
        result.leaveOut(place.table, place.column, of: synced)
      }
    }
    return (result, sentences)
  }

  /// Columns added to tables that were there, whose default is a row's key that others call
  /// otherwise: nobody writes it, so it would not travel as theirs.
  private func keysByDefault(
    _ added: Set<KeyDomains.Place>, _ keys: KeyTranslation, in placement: SchemaPlacement
  ) throws -> [KeyDomains.Place: String] {
    let columns = added.filter { schema.table($0.table) != nil }
    guard !columns.isEmpty else { return [:] }
    let domains = try ownKeys(keys).domains(
      of: added, beside: keys.noted, in: placement.placed, known: placement.extended,
      database: database)
    var result: [KeyDomains.Place: String] = [:]
    for place in columns {
      guard let domain = domains.domains[place],
        let table = placement.placed.table(place.table), let column = table.column(place.column),
        let own = try SchemaReader.defaultValue(of: column.name, in: table.name, in: database),
        try database.firstRow(BranchSQL.shared(domain, keys.rule), [own])?.first != own
      else { continue }
      result[place] =
        "Column “\(column.name)” of table “\(table.name)” has a key by default that stands for"
        + " another row elsewhere."
    }
    return result
  }

  /// References that are not followed, as sentences: the application has declared them of columns
  /// that were there before, or of columns that would change a key.
  func unfollowedReferences() throws -> [String] {
    guard let keys else { return [] }
    let references = try ownKeys(keys).references(of: schema, known: known, in: database)
    return references.sorted { $0.child < $1.child }.compactMap { reference in
      let domain = keys.domains.domains[reference.parent]
      guard domain != keys.domains.domains[reference.child],
        let table = schema.table(reference.child.table),
        let column = table.column(reference.child.column),
        let parent = schema.table(reference.parent.table),
        parent.keyColumns.contains(reference.parent.column)
      else { return nil }
      return "Column “\(column.name)” of table “\(table.name)” refers to table “\(parent.name)”,"
        + " and its values are not translated as that table's keys are."
    }
  }

  /// Added columns that look as if they held keys of the branch's own, as sentences: no foreign key
  /// says so, and they travel as they are.
  func keyDoubts() throws -> [String] {
    guard let keys else { return [] }
    return try ownKeys(keys).doubts(keys.domains, of: schema)
      .filter { ($0.place?.column.rawValue ?? 0) >= Schema.addedNumberMin }.map(\.sentence)
  }

  /// Added tables in which the numbers that SQLite gives are shared, as sentences.
  func sharedNumbers() throws -> [String] {
    guard let keys else { return [] }
    return try schema.tables.compactMap { table in
      guard table.id.rawValue >= Schema.addedNumberMin, let key = table.keyColumns.first,
        keys.domains.domains[KeyDomains.Place(table.id, key)] == nil,
        try SchemaReader.numbering(of: table, in: database) != .byPrograms
      else { return nil }
      return "The numbers that SQLite gives in table “\(table.name)” are shared: not all that"
        + " refers to them is told by foreign keys."
    }
  }

  // MARK: Another space

  /// Takes a space of its own: what the rows that are there are called by others is noted first. In
  /// the caller's transaction; the caller reads the keys anew once it is done.
  func moveKeys(to space: KeySpace) throws {
    guard let keys, keys.space != space else { return }
    for domain in keys.rule == nil ? [] : keys.all {
      let makers = domain.makers.map { ($0.table, $0.column, 0) }
      let columns = domain.columns.map { ($0.table, $0.column, 1) }
      for (table, column, state) in makers + columns {
        try database.execute(
          BranchSQL.noteKeys(
            of: table, column, domain: domain.id, space: keys.rule, state: state))
      }
    }
    try database.execute(KeySQL.setSpace, [.integer(Int64(space.number))])
  }

  // MARK: Sealing

  /// Settles what programs did with keys, before what they wrote is sealed: rows that lie outside
  /// the rule get a shared key, rows under a number that was kept for another's row take it, and
  /// deleted rows are noted. In the caller's transaction.
  func settleKeys(_ written: [TrackedTable], counter: UInt64) throws {
    guard let keys else { return }
    let tables = Set(written.map(\.schema.id))
    let numbers = KeyNumbers(database, keys)
    for domain in keys.all {
      for maker in domain.makers where tables.contains(maker.table.id) {
        if maker.isNumbered {
          let given = try settleMarked(maker, in: domain, numbers)
          try NewNumbers.note(given, in: domain.id, counter: counter, in: database)
        }
        if maker.isWhole { try settleTaken(maker, in: domain, numbers) }
        if keys.rule != nil { try settleIrregular(maker, in: domain, numbers) }
        guard maker.isWhole else { continue }
        let makers = domain.makers.filter(\.isWhole).map { ($0.table, $0.column) }
        try database.execute(
          BranchSQL.noteJournaledHere(maker.table, maker.column), [domain.id.value])
        try database.execute(
          BranchSQL.noteJournaledGone(maker.table, makers: makers), [domain.id.value])
        guard maker.numbering == .mayRepeat, keys.rule != nil else { continue }
        try database.execute(
          BranchSQL.noteLastGone(
            maker.table, maker.column, domain: domain.id, space: keys.rule))
      }
    }
    try Self.keepReferred(from: tables, keys, onlyWritten: true, in: database)
  }

  /// A reference may lead to a row that is not here, or no more: no other row gets its key.
  private static func keepReferred(
    from tables: Set<TableID>, _ keys: KeyTranslation, onlyWritten: Bool, in database: Database
  ) throws {
    for domain in keys.all where keys.rule != nil || domain.makers.contains(where: \.isNumbered) {
      for (table, column) in domain.columns where tables.contains(table.id) {
        if domain.makers.contains(where: { $0.table.id == table.id && $0.column.id == column.id }) {
          continue
        }
        try database.execute(
          BranchSQL.keepReferred(
            table, column, in: domain, space: keys.rule, onlyWritten: onlyWritten))
      }
    }
  }

  private func settleIrregular(
    _ maker: KeyTranslation.Maker, in domain: KeyTranslation.Domain, _ numbers: KeyNumbers
  ) throws {
    let sql = BranchSQL.journaledIrregularKeys(of: maker.table, keyIndex: maker.keyIndex)
    for row in try database.rows(sql, [domain.id.value]) {
      try numbers.giveShared(to: row[0], in: domain.id)
    }
  }

  /// Numbers that SQLite gave since the last seal are new records' own, whatever had them before:
  /// that is deleted under its own name, and what refers to it goes on referring to it. Returns
  /// what they are to others.
  private func settleMarked(
    _ maker: KeyTranslation.Maker, in domain: KeyTranslation.Domain, _ numbers: KeyNumbers
  ) throws -> [Int64] {
    var given: [Int64] = []
    for row in try database.rows(BranchSQL.markedKeys(maker.table)) {
      guard let own = row[0].number else { continue }
      let wasThere = row[1] != .integer(BranchSQL.changeInsert)
      let entry = try database.firstRow(KeySQL.selectOfOwn, [domain.id.value, row[0]])
      if wasThere || entry != nil {
        let shared = try entry?[0] ?? byRule(row[0], in: domain.id)
        let other = try numbers.fresh(for: shared, in: domain.id)
        if entry == nil {
          try database.execute(
            KeySQL.insert, [domain.id.value, other, shared, KeyNumbers.stateGone])
        } else {
          try database.execute(KeySQL.setOwn, [domain.id.value, row[0], other])
        }
        try moveReferences(in: domain, from: row[0], to: other)
        if wasThere, let table = table(maker.table.id) {
          let wall = try database.firstRow(BranchSQL.lastDeletion(maker.table), [row[0]])?[0]
          try append(
            [other], BranchSQL.changeDelete,
            milliseconds: JournalTime.milliseconds(wall ?? .null), to: table)
        }
      }
      if let shared = try numbers.giveNumber(to: own, in: domain.id).number { given.append(shared) }
    }
    try database.execute(BranchSQL.dropMarks(maker.table))
    return given
  }

  /// A program has made a row under a number that was kept for a row of others: that one gets
  /// another, and so does what refers to it and was not written since.
  private func settleTaken(
    _ maker: KeyTranslation.Maker, in domain: KeyTranslation.Domain, _ numbers: KeyNumbers
  ) throws {
    let sql = BranchSQL.takenKeys(of: maker.table, maker.column, space: keys?.rule)
    for row in try database.rows(sql, [domain.id.value]) {
      let (own, shared) = (row[0], row[1])
      let other = try numbers.fresh(for: shared, in: domain.id)
      try database.execute(KeySQL.setOwn, [domain.id.value, own, other])
      try moveReferences(in: domain, from: own, to: other)
      let byRule = try byRule(own, in: domain.id)
      let isTaken =
        try database.firstRow(KeySQL.hasShared, [domain.id.value, byRule]) != nil
      if isTaken || byRule == own && numbers.keys.rule != nil {
        try numbers.giveShared(to: own, in: domain.id)
      }
    }
  }

  /// The shared key of an own one that has no entry.
  private func byRule(_ own: Value, in domain: TableID) throws -> Value {
    try database.firstRow(BranchSQL.shared(domain, keys?.rule), [own])?.first ?? own
  }

  private func moveReferences(
    in domain: KeyTranslation.Domain, from own: Value, to other: Value
  ) throws {
    for (table, column) in domain.columns {
      try database.execute(BranchSQL.moveReferences(table, column), [own, other])
    }
  }
}
