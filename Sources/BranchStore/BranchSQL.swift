internal import Deltas
internal import Storage

/// All SQL of the branch store. Nothing else spells the name of one of its tables.
enum BranchSQL {
  static let formatVersion: Int64 = 4
  /// Of a branch that has keys of its own: programs that do not know of them must not open it.
  static let translatingFormatVersion = translatingFormatBase + formatVersion
  static let translatingFormatBase: Int64 = 100

  // MARK: The file

  /// For each connection of ours. The application's journal mode stays as it is; what we commit
  /// is durable, with a rollback journal, too: there the commit is the journal's removal, which
  /// FULL does not sync. Foreign keys are the applications' business: rows come in the order of
  /// changesets, parents perhaps after children, and what a cascade did comes with the data.
  static let connection = """
    PRAGMA synchronous = EXTRA;
    PRAGMA foreign_keys = OFF;
    PRAGMA recursive_triggers = OFF;
    PRAGMA secure_delete = FAST;
    PRAGMA cache_size = -\(BranchLimits.pageCacheKibibytes);
    """

  static let isBranch =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'tributary_state'"
  static let isEmptyFile = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)"
  static let schemaVersion = "PRAGMA main.schema_version"
  static let quickCheck = "PRAGMA main.quick_check(20)"

  /// Every object of ours, triggers first: type and name.
  static let ownObjects = """
    SELECT type, name FROM sqlite_schema
    WHERE name LIKE 'tributary\\_%' ESCAPE '\\' AND type IN ('table', 'trigger')
    ORDER BY type = 'table', name
    """
  static let ownTriggers = """
    SELECT name, sql FROM sqlite_schema
    WHERE type = 'trigger' AND name LIKE 'tributary\\_%' ESCAPE '\\'
    """
  /// Triggers of the application that say somewhere that they delete.
  static let deletingTriggers = """
    SELECT count(*) FROM sqlite_schema
    WHERE type = 'trigger' AND name NOT LIKE 'tributary\\_%' ESCAPE '\\' AND sql LIKE '%delete%'
    """

  /// The tables of the first format, journals excepted. Not STRICT: the application's programs may
  /// open the file with an SQLite library that does not know the word.
  static let create = """
    CREATE TABLE tributary_state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      format INTEGER NOT NULL,
      replica INTEGER NOT NULL,
      branch TEXT NOT NULL,
      hub_url TEXT NOT NULL,
      generation TEXT NOT NULL,
      position INTEGER NOT NULL,
      next_counter INTEGER NOT NULL,
      head_hash BLOB NOT NULL,
      clock_milliseconds INTEGER NOT NULL,
      clock_counter INTEGER NOT NULL,
      clock_offset INTEGER NOT NULL,
      joined INTEGER NOT NULL,
      last_contact INTEGER,
      last_complete INTEGER
    );
    CREATE TABLE tributary_schema (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      fingerprint BLOB NOT NULL,
      bytes BLOB NOT NULL
    );
    CREATE TABLE tributary_vector (
      replica INTEGER PRIMARY KEY,
      name TEXT,
      counter INTEGER NOT NULL
    );
    CREATE TABLE tributary_outgoing (
      counter INTEGER PRIMARY KEY,
      hash BLOB NOT NULL,
      byte_count INTEGER NOT NULL,
      row_count INTEGER NOT NULL,
      oldest INTEGER NOT NULL,
      is_baseline INTEGER NOT NULL
    );
    CREATE TABLE tributary_outbox (
      counter INTEGER NOT NULL,
      piece INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (counter, piece)
    ) WITHOUT ROWID;
    CREATE TABLE tributary_deferred (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      id INTEGER NOT NULL,
      base INTEGER NOT NULL,
      reason TEXT,
      change BLOB NOT NULL,
      PRIMARY KEY (table_id, key, id)
    ) WITHOUT ROWID;
    CREATE TABLE tributary_ledger (
      id INTEGER PRIMARY KEY,
      state INTEGER NOT NULL,
      bytes BLOB NOT NULL
    );
    """

  static func drop(type: String, name: String) -> String {
    "DROP \(type == "trigger" ? "TRIGGER" : "TABLE") \(quoted(name))"
  }

  static func dropTriggerIfExists(_ name: String) -> String {
    "DROP TRIGGER IF EXISTS main.\(quoted(name))"
  }

  // MARK: State

  static let insertState = """
    INSERT INTO tributary_state(id, format, replica, branch, hub_url, generation, position,
      next_counter, head_hash, clock_milliseconds, clock_counter, clock_offset, joined,
      place_generation)
    VALUES (1, \(formatVersion), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
    """
  static let selectFormat = "SELECT format FROM tributary_state"
  static let selectState = """
    SELECT replica, branch, hub_url, generation, position, next_counter, head_hash,
      clock_milliseconds, clock_counter, clock_offset, joined, last_contact, last_complete,
      place_generation, log_hash, durable, backup_number, noticed, handed_to, wants_all
    FROM tributary_state
    """
  static let updateState = """
    UPDATE tributary_state SET position = ?1, next_counter = ?2, head_hash = ?3,
      clock_milliseconds = ?4, clock_counter = ?5, clock_offset = ?6, last_contact = ?7,
      last_complete = ?8, place_generation = ?9, log_hash = ?10, durable = ?11,
      backup_number = ?12, noticed = ?13, replica = ?14, branch = ?15, handed_to = ?16,
      wants_all = ?17
    """
  static let updateHubURL = "UPDATE tributary_state SET hub_url = ?1"
  static let insertSchema = """
    INSERT INTO tributary_schema(id, fingerprint, bytes, told, placed) VALUES (1, ?1, ?2, ?2, ?3)
    """
  static let selectSchema = "SELECT bytes, told, placed, edition FROM tributary_schema"

  static let raiseVector = """
    INSERT INTO tributary_vector(replica, counter) VALUES (?1, ?2)
    ON CONFLICT (replica) DO UPDATE SET counter = max(counter, excluded.counter)
    """
  static let setName = """
    INSERT INTO tributary_vector(replica, name, counter) VALUES (?1, ?2, 0)
    ON CONFLICT (replica) DO UPDATE SET name = excluded.name
    """
  static let selectVector = "SELECT replica, counter FROM tributary_vector WHERE counter > 0"
  static let selectNames = "SELECT replica, name FROM tributary_vector WHERE name IS NOT NULL"

  // MARK: Outbox

  static let insertOutgoing = """
    INSERT INTO tributary_outgoing(counter, hash, byte_count, row_count, oldest, is_baseline, floor)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    """
  static let selectOutgoingOfOrigin = "SELECT counter FROM tributary_outgoing WHERE origin = ?1"
  static let selectOutgoingCounter = "SELECT counter FROM tributary_outgoing WHERE hash = ?1"
  static let selectOutgoing = """
    SELECT counter, hash, byte_count, row_count, oldest, is_baseline, is_logged
    FROM tributary_outgoing ORDER BY counter
    """
  static let selectOutgoingHash = "SELECT hash FROM tributary_outgoing WHERE counter = ?1"
  static let noteLogged = "UPDATE tributary_outgoing SET is_logged = 1 WHERE counter = ?1"
  static let forgetLogged = "UPDATE tributary_outgoing SET is_logged = 0"
  static let deleteOutgoing = "DELETE FROM tributary_outgoing WHERE counter = ?1"
  static let pendingOutgoing = """
    SELECT coalesce(sum(row_count), 0), min(oldest), count(*) FROM tributary_outgoing
    """
  static let copyOutgoing = """
    INSERT INTO tributary_outgoing(
      counter, hash, byte_count, row_count, oldest, is_baseline, floor, origin, is_logged)
    SELECT ?2, ?3, ?4, row_count, oldest, is_baseline, floor, coalesce(origin, hash), is_logged
    FROM tributary_outgoing WHERE counter = ?1
    """
  static let forgetOrigin = "UPDATE tributary_outgoing SET origin = NULL WHERE counter = ?1"
  static let insertPiece = "INSERT INTO tributary_outbox VALUES (?1, ?2, ?3)"
  static let selectPiece = "SELECT bytes FROM tributary_outbox WHERE counter = ?1 AND piece = ?2"
  static let deletePieces = "DELETE FROM tributary_outbox WHERE counter = ?1"

  /// The least position that a sealed changeset or a waiting row refers to, and is not the start.
  static let selectFloor = """
    SELECT min(floor) FROM (
      SELECT min(floor) AS floor FROM tributary_outgoing WHERE floor > 0
      UNION ALL SELECT min(base) FROM tributary_deferred WHERE base > 0)
    """
  /// 0 would say that it builds on nothing.
  static let lowerOutgoingFloors = """
    UPDATE tributary_outgoing SET floor = min(floor, max(?1, 1))
    """
  /// New numbers go below zero until the old ones are out of the way.
  static let renumberOutgoing = """
    UPDATE tributary_outgoing SET counter = -counter WHERE counter < 0
    """
  static let renumberPieces = """
    UPDATE tributary_outbox SET counter = -counter WHERE counter < 0
    """

  // MARK: Deferred rows

  static let insertDeferred = "INSERT INTO tributary_deferred VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
  static let lastDeferred = "SELECT coalesce(max(id), 0) FROM tributary_deferred"
  static let hasDeferred = "SELECT EXISTS (SELECT 1 FROM tributary_deferred)"
  /// Of one row: its base, which its first waiting change has.
  static let selectDeferredBase = """
    SELECT base, reason FROM tributary_deferred WHERE table_id = ?1 AND key = ?2
    ORDER BY id LIMIT 1
    """
  static let selectDeferredChanges = """
    SELECT change FROM tributary_deferred WHERE table_id = ?1 AND key = ?2 ORDER BY id
    """
  /// One for each row, in the order in which their first changes came.
  static let selectDeferredRows = """
    SELECT table_id, key, base, max(reason), count(*) FROM tributary_deferred
    GROUP BY table_id, key ORDER BY min(id)
    """
  static let lowerDeferredBases = "UPDATE tributary_deferred SET base = ?1 WHERE base > ?1"
  static let deleteDeferred = "DELETE FROM tributary_deferred WHERE table_id = ?1 AND key = ?2"
  static let setDeferredReason = """
    UPDATE tributary_deferred SET reason = ?3 WHERE table_id = ?1 AND key = ?2
    """
  static let countQuarantined = """
    SELECT count(*) FROM (
      SELECT 1 FROM tributary_deferred WHERE reason IS NOT NULL GROUP BY table_id, key)
    """

  // MARK: Ledger

  /// What was said of each, the last first, with the last's state: 0 where none is shown.
  static let putConflict = "INSERT OR REPLACE INTO tributary_ledger VALUES (?1, ?2, ?3)"
  static let selectConflicts = "SELECT bytes FROM tributary_ledger WHERE state > 0 ORDER BY id DESC"
  static let selectConflictsInState = """
    SELECT bytes FROM tributary_ledger WHERE state = ?1 ORDER BY id DESC
    """
  static let selectConflict = "SELECT bytes FROM tributary_ledger WHERE id = ?1"
  static let selectLedger = "SELECT id, bytes FROM tributary_ledger"
  /// A page of it, after an entry.
  static let selectLedgerPage =
    "SELECT id, bytes FROM tributary_ledger WHERE id > ?1 ORDER BY id LIMIT ?2"
  static let setConflictBytes = "UPDATE tributary_ledger SET bytes = ?2 WHERE id = ?1"
  static let deleteConflict = "DELETE FROM tributary_ledger WHERE id = ?1"
  static let countConflictsInState = "SELECT count(*) FROM tributary_ledger WHERE state = ?1"
}
