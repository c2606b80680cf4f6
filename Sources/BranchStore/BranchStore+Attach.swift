internal import Basics
internal import Clocks
package import Deltas
package import Merging
internal import Storage

extension BranchStore {
  /// Makes a database a branch: an existing one, whose tables, rows, indexes and triggers stay as
  /// they are, or a new file, which gets the application's schema.
  ///
  /// One transaction. Rows that are there already become the branch's first changesets, except
  /// those that `isKnown` says the hub has with equal values; it gets a row's table and encoded
  /// key. They carry no time of their own. `ownKeys` says that equal keys of others are other
  /// records; without it they are the same. `policy` is what the hub has in force, which holds from
  /// the first write on; one that this program cannot follow is left for the first sync to say so.
  /// `registry` has the rules that a policy may name.
  package static func attach(
    path: String, identity: BranchIdentity, schema: Schema, wallMilliseconds: Int64,
    policy: ToldPolicy? = nil, ownKeys: OwnKeys? = nil, registry: RuleRegistry = .standard,
    isKnown: ((TableID, [UInt8]) -> Bool)? = nil
  ) throws -> BranchStore {
    let isNew = !DatabaseFile.exists(path)
    do {
      let database = try Database(path: path, mode: .create)
      try database.executeScript(BranchSQL.connection)
      try database.transaction {
        guard try database.firstRow(BranchSQL.ownObjects) == nil else {
          throw BranchStoreError.alreadyABranch(path: path)
        }
        if try database.integer(BranchSQL.isEmptyFile) == 1 { try create(schema, in: database) }
        let placement = try SchemaReader.placement(of: schema, in: database, besides: [])
        let differences = placement.obstacles
        guard differences.isEmpty else { throw BranchStoreError.schemaDiffers(differences) }
        let known = schema
        let schema = placement.placed.restricted(to: known)
        for table in schema.tables { try checkUsable(table, in: database) }
        try install(schema, known: known, in: database)
        let keys = try ownKeys.flatMap {
          try install($0, schema: schema, known: known, in: database)
        }
        if let policy {
          try install(policy, schema: schema, keys: keys, registry: registry, in: database)
        }
        var state = BranchState(identity: identity, joined: wallMilliseconds)
        try sealBaseline(
          &state, tables: schema.tables.map { TrackedTable($0, keys: keys?.columns(of: $0.id)) },
          fingerprint: known.fingerprint, database: database, wallMilliseconds: wallMilliseconds,
          isKnown: isKnown ?? { _, _ in false })
        try state.insert(into: database)
        if keys != nil { try database.execute(BranchSQL.setTranslatingFormat) }
      }
    } catch {
      // Unless somebody else has made it a branch meanwhile.
      if isNew, error as? BranchStoreError != .alreadyABranch(path: path) {
        DatabaseFile.remove(path)
      }
      throw BranchStoreError.wrapping(error)
    }
    return try BranchStore(path: path, registry: registry)
  }

  /// What stands in the way of attaching an existing database, as sentences; empty if nothing
  /// does. Changes nothing.
  package static func obstacles(path: String, schema: Schema) throws -> [String] {
    do {
      let database = try Database(path: path, mode: .readOnly)
      if try database.firstRow(BranchSQL.ownObjects) != nil {
        return [BranchStoreError.alreadyABranch(path: path).message]
      }
      if try database.integer(BranchSQL.isEmptyFile) == 1 { return [] }
      let placement = try SchemaReader.placement(of: schema, in: database, besides: [])
      var result = placement.obstacles
      if result.isEmpty {
        for table in placement.placed.restricted(to: schema).tables {
          do { try checkUsable(table, in: database) } catch let error as BranchStoreError {
            result.append(error.message)
          }
        }
      }
      return result
    } catch {
      throw BranchStoreError.wrapping(error)
    }
  }

  /// Drops every object of ours. The application's tables and rows stay.
  package func detach() throws { try performing { try Self.detach(database) } }

  /// The same for a file whose branch can no longer be opened.
  package static func detach(path: String) throws {
    do {
      try detach(try Database(path: path, mode: .readWrite))
    } catch {
      throw BranchStoreError.wrapping(error)
    }
  }

  private static func detach(_ database: Database) throws {
    try database.transaction {
      for row in try database.rows(BranchSQL.ownObjects) {
        guard case .text(let type) = row[0], case .text(let name) = row[1] else { continue }
        try database.executeScript(
          BranchSQL.drop(
            type: String(decoding: type, as: UTF8.self),
            name: String(decoding: name, as: UTF8.self)))
      }
    }
  }

  // MARK: Steps

  private static func create(_ schema: Schema, in database: Database) throws {
    for table in schema.tables { try database.executeScript(table.createSQL) }
    for sql in schema.otherSQL { try database.executeScript(sql) }
  }

  /// Whether our connection, which has nothing of the application's program, can write the table.
  private static func checkUsable(_ table: TableSchema, in database: Database) throws {
    let sql = TableSQL(table)
    var statements = [sql.insert, sql.delete, sql.selectAllByKeyOrder]
    if !table.valueColumns.isEmpty { statements.append(sql.update(table.valueColumns)) }
    for statement in statements {
      do { _ = try database.prepare(statement) } catch {
        guard case .other(_, let message) = error else { throw error }
        throw BranchStoreError.tableNotUsable(table: table.name, why: message)
      }
    }
  }

  private static func install(
    _ schema: Schema, known: Schema, in database: Database
  ) throws {
    try database.executeScript(BranchSQL.create)
    try database.executeScript(BranchSQL.createSecondFormat)
    try database.executeScript(BranchSQL.createThirdFormat)
    try database.executeScript(BranchSQL.createFourthFormat)
    try database.execute(
      BranchSQL.insertSchema,
      [.blob(known.fingerprint.bytes), .blob(known.encoded), .blob(schema.encoded)])
    try leaveOthersUntracked(than: known, in: database)
    for table in schema.tables.map({ TrackedTable($0) }) {
      try database.executeScript(BranchSQL.createJournal(table))
      for trigger in try triggers(of: table, in: database) {
        try database.executeScript(trigger.sql)
      }
    }
  }

  private static func sealBaseline(
    _ state: inout BranchState, tables: [TrackedTable], fingerprint: ContentHash,
    database: Database, wallMilliseconds: Int64, isKnown: (TableID, [UInt8]) -> Bool
  ) throws {
    var sealer = BaselineSealer(
      database: database, fingerprint: fingerprint, wallMilliseconds: wallMilliseconds)
    for table in tables { try sealer.seal(table, state: &state, isKnown: isKnown) }
  }
}
