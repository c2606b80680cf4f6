extension HubSQL {
  /// The tables that came with the second format.
  static let createSecondFormat = """
    CREATE TABLE tributary_policy (
      version INTEGER PRIMARY KEY,
      published INTEGER NOT NULL,
      like_version INTEGER,
      source TEXT NOT NULL,
      compiled BLOB NOT NULL,
      hash BLOB NOT NULL
    ) STRICT;

    CREATE TABLE tributary_decision (
      number INTEGER PRIMARY KEY,
      conflict INTEGER NOT NULL,
      position INTEGER NOT NULL,
      decided INTEGER NOT NULL,
      person TEXT NOT NULL,
      before BLOB NOT NULL,
      reverse BLOB NOT NULL
    ) STRICT;
    CREATE INDEX tributary_decision_conflict ON tributary_decision (conflict, number);
    """

  /// What came with the fourth format: which entries have nothing but rows that stay at the hub.
  static let createFourthFormat = """
    ALTER TABLE tributary_log ADD COLUMN is_withheld INTEGER NOT NULL DEFAULT 0
    """

  /// The tables of the first format.
  static let create = """
    CREATE TABLE tributary_hub (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      format INTEGER NOT NULL,
      root TEXT NOT NULL,
      created INTEGER NOT NULL,
      schema BLOB NOT NULL,
      served_url TEXT,
      served_by BLOB,
      replica_max INTEGER NOT NULL DEFAULT 0,
      pruned_settled INTEGER NOT NULL DEFAULT 0,
      pruned_stable INTEGER NOT NULL DEFAULT 0,
      pruned_log INTEGER NOT NULL DEFAULT 0,
      pruned_received INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE tributary_host (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_generation (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      parent TEXT,
      fork INTEGER NOT NULL,
      is_own INTEGER NOT NULL,
      is_ambiguous INTEGER NOT NULL DEFAULT 0
    ) STRICT;

    CREATE TABLE tributary_replica (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      state INTEGER NOT NULL,
      registered INTEGER NOT NULL,
      certificate_serial BLOB,
      certificate_fingerprint BLOB,
      acknowledged_position INTEGER NOT NULL DEFAULT 0,
      delivered_position INTEGER NOT NULL DEFAULT 0,
      last_contact INTEGER,
      last_complete_sync INTEGER,
      clock_offset INTEGER,
      chain_counter INTEGER NOT NULL DEFAULT 0,
      chain_hash BLOB NOT NULL,
      floor INTEGER NOT NULL DEFAULT 0,
      is_floor_told INTEGER NOT NULL DEFAULT 1,
      parent_hash BLOB,
      parent_replica INTEGER,
      parent_counter INTEGER
    ) STRICT;
    CREATE INDEX tributary_replica_parent ON tributary_replica (parent_hash)
      WHERE parent_hash IS NOT NULL;

    CREATE TABLE tributary_token (
      secret_hash BLOB PRIMARY KEY,
      branch TEXT NOT NULL,
      created INTEGER NOT NULL,
      expires INTEGER NOT NULL,
      used INTEGER,
      replica INTEGER,
      device_key BLOB
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_stranger (
      fingerprint BLOB PRIMARY KEY,
      replica INTEGER,
      name TEXT,
      first_contact INTEGER,
      last_contact INTEGER,
      is_revoked INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_refused_name (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_log (
      position INTEGER PRIMARY KEY,
      replica INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      hash BLOB NOT NULL,
      origin BLOB,
      log_hash BLOB NOT NULL,
      context INTEGER NOT NULL,
      also BLOB,
      told_context INTEGER,
      told_also BLOB,
      context_generation TEXT,
      context_position INTEGER,
      context_seen BLOB,
      is_baseline INTEGER NOT NULL,
      is_handed_back INTEGER NOT NULL,
      clock_milliseconds INTEGER NOT NULL,
      clock_counter INTEGER NOT NULL,
      clock_replica INTEGER NOT NULL,
      clock_offset INTEGER NOT NULL,
      received INTEGER NOT NULL,
      row_count INTEGER NOT NULL,
      author_bytes INTEGER NOT NULL,
      author_frames INTEGER NOT NULL,
      other_bytes INTEGER NOT NULL,
      other_frames INTEGER NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX tributary_log_dot ON tributary_log (replica, counter);
    CREATE UNIQUE INDEX tributary_log_content ON tributary_log (hash);
    CREATE INDEX tributary_log_origin ON tributary_log (origin) WHERE origin IS NOT NULL;
    CREATE INDEX tributary_log_elsewhere ON tributary_log (context_generation, context_position)
      WHERE context_generation IS NOT NULL;
    CREATE INDEX tributary_log_vector ON tributary_log (replica, position, counter);

    CREATE TABLE tributary_alias (
      replica INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      hash BLOB NOT NULL,
      origin BLOB,
      position INTEGER NOT NULL,
      noted_at INTEGER NOT NULL,
      PRIMARY KEY (replica, counter)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tributary_alias_hash ON tributary_alias (hash);
    CREATE INDEX tributary_alias_origin ON tributary_alias (origin) WHERE origin IS NOT NULL;

    CREATE TABLE tributary_vector_base (
      replica INTEGER PRIMARY KEY,
      counter INTEGER NOT NULL,
      position INTEGER NOT NULL,
      hash BLOB NOT NULL
    ) STRICT;

    CREATE TABLE tributary_log_frame (
      position INTEGER NOT NULL,
      part INTEGER NOT NULL,
      type INTEGER NOT NULL,
      byte_count INTEGER NOT NULL,
      table_id INTEGER,
      key_min BLOB,
      key_max BLOB,
      is_silent INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (position, part)
    ) STRICT;
    CREATE INDEX tributary_log_frame_keys
      ON tributary_log_frame (table_id, position, part, key_min, key_max)
      WHERE table_id IS NOT NULL;

    CREATE TABLE tributary_row (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      position INTEGER NOT NULL,
      milliseconds INTEGER,
      detail BLOB,
      PRIMARY KEY (table_id, key)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_cover (
      table_id INTEGER NOT NULL,
      key_max BLOB NOT NULL,
      key_min BLOB NOT NULL,
      position INTEGER NOT NULL,
      part INTEGER NOT NULL,
      PRIMARY KEY (table_id, key_max)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_ledger (
      id INTEGER PRIMARY KEY,
      position INTEGER NOT NULL,
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      column_id INTEGER,
      state INTEGER NOT NULL,
      content BLOB NOT NULL
    ) STRICT;
    CREATE INDEX tributary_ledger_position ON tributary_ledger (position);
    CREATE INDEX tributary_ledger_row ON tributary_ledger (table_id, key);
    CREATE INDEX tributary_ledger_open ON tributary_ledger (id) WHERE state = 1;

    CREATE TABLE tributary_quarantine (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      position INTEGER NOT NULL,
      reason TEXT NOT NULL,
      content BLOB NOT NULL,
      tried INTEGER NOT NULL,
      conflict INTEGER,
      PRIMARY KEY (table_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tributary_quarantine_tried ON tributary_quarantine (tried);

    CREATE TABLE tributary_place (
      generation TEXT NOT NULL,
      position INTEGER NOT NULL,
      log_position INTEGER NOT NULL,
      PRIMARY KEY (generation, position)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tributary_place_here ON tributary_place (log_position);

    CREATE TABLE tributary_renaming (
      replica INTEGER NOT NULL,
      generation TEXT NOT NULL,
      position INTEGER NOT NULL,
      equal_to INTEGER NOT NULL,
      derived TEXT,
      PRIMARY KEY (replica, generation, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_loss (
      generation TEXT NOT NULL,
      position INTEGER NOT NULL,
      told_by INTEGER NOT NULL,
      milliseconds INTEGER NOT NULL,
      names TEXT NOT NULL,
      PRIMARY KEY (generation, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_reread (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      PRIMARY KEY (table_id, key)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_notice (
      number INTEGER PRIMARY KEY,
      replica INTEGER NOT NULL,
      milliseconds INTEGER NOT NULL,
      text TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX tributary_notice_text ON tributary_notice (replica, text);

    CREATE TABLE tributary_salvage (
      replica INTEGER NOT NULL,
      counter INTEGER NOT NULL,
      hash BLOB NOT NULL,
      piece INTEGER NOT NULL,
      bytes BLOB NOT NULL,
      milliseconds INTEGER NOT NULL,
      PRIMARY KEY (replica, counter, hash, piece)
    ) STRICT;

    CREATE TABLE tributary_backup (
      number INTEGER PRIMARY KEY,
      generation TEXT NOT NULL,
      position INTEGER NOT NULL,
      milliseconds INTEGER NOT NULL
    ) STRICT;
    """
}
