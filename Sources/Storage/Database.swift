internal import CSQLite
package import Deltas

/// One connection to an SQLite file. Synchronous; used by one thread at a time.
///
/// SQLite's C interface is used directly because values must stay byte for byte what they are:
/// invalid UTF-8, NUL inside text, the storage class of each value.
package final class Database {
  package enum Mode: Hashable, Sendable {
    case readOnly
    case readWrite
    case create
  }

  /// The points at which a crash can be simulated.
  package enum Step: Hashable, Sendable {
    case begin
    case beforeCommit
    case afterCommit
  }

  package let path: String
  private let handle: OpaquePointer
  private var statements: [String: Statement] = [:]
  /// Called at each step of each transaction; throwing there stands for the process dying there.
  package var onStep: ((Step) throws -> Void)?
  /// Whether a transaction of `transaction` is under way.
  package private(set) var isInTransaction = false
  /// How many transactions of `transaction` were undone although all was ready to be committed. An
  /// image of the disk, made before the next commit, may have them all the same.
  package private(set) var failedCommitCount = 0
  /// Kept alive for SQLite, which holds an unmanaged reference.
  private var authorizer: AuthorizerBox?

  /// Whether SQLite took our settings. Made once, before the process first uses SQLite otherwise:
  /// it takes none later.
  package static let isConfigured: Bool = tributary_count_no_memory() == SQLITE_OK

  /// How long a statement waits for another process's lock.
  package static let busyTimeoutMillisecondsDefault: Int32 = 10_000
  /// Prepared statements kept; the cache is emptied when it is reached.
  package static let cachedStatementsMax = 512

  package init(
    path: String, mode: Mode,
    busyTimeoutMilliseconds: Int32 = Database.busyTimeoutMillisecondsDefault
  ) throws(StorageError) {
    let flags: Int32 =
      switch mode {
      case .readOnly: SQLITE_OPEN_READONLY
      case .readWrite: SQLITE_OPEN_READWRITE
      case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
      }
    _ = Self.isConfigured
    var opened: OpaquePointer?
    // NOMUTEX: a connection has one user at a time.
    let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard let opened else { throw StorageError(code: code, message: "out of memory") }
    guard code == SQLITE_OK else {
      let error = StorageError(
        code: sqlite3_extended_errcode(opened), message: String(cString: sqlite3_errmsg(opened)))
      sqlite3_close_v2(opened)
      throw error
    }
    self.path = path
    handle = opened
    sqlite3_extended_result_codes(handle, 1)
    tributary_wait_for_locks(handle, busyTimeoutMilliseconds)
    // Whatever the library's build says: views and triggers of a file work as its programs expect.
    _ = tributary_db_config_flag(handle, SQLITE_DBCONFIG_DQS_DML, 1)
    _ = tributary_db_config_flag(handle, SQLITE_DBCONFIG_DQS_DDL, 1)
  }

  deinit {
    statements.removeAll()
    sqlite3_close_v2(handle)
  }

  package var sqliteHandle: OpaquePointer { handle }

  /// The last error on this connection, as ours.
  package var lastError: StorageError {
    error(code: sqlite3_extended_errcode(handle))
  }

  /// An error that a call has just returned, as ours.
  func error(code: Int32) -> StorageError {
    // SQLite tells a limit on the size of files, or a quota, from a broken disk by this only.
    if code & 0xff == SQLITE_IOERR, StorageError.isLackOfSpace(sqlite3_system_errno(handle)) {
      return .diskFull
    }
    return StorageError(code: code, message: String(cString: sqlite3_errmsg(handle)))
  }

  /// Rows changed by the last statement that finished.
  package var changes: Int { Int(sqlite3_changes64(handle)) }
  /// Whether SQLite has a transaction open; a trigger can have rolled back what we began.
  package var hasOpenTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
  package var totalChanges: Int { Int(sqlite3_total_changes64(handle)) }
  package var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }

  // MARK: Statements

  /// Prepares without caching: for statements used once, or held by the caller.
  package func prepare(_ sql: String) throws(StorageError) -> Statement {
    try Statement(database: self, sql: sql)
  }

  /// A prepared statement, kept for next time, reset and without bindings.
  ///
  /// The one statement object is shared: finish with it before asking for the same SQL again.
  package func cached(_ sql: String) throws(StorageError) -> Statement {
    if let statement = statements[sql] {
      statement.reset()
      return statement
    }
    if statements.count >= Self.cachedStatementsMax { statements.removeAll() }
    let statement = try prepare(sql)
    statements[sql] = statement
    return statement
  }

  /// Runs one statement to its end.
  package func execute(_ sql: String, _ values: [Value] = []) throws(StorageError) {
    let statement = try cached(sql)
    try statement.bind(values)
    try statement.run()
  }

  /// Runs any number of statements that return nothing of interest.
  package func executeScript(_ sql: String) throws(StorageError) {
    guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw lastError }
  }

  /// All rows of a query that has few. Each row's values are copied.
  package func rows(_ sql: String, _ values: [Value] = []) throws(StorageError) -> [[Value]] {
    let statement = try cached(sql)
    defer { statement.reset() }
    try statement.bind(values)
    var result: [[Value]] = []
    while try statement.step() {
      result.append((0..<statement.columnCount).map { statement.value($0) })
    }
    return result
  }

  package func firstRow(_ sql: String, _ values: [Value] = []) throws(StorageError) -> [Value]? {
    let statement = try cached(sql)
    defer { statement.reset() }
    try statement.bind(values)
    guard try statement.step() else { return nil }
    return (0..<statement.columnCount).map { statement.value($0) }
  }

  /// The first column of the first row as an integer, or nil if there is no row or it is NULL.
  package func integer(_ sql: String, _ values: [Value] = []) throws(StorageError) -> Int64? {
    guard case .integer(let value)? = try firstRow(sql, values)?.first else { return nil }
    return value
  }

  // MARK: Transactions

  /// Runs a closure in one `BEGIN IMMEDIATE` transaction; any error rolls all of it back.
  package func transaction<Result>(_ body: () throws -> Result) throws -> Result {
    try onStep?(.begin)
    try execute("BEGIN IMMEDIATE")
    isInTransaction = true
    let result: Result
    var isReady = false
    do {
      result = try body()
      isReady = true
      try onStep?(.beforeCommit)
      try execute("COMMIT")
    } catch {
      if isReady { failedCommitCount += 1 }
      isInTransaction = false
      resetStatements()
      // Some errors, a full disk among them, have already rolled back.
      if sqlite3_get_autocommit(handle) == 0 { try? execute("ROLLBACK") }
      throw error
    }
    isInTransaction = false
    try onStep?(.afterCommit)
    return result
  }

  /// Runs a closure that sees one state of the file throughout.
  package func readTransaction<Result>(_ body: () throws -> Result) throws -> Result {
    try execute("BEGIN")
    defer {
      resetStatements()
      if sqlite3_get_autocommit(handle) == 0 { try? execute("COMMIT") }
    }
    return try body()
  }

  /// Runs a closure inside a transaction; its error undoes only what it did.
  package func savepoint<Result>(_ body: () throws -> Result) throws -> Result {
    try execute("SAVEPOINT tributary")
    do {
      let result = try body()
      try execute("RELEASE tributary")
      return result
    } catch {
      if sqlite3_get_autocommit(handle) == 0 {
        try execute("ROLLBACK TO tributary")
        try execute("RELEASE tributary")
      }
      throw error
    }
  }

  /// Resets every cached statement, so that none holds a read lock.
  package func resetStatements() {
    for statement in statements.values { statement.reset() }
  }

  // MARK: Authorizer

  /// What the authorizer is asked about: an action on a table inside a trigger.
  package struct Access {
    /// One of SQLite's action codes; those of interest have names below.
    package let action: Int32
    package let table: String
    package let column: String?
    /// The innermost trigger or view, if any.
    package let context: String?

    package static let insert = SQLITE_INSERT
    package static let update = SQLITE_UPDATE
    package static let delete = SQLITE_DELETE
  }

  package enum Permission {
    case allow
    /// INSERT and single-column UPDATE are left out, reads give NULL; DELETE is not affected.
    case ignore
    case deny
  }

  private final class AuthorizerBox {
    let decide: (Access) -> Permission
    init(_ decide: @escaping (Access) -> Permission) { self.decide = decide }
  }

  /// Asks the closure for every access while statements are prepared; nil asks no more.
  /// https://sqlite.org/c3ref/set_authorizer.html
  package func setAuthorizer(_ decide: ((Access) -> Permission)?) {
    statements.removeAll()
    guard let decide else {
      sqlite3_set_authorizer(handle, nil, nil)
      authorizer = nil
      return
    }
    let box = AuthorizerBox(decide)
    authorizer = box
    sqlite3_set_authorizer(
      handle,
      { context, action, first, second, _, trigger in
        guard let context else { return SQLITE_OK }
        let box = Unmanaged<AuthorizerBox>.fromOpaque(context).takeUnretainedValue()
        let access = Access(
          action: action, table: first.map { String(cString: $0) } ?? "",
          column: second.map { String(cString: $0) }, context: trigger.map { String(cString: $0) })
        switch box.decide(access) {
        case .allow: return SQLITE_OK
        case .ignore: return SQLITE_IGNORE
        case .deny: return SQLITE_DENY
        }
      }, Unmanaged.passUnretained(box).toOpaque())
  }
}

/// An SQL identifier, quoted. The only place where a name becomes SQL.
package func quoted(_ identifier: String) -> String {
  guard identifier.utf8.contains(UInt8(ascii: "\"")) else { return "\"\(identifier)\"" }
  return "\""
    + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(
      separator: "\"\"") + "\""
}
