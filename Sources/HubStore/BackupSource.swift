internal import Clocks
internal import Deltas
internal import Storage

/// A file that `HubStore.backup` wrote, opened for reading.
struct BackupSource {
  let path: String
  let database: Database
  let facts: HubStore.Backup
  /// What the hub keeps from its making on, through all generations.
  let hub: String
  let files: [KeptFiles.File]

  init(path: String) throws {
    self.path = path
    do {
      database = try Database(path: path, mode: .readOnly)
      let tableCount = try database.integer(HubSQL.countBackupTables) ?? 0
      let isHub = try database.integer(HubSQL.isHub) != nil
      guard tableCount == 3, let row = try database.firstRow(HubSQL.selectHub),
        let format = row[0].integerValue, let facts = try HubStore.backup(in: database)
      else { throw HubBackupError.notABackup(path: path, isHub: isHub) }
      guard format <= HubSQL.formatVersion else {
        throw HubBackupError.unsupportedFormat(format, path: path)
      }
      self.facts = facts
      hub = row[1].asText
      files = try database.rows(HubSQL.selectBackupFiles).map {
        KeptFiles.File(
          path: $0[0].asText, mode: UInt32(clamping: $0[1].asInteger) & 0o777,
          bytes: $0[2].asBytes)
      }
    } catch let error as StorageError {
      throw Self.failure(error, path)
    }
  }

  private static func failure(_ error: StorageError, _ path: String) -> HubBackupError {
    switch error {
    case .corrupt(let why): .backupDamaged(path: path, why: why)
    case .notADatabase: .notABackup(path: path, isHub: false)
    default: .cannotRead(path: path, why: error.message)
    }
  }

  /// The certificate of the hub's authority.
  var authority: [UInt8]? { files.first { $0.path == KeptFiles.authorityPath }?.bytes }

  /// Throws unless every byte of it can be relied on.
  func check() throws {
    try HubStore.checkWhole(path) { .backupDamaged(path: path, why: $0) }
    guard authority != nil, files.allSatisfy({ KeptFiles.isOurs($0.path) }) else {
      throw HubBackupError.backupDamaged(path: path, why: "it lacks the hub’s keys")
    }
  }
}
