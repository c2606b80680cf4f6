internal import Clocks
internal import Deltas
internal import Storage

extension HubStore {
  /// When the hub was made.
  package func createdMilliseconds() throws -> Int64 {
    try storing("read when it was made") {
      try database.firstRow(HubSQL.selectHub)?[2].asInteger ?? 0
    }
  }

  /// The last backup that a file tells of.
  static func backup(in database: Database) throws(StorageError) -> Backup? {
    guard let row = try database.firstRow(HubSQL.selectBackup),
      let generation = GenerationID(row[1].asText)
    else { return nil }
    return Backup(
      number: row[0].asCounter,
      place: CausalContext(generation: generation, position: row[2].asPosition),
      milliseconds: row[3].asInteger)
  }

  /// Writes the whole hub, keys and certificates included, into one SQLite file that its owner
  /// alone may read, while the hub is served and written.
  ///
  /// The history goes into a file of its own, whose name has `historySuffix` besides. The file
  /// takes its name at once and whole, after it was checked; a backup of this hub that has the name
  /// is replaced then, anything else is left alone. Only then does the hub count it.
  /// Throws `HubBackupError` besides `HubStoreError`.
  package func backup(
    to path: String, wallMilliseconds: Int64,
    onProgress: (_ pagesDone: Int, _ pageCount: Int) -> Void = { _, _ in }
  ) throws -> Backup {
    try checkReplaceable(path)
    let files = try KeptFiles.read(from: folder)
    let target = try BackupTarget(path: path)
    let facts: Backup
    do throws(StorageError) {
      facts = try write(
        into: target, files, wallMilliseconds: wallMilliseconds, onProgress: onProgress)
    } catch {
      throw Self.failure(error, writing: path, from: database.path)
    }
    try Self.checkWhole(target.temporary) { .storeDamaged(path: database.path, why: $0) }
    // After the store's own copy: what that has let go of is in this one.
    let history = try backUpHistory(besides: path)
    try history?.finish()
    try target.finish()
    if history == nil, isHistory(path + Self.historySuffix) {
      DatabaseFile.remove(path + Self.historySuffix)
    }
    try note(facts)
    return facts
  }

  /// The state of one moment, then what only a backup has.
  private func write(
    into target: BackupTarget, _ files: [KeptFiles.File], wallMilliseconds: Int64,
    onProgress: (Int, Int) -> Void
  ) throws(StorageError) -> Backup {
    let copy = try Database(path: target.temporary, mode: .readWrite)
    // The whole file is made durable at its end.
    try copy.execute(HubSQL.unsynced)
    let place = try copyOneMoment(to: copy, onProgress: onProgress)
    // No files beside it, and readable where nothing can be written.
    _ = try copy.rows(HubSQL.plainJournal)
    try copy.executeScript("BEGIN;" + HubSQL.dropBackupFile + ";" + HubSQL.createBackupFile)
    try copy.execute(HubSQL.clearServedBy)
    let last = try Self.backup(in: copy)?.number ?? 0
    let facts = Backup(number: last + 1, place: place, milliseconds: wallMilliseconds)
    try copy.execute(HubSQL.insertBackup, facts.values)
    for file in files {
      try copy.execute(
        HubSQL.insertBackupFile,
        [.text(file.path), .integer(Int64(file.mode)), .blob(file.bytes)])
    }
    try copy.execute("COMMIT")
    return facts
  }

  /// What a backup's history is called besides the backup.
  package static let historySuffix = ".history"

  /// Copies the history as it is at one moment, for its owner only; nil if there is none that can
  /// be read.
  private func backUpHistory(besides path: String) throws -> BackupTarget? {
    guard let file = try historyFile(creating: false) else { return nil }
    let name = path + Self.historySuffix
    guard !KeptFiles.exists(name) || isHistory(name) else {
      throw HubBackupError.targetTaken(path: name)
    }
    let target = try BackupTarget(path: name)
    do throws(StorageError) {
      let copy = try Database(path: target.temporary, mode: .readWrite)
      try copy.execute(HistorySQL.unsynced)
      try file.database.copy(to: copy)
      _ = try copy.rows(HistorySQL.plainJournal)
    } catch {
      if case .corrupt = error { return nil }
      throw Self.failure(error, writing: target.path, from: file.database.path)
    }
    return target
  }

  /// Whether a file is a history of this hub's.
  private func isHistory(_ path: String) -> Bool {
    let database = try? Database(path: path, mode: .readOnly)
    guard let row = try? database?.firstRow(HistorySQL.selectFile) else { return false }
    return row[1].asText == hubID.description
  }

  /// Copies the file as it is at one moment, and returns the place of the log's end then.
  private func copyOneMoment(
    to copy: Database, onProgress: (Int, Int) -> Void
  ) throws(StorageError) -> CausalContext {
    do {
      return try database.readTransaction {
        // Whoever serves it may have opened a generation since this store was opened.
        knownTimeline = nil
        let place = try timeline().place(at: try log.head())
        try database.copy(to: copy, onProgress: onProgress)
        return place
      }
    } catch {
      if let error = error as? StorageError { throw error }
      throw .corrupt("its generations cannot be read")
    }
  }

  private func note(_ facts: Backup) throws {
    try storing("note its backup, which is complete") {
      try database.transaction {
        try database.execute(HubSQL.insertBackup, facts.values)
      }
    }
  }

  /// A backup of this hub may be replaced, anything else is somebody's.
  private func checkReplaceable(_ path: String) throws {
    guard KeptFiles.exists(path) else { return }
    guard let source = try? BackupSource(path: path), source.hub == hubID.description else {
      throw HubBackupError.targetTaken(path: path)
    }
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

extension HubStore.Backup {
  /// As a row of the backups' table.
  var values: [Value] {
    [
      Value(counter: number), .text(place.generation.description), Value(place.position),
      Value(milliseconds: milliseconds),
    ]
  }
}
