internal import Storage

/// The tail: log entries that the branch keeps until a backup of the hub has them.
extension BranchSQL {
  static let hasTail = "SELECT EXISTS (SELECT 1 FROM tributary_tail)"
  static let selectTailID = "SELECT id FROM tributary_tail WHERE hash = ?1"
  static let insertTail = """
    INSERT INTO tributary_tail(hash, replica, counter, clock_offset, received, byte_count,
      confirmed, at_most, seen_generation, seen_position, seen_also)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
    """
  static let setTailByteCount = "UPDATE tributary_tail SET byte_count = ?2 WHERE id = ?1"
  static let setTailName = """
    UPDATE tributary_tail SET replica = ?2, counter = ?3, confirmed = ?4, at_most = NULL,
      seen_generation = ?5, seen_position = ?6, seen_also = ?7, clock_offset = ?8, received = ?9
    WHERE id = ?1
    """
  static let insertTailPiece = "INSERT INTO tributary_tail_piece VALUES (?1, ?2, ?3)"
  static let copyPiecesToTail = """
    INSERT INTO tributary_tail_piece
    SELECT ?1, piece, bytes FROM tributary_outbox WHERE counter = ?2
    """
  static let selectTailPiece = """
    SELECT bytes FROM tributary_tail_piece WHERE id = ?1 AND piece = ?2
    """
  /// An entry's hash, and what its stream begins with.
  static let selectTailBeginning = """
    SELECT hash, substr(bytes, 1, ?2) FROM tributary_tail JOIN tributary_tail_piece USING (id)
    WHERE id = ?1 AND piece = 0
    """
  /// A place that another entry had under this name was never one.
  static let putTailPlace = "INSERT OR REPLACE INTO tributary_tail_place VALUES (?1, ?2, ?3)"
  static let selectTailPlaces = """
    SELECT generation, position FROM tributary_tail_place WHERE id = ?1
    ORDER BY position, generation
    """
  static let selectTailAt = """
    SELECT id FROM tributary_tail_place WHERE generation = ?1 AND position = ?2
    """
  static let renameTailPlaces = """
    UPDATE OR REPLACE tributary_tail_place SET generation = ?2
    WHERE generation = ?1 AND position > ?3
    """

  // MARK: What is handed back

  /// A stretch of a timeline: entry and position.
  static let selectTailStretch = """
    SELECT id, position FROM tributary_tail_place
    WHERE generation = ?1 AND position > ?2 AND position <= ?3 ORDER BY position
    """
  /// Entries that the log has somewhere at or below a position that lies above this one.
  static let selectTailUnplaced = """
    SELECT id FROM tributary_tail WHERE at_most > ?1 ORDER BY id
    """
  static let selectTailOfManyPlaces = """
    SELECT id FROM tributary_tail_place GROUP BY id HAVING count(*) > 1 ORDER BY min(position)
    """
  static let selectTailEntry = """
    SELECT hash, replica, counter, clock_offset, received, byte_count,
      seen_generation, seen_position, seen_also
    FROM tributary_tail WHERE id = ?1
    """

  // MARK: Dropping

  static let confirmTail = "UPDATE tributary_tail SET confirmed = ?1"
  /// Of a stretch of the path: what a later backup has. An entry that has one name only is as safe
  /// in a backup that was made before it was told.
  static let selectDurable = """
    SELECT tail.id FROM tributary_tail_place AS place JOIN tributary_tail AS tail USING (id)
    WHERE place.generation = ?1 AND place.position <= ?2 AND (tail.confirmed < ?3
      OR NOT EXISTS (SELECT 1 FROM tributary_tail_place AS other
        WHERE other.id = tail.id AND other.generation <> place.generation))
    """
  static let selectUnplacedDurable = """
    SELECT id FROM tributary_tail WHERE at_most <= ?1 AND confirmed < ?2
    """
  static let boundTail = "UPDATE tributary_tail SET at_most = ?1 WHERE id = ?2"
  /// Entries without a bound, or with one above a position.
  static let selectTailBoundedAbove = """
    SELECT id FROM tributary_tail WHERE at_most IS NULL OR at_most > ?1
    """
  static let selectTailNewestFirst = """
    SELECT id, byte_count FROM tributary_tail ORDER BY id DESC
    """
  static let tailBytes = "SELECT coalesce(sum(byte_count), 0), count(*) FROM tributary_tail"
  static let deleteTail = "DELETE FROM tributary_tail WHERE id = ?1"
  static let deleteTailPieces = "DELETE FROM tributary_tail_piece WHERE id = ?1"
  static let deleteTailPlaces = "DELETE FROM tributary_tail_place WHERE id = ?1"

  // MARK: The rows of a whole state, on our connection only and only while it is applied

  static let createKept = """
    CREATE TEMP TABLE tributary_kept (
      table_id INTEGER NOT NULL, key BLOB NOT NULL, PRIMARY KEY (table_id, key)) WITHOUT ROWID
    """
  static let insertKept = "INSERT OR IGNORE INTO temp.tributary_kept VALUES (?1, ?2)"
  static let isKept = "SELECT 1 FROM temp.tributary_kept WHERE table_id = ?1 AND key = ?2"
  static let dropKept = "DROP TABLE temp.tributary_kept"

  // MARK: Rows before a delta wrote them, likewise

  static let createOverwritten = """
    CREATE TEMP TABLE tributary_overwritten (
      table_id INTEGER NOT NULL, key BLOB NOT NULL, row BLOB, PRIMARY KEY (table_id, key))
      WITHOUT ROWID
    """
  static let insertOverwritten = """
    INSERT OR IGNORE INTO temp.tributary_overwritten VALUES (?1, ?2, ?3)
    """
  static let selectOverwritten = """
    SELECT row FROM temp.tributary_overwritten WHERE row IS NOT NULL ORDER BY table_id, key
    """
  static let dropOverwritten = "DROP TABLE temp.tributary_overwritten"
}
