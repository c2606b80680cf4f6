internal import Clocks
internal import Deltas
internal import Storage

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

extension HubStore {
  /// Makes a folder the hub that a backup holds.
  ///
  /// A folder that is new, empty or has lost its store gets everything; the same hub gets the
  /// backup's state in one transaction, while it is served too. Another hub's folder is refused.
  /// What is staged in the folder stays. A store that cannot be read is put aside, never deleted.
  ///
  /// - Parameter isServed: Whether a process serves the folder; if none does, none may begin before
  ///   this is done.
  package static func restore(
    _ path: String, into folder: String, isServed: Bool,
    onProgress: (_ pagesDone: Int, _ pageCount: Int) -> Void = { _, _ in }
  ) throws -> RestoreFacts {
    let source = try BackupSource(path: path)
    let place = try RestorePlace(folder: folder, for: source)
    try source.check()
    var facts = RestoreFacts(backup: source.facts)
    do {
      switch place {
      case .sameHub(let store):
        facts.replacedPosition = try? store.firstRow(HubSQL.selectHead)?[0].asPosition
        try source.database.copy(to: store, onProgress: onProgress)
        try store.execute(HubSQL.dropBackupFile)
      case .noStore, .unreadableStore:
        guard !isServed else { throw HubBackupError.damagedWhileServed(path: folder) }
        if case .unreadableStore = place {
          facts.putAside = try putAside("\(folder)/\(databaseName)")
        }
        try make(folder, from: source, onProgress: onProgress)
      }
    } catch let error as StorageError {
      throw failure(error, restoring: folder, from: path)
    }
    try writeMissingFiles(of: source, to: folder)
    facts.hasHistory = try restoreHistory(of: source, to: folder)
    return facts
  }

  /// Puts the backup's history into a folder that has none; one that is there has at least as much
  /// of what the backup's log has seen, and keeps apart what it has not. Returns whether there is
  /// one now.
  private static func restoreHistory(of source: BackupSource, to folder: String) throws -> Bool {
    let path = "\(folder)/\(HistoryFile.name)"
    if KeptFiles.exists(path) { return true }
    let kept = source.path + historySuffix
    guard KeptFiles.exists(kept) else { return false }
    let target = try BackupTarget(path: path)
    do throws(StorageError) {
      let copy = try Database(path: target.temporary, mode: .readWrite)
      try copy.execute(HistorySQL.unsynced)
      try Database(path: kept, mode: .readOnly).copy(to: copy)
      guard try copy.integer(HistorySQL.isHistory) != nil else { return false }
    } catch {
      switch error {
      case .notADatabase, .corrupt: return false
      default: throw failure(error, restoring: folder, from: kept)
      }
    }
    try target.finish()
    return true
  }

  /// The store takes its name last: before that, the folder holds no hub.
  private static func make(
    _ folder: String, from source: BackupSource, onProgress: (Int, Int) -> Void
  ) throws {
    try StagingFolder(path: "\(folder)/\(stagingName)").make(parent: folder)
    try writeMissingFiles(of: source, to: folder)
    let path = "\(folder)/\(databaseName)"
    let target = try BackupTarget(path: path)
    try fill(target, from: source, onProgress: onProgress)
    // What an earlier store left beside its name does not belong to this one.
    for suffix in BackupTarget.companions { unlink(path + suffix) }
    try target.finish()
  }

  private static func fill(
    _ target: BackupTarget, from source: BackupSource, onProgress: (Int, Int) -> Void
  ) throws(StorageError) {
    let copy = try Database(path: target.temporary, mode: .readWrite)
    try copy.execute(HubSQL.unsynced)
    try source.database.copy(to: copy, onProgress: onProgress)
    try copy.execute(HubSQL.dropBackupFile)
  }

  /// Renames what cannot be read as a store, and returns its new name.
  static func putAside(_ path: String) throws -> String {
    var number = 1
    while KeptFiles.exists("\(path).damaged-\(number)") { number += 1 }
    let aside = "\(path).damaged-\(number)"
    for suffix in BackupTarget.companions where KeptFiles.exists(path + suffix) {
      guard rename(path + suffix, aside + suffix) == 0 else { throw BackupTarget.failure(path) }
    }
    guard rename(path, aside) == 0 else { throw BackupTarget.failure(path) }
    return aside
  }

  private static func writeMissingFiles(of source: BackupSource, to folder: String) throws {
    let keys = "\(folder)/\(KeptFiles.folderName)"
    if mkdir(keys, 0o700) != 0, errno != EEXIST { throw BackupTarget.failure(keys) }
    for file in source.files where !KeptFiles.exists("\(folder)/\(file.path)") {
      try KeptFiles.write(file, to: folder)
    }
  }

  private static func failure(
    _ error: StorageError, restoring folder: String, from path: String
  ) -> any Error {
    switch error {
    case .diskFull: HubBackupError.noSpace(path: folder)
    case .readOnly, .cannotOpen: HubBackupError.cannotWrite(path: folder, why: error.message)
    case .corrupt(let why): HubBackupError.backupDamaged(path: path, why: why)
    default: HubStoreError.storage(error, doing: "restore \(folder)")
    }
  }
}

/// What a hub is to be restored into.
private enum RestorePlace {
  /// Nothing, or a folder that has lost its store.
  case noStore
  /// A file that has a store's name and is none any more.
  case unreadableStore
  case sameHub(Database)

  init(folder: String, for source: BackupSource) throws {
    let names = try KeptFiles.names(in: folder)
    let authorityFile = "\(folder)/\(KeptFiles.authorityPath)"
    let hasAuthority = KeptFiles.exists(authorityFile)
    if hasAuthority, try KeptFiles.bytes(authorityFile) != source.authority {
      throw HubBackupError.otherHub(path: folder)
    }
    guard names.contains(HubStore.databaseName) else {
      let stranger = names.first { !Self.isOurs($0) }
      if let stranger { throw HubBackupError.folderNotEmpty(path: folder, name: stranger) }
      self = .noStore
      return
    }
    do {
      let store = try Database(
        path: "\(folder)/\(HubStore.databaseName)", mode: .readWrite,
        busyTimeoutMilliseconds: HubStoreLimits.restoreWaitMillisecondsMax)
      guard try store.integer(HubSQL.isHub) != nil, let row = try store.firstRow(HubSQL.selectHub)
      else { throw StorageError.notADatabase }
      guard row[1].asText == source.hub else { throw HubBackupError.otherHub(path: folder) }
      try store.executeScript(HubSQL.connection)
      self = .sameHub(store)
    } catch let error as StorageError {
      switch error {
      case .notADatabase, .corrupt:
        guard hasAuthority else {
          throw HubBackupError.folderNotEmpty(path: folder, name: HubStore.databaseName)
        }
        self = .unreadableStore
      default: throw HubStoreError.storage(error, doing: "look at \(folder)")
      }
    }
  }

  /// What a hub's folder, or a restore that was cut short, leaves without a store.
  private static func isOurs(_ name: String) -> Bool {
    name == KeptFiles.folderName || name == HubStore.stagingName
      || name == HubStore.servingMarkName || name == HistoryFile.name
      || [HubStore.databaseName, HistoryFile.name].contains {
        name.hasPrefix("\($0)-") || name.hasPrefix("\($0).")
      }
  }
}
