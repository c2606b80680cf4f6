/// All SQL of the file that keeps what pruning takes away from the log. Nothing else spells the
/// name of one of its tables.
enum HistorySQL {
  static let formatVersion: Int64 = 1

  /// What the log lets go of once it is here must be on the disk.
  static let connection = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = OFF;
    PRAGMA cache_size = -\(HubStoreLimits.historyCacheKibibytes);
    PRAGMA journal_size_limit = \(HubStoreLimits.writeAheadLogBytesMax);
    """
  static let isHistory = """
    SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'tributary_history'
    """
  static let isEmpty = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)"
  static let selectFile = "SELECT format, root FROM tributary_history"
  static let insertFile = "INSERT INTO tributary_history (id, format, root) VALUES (1, ?, ?)"
  static let pageSize = "PRAGMA page_size"
  static let pageCount = "PRAGMA page_count"
  static let freePageCount = "PRAGMA freelist_count"
  static let plainJournal = "PRAGMA journal_mode = DELETE"
  static let unsynced = "PRAGMA synchronous = OFF"

  /// A frame's number is its entry's, shifted, and its part: so no other index leads to it.
  ///
  /// A block of few rows has an entry in the rows' index for each, one of many the least and the
  /// greatest of its keys.
  static let create = """
    CREATE TABLE tributary_history (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      format INTEGER NOT NULL,
      root TEXT NOT NULL
    ) STRICT;

    CREATE TABLE tributary_history_generation (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE tributary_history_span (
      generation INTEGER NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL,
      PRIMARY KEY (generation, first)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_history_time (
      generation INTEGER NOT NULL,
      position INTEGER NOT NULL,
      received INTEGER NOT NULL,
      PRIMARY KEY (generation, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_history_entry (
      id INTEGER PRIMARY KEY,
      generation INTEGER NOT NULL,
      position INTEGER NOT NULL,
      replica INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      hash BLOB NOT NULL,
      sealed INTEGER NOT NULL,
      clock_offset INTEGER NOT NULL,
      received INTEGER NOT NULL,
      is_baseline INTEGER NOT NULL,
      is_handed_back INTEGER NOT NULL,
      part_count INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX tributary_history_place
      ON tributary_history_entry (generation, position);

    CREATE TABLE tributary_history_frame (
      id INTEGER PRIMARY KEY,
      type INTEGER NOT NULL,
      is_silent INTEGER NOT NULL,
      table_id INTEGER,
      key_min BLOB,
      key_max BLOB,
      payload BLOB NOT NULL
    ) STRICT;
    CREATE INDEX tributary_history_range
      ON tributary_history_frame (table_id, key_min, key_max) WHERE key_min IS NOT NULL;

    CREATE TABLE tributary_history_row (
      table_id INTEGER NOT NULL,
      key_hash INTEGER NOT NULL,
      frame INTEGER NOT NULL,
      PRIMARY KEY (table_id, key_hash, frame)
    ) STRICT, WITHOUT ROWID;
    """

  // MARK: Writing

  static let insertGeneration = """
    INSERT OR IGNORE INTO tributary_history_generation (id) VALUES (?)
    """
  static let selectGeneration = "SELECT number FROM tributary_history_generation WHERE id = ?"
  static let selectGenerations = "SELECT number, id FROM tributary_history_generation"

  static let insertEntry = """
    INSERT INTO tributary_history_entry (generation, position, replica, counter, hash, sealed,
      clock_offset, received, is_baseline, is_handed_back, part_count)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
    """
  static let selectParts = """
    SELECT id, part_count FROM tributary_history_entry WHERE generation = ? AND position = ?
    """
  static let updateParts = "UPDATE tributary_history_entry SET part_count = ?2 WHERE id = ?1"
  static let insertFrame = """
    INSERT OR IGNORE INTO tributary_history_frame
      (id, type, is_silent, table_id, key_min, key_max, payload)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    """
  static let insertRow = """
    INSERT OR IGNORE INTO tributary_history_row (table_id, key_hash, frame) VALUES (?, ?, ?)
    """

  static let extendSpan = """
    UPDATE tributary_history_span SET last = ?2 WHERE generation = ?1 AND last = ?2 - 1
    """
  static let selectSpanOf = """
    SELECT first FROM tributary_history_span WHERE generation = ? AND first <= ?2 AND last >= ?2
    """
  static let insertSpan = """
    INSERT INTO tributary_history_span (generation, first, last) VALUES (?1, ?2, ?2)
    """
  static let selectSpans = """
    SELECT generation, first, last FROM tributary_history_span ORDER BY first, last
    """

  /// Up to a position all that is kept was received by a time: noted now and then, never let go.
  static let insertTime = """
    INSERT OR IGNORE INTO tributary_history_time (generation, position, received)
    SELECT ?1, ?2, max(?3, ifnull(max(received), ?3)) FROM tributary_history_time
    HAVING max(?3, ifnull(max(received), ?3)) >= ifnull(max(received) + ?4, ?3)
    """
  static let selectTimesBefore = """
    SELECT generation, position FROM tributary_history_time WHERE received < ?
    ORDER BY position DESC
    """

  static let selectLastOf = """
    SELECT max(entry.position) FROM tributary_history_entry AS entry
    JOIN tributary_history_generation AS generation ON generation.number = entry.generation
    WHERE generation.id = ?
    """
  static let selectFirst = "SELECT min(first) FROM tributary_history_span"

  // MARK: Letting go

  static let selectOldest = """
    SELECT id, generation, position, received FROM tributary_history_entry ORDER BY id LIMIT 1
    """
  static let deleteSpan = """
    DELETE FROM tributary_history_span WHERE generation = ? AND first = ? RETURNING last
    """
  static let insertWholeSpan = """
    INSERT INTO tributary_history_span (generation, first, last) VALUES (?, ?, ?)
    """
  static let selectFramesToDrop = """
    SELECT id, table_id, key_min IS NULL, payload FROM tributary_history_frame
    WHERE id >= ? AND id < ? ORDER BY id LIMIT ?
    """
  static let deleteFrames = """
    DELETE FROM tributary_history_frame WHERE id >= ? AND id <= ?
    """
  static let deleteRow = """
    DELETE FROM tributary_history_row WHERE table_id = ? AND key_hash = ? AND frame = ?
    """
  static let deleteEntry = "DELETE FROM tributary_history_entry WHERE id = ?"

  // MARK: Reading

  /// The frames that may hold a row, in the order of positions; of all generations.
  static let selectFramesOfRow = """
    SELECT entry.generation, entry.position, found.frame FROM (
      SELECT frame FROM tributary_history_row WHERE table_id = ?1 AND key_hash = ?2
      UNION ALL
      SELECT id FROM tributary_history_frame
      WHERE table_id = ?1 AND key_min <= ?3 AND key_max >= ?3 AND key_min IS NOT NULL
    ) AS found JOIN tributary_history_entry AS entry ON entry.id = found.frame >> 20
    ORDER BY entry.position, found.frame
    """
  static let selectFrame = """
    SELECT type, is_silent, payload FROM tributary_history_frame WHERE id = ?
    """
  static let selectConflicts = """
    SELECT type, payload FROM tributary_history_frame
    WHERE id >= ? AND id < ? AND type IN (7, 10) ORDER BY id
    """
  static let selectFacts = """
    SELECT replica, counter, hash, sealed, clock_offset, received, is_baseline, is_handed_back, id
    FROM tributary_history_entry WHERE generation = ? AND position = ?
    """
}
