package import Basics
package import Clocks
package import Deltas
package import Merging
package import Storage

/// A hub's store: an order, a merge, and the consolidated tables, in one SQLite file.
///
/// Used by one thread at a time. Several processes may have the same hub open; every change is one
/// transaction.
package final class HubStore {
  package let folder: String
  /// What the hub is known by: the root of its generations. In certificates and tokens.
  package let hubID: GenerationID
  /// As it was when a request or a transaction last looked: branches may extend it.
  package internal(set) var schema: Schema {
    didSet {
      schemaFingerprint = schema.fingerprint
      tables.removeAll()
    }
  }
  package private(set) var schemaFingerprint: ContentHash
  /// The state of the file's own schema that `schema` was read from.
  var schemaVersion: Int64?

  let database: Database
  let log: LogReader
  let staging: StagingFolder
  /// How conflicts come out from here on: that of the last version published, as it was when a
  /// transaction last looked.
  var policy = MergePolicy()
  /// Names what `policy` is; nil if that must be looked up.
  var knownPolicyHash: ContentHash?
  /// What policies can name. An embedding program adds its own before the first merge.
  package var rules = RuleRegistry.standard
  /// What the tables' rows refer to; nil if that must be read anew.
  var knownReferences: KnownReferences?
  private var tables: [TableID: HubTable] = [:]
  /// Made with the first merge.
  private(set) var records: RowRecords?
  /// The delta asked for last.
  var deltaIndex: DeltaIndex?
  /// What the log is named by; read with the first question.
  var knownTimeline: HubTimeline?
  /// What this service calls itself in the file, once it serves, and where it draws random bytes.
  var service: (name: [UInt8], random: (Int) -> [UInt8])?
  /// Whether any branch has exchanged since this service began, or since its file was replaced.
  var wasHeardFrom = false
  /// The failed commits of which a generation knows.
  var knownFailedCommits = 0
  /// The generation by which a failed commit may have named entries.
  var doubtedGeneration: GenerationID?
  /// Whether the file may be an older state than branches have seen, although it names who served.
  var wasCopied = false
  /// Whether this service goes on above numbers that replicas of a lost state may have.
  var hasLeftOutNumbers = false
  /// How far it was pruned; read with the first question of each transaction.
  var knownPruned: Pruned?
  /// The round of pruning under way.
  var pruneRound: PruneRound?
  /// The marks that the last round came to.
  var lastRound: PruneRound.Marks?
  /// Where what the log lets go of is kept; opened with the first use.
  var history: HistoryFile?
  /// For tests: whether every change goes through the merge core, shortcuts or not.
  package var takesShortcuts = true
  /// For tests: the size from which on a block covers its rows.
  package var coverRowsMin = HubStoreLimits.coverRowsMin

  /// Opens the hub of a folder.
  package init(folder: String) throws {
    let path = folder + "/" + Self.databaseName
    let database: Database
    do throws(StorageError) {
      database = try Database(path: path, mode: .readWrite)
      guard try database.integer(HubSQL.isHub) != nil else {
        throw StorageError.notADatabase
      }
      try database.executeScript(HubSQL.connection)
    } catch {
      let isThere = StagingFolder(path: folder).byteCount(path) > 0
      if error == .notADatabase || (error == .cannotOpen && !isThere) {
        throw HubStoreError.notAHub(path: folder)
      }
      throw HubStoreError.storage(error, doing: "open its store")
    }
    guard let row = try database.firstRow(HubSQL.selectHub), let hubID = GenerationID(row[1].asText)
    else { throw HubStoreError.notAHub(path: folder) }
    try Self.bringUpFormat(database)
    do throws(DeltaDecodingError) {
      schema = try Schema(encoded: row[3].asBytes)
    } catch {
      throw HubStoreError.damaged("its schema cannot be read")
    }
    schemaFingerprint = schema.fingerprint
    self.folder = folder
    self.hubID = hubID
    self.database = database
    log = LogReader(database)
    staging = StagingFolder(path: folder + "/" + Self.stagingName)
  }

  static let databaseName = "hub.db"
  static let stagingName = "staging"

  // MARK: Making one

  /// Makes a hub in a folder, which is made if it is not there, with empty consolidated tables.
  ///
  /// Of `schema`, its tables and its unique indexes are taken over; the application's triggers are
  /// the branches' business.
  package static func create(
    folder: String, like schema: Schema, generation: GenerationID, hostNames: [String],
    wallMilliseconds: Int64
  ) throws {
    try StagingFolder(path: folder + "/" + stagingName).make(parent: folder)
    let path = folder + "/" + databaseName
    do {
      let database = try Database(path: path, mode: .create)
      guard try database.integer(HubSQL.isEmpty) == 1 else {
        throw HubStoreError.alreadyAHub(path: folder)
      }
      try database.executeScript(HubSQL.connection)
      try database.transaction {
        guard try database.integer(HubSQL.isEmpty) == 1 else {
          throw HubStoreError.alreadyAHub(path: folder)
        }
        try makeTables(of: schema, in: database)
        try database.executeScript(HubSQL.create)
        try database.executeScript(HubSQL.createSecondFormat)
        try database.executeScript(HubSQL.createThirdFormat)
        try database.executeScript(HubSQL.createFourthFormat)
        try database.executeScript(HubSQL.createGroupTables)
        try database.execute(
          HubSQL.insertHub,
          [
            .integer(HubSQL.formatVersion), .text(generation.description),
            .integer(wallMilliseconds), .blob(schema.encoded),
          ])
        try database.execute(
          HubSQL.insertGeneration,
          [.text(generation.description), .null, .integer(0), Value(true)])
        for name in hostNames { try database.execute(HubSQL.insertHost, [.text(name)]) }
      }
    } catch let error as StorageError {
      if error == .notADatabase { throw HubStoreError.alreadyAHub(path: folder) }
      throw HubStoreError.storage(error, doing: "make its store in \(folder)")
    }
  }

  private static func makeTables(of schema: Schema, in database: Database) throws {
    for table in schema.tables {
      do throws(StorageError) {
        try database.executeScript(table.createSQL)
        _ = try HubTable(table, database: database)
      } catch {
        throw HubStoreError.schemaNotUsable("table \(table.name): \(error.message)")
      }
    }
    for sql in schema.otherSQL where isUniqueIndex(sql) {
      do throws(StorageError) {
        try database.executeScript(sql)
      } catch {
        // An index of a table that is not tracked.
        if case .other(_, let message) = error, message.hasPrefix("no such table") { continue }
        throw HubStoreError.schemaNotUsable("an index: \(error.message)")
      }
    }
  }

  /// Unique indexes are constraints, and constraints must hold at the hub too.
  static func isUniqueIndex(_ sql: String) -> Bool {
    let words = sql.split(maxSplits: 3, whereSeparator: \.isWhitespace).prefix(3)
    return words.map { $0.uppercased() } == ["CREATE", "UNIQUE", "INDEX"]
  }

  // MARK: Facts

  /// How long a statement waits from now on for another program's lock.
  package func setBusyTimeout(milliseconds: Int32) throws {
    try database.setBusyTimeout(milliseconds: milliseconds)
  }

  /// Called at each step of each transaction; throwing there stands for the process dying there.
  package var onStep: ((Database.Step) throws -> Void)? {
    get { database.onStep }
    set { database.onStep = newValue }
  }

  /// The log's last position: 0 while it is empty.
  package func head() throws -> LogPosition {
    try storing("read its log") { try log.head() }
  }

  /// The names and addresses for which the hub was made.
  package func hostNames() throws -> [String] {
    try storing("read its names") { try database.rows(HubSQL.selectHosts).map { $0[0].asText } }
  }

  /// Where the hub serves or last served.
  package func servedURL() throws -> String? {
    try storing("read its address") {
      let value = try database.firstRow(HubSQL.selectServedURL)?.first ?? .null
      return value == .null ? nil : value.asText
    }
  }

  package func setServedURL(_ url: String) throws {
    try storing("note its address") {
      try database.transaction { try database.execute(HubSQL.updateServedURL, [.text(url)]) }
    }
  }

  // MARK: Inside

  /// A table's prepared statements, or nil if the schema has no such table.
  func table(_ id: TableID) throws -> HubTable? {
    if let table = tables[id] { return table }
    guard let schema = schema.table(id) else { return nil }
    let table = try HubTable(schema, database: database)
    tables[id] = table
    return table
  }

  func rowRecords() throws -> RowRecords {
    if let records { return records }
    let made = try RowRecords(database)
    records = made
    return made
  }

  /// Names what was not done when SQLite refuses, or when the store's own bytes do not decode.
  func storing<Result>(_ doing: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as StorageError {
      throw HubStoreError.storage(error, doing: doing)
    } catch let error as DeltaDecodingError {
      throw HubStoreError.damaged(error.message)
    }
  }
}
