internal import Basics
package import Clocks
package import Deltas
package import Merging
package import Storage

/// A branch's database: the application's file, in which capture triggers append to journals, and
/// what the engine keeps beside them.
///
/// Synchronous; used by one thread at a time. Other connections, the application's among them, may
/// write to the file at any time.
package final class BranchStore {
  package let path: String
  /// Our connection. Its authorizer keeps our writes out of the journals.
  package let database: Database
  /// The tables that are synced and that the file has, under the hub's numbers and the file's own
  /// names.
  package private(set) var schema: Schema
  /// What is synced, as far as the branch has heard, with what its application has added. The
  /// application may not have all of it yet.
  package private(set) var known: Schema
  /// The same without what the hub has not agreed to yet.
  private(set) var told: Schema
  /// Changes whenever one of them does.
  private var edition: Int64
  /// Changes only when the branch, as a copy, adopts an identity of its own. Another process may do
  /// that too: then it is as it was read last.
  package internal(set) var identity: BranchIdentity

  /// As the policy that is `followed` has them.
  private(set) var tables: [TrackedTable]
  /// The hash of the stored policy that was read last; nil while there is none, or none was read.
  private(set) var followed: ContentHash?
  /// The policy itself.
  private(set) var rules = MergePolicy()
  /// The rules that policies name.
  let registry: RuleRegistry
  let watcher: TriggerWatcher
  /// How this branch's own keys stand to the shared ones; nil if they are the same.
  private(set) var keys: KeyTranslation?
  /// The state of the file's own schema that was last found to fit.
  private var schemaVersionChecked: Int64?
  /// The same, in which nothing was found that is not known.
  private var placementVersionChecked: Int64?

  /// Opens an attached database. `registry` has the rules that a policy may name.
  package init(
    path: String, registry: RuleRegistry = .standard
  ) throws(BranchStoreError) {
    do {
      self.path = path
      self.registry = registry
      database = try Database(path: path, mode: .readWrite)
      guard try database.integer(BranchSQL.isBranch) == 1 else {
        throw BranchStoreError.notABranch(path: path)
      }
      try database.executeScript(BranchSQL.connection)
      try Self.bringUpFormat(database)
      (known, told, schema, edition) = try Self.storedSchema(in: database)
      identity = try BranchState(database).identity
      keys = try KeyTranslation(database, schema: schema)
    } catch {
      throw (BranchStoreError.wrapping(error) as? BranchStoreError)
        ?? .damaged("an unexpected error")
    }
    tables = Self.tables(schema, policy: MergePolicy(), keys: keys)
    watcher = TriggerWatcher(schema)
    watcher.install(on: database)
  }

  /// Looks who this database is: another agent may have given it an identity of its own meanwhile.
  package func rereadIdentity() throws {
    identity = try performing { try BranchState(database).identity }
    try rereadKeys()
  }

  /// How the branch stands in the log.
  package func position() throws -> LogPosition {
    try performing { try BranchState(database).position }
  }

  /// The same with the name of the generation in whose stretch the position lies.
  package func place() throws -> CausalContext {
    try performing { try BranchState(database).place }
  }

  /// Whose work the branch has.
  package func vector() throws -> VersionVector {
    try performing {
      VersionVector(
        try database.rows(BranchSQL.selectVector).compactMap { row in
          guard case .integer(let replica) = row[0], case .integer(let counter) = row[1] else {
            return nil
          }
          return Dot(
            replica: ReplicaID(UInt32(truncatingIfNeeded: replica)),
            counter: UInt64(bitPattern: counter))
        })
    }
  }

  /// The names of the replicas that the branch has heard of, its own included.
  package func names() throws -> [ReplicaID: String] {
    try performing {
      var result = [identity.replica: identity.branch]
      let statement = try database.cached(BranchSQL.selectNames)
      defer { statement.reset() }
      while try statement.step() {
        result[ReplicaID(UInt32(truncatingIfNeeded: statement.integer(0)))] = statement.text(1)
      }
      return result
    }
  }

  /// Remembers where the hub is now.
  package func setHubURL(_ url: String) throws {
    try performing { try database.execute(BranchSQL.updateHubURL, [.text(url)]) }
  }

  /// The state digest of each tracked table, in the order of the tables' numbers, of one moment.
  package func digests() throws -> [(table: TableSchema, digest: StateDigest)] {
    try performing {
      try database.readTransaction {
        try schema.tables.map {
          ($0, try TableDigests.digest(of: $0, keys: keyColumns(of: $0.id), in: database))
        }
      }
    }
  }

  /// One row: all its columns in the order of their numbers, or nil if there is none.
  package func row(_ key: RowKey) throws -> [Value]? {
    try performing {
      guard let table = table(key.table) else { return nil }
      let columns = table.schema.columns.map(\.id).sorted()
      return try database.firstRow(table.sql.selectByKey(columns), key.values)
    }
  }

  /// Looks at the tables as a policy has them.
  func follow(_ policy: BranchPolicy?) {
    rules = policy?.policy ?? MergePolicy()
    tables = Self.tables(schema, policy: rules, keys: keys)
    followed = policy?.contentHash
  }

  /// Looks at the tables with the keys that the file has noted.
  func rereadKeys() throws {
    keys = try performing { try KeyTranslation(database, schema: schema) }
    tables = Self.tables(schema, policy: rules, keys: keys)
  }

  static func tables(
    _ schema: Schema, policy: MergePolicy, keys: KeyTranslation?
  ) -> [TrackedTable] {
    schema.tables.map { TrackedTable($0, policy: policy, keys: keys?.columns(of: $0.id)) }
  }

  func table(_ id: TableID) -> TrackedTable? { tables.first { $0.schema.id == id } }

  /// Gives errors of the layers below their names in this one.
  func performing<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch { throw BranchStoreError.wrapping(error) }
  }

  private static func storedSchema(
    in database: Database
  ) throws -> (known: Schema, told: Schema, placed: Schema, edition: Int64) {
    guard let row = try database.firstRow(BranchSQL.selectSchema), case .blob(let bytes) = row[0]
    else { throw BranchStoreError.damaged("the schema is missing") }
    let known = try Schema(encoded: bytes)
    let edition = row[3].number ?? 0
    guard case .blob(let told) = row[1], case .blob(let placed) = row[2] else {
      return (known, known, known, edition)
    }
    return (known, try Schema(encoded: told), try Schema(encoded: placed), edition)
  }

  /// Another process may have noticed what the application has added.
  func refreshSchema() throws {
    guard try database.integer(BranchSQL.selectEdition) != edition else { return }
    let stored = try Self.storedSchema(in: database)
    try use(stored.placed, known: stored.known, told: stored.told)
    edition = stored.edition
  }

  /// Looks at the tables that the file has from now on. In the caller's transaction, which stores
  /// them, or has read them.
  func use(_ placed: Schema, known: Schema, told: Schema) throws {
    keys = try KeyTranslation(database, schema: placed)
    self.known = known
    self.told = told
    schema = placed
    tables = Self.tables(placed, policy: rules, keys: keys)
    watcher.watch(placed)
    schemaVersionChecked = nil
    placementVersionChecked = nil
  }

  /// Stores the schema that is in use. In the caller's transaction.
  func storeSchema() throws {
    try database.execute(
      BranchSQL.updateSchema,
      [
        .blob(known.fingerprint.bytes), .blob(known.encoded), .blob(told.encoded),
        .blob(schema.encoded),
      ])
    edition = try database.integer(BranchSQL.selectEdition) ?? 0
  }

  /// What the application has changed of its schema since it was last looked at; nil if nothing.
  /// Throws if what is synced can no longer be written. Cheap while nothing changed.
  func schemaNews() throws -> SchemaPlacement? {
    try refreshSchema()
    let version = try database.integer(BranchSQL.schemaVersion)
    guard version != placementVersionChecked else { return nil }
    let found = try SchemaReader.placement(
      of: known, in: database, besides: try untrackedNames(), called: try localNames())
    // One that was there may be about to come back: programs rebuild tables under another name.
    let gone = found.missing.filter { schema.table($0.id) != nil }
    let differences = gone.map { "Table “\($0.name)” is missing." } + found.differences
    guard differences.isEmpty else { throw BranchStoreError.schemaDiffers(differences) }
    let placement = try withoutClashes(found, of: known).placement
    guard placement.placed.tables != schema.tables || placement.extended != known else {
      placementVersionChecked = version
      return nil
    }
    return placement
  }

  /// The capture triggers that are missing or altered. Cheap while nothing changed.
  func checkSchema() throws -> [BranchSQL.Trigger] {
    try refreshPolicy()
    let version = try database.integer(BranchSQL.schemaVersion)
    guard version != schemaVersionChecked else { return [] }
    let damaged = try damagedTriggers()
    if damaged.isEmpty { schemaVersionChecked = version }
    return damaged
  }
}
