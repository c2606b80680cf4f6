internal import Deltas
internal import Storage

/// What is let go of once everybody has it, and what is kept instead.
extension HubSQL {
  // MARK: Marks

  static let selectPruned = """
    SELECT pruned_settled, pruned_stable, pruned_log, pruned_received FROM tributary_hub
    """
  static let updatePruned = """
    UPDATE tributary_hub SET pruned_settled = ?1, pruned_stable = ?2,
      pruned_received = max(pruned_received, ifnull((
        SELECT max(received) FROM tributary_log WHERE position <= ?1
      ), pruned_received))
    """
  static let updatePrunedLog = "UPDATE tributary_hub SET pruned_log = ?"
  /// The least floor of all branches that take part, and of those heard of since a time. One that
  /// was told to another state of the hub says nothing of this one; nor does it say that a branch
  /// took no part before, if this state never heard of it.
  static let selectFloors = """
    SELECT min(floor), min(iif(last_contact >= ?, floor, NULL)) FROM (
      SELECT iif(is_floor_told, floor, 0) AS floor, last_contact FROM tributary_replica
      WHERE state = 1 AND (last_contact IS NOT NULL OR NOT is_floor_told)
    )
    """
  static let forgetFloors = "UPDATE tributary_replica SET is_floor_told = 0"
  /// Service begins anew, perhaps on an older state: who never made contact here may have done so.
  static let forgetSilentFloors = """
    UPDATE tributary_replica SET is_floor_told = 0 WHERE last_contact IS NULL
    """
  /// What a branch that hands back shares with the log; what it still builds on it tells with its
  /// next exchange.
  static let lowerFloor = """
    UPDATE tributary_replica SET floor = min(floor, ?2), is_floor_told = 0,
      last_contact = max(ifnull(last_contact, ?3), ?3) WHERE id = ?1 AND state = 1
    """

  // MARK: Covers

  static let selectCoverPage = """
    SELECT table_id, key_max FROM tributary_cover WHERE (table_id, key_max) > (?1, ?2)
    ORDER BY table_id, key_max LIMIT 1 OFFSET ?3
    """
  static let deleteCovers = """
    DELETE FROM tributary_cover WHERE (table_id, key_max) > (?1, ?2)
      AND (table_id, key_max) <= (?3, ?4) AND position <= ?5
    """

  // MARK: Records

  static let selectRowPage = """
    SELECT table_id, key FROM tributary_row WHERE (table_id, key) > (?1, ?2)
    ORDER BY table_id, key LIMIT 1 OFFSET ?3
    """
  static let deletePlainRows = """
    DELETE FROM tributary_row WHERE (table_id, key) > (?1, ?2)
      AND (table_id, key) <= (?3, ?4) AND position <= ?5 AND detail IS NULL
    """
  static let selectDetailedRows = """
    SELECT table_id, key, position, milliseconds, detail FROM tributary_row
    WHERE (table_id, key) > (?1, ?2) AND (table_id, key) <= (?3, ?4) AND detail IS NOT NULL
    ORDER BY table_id, key
    """
  static let deleteRow = "DELETE FROM tributary_row WHERE table_id = ? AND key = ?"
  /// The sealing of a changeset stands for the time of a row whose block is gone.
  static let selectSealing = """
    SELECT clock_milliseconds FROM tributary_log WHERE position = ?
    """

  // MARK: Log

  static let deleteFrames = """
    DELETE FROM tributary_log_frame WHERE rowid IN (
      SELECT rowid FROM tributary_log_frame WHERE position <= ? ORDER BY position, part LIMIT ?
    )
    """
  /// The same frames, to be kept elsewhere.
  static let selectFramesToKeep = """
    SELECT position, part, type, is_silent, table_id, key_min, key_max, bytes
    FROM tributary_log_frame WHERE position <= ? ORDER BY position, part LIMIT ?
    """
  static let selectEntryToKeep = """
    SELECT replica, counter, hash, clock_milliseconds, clock_offset, received, is_baseline,
      is_handed_back
    FROM tributary_log WHERE position = ?
    """
  static let selectLastPart = "SELECT max(part) FROM tributary_log_frame WHERE position = ?"
  static let selectFirstFrame = """
    SELECT position, part FROM tributary_log_frame ORDER BY position, part LIMIT 1
    """
  static let selectHistoryFrames = """
    SELECT position, part, is_silent, type FROM tributary_log_frame
    WHERE table_id = ?1 AND key_min <= ?2 AND key_max >= ?2 ORDER BY position, part
    """
  static let selectConflictFrames = """
    SELECT type, bytes FROM tributary_log_frame
    WHERE position = ? AND part >= ? AND type IN (7, 10) ORDER BY part
    """
  static let upsertVectorBase = """
    INSERT INTO tributary_vector_base (replica, counter, position, hash)
    SELECT replica, max(counter), position, hash FROM tributary_log
    WHERE position <= ? GROUP BY replica
    ON CONFLICT DO UPDATE SET counter = excluded.counter, position = excluded.position,
      hash = excluded.hash WHERE excluded.counter > counter
    """
  static let selectVectorBaseByHash = """
    SELECT position FROM tributary_vector_base WHERE hash = ? LIMIT 1
    """
  static let deleteLog = "DELETE FROM tributary_log WHERE position <= ?"
  /// Who sent such a changeset has gone on from where the log ended then: it knows that the hub has
  /// it. The last of a chain is what the next is held against.
  private static let isAliasDone = """
    noted_at < ?1 AND counter < (
      SELECT chain_counter FROM tributary_replica WHERE id = tributary_alias.replica
    )
    """
  static let upsertVectorBaseOfAliases = """
    INSERT INTO tributary_vector_base (replica, counter, position, hash)
    SELECT replica, max(counter), position, hash FROM tributary_alias
    WHERE \(isAliasDone) GROUP BY replica
    ON CONFLICT DO UPDATE SET counter = excluded.counter, position = excluded.position,
      hash = excluded.hash WHERE excluded.counter > counter
    """
  static let deleteAliases = "DELETE FROM tributary_alias WHERE \(isAliasDone)"
  /// Nobody refers to another timeline's name of an entry that all have in common.
  static let deletePlaces = """
    DELETE FROM tributary_place WHERE (generation, position) IN (
      SELECT generation, position FROM tributary_place WHERE log_position <= ? LIMIT ?
    )
    """
  static let selectLogStart = "SELECT min(position) FROM tributary_log"

  // MARK: Whole states

  /// What the branch that has least has of all that take part.
  static let selectAcknowledgedLeast = """
    SELECT min(acknowledged_position) FROM tributary_replica
    WHERE state = 1 AND last_contact IS NOT NULL
    """
  /// Those that are open, and those of which something was said above a position.
  static let selectConflictsForWholeState = """
    SELECT content FROM tributary_ledger WHERE state = 1 OR position > ?1 ORDER BY id
    """

  // MARK: Rows

  static func selectAny(of table: TableSchema) -> String {
    "SELECT 1 FROM \(quoted(table.name)) LIMIT 1"
  }

  /// Any row whose key's first columns have the values of the first parameters and whose next
  /// column, if there is one, lies between the last two.
  static func selectAny(of table: TableSchema, equal count: Int) -> String {
    let names = table.keyColumns.compactMap { table.column($0).map { quoted($0.name) } }
    var terms = names.prefix(count).enumerated().map { "\($1) = ?\($0 + 1)" }
    if count < names.count {
      terms.append("\(names[count]) BETWEEN ?\(count + 1) AND ?\(count + 2)")
    }
    return """
      SELECT 1 FROM \(quoted(table.name)) WHERE \(terms.joined(separator: " AND ")) LIMIT 1
      """
  }
}
