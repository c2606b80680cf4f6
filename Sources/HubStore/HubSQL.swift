internal import Deltas
internal import Storage

/// All SQL of the hub's store. Nothing else spells the name of one of its tables.
enum HubSQL {
  // MARK: The file

  static let formatVersion: Int64 = 4

  /// For each connection. Constraints between tables are the branches' business: rows come in the
  /// order of changesets, parents perhaps after children.
  static let connection = """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = OFF;
    PRAGMA secure_delete = OFF;
    PRAGMA recursive_triggers = OFF;
    PRAGMA cache_size = -\(HubStoreLimits.pageCacheKibibytes);
    PRAGMA journal_size_limit = \(HubStoreLimits.writeAheadLogBytesMax);
    """

  static let isHub = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'tributary_hub'"
  static let isEmpty = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)"
  static let quickCheck = "PRAGMA quick_check(20)"

  static let insertHub = """
    INSERT INTO tributary_hub (id, format, root, created, schema) VALUES (1, ?, ?, ?, ?)
    """
  static let insertHost = "INSERT OR IGNORE INTO tributary_host (name) VALUES (?)"
  static let selectHub = "SELECT format, root, created, schema FROM tributary_hub"
  static let selectFormat = "SELECT format FROM tributary_hub"
  static let updateFormat = "UPDATE tributary_hub SET format = ?"
  static let selectSchema = "SELECT schema FROM tributary_hub"
  static let updateSchema = "UPDATE tributary_hub SET schema = ?"
  static let fileSchemaVersion = "PRAGMA main.schema_version"
  static let selectHosts = "SELECT name FROM tributary_host ORDER BY name"
  static let selectServedURL = "SELECT served_url FROM tributary_hub"
  static let updateServedURL = "UPDATE tributary_hub SET served_url = ?"

  // MARK: Policies

  static let selectLastPolicyVersion = "SELECT max(version) FROM tributary_policy"
  static let selectLastPolicyHash = """
    SELECT hash FROM tributary_policy ORDER BY version DESC LIMIT 1
    """
  static let selectLastPolicyMark = """
    SELECT version, hash FROM tributary_policy ORDER BY version DESC LIMIT 1
    """
  static let selectLastPolicy = """
    SELECT version, published, like_version, source, compiled, hash FROM tributary_policy
    ORDER BY version DESC LIMIT 1
    """
  static let selectPolicies = """
    SELECT version, published, like_version, source, compiled, hash FROM tributary_policy
    ORDER BY version DESC
    """
  static let insertPolicy = """
    INSERT INTO tributary_policy (version, published, like_version, source, compiled, hash)
    VALUES (?, ?, ?, ?, ?, ?)
    """
  static let updatePolicy = """
    UPDATE tributary_policy SET compiled = ?2, hash = ?3 WHERE version = ?1
    """

  // MARK: Decisions

  static let insertDecision = """
    INSERT INTO tributary_decision (conflict, position, decided, person, before, reverse)
    VALUES (?, ?, ?, ?, ?, ?)
    """
  static let selectLastDecision = """
    SELECT position, before, reverse FROM tributary_decision WHERE conflict = ?
    ORDER BY number DESC LIMIT 1
    """
  static let moveLastDecision = """
    UPDATE tributary_decision SET position = ?2
    WHERE number = (SELECT max(number) FROM tributary_decision WHERE conflict = ?1)
    """
  static let deleteLastDecision = """
    DELETE FROM tributary_decision
    WHERE number = (SELECT max(number) FROM tributary_decision WHERE conflict = ?)
    """

  // MARK: Registry

  private static let replicaColumns = """
    id, name, state, registered, certificate_fingerprint, acknowledged_position,
    delivered_position, last_contact, last_complete_sync, clock_offset, chain_counter, chain_hash,
    floor, parent_hash, parent_replica, parent_counter
    """
  static let selectReplicas = "SELECT \(replicaColumns) FROM tributary_replica ORDER BY id"
  static let selectReplica = "SELECT \(replicaColumns) FROM tributary_replica WHERE id = ?"
  static let selectReplicaNamed = "SELECT \(replicaColumns) FROM tributary_replica WHERE name = ?"
  /// One that nobody ever had, as far as is known: numbers that were given out after the backup
  /// from which the hub was restored are told by those who hand back.
  static let nextReplica = """
    SELECT max((SELECT ifnull(max(id), 0) FROM tributary_replica), replica_max) + 1
    FROM tributary_hub
    """
  static let updateReplicaMax = """
    UPDATE tributary_hub SET replica_max = max(replica_max, ?)
    """
  static let insertReplica = """
    INSERT INTO tributary_replica (id, name, state, registered, chain_hash)
    VALUES ((\(nextReplica)), ?, ?, ?, ?)
    """
  static let updateReplicaName = "UPDATE tributary_replica SET name = ?, state = ? WHERE id = ?"
  /// As whoever had a name before has it.
  static let numberReplicaName = """
    UPDATE tributary_replica SET name = name || ' #' || id WHERE name = ?
    """
  static let updateReplicaState = "UPDATE tributary_replica SET state = ? WHERE id = ?"
  static let updateCertificate = """
    UPDATE tributary_replica SET certificate_serial = ?, certificate_fingerprint = ? WHERE id = ?
    """
  static let updateContact = """
    UPDATE tributary_replica SET last_contact = ?, clock_offset = ?,
      acknowledged_position = ?, delivered_position = ?, floor = ?, is_floor_told = 1,
      last_complete_sync = ifnull(?, last_complete_sync) WHERE id = ?
    """
  static let updateDelivered = """
    UPDATE tributary_replica SET delivered_position = max(delivered_position, ?),
      last_complete_sync = ifnull(?, last_complete_sync) WHERE id = ?
    """
  static let updateChain = """
    UPDATE tributary_replica SET chain_counter = ?, chain_hash = ? WHERE id = ?
    """
  /// What waits for a replica: other replicas' changesets after what it was sent.
  static let selectPendingDown = """
    SELECT count(*), ifnull(sum(row_count), 0) FROM tributary_log
    WHERE position > ? AND replica <> ?
    """

  // MARK: Tokens

  static let selectToken = """
    SELECT branch, expires, used, replica, device_key FROM tributary_token WHERE secret_hash = ?
    """
  static let insertToken = """
    INSERT INTO tributary_token (secret_hash, branch, created, expires) VALUES (?, ?, ?, ?)
    """
  static let updateTokenUsed = """
    UPDATE tributary_token SET used = ?, replica = ?, device_key = ? WHERE secret_hash = ?
    """
  static let countOpenTokens = """
    SELECT count(*) FROM tributary_token WHERE used IS NULL AND expires > ?
    """
  static let deleteExpiredTokens = "DELETE FROM tributary_token WHERE expires < ?"

  // MARK: Log

  static let selectHead = "SELECT max(position) FROM tributary_log"
  static let selectLogByDot = """
    SELECT position, hash FROM tributary_log WHERE replica = ?1 AND counter = ?2
    UNION ALL SELECT position, hash FROM tributary_alias WHERE replica = ?1 AND counter = ?2
    UNION ALL
    SELECT position, hash FROM tributary_vector_base WHERE replica = ?1 AND counter = ?2
    LIMIT 1
    """
  static let selectLogByHash = """
    SELECT position, replica, counter FROM tributary_log WHERE hash = ?1
    UNION ALL SELECT position, replica, counter FROM tributary_alias WHERE hash = ?1 LIMIT 1
    """
  static let selectLogByOrigin = """
    SELECT position FROM tributary_log WHERE hash = ?1 OR origin = ?1
    UNION ALL SELECT position FROM tributary_alias WHERE hash = ?1 OR origin = ?1 LIMIT 1
    """
  /// Another changeset with the changes of an entry, under its own name in a chain; and where the
  /// log ended when it came.
  static let insertAlias = """
    INSERT INTO tributary_alias (hash, origin, position, replica, counter, noted_at)
    VALUES (?, ?, ?, ?, ?, (SELECT ifnull(max(position), 0) FROM tributary_log))
    """
  static let selectLogHash = "SELECT log_hash FROM tributary_log WHERE position = ?"
  static let selectEntryFacts = """
    SELECT hash, clock_offset, received FROM tributary_log WHERE position = ?
    """
  static let selectLogEntry = """
    SELECT replica, counter, context, also, is_baseline, clock_offset, received,
      context_generation IS NOT NULL
    FROM tributary_log WHERE position = ?
    """
  static let insertLog = """
    INSERT INTO tributary_log (position, replica, counter, hash, origin, log_hash, context, also,
      context_generation, context_position, context_seen, is_baseline, is_handed_back,
      clock_milliseconds, clock_counter, clock_replica, clock_offset, received, row_count,
      author_bytes, author_frames, other_bytes, other_frames, is_withheld)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  static let insertFrame = """
    INSERT INTO tributary_log_frame
      (position, part, type, byte_count, table_id, key_min, key_max, is_silent, bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    """
  static let selectFrameBytes = """
    SELECT bytes FROM tributary_log_frame WHERE position = ? AND part = ?
    """
  /// The last counter of each replica up to a position.
  static let selectVector = """
    SELECT id, ifnull((
      SELECT counter FROM tributary_log WHERE replica = tributary_replica.id AND position <= ?
      ORDER BY position DESC LIMIT 1
    ), (
      SELECT counter FROM tributary_vector_base WHERE replica = tributary_replica.id
    )) AS counter FROM tributary_replica WHERE counter IS NOT NULL ORDER BY id
    """
  /// The last counter of each replica after a position and up to another, when few lie between.
  static let selectVectorDifferenceShort = """
    SELECT replica, max(counter) FROM tributary_log
    WHERE position > ? AND position <= ? GROUP BY replica ORDER BY replica
    """
  static let selectVectorDifference = """
    SELECT id, (
      SELECT counter FROM tributary_log
      WHERE replica = tributary_replica.id AND position > ? AND position <= ?
      ORDER BY position DESC LIMIT 1
    ) AS counter FROM tributary_replica WHERE counter IS NOT NULL ORDER BY id
    """
  static let selectNames = "SELECT id, name FROM tributary_replica ORDER BY id"

  // MARK: Delta

  static let selectDeltaSums = """
    SELECT count(*), ifnull(sum(iif(replica = ?1, author_bytes, other_bytes)), 0),
      ifnull(sum(iif(replica = ?1, author_frames, other_frames)), 0),
      ifnull(max(is_withheld AND replica <> ?1), 0)
    FROM tributary_log WHERE position > ?2 AND position <= ?3
    """
  static let selectDeltaEntries = """
    SELECT position, iif(replica = ?1, author_bytes, other_bytes), replica, counter, hash,
      clock_milliseconds, clock_counter, clock_replica, clock_offset, received,
      iif(replica = ?1, is_handed_back, NOT is_withheld),
      ifnull(told_context, context), iif(told_context IS NULL, also, told_also)
    FROM tributary_log WHERE position > ?2 AND position <= ?3 ORDER BY position
    """
  /// The frames of one entry that travel: all, or without what the author made. Of blocks that
  /// added nothing only their stubs do; outcomes of rows that stay at the hub do not.
  static let selectDeltaFrames = """
    SELECT byte_count, bytes FROM tributary_log_frame
    WHERE position = ?1 AND is_silent = 0 AND (type IN (6, 7, 10) OR (type IN (1, 2, 9) AND ?2))
    ORDER BY part
    """

  // MARK: Row records

  static let insertRow = """
    INSERT INTO tributary_row (table_id, key, position, milliseconds, detail)
    VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
    """
  static let updateRow = """
    UPDATE tributary_row SET position = ?3, milliseconds = ?4, detail = ?5
    WHERE table_id = ?1 AND key = ?2
    """
  static let selectRow = """
    SELECT position, milliseconds, detail FROM tributary_row WHERE table_id = ? AND key = ?
    """
  static let selectAnyRowBetween = """
    SELECT 1 FROM tributary_row WHERE table_id = ? AND key BETWEEN ? AND ? LIMIT 1
    """
  static let selectAnyRowOf = "SELECT 1 FROM tributary_row WHERE table_id = ? LIMIT 1"
  /// The first cover that ends at a key or after it.
  static let selectCover = """
    SELECT key_min, key_max, position, part FROM tributary_cover
    WHERE table_id = ? AND key_max >= ? ORDER BY key_max LIMIT 1
    """
  static let insertCover = """
    INSERT INTO tributary_cover (table_id, key_max, key_min, position, part)
    VALUES (?, ?, ?, ?, ?)
    """
  /// The frames that may hold a row's last changes up to a position, newest first.
  static let selectFramesOfRow = """
    SELECT position, part, type FROM (
      SELECT position, part, key_min, key_max FROM tributary_log_frame
      WHERE table_id = ?1 AND position <= ?2 ORDER BY position DESC, part DESC LIMIT ?4
    ) AS near JOIN tributary_log_frame USING (position, part)
    WHERE near.key_min <= ?3 AND near.key_max >= ?3
    ORDER BY position DESC, part DESC
    """
  /// The frames of one entry that may hold a row.
  static let selectFramesOfRowAt = """
    SELECT part FROM tributary_log_frame
    WHERE table_id = ? AND position = ? AND key_min <= ?3 AND key_max >= ?3 AND type = 2
    ORDER BY part
    """

  // MARK: Contested rows of the changeset under way

  static let createContested = """
    CREATE TEMP TABLE IF NOT EXISTS tributary_contested (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      PRIMARY KEY (table_id, key)
    ) WITHOUT ROWID
    """
  static let insertContested = "INSERT OR IGNORE INTO tributary_contested VALUES (?, ?)"
  static let selectContested = """
    SELECT table_id, key FROM tributary_contested ORDER BY table_id, key
    """
  static let deleteContested = "DELETE FROM tributary_contested"

  // MARK: Ledger

  static let selectLedgerLast = "SELECT ifnull(max(id), 0) FROM tributary_ledger"
  static let insertLedger = """
    INSERT INTO tributary_ledger (id, position, table_id, key, column_id, state, content)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    """
  static let selectLedgerAt = """
    SELECT content FROM tributary_ledger WHERE position = ? ORDER BY id
    """
  static let selectLedger = """
    SELECT content, position FROM tributary_ledger ORDER BY id DESC LIMIT ?
    """
  static let selectLedgerOpen = """
    SELECT content FROM tributary_ledger WHERE state = 1 ORDER BY id DESC LIMIT ?
    """
  static let selectLedgerOfRow = """
    SELECT content FROM tributary_ledger WHERE table_id = ? AND key = ? ORDER BY id DESC
    """

  /// Whether any conflict waits for a person.
  static let selectOpenAny = "SELECT 1 FROM tributary_ledger WHERE state = 1 LIMIT 1"
  /// The same, about the rows of a table in a range of keys.
  static let selectOpenBetween = """
    SELECT 1 FROM tributary_ledger INDEXED BY tributary_ledger_row
    WHERE table_id = ?1 AND key BETWEEN ?2 AND ?3 AND state = 1 LIMIT 1
    """
  /// Of one row, and where the log last said something of each.
  static let selectOpenOfRow = """
    SELECT content, position FROM tributary_ledger INDEXED BY tributary_ledger_row
    WHERE table_id = ?1 AND key = ?2 AND state = 1 ORDER BY id
    """
  static let selectLedgerEntry = "SELECT content FROM tributary_ledger WHERE id = ?"
  static let deleteLedgerEntry = "DELETE FROM tributary_ledger WHERE id = ?"
  /// Says an entry anew with a later changeset.
  /// A page of it, after an entry.
  static let selectLedgerContents = """
    SELECT id, content FROM tributary_ledger WHERE id > ?1 ORDER BY id LIMIT ?2
    """
  static let updateLedgerContent = "UPDATE tributary_ledger SET content = ?2 WHERE id = ?1"
  static let updateLedger = """
    UPDATE tributary_ledger SET position = ?2, state = ?3, content = ?4 WHERE id = ?1
    """

  /// What nobody has to look at any more. The number of the last is where the next goes on from.
  static let selectOldLedger = """
    SELECT id FROM tributary_ledger WHERE position <= ? AND state <> 1
      AND id < (SELECT max(id) FROM tributary_ledger)
      AND id NOT IN (
        SELECT conflict FROM tributary_quarantine WHERE conflict IS NOT NULL
      ) ORDER BY position, id LIMIT ?
    """
  static let deleteLedger = "DELETE FROM tributary_ledger WHERE id = ? AND position <= ?"
  static let deleteDecisions = "DELETE FROM tributary_decision WHERE conflict = ?"

  // MARK: Quarantine

  static let upsertQuarantine = """
    INSERT INTO tributary_quarantine (table_id, key, position, reason, content, tried)
    VALUES (?1, ?2, ?3, ?4, ?5, ?3) ON CONFLICT DO UPDATE SET
      position = excluded.position, reason = excluded.reason, content = excluded.content,
      tried = excluded.tried
    """
  /// Gives the number of the row's conflict, if it was there.
  static let deleteQuarantine = """
    DELETE FROM tributary_quarantine WHERE table_id = ? AND key = ? RETURNING conflict
    """
  static let updateQuarantineTried = """
    UPDATE tributary_quarantine SET tried = ?3 WHERE table_id = ?1 AND key = ?2
    """
  static let updateQuarantineConflict = """
    UPDATE tributary_quarantine SET conflict = ?3 WHERE table_id = ?1 AND key = ?2
    """
  /// What one changeset brought here and the ledger does not have, after a key.
  static let selectQuarantineUnnoted = """
    SELECT table_id, key, reason FROM tributary_quarantine
    WHERE (table_id, key) > (?2, ?3) AND position = ?1 AND conflict IS NULL
    ORDER BY table_id, key LIMIT ?4
    """
  static let selectQuarantineReason = """
    SELECT reason FROM tributary_quarantine WHERE table_id = ? AND key = ?
    """
  static let selectQuarantineConflict = """
    SELECT conflict, content FROM tributary_quarantine WHERE table_id = ? AND key = ?
    """
  static let selectQuarantineKeys = "SELECT table_id, key FROM tributary_quarantine"
  static let countQuarantine = "SELECT count(*) FROM tributary_quarantine"
  static let selectQuarantineAt = """
    SELECT table_id, key FROM tributary_quarantine WHERE position = ?
    ORDER BY table_id, key LIMIT ?
    """
  /// Those that were not tried for longest come first.
  static let selectQuarantineBefore = """
    SELECT table_id, key FROM tributary_quarantine WHERE tried < ?
    ORDER BY tried, table_id, key LIMIT ?
    """
  static let selectQuarantine = """
    SELECT table_id, key, position, reason, content, conflict FROM tributary_quarantine
    ORDER BY position, table_id, key LIMIT ?
    """

  /// The key of a row that has the values, one parameter for each column.
  static func selectKey(of table: TableSchema, having columns: [ColumnID]) -> String {
    func names(_ columns: [ColumnID]) -> [String] {
      columns.compactMap { table.column($0).map { quoted($0.name) } }
    }
    let matches = names(columns).enumerated().map { "\($1) = ?\($0 + 1)" }
    return """
      SELECT \(names(table.keyColumns).joined(separator: ", ")) FROM \(quoted(table.name))
      WHERE \(matches.joined(separator: " AND ")) LIMIT 1
      """
  }

  // MARK: Checks

  static let checkLogGaps = """
    SELECT count(*) FROM tributary_log
    WHERE position > (SELECT pruned_log FROM tributary_hub) + 1
      AND position - 1 NOT IN (SELECT position FROM tributary_log)
    """
  static let checkChains = """
    WITH chain AS (
      SELECT replica, counter, hash FROM tributary_log
      UNION ALL SELECT replica, counter, hash FROM tributary_alias
    )
    SELECT name FROM tributary_replica LEFT JOIN tributary_vector_base AS base ON base.replica = id
    WHERE chain_counter <> ifnull(base.counter, 0) + (
      SELECT count(*) FROM chain WHERE replica = id AND counter > ifnull(base.counter, 0)
    ) OR (chain_counter > 0 AND chain_hash <> ifnull((
      SELECT hash FROM chain WHERE replica = id AND counter = chain_counter
    ), ifnull(base.hash, x'')))
    """
  static let checkFrames = """
    SELECT count(*) FROM tributary_log AS entry
    WHERE position > (SELECT pruned_stable FROM tributary_hub) AND other_frames <> 1 + (
      SELECT count(*) FROM tributary_log_frame
      WHERE position = entry.position AND is_silent = 0
        AND (type IN (6, 7, 10) OR (type IN (1, 2, 9) AND NOT entry.is_withheld))
    )
    """
}
