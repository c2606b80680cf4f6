internal import Storage

/// What each format adds to the one before. A new branch gets them all; an older file is brought up
/// when it is opened.
extension BranchSQL {
  /// The second format: the tail, the generations of the hub's log, notices, tables to compare.
  ///
  /// A generation's fork is NULL while only its name is known.
  static let createSecondFormat = """
    ALTER TABLE tributary_state ADD COLUMN place_generation TEXT NOT NULL DEFAULT '';
    ALTER TABLE tributary_state ADD COLUMN log_hash BLOB;
    ALTER TABLE tributary_state ADD COLUMN durable INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tributary_state ADD COLUMN backup_number INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tributary_state ADD COLUMN noticed INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tributary_state ADD COLUMN handed_to TEXT;
    ALTER TABLE tributary_state ADD COLUMN wants_all INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tributary_outgoing ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tributary_outgoing ADD COLUMN origin BLOB;
    ALTER TABLE tributary_outgoing ADD COLUMN is_logged INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE tributary_generation (
      id TEXT PRIMARY KEY,
      parent TEXT,
      fork INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE tributary_tail (
      id INTEGER PRIMARY KEY,
      hash BLOB NOT NULL UNIQUE,
      replica INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      clock_offset INTEGER NOT NULL,
      received INTEGER NOT NULL,
      byte_count INTEGER NOT NULL,
      confirmed INTEGER NOT NULL,
      at_most INTEGER,
      seen_generation TEXT NOT NULL,
      seen_position INTEGER NOT NULL,
      seen_also BLOB
    );
    CREATE TABLE tributary_tail_piece (
      id INTEGER NOT NULL,
      piece INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (id, piece)
    ) WITHOUT ROWID;
    CREATE TABLE tributary_tail_place (
      generation TEXT NOT NULL,
      position INTEGER NOT NULL,
      id INTEGER NOT NULL,
      PRIMARY KEY (generation, position)
    ) WITHOUT ROWID;
    CREATE INDEX tributary_tail_place_id ON tributary_tail_place(id);
    CREATE TABLE tributary_notice (
      id INTEGER PRIMARY KEY,
      number INTEGER NOT NULL,
      milliseconds INTEGER NOT NULL,
      text TEXT NOT NULL
    );
    CREATE TABLE tributary_gap (
      table_id INTEGER PRIMARY KEY,
      is_sent INTEGER NOT NULL,
      held INTEGER NOT NULL DEFAULT 0
    );
    """
  static let fillSecondFormat = """
    UPDATE tributary_state SET place_generation = generation, format = 2
    """
  /// The third format: the merge policy in force, in canonical bytes.
  static let createThirdFormat = """
    CREATE TABLE tributary_policy (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      version INTEGER NOT NULL,
      hash BLOB NOT NULL,
      bytes BLOB NOT NULL
    );
    """
  static let fillThirdFormat = "UPDATE tributary_state SET format = 3"
  /// The fourth format: the schema as the hub told it last, without what the application has added
  /// since; what of it the file has, by its own names; a number that changes with each of them;
  /// names that are not synced although they could be; values of columns that the file does not
  /// have; columns that it had once, whose values went with them.
  static let createFourthFormat = """
    ALTER TABLE tributary_schema ADD COLUMN told BLOB;
    ALTER TABLE tributary_schema ADD COLUMN placed BLOB;
    ALTER TABLE tributary_schema ADD COLUMN edition INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE tributary_untracked (
      table_name TEXT NOT NULL,
      column_name TEXT NOT NULL,
      PRIMARY KEY (table_name, column_name)
    ) WITHOUT ROWID;
    CREATE TABLE tributary_carried (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      column_id INTEGER NOT NULL,
      value,
      PRIMARY KEY (table_id, key, column_id)
    ) WITHOUT ROWID;
    CREATE TABLE tributary_missed (
      table_id INTEGER NOT NULL,
      column_id INTEGER NOT NULL,
      PRIMARY KEY (table_id, column_id)
    ) WITHOUT ROWID;
    """
  static let fillFourthFormat = "UPDATE tributary_state SET format = 4"
  static let setOutgoingFloor = "UPDATE tributary_outgoing SET floor = ?2 WHERE counter = ?1"

  // MARK: Policy

  static let putPolicy = "INSERT OR REPLACE INTO tributary_policy VALUES (1, ?1, ?2, ?3)"
  static let selectPolicy = "SELECT version, bytes FROM tributary_policy"
  static let selectPolicyHash = "SELECT hash FROM tributary_policy"

  // MARK: Generations

  static let insertGeneration = """
    INSERT INTO tributary_generation VALUES (?1, ?2, ?3)
    ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, fork = excluded.fork
      WHERE tributary_generation.fork IS NULL
    """
  static let selectGenerations = """
    SELECT id, parent, fork FROM tributary_generation WHERE fork IS NOT NULL
    """
  static let selectUnplacedParent = """
    SELECT parent FROM tributary_generation WHERE id = ?1 AND fork IS NULL
    """

  // MARK: Notices

  static let hasNotice = """
    SELECT EXISTS (SELECT 1 FROM tributary_notice WHERE milliseconds = ?1 AND text = ?2)
    """
  static let insertNotice = """
    INSERT INTO tributary_notice(number, milliseconds, text) VALUES (?1, ?2, ?3)
    """
  static let selectNotices = """
    SELECT number, milliseconds, text FROM tributary_notice ORDER BY id DESC LIMIT ?1
    """
  static let dropOldNotices = """
    DELETE FROM tributary_notice WHERE id <= (SELECT max(id) FROM tributary_notice) - ?1
    """

  // MARK: Gaps

  static let putGap = """
    INSERT INTO tributary_gap(table_id, is_sent) VALUES (?1, ?2)
    ON CONFLICT (table_id) DO UPDATE SET is_sent = max(is_sent, excluded.is_sent)
    """
  static let selectGaps = "SELECT table_id, is_sent, held FROM tributary_gap ORDER BY table_id"
  /// A table keeps the rows that a whole state lacks: held since this position, or an earlier one.
  static let holdGaps = """
    UPDATE tributary_gap SET held = CASE held WHEN 0 THEN ?1 ELSE min(held, ?1) END WHERE is_sent
    """
  static let lowerHeldGaps = "UPDATE tributary_gap SET held = min(held, ?1)"
  static let deleteGap = "DELETE FROM tributary_gap WHERE table_id = ?1"
}
