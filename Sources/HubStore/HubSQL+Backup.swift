/// The SQL of backups.
extension HubSQL {
  /// In a backup only: the hub's other files, its keys among them.
  static let createBackupFile = """
    CREATE TABLE tributary_backup_file (
      path TEXT PRIMARY KEY,
      mode INTEGER NOT NULL,
      bytes BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    """
  static let dropBackupFile = "DROP TABLE IF EXISTS tributary_backup_file"

  static let countBackupTables = """
    SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN (
      'tributary_hub', 'tributary_backup', 'tributary_backup_file')
    """
  static let insertBackup = """
    INSERT OR IGNORE INTO tributary_backup (number, generation, position, milliseconds)
    VALUES (?, ?, ?, ?)
    """
  static let insertBackupFile = """
    INSERT INTO tributary_backup_file (path, mode, bytes) VALUES (?, ?, ?)
    """
  static let selectBackupFiles = """
    SELECT path, mode, bytes FROM tributary_backup_file ORDER BY path
    """
  /// Nobody serves what a copy holds.
  static let clearServedBy = "UPDATE tributary_hub SET served_by = NULL"
  static let plainJournal = "PRAGMA journal_mode = DELETE"
  static let unsynced = "PRAGMA synchronous = OFF"
}
