internal import Clocks
internal import Deltas
internal import Storage

extension HubStore {
  /// The last backup that was made and found whole; nil if there is none yet.
  ///
  /// Its position is the durable position: branches need no longer keep for the hub what lies at or
  /// below it.
  package func lastBackup() throws -> BackupFacts? {
    try storing("look up its last backup") {
      guard try database.integer(HubSQL.hasBackups) != nil else { return nil }
      return try Self.lastBackup(in: database)
    }
  }

  static func lastBackup(in database: Database) throws(StorageError) -> BackupFacts? {
    guard let row = try database.firstRow(HubSQL.selectLastBackup),
      let generation = GenerationID(row[1].asText)
    else { return nil }
    return BackupFacts(
      number: row[0].asCounter, generation: generation, position: row[2].asPosition,
      milliseconds: row[3].asInteger)
  }

  /// Writes the whole hub, keys and certificates included, into one SQLite file that its owner alone
  /// may read, while the hub is served and written.
  ///
  /// The file takes its name at once and whole, after it was checked; a backup of this hub that has
  /// the name is replaced then, anything else is left alone. Only then does the hub count it.
  /// Throws `HubBackupError` besides `HubStoreError`.
  package func backup(
    to path: String, wallMilliseconds: Int64,
    onProgress: (_ pagesDone: Int, _ pageCount: Int) -> Void = { _, _ in }
  ) throws -> BackupFacts {
    try checkReplaceable(path)
    let files = try KeptFiles.read(from: folder)
    let target = try BackupTarget(path: path)
    let facts: BackupFacts
    do throws(StorageError) {
      facts = try write(
        into: target, files, wallMilliseconds: wallMilliseconds, onProgress: onProgress)
    } catch {
      throw Self.failure(error, writing: path, from: database.path)
    }
    try Self.checkWhole(target.temporary) { .storeDamaged(path: database.path, why: $0) }
    try target.finish()
    try note(facts)
    return facts
  }

  /// The state of one moment, then what only a backup has.
  private func write(
    into target: BackupTarget, _ files: [KeptFiles.File], wallMilliseconds: Int64,
    onProgress: (Int, Int) -> Void
  ) throws(StorageError) -> BackupFacts {
    let copy = try Database(path: target.temporary, mode: .readWrite)
    // The whole file is made durable at its end.
    try copy.execute(HubSQL.unsynced)
    let position: LogPosition
    do {
      position = try database.readTransaction {
        let position = try log.head()
        try database.copy(to: copy, onProgress: onProgress)
        return position
      }
    } catch {
      guard let error = error as? StorageError else {
        throw .corrupt("its log cannot be read")
      }
      throw error
    }
    // No files beside it, and readable where nothing can be written.
    _ = try copy.rows(HubSQL.plainJournal)
    try copy.executeScript("BEGIN;" + HubSQL.createBackup + HubSQL.dropBackupFile)
    try copy.executeScript(HubSQL.createBackupFile)
    if try copy.integer(HubSQL.hasServedBy) != nil { try copy.execute(HubSQL.clearServedBy) }
    let last = try Self.lastBackup(in: copy)?.number ?? 0
    let facts = BackupFacts(
      number: last + 1, generation: generation, position: position,
      milliseconds: wallMilliseconds)
    try copy.execute(HubSQL.insertBackup, facts.values)
    for file in files {
      try copy.execute(
        HubSQL.insertBackupFile,
        [.text(file.path), .integer(Int64(file.mode)), .blob(file.bytes)])
    }
    try copy.execute("COMMIT")
    return facts
  }

  private func note(_ facts: BackupFacts) throws {
    try storing("note its backup, which is complete") {
      try database.transaction {
        try database.executeScript(HubSQL.createBackup)
        try database.execute(HubSQL.insertBackup, facts.values)
      }
    }
  }

  /// A backup of this hub may be replaced, anything else is somebody's.
  private func checkReplaceable(_ path: String) throws {
    guard KeptFiles.exists(path) else { return }
    guard let source = try? BackupSource(path: path), source.hub == hubIdentity else {
      throw HubBackupError.targetTaken(path: path)
    }
  }

  /// What a hub keeps from its making on, through all generations.
  private var hubIdentity: String? {
    try? database.firstRow(HubSQL.selectHub)?[1].asText
  }

  static func checkWhole(_ path: String, _ error: (String) -> HubBackupError) throws {
    let answers: [String]
    do throws(StorageError) {
      let database = try Database(path: path, mode: .readOnly)
      answers = try database.rows(HubSQL.quickCheck).map { $0[0].asText }
    } catch {
      answers = [error.message]
    }
    guard answers == ["ok"] else { throw error(answers.first ?? "it cannot be checked") }
  }

  static func failure(
    _ error: StorageError, writing path: String, from source: String
  ) -> any Error {
    switch error {
    case .diskFull: HubBackupError.noSpace(path: path)
    case .readOnly, .cannotOpen: HubBackupError.cannotWrite(path: path, why: error.message)
    case .corrupt(let why): HubBackupError.storeDamaged(path: source, why: why)
    default: HubStoreError.storage(error, doing: "write \(path)")
    }
  }
}

extension BackupFacts {
  /// As a row of the backups' table.
  var values: [Value] {
    [
      Value(counter: number), .text(generation.description), Value(position),
      .integer(milliseconds),
    ]
  }
}
