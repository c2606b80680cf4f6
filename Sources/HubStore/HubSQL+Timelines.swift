/// What the log is named by, what was handed back, and what people are told.
extension HubSQL {
  // MARK: Generations

  static let selectGenerations = """
    SELECT id, parent, fork, is_own FROM tributary_generation ORDER BY number
    """
  static let insertGeneration = """
    INSERT INTO tributary_generation (id, parent, fork, is_own) VALUES (?, ?, ?, ?)
    """
  static let deleteGeneration = """
    DELETE FROM tributary_generation WHERE id = ?1
      AND NOT EXISTS (SELECT 1 FROM tributary_generation WHERE parent = ?1)
    """
  static let markAmbiguous = "UPDATE tributary_generation SET is_ambiguous = 1 WHERE id = ?"
  static let isGenerationAmbiguous = """
    SELECT EXISTS (SELECT 1 FROM tributary_generation WHERE id = ? AND is_ambiguous = 1)
    """
  static let isAmbiguous = """
    SELECT EXISTS (SELECT 1 FROM tributary_generation WHERE is_ambiguous = 1)
    """
  static let disownGeneration = "UPDATE tributary_generation SET is_own = 0 WHERE id = ?"
  static let selectServedBy = "SELECT served_by FROM tributary_hub"
  static let updateServedBy = "UPDATE tributary_hub SET served_by = ?"
  static let selectBackup = """
    SELECT number, generation, position, milliseconds FROM tributary_backup
    ORDER BY number DESC LIMIT 1
    """

  // MARK: Places

  static let selectPlace = """
    SELECT log_position FROM tributary_place WHERE generation = ? AND position = ?
    """
  static let insertPlace = """
    INSERT OR IGNORE INTO tributary_place (generation, position, log_position) VALUES (?, ?, ?)
    """
  /// Where the entries of a stretch of a lost timeline are here.
  static let selectPlaces = """
    SELECT position, log_position FROM tributary_place
    WHERE generation = ? AND position > ? AND position <= ? ORDER BY position
    """
  static let countPlaces = """
    SELECT count(*) FROM tributary_place WHERE generation = ? AND position > ? AND position <= ?
    """
  static let insertRenaming = """
    INSERT OR REPLACE INTO tributary_renaming (replica, generation, position, equal_to, derived)
    VALUES (?, ?, ?, ?, ?)
    """
  static let selectRenaming = """
    SELECT equal_to, derived FROM tributary_renaming
    WHERE replica = ? AND generation = ? AND position = ?
    """

  // MARK: Losses

  static let insertLoss = """
    INSERT OR IGNORE INTO tributary_loss (generation, position, told_by, milliseconds, names)
    VALUES (?, ?, ?, ?, ?)
    """
  static let deleteLoss = "DELETE FROM tributary_loss WHERE generation = ? AND position = ?"
  static let selectLosses = """
    SELECT generation, position, told_by, milliseconds, names FROM tributary_loss
    ORDER BY milliseconds, generation, position LIMIT ?
    """
  static let countLossesBetween = """
    SELECT count(*) FROM tributary_loss WHERE generation = ? AND position > ? AND position <= ?
    """
  static let countLosses = "SELECT count(*) FROM tributary_loss"

  // MARK: What entries had seen

  /// The entries of a chain up to a counter that lie above a position.
  static let selectChainAbove = """
    SELECT position FROM tributary_log
    WHERE replica = ?1 AND counter <= ?2 AND position > ?3
    UNION SELECT position FROM tributary_alias
    WHERE replica = ?1 AND counter <= ?2 AND position > ?3 ORDER BY position
    """
  static let selectAliasesAbove = """
    SELECT position FROM tributary_alias
    WHERE replica = ? AND counter <= ? AND position > ? ORDER BY position
    """
  /// What the last entry of a chain had seen that has a position above another, if that is more
  /// than an unbroken prefix.
  static let selectLastSeenAbove = """
    SELECT also FROM tributary_log
    WHERE replica = ? AND counter <= ? AND position > ? AND also IS NOT NULL
    ORDER BY position DESC LIMIT 1
    """
  static let selectElsewhere = """
    SELECT position, replica, counter, context, also, context_generation, context_position,
      context_seen
    FROM tributary_log WHERE context_generation = ? AND context_position >= ? ORDER BY position
    """
  static let selectOfReplica = """
    SELECT position, replica, counter, context, also, context_generation, context_position,
      context_seen
    FROM tributary_log WHERE replica = ? ORDER BY position
    """
  /// Deltas go on saying what they said first, so that a transfer can go on.
  static let updateSeen = """
    UPDATE tributary_log SET told_also = iif(told_context IS NULL, also, told_also),
      told_context = ifnull(told_context, context), context = ?2, also = ?3 WHERE position = ?1
    """
  static let selectChildChains = "SELECT id FROM tributary_replica WHERE parent_hash = ?"
  static let selectChildReplicas = """
    SELECT id FROM tributary_replica WHERE parent_replica = ?
    """
  static let selectBlockParts = """
    SELECT part FROM tributary_log_frame WHERE position = ? AND type = 2 ORDER BY part
    """
  static let insertReread = "INSERT OR IGNORE INTO tributary_reread VALUES (?, ?)"
  static let takeReread = "DELETE FROM tributary_reread RETURNING table_id, key"

  // MARK: Chains

  /// The last of a chain before a changeset, at or below a position.
  static let selectLastBefore = """
    SELECT max(counter) FROM tributary_log WHERE replica = ? AND counter < ? AND position <= ?
    """

  static let updateParent = """
    UPDATE tributary_replica SET parent_hash = ?2, parent_replica = ?3, parent_counter = ?4,
      chain_hash = ?5 WHERE id = ?1
    """
  static let linkParents = """
    UPDATE tributary_replica SET parent_replica = ?2, parent_counter = ?3 WHERE parent_hash = ?1
    """
  static let adoptParent = """
    UPDATE tributary_replica SET parent_hash = ?2, parent_replica = ?3, parent_counter = ?4
    WHERE id = ?1
    """
  static let selectPastByHead = """
    SELECT id FROM tributary_replica WHERE state = 4 AND chain_hash = ? AND chain_counter > 0
    ORDER BY id LIMIT 1
    """
  static let insertPastReplica = """
    INSERT INTO tributary_replica
      (id, name, state, registered, chain_hash, parent_hash, parent_replica, parent_counter)
    VALUES (ifnull(?, (\(nextReplica))), ?, 4, ?, ?, ?, ?, ?)
    """
  static let countName = "SELECT count(*) FROM tributary_replica WHERE name = ?"
  static let countOpenTokensNamed = """
    SELECT count(*) FROM tributary_token WHERE branch = ? AND used IS NULL AND expires > ?
    """

  // MARK: Notices

  static let insertNotice = """
    INSERT OR IGNORE INTO tributary_notice (number, replica, milliseconds, text)
    VALUES (max(?1, (SELECT ifnull(max(number), 0) + 1 FROM tributary_notice)), ?2, ?1, ?3)
    """
  static let selectNoticesAfter = """
    SELECT number, replica, milliseconds, text FROM tributary_notice
    WHERE replica = ? AND number > ? ORDER BY number LIMIT ?
    """
  static let selectNotices = """
    SELECT number, replica, milliseconds, text FROM tributary_notice
    ORDER BY number DESC LIMIT ?
    """

  // MARK: Salvage

  static let insertSalvage = """
    INSERT OR IGNORE INTO tributary_salvage (replica, counter, hash, piece, bytes, milliseconds)
    VALUES (?, ?, ?, ?, ?, ?)
    """
  static let selectSalvage = """
    SELECT replica, counter, hash, sum(length(bytes)), max(milliseconds) FROM tributary_salvage
    GROUP BY replica, counter, hash ORDER BY replica, counter, hash
    """
  static let hasSalvage = """
    SELECT EXISTS (SELECT 1 FROM tributary_salvage
      WHERE replica = ? AND counter = ? AND hash = ? AND piece = 0)
    """
  static let countSalvage = """
    SELECT count(*) FROM tributary_salvage WHERE replica = ? AND piece = 0
    """
  static let selectSalvageBeginnings = """
    SELECT hash, substr(bytes, 1, ?3) FROM tributary_salvage
    WHERE replica = ?1 AND counter = ?2 AND piece = 0
    """
  static let selectSalvagePieces = """
    SELECT bytes FROM tributary_salvage WHERE replica = ? AND counter = ? AND hash = ?
    ORDER BY piece
    """
  static let deleteSalvage = """
    DELETE FROM tributary_salvage WHERE replica = ? AND counter = ? AND hash = ?
    """
}
