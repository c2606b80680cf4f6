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
  /// The tables that are synced, under the hub's numbers.
  package let schema: Schema
  /// Changes only when the branch, as a copy, adopts an identity of its own. Another process may do
  /// that too: then it is as it was read last.
  package internal(set) var identity: BranchIdentity

  /// As the policy that is `followed` has them.
  private(set) var tables: [TrackedTable]
  /// The hash of the stored policy that was read last; nil while there is none, or none was read.
  private(set) var followed: ContentHash?
  /// The rules that policies name.
  let registry: RuleRegistry
  let watcher: TriggerWatcher
  /// The state of the file's own schema that was last found to fit.
  private var schemaVersionChecked: Int64?

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
      guard case .blob(let bytes)? = try database.firstRow(BranchSQL.selectSchema)?.first else {
        throw BranchStoreError.damaged("the schema is missing")
      }
      schema = try Schema(encoded: bytes)
      identity = try BranchState(database).identity
    } catch {
      throw (BranchStoreError.wrapping(error) as? BranchStoreError)
        ?? .damaged("an unexpected error")
    }
    tables = schema.tables.map { TrackedTable($0) }
    watcher = TriggerWatcher(schema)
    watcher.install(on: database)
  }

  /// Looks who this database is: another agent may have given it an identity of its own meanwhile.
  package func rereadIdentity() throws {
    identity = try performing { try BranchState(database).identity }
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
        try schema.tables.map { ($0, try TableDigests.digest(of: $0, in: database)) }
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
    let rules = policy?.policy ?? MergePolicy()
    tables = schema.tables.map { TrackedTable($0, policy: rules) }
    followed = policy?.contentHash
  }

  func table(_ id: TableID) -> TrackedTable? { tables.first { $0.schema.id == id } }

  /// Gives errors of the layers below their names in this one.
  func performing<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch { throw BranchStoreError.wrapping(error) }
  }

  /// Stops before a write if the application changed its schema so that ours no longer fits.
  ///
  /// Returns the capture triggers that are missing or altered. Cheap while nothing changed.
  func checkSchema() throws -> [BranchSQL.Trigger] {
    try refreshPolicy()
    let version = try database.integer(BranchSQL.schemaVersion)
    guard version != schemaVersionChecked else { return [] }
    let differences = try SchemaReader.differences(expected: schema, in: database)
    guard differences.isEmpty else { throw BranchStoreError.schemaDiffers(differences) }
    let damaged = try damagedTriggers()
    if damaged.isEmpty { schemaVersionChecked = version }
    return damaged
  }
}
