internal import Deltas
internal import Storage

/// Where own keys meet the tables and their journals.
extension BranchSQL {
  static let setTranslatingFormat = """
    UPDATE tributary_state SET format = \(translatingFormatVersion)
    """
  static let selectSequence = "SELECT seq FROM sqlite_sequence WHERE name = ?1"
  static let insertSequence = "INSERT INTO sqlite_sequence(name, seq) VALUES (?1, ?2)"
  static let raiseSequence = "UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1 AND seq < ?2"

  /// The shared key of ?1.
  static func shared(_ domain: TableID, _ rule: KeySpace?) -> String {
    "SELECT \(KeySQL.shared("?1", domain, rule))"
  }

  private static func full(_ table: TableSchema, _ column: ColumnSchema) -> String {
    "\(quoted(table.name)).\(quoted(column.name))"
  }

  /// What a trigger sees of numbers that are given and not given, on a connection of its own.
  static let numberTrial = """
    CREATE TABLE plain(id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE ascending(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);
    CREATE TABLE seen(name TEXT);
    CREATE TRIGGER plain_n BEFORE INSERT ON plain WHEN NEW.id = -1 BEGIN
      INSERT INTO seen VALUES ('plain ' || NEW.name); END;
    CREATE TRIGGER ascending_n BEFORE INSERT ON ascending WHEN NEW.id = -1 BEGIN
      INSERT INTO seen VALUES ('ascending ' || NEW.name); END;
    INSERT INTO plain(name) VALUES ('1');
    INSERT INTO plain VALUES (7, '7'), (NULL, '8');
    INSERT INTO ascending(name) VALUES ('1');
    INSERT INTO ascending VALUES (7, '7'), (NULL, '8');
    """
  static let numberTrialSeen = "SELECT name FROM seen ORDER BY rowid"
  static let numberTrialExpected = ["plain 1", "plain 8", "ascending 1", "ascending 8"]
    .map { Value.text(Array($0.utf8)) }

  /// The numbers that SQLite gave: of each marked insert that came to a row, the row's, and what
  /// the journal says first of it.
  ///
  /// An insert that came to nothing leaves its mark, with another time than the next one's.
  static func markedKeys(_ table: TableSchema) -> String {
    let name = journal(table.id)
    return """
      SELECT marked.k1, first.change FROM (\
      SELECT DISTINCT made.k1 FROM \(name) AS mark CROSS JOIN \(name) AS made ON made.seq = (\
      SELECT seq FROM \(name) AS later WHERE later.seq > mark.seq \
      AND later.change IN (\(changeInsert), \(changeNumbered)) ORDER BY seq LIMIT 1) \
      WHERE mark.change = \(changeNumbered) AND made.change = \(changeInsert) \
      AND made.wall = mark.wall) AS marked \
      JOIN (SELECT k1, change, min(seq) FROM \(name) \
      WHERE change > \(changeReplace) GROUP BY k1) AS first ON first.k1 = marked.k1
      """
  }

  static func dropMarks(_ table: TableSchema) -> String {
    "DELETE FROM \(journal(table.id)) WHERE change = \(changeNumbered)"
  }

  /// When a row was last deleted, or was in the way of another.
  static func lastDeletion(_ table: TableSchema) -> String {
    "SELECT wall FROM \(journal(table.id)) WHERE k1 = ?1 AND \(isDeletion)"
      + " ORDER BY seq DESC LIMIT 1"
  }

  static func hasRow(_ table: TableSchema, _ column: ColumnSchema) -> String {
    "SELECT 1 FROM \(quoted(table.name)) WHERE \(full(table, column)) = ?1"
  }

  static func greatestNumber(_ table: TableSchema, _ column: ColumnSchema) -> String {
    "SELECT max(\(full(table, column))) FROM \(quoted(table.name))"
      + " WHERE \(full(table, column)) BETWEEN 1 AND \(KeySpace.ownMax)"
  }

  /// The same of what a journal speaks of: rows that are gone already.
  static func greatestJournaled(_ table: TableSchema, keyIndex: Int) -> String {
    "SELECT max(k\(keyIndex + 1)) FROM \(journal(table.id))"
      + " WHERE k\(keyIndex + 1) BETWEEN 1 AND \(KeySpace.ownMax)"
  }

  /// Keys that the rule leaves as they are, and that have no entry yet.
  private static func isIrregular(_ key: String) -> String {
    "(typeof(\(key)) = 'integer' AND \(key) NOT BETWEEN 1 AND \(KeySpace.ownMax) OR +\(key) = '')"
      + " AND NOT EXISTS (SELECT 1 FROM main.tributary_key WHERE domain = ?1 AND own = +\(key))"
  }

  static func irregularKeys(of table: TableSchema, _ column: ColumnSchema) -> String {
    let key = full(table, column)
    return "SELECT DISTINCT \(key) FROM \(quoted(table.name)) WHERE \(isIrregular(key))"
  }

  static func journaledIrregularKeys(of table: TableSchema, keyIndex: Int) -> String {
    let key = "journal.k\(keyIndex + 1)"
    return "SELECT DISTINCT \(key) FROM \(journal(table.id)) AS journal WHERE \(isIrregular(key))"
  }

  /// Whether a key column has what is not translated.
  static func hasUntranslated(_ table: TableSchema, _ column: ColumnSchema) -> String {
    "SELECT EXISTS (SELECT 1 FROM \(quoted(table.name))"
      + " WHERE typeof(\(full(table, column))) IN ('real', 'blob'))"
  }

  /// Own and shared key of rows that programs have made under numbers that were kept for rows of
  /// others which never were here.
  ///
  /// What would be called the same by everyone if it were made here is no row of others.
  static func takenKeys(
    of table: TableSchema, _ column: ColumnSchema, space: KeySpace?
  ) -> String {
    """
    SELECT DISTINCT entry.own, entry.shared FROM \(journal(table.id)) AS journal \
    CROSS JOIN main.tributary_key AS entry ON entry.domain = ?1 AND entry.own = +journal.k1 \
    WHERE entry.state = 1 AND entry.shared IS NOT \(KeySQL.byRule("entry.own", space)) AND EXISTS (\
    SELECT 1 FROM \(quoted(table.name)) WHERE \(full(table, column)) = +entry.own)
    """
  }

  /// Keeps the keys of rows that are not here, and that a column refers to all the same, from being
  /// given to others: of all rows, or of those that were written since the last seal.
  static func keepReferred(
    _ table: TableSchema, _ column: ColumnSchema, in domain: KeyTranslation.Domain,
    space: KeySpace?, onlyWritten: Bool
  ) -> String {
    let key = full(table, column)
    let rows = domain.makers.map { maker in
      " AND NOT EXISTS (SELECT 1 FROM \(quoted(maker.table.name)) AS parent"
        + " WHERE parent.\(quoted(maker.column.name)) = +\(key))"
    }
    let isText = space == nil ? "" : " OR typeof(\(key)) = 'text' AND +\(key) <> ''"
    return "INSERT OR IGNORE INTO main.tributary_key"
      + " SELECT DISTINCT \(domain.id.rawValue), +\(key), \(KeySQL.byRule("+\(key)", space)), 1"
      + " FROM \(quoted(table.name))"
      + " WHERE (typeof(\(key)) = 'integer' AND \(key) BETWEEN 1 AND \(KeySpace.ownMax)\(isText))"
      + (onlyWritten ? " AND \(isWritten(table, column))" : "") + rows.joined()
  }

  /// What of the journaled deletions has no row in any of the tables.
  static func noteJournaledGone(
    _ journaled: TableSchema, makers: [(table: TableSchema, column: ColumnSchema)]
  ) -> String {
    let rows = makers.map { table, column in
      " AND NOT EXISTS (SELECT 1 FROM \(quoted(table.name))"
        + " WHERE \(full(table, column)) = +tributary_key.own)"
    }
    return "UPDATE main.tributary_key SET state = 2 WHERE domain = ?1 AND own IN"
      + " (SELECT k1 FROM \(journal(journaled.id)) WHERE \(isDeletion))"
      + rows.joined()
  }

  /// Whether no row has a greater number: SQLite may give it again.
  static func isLast(_ table: TableSchema, _ column: ColumnSchema) -> String {
    "SELECT NOT EXISTS (SELECT 1 FROM \(quoted(table.name)) WHERE \(full(table, column)) > ?1)"
  }

  /// Numbers of journaled deletions that SQLite may give again, of rows that were made here.
  static func noteLastGone(
    _ table: TableSchema, _ column: ColumnSchema, domain: TableID, space: KeySpace?
  ) -> String {
    "INSERT OR IGNORE INTO main.tributary_key SELECT DISTINCT \(domain.rawValue), journal.k1,"
      + " \(KeySQL.shared("journal.k1", domain, space)), 2 FROM \(journal(table.id)) AS journal"
      + " WHERE \(isDeletion) AND typeof(journal.k1) = 'integer' AND journal.k1 >"
      + " (SELECT coalesce(max(\(full(table, column))), 0) FROM \(quoted(table.name)))"
  }

  /// Rows here that a program has made, or made their own by a re-insertion, under a key that is
  /// known.
  static func noteJournaledHere(_ table: TableSchema, _ column: ColumnSchema) -> String {
    "UPDATE main.tributary_key SET state = 0 WHERE domain = ?1 AND state <> 0 AND own IN"
      + " (SELECT k1 FROM \(journal(table.id)) WHERE change = \(changeInsert))"
      + " AND EXISTS (SELECT 1 FROM \(quoted(table.name))"
      + " WHERE \(full(table, column)) = +tributary_key.own)"
  }

  /// Gives references that no program has written since the last seal another key.
  static func moveReferences(_ table: TableSchema, _ column: ColumnSchema) -> String {
    "UPDATE OR IGNORE \(quoted(table.name)) SET \(quoted(column.name)) = ?2"
      + " WHERE \(isUnwritten(table, column))"
  }

  private static func isUnwritten(_ table: TableSchema, _ column: ColumnSchema) -> String {
    "\(full(table, column)) = ?1 AND NOT \(isWritten(table, column))"
  }

  /// Whether a program has written a row's column since the last seal.
  private static func isWritten(_ table: TableSchema, _ column: ColumnSchema) -> String {
    let keys = table.keyColumns.compactMap { table.column($0).map { full(table, $0) } }
    return "(\(keys.joined(separator: ", "))) IN"
      + " (SELECT \(journaledKey(table)) FROM \(journal(table.id))"
      + " WHERE change IN (\(changeInsert), \(update(of: column))))"
  }

  private static func journaledKey(_ table: TableSchema) -> String {
    (1...table.keyColumns.count).map { "k\($0)" }.joined(separator: ", ")
  }

  private static func update(of column: ColumnSchema) -> Int64 {
    changeUpdateBase + Int64(column.id.rawValue)
  }

  /// Notes the shared keys of all that a column holds: the rule is about to change.
  static func noteKeys(
    of table: TableSchema, _ column: ColumnSchema, domain: TableID, space: KeySpace?, state: Int
  ) -> String {
    let key = full(table, column)
    return "INSERT OR IGNORE INTO main.tributary_key SELECT DISTINCT \(domain.rawValue), \(key),"
      + " \(KeySQL.shared(key, domain, space)), \(state) FROM \(quoted(table.name))"
      + " WHERE typeof(\(key)) IN ('integer', 'text')"
  }
}
