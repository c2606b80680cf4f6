package import Deltas

/// Translation of keys in SQL: the table of those that are not made by rule, and the expressions
/// that go from a branch's own key to the shared one and back.
///
/// Only whole numbers and texts are translated. What else is in such a column stays what it is.
package enum KeySQL {
  private static let table = "main.tributary_key"

  /// No affinity: 17 and '17' are two keys. The state is 0 while the row is here, 1 as long as it
  /// was only referred to, 2 once it is gone.
  package static let create = """
    CREATE TABLE tributary_key (
      domain INTEGER NOT NULL,
      own NOT NULL,
      shared NOT NULL,
      state INTEGER NOT NULL,
      PRIMARY KEY (domain, own)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX tributary_key_shared ON tributary_key(domain, shared);
    CREATE TABLE tributary_key_column (
      table_id INTEGER NOT NULL,
      column_id INTEGER NOT NULL,
      domain INTEGER NOT NULL,
      PRIMARY KEY (table_id, column_id)
    ) WITHOUT ROWID;
    CREATE TABLE tributary_key_space (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      number INTEGER NOT NULL,
      is_rule INTEGER NOT NULL
    );
    """

  /// The numbers that SQLite gave in changesets which the hub has not confirmed, by shared number.
  package static let createNew = """
    CREATE TABLE IF NOT EXISTS tributary_key_new (
      counter INTEGER NOT NULL,
      domain INTEGER NOT NULL,
      first INTEGER NOT NULL,
      last INTEGER NOT NULL,
      PRIMARY KEY (counter, domain, first)
    ) WITHOUT ROWID;
    """

  // MARK: Expressions

  /// The shared key of an own one. The operand is a column with its table's name, or a parameter.
  /// Without a space, only entries differ.
  package static func shared(_ operand: String, _ domain: TableID, _ space: KeySpace?) -> String {
    let known =
      "(SELECT shared FROM \(table) WHERE domain = \(domain.rawValue) AND own = +\(operand))"
    guard let space else {
      return "CASE typeof(\(operand)) WHEN 'integer' THEN coalesce(\(known), \(operand))"
        + " ELSE \(operand) END"
    }
    return """
      CASE typeof(\(operand)) WHEN 'integer' THEN coalesce(\(known), \
      CASE WHEN \(operand) BETWEEN 1 AND \(KeySpace.ownMax) THEN \(operand) + \(space.base) \
      ELSE \(operand) END) \
      WHEN 'text' THEN coalesce(\(known), \
      CASE WHEN +\(operand) = '' THEN \(operand) ELSE \(operand) || '\(space.suffix)' END) \
      ELSE \(operand) END
      """
  }

  /// The own key of a shared one; NULL if it has none yet.
  ///
  /// Texts are taken apart as bytes: what is no text in the file's encoding stays what it is.
  package static func own(_ operand: String, _ domain: TableID, _ space: KeySpace?) -> String {
    func entry(_ column: String, of key: String) -> String {
      "FROM \(table) WHERE domain = \(domain.rawValue) AND \(column) = \(key)"
    }
    func unlessTaken(_ own: String) -> String {
      "NOT EXISTS (SELECT 1 \(entry("own", of: "+\(own)"))) THEN \(own) END"
    }
    let known = "(SELECT own \(entry("shared", of: "+\(operand)")))"
    guard let space else {
      return "CASE typeof(\(operand)) WHEN 'integer' THEN coalesce(\(known),"
        + " CASE WHEN \(unlessTaken("\(operand)"))) ELSE \(operand) END"
    }
    let number = "(\(operand) - \(space.base))"
    let bytes = "CAST(\(operand) AS BLOB)"
    let suffix = "CAST('\(space.suffix)' AS BLOB)"
    let text = "CAST(substr(\(bytes), 1, length(\(bytes)) - length(\(suffix))) AS TEXT)"
    return """
      CASE typeof(\(operand)) WHEN 'integer' THEN coalesce(\(known), \
      CASE WHEN \(operand) BETWEEN \(space.base + 1) AND \(space.base + KeySpace.ownMax) \
      AND \(unlessTaken(number))) \
      WHEN 'text' THEN coalesce(\(known), \
      CASE WHEN substr(\(bytes), -length(\(suffix))) = \(suffix) \
      AND length(\(bytes)) > length(\(suffix)) AND \(unlessTaken(text))) \
      ELSE \(operand) END
      """
  }

  /// What a key that was made here is called by others, if no entry says otherwise: a whole number
  /// between 1 and `KeySpace.ownMax`, or a text.
  package static func byRule(_ operand: String, _ space: KeySpace?) -> String {
    guard let space else { return operand }
    return "CASE typeof(\(operand)) WHEN 'integer' THEN \(operand) + \(space.base)"
      + " ELSE \(operand) || '\(space.suffix)' END"
  }

  // MARK: Entries

  package static let insertColumn = "INSERT INTO tributary_key_column VALUES (?1, ?2, ?3)"
  package static let selectColumns = "SELECT table_id, column_id, domain FROM tributary_key_column"
  package static let insertSpace = "INSERT INTO tributary_key_space VALUES (1, ?1, ?2)"
  package static let setSpace = "UPDATE tributary_key_space SET number = ?1"
  package static let selectSpace = "SELECT number, is_rule FROM tributary_key_space"
  package static let hasKeys =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'tributary_key'"

  package static let hasNew =
    "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'tributary_key_new'"
  /// Counter, domain, first, last.
  package static let insertNew = "INSERT OR REPLACE INTO tributary_key_new VALUES (?1, ?2, ?3, ?4)"
  package static let selectNew = "SELECT counter, domain, first, last FROM tributary_key_new"
  package static let deleteNew = "DELETE FROM tributary_key_new WHERE counter <= ?1"

  /// Domain, own, shared, state.
  package static let insert = "INSERT INTO \(table) VALUES (?1, ?2, ?3, ?4)"
  package static let hasEntries = "SELECT 1 FROM \(table) WHERE domain = ?1 LIMIT 1"
  package static let hasOwn = "SELECT 1 FROM \(table) WHERE domain = ?1 AND own = ?2"
  package static let hasShared = "SELECT 1 FROM \(table) WHERE domain = ?1 AND shared = ?2"
  package static let selectOfOwn = """
    SELECT shared, state FROM \(table) WHERE domain = ?1 AND own = ?2
    """
  /// Another own key for a shared one.
  package static let setOwn = """
    UPDATE \(table) SET own = ?3, state = 1 WHERE domain = ?1 AND own = ?2
    """
  package static let noteHere = """
    UPDATE \(table) SET state = 0 WHERE domain = ?1 AND shared = ?2 AND state <> 0
    """
  /// Forgets that a row was awaited under its own number, which nothing else has now.
  package static let deleteSame = """
    DELETE FROM \(table) WHERE domain = ?1 AND shared = ?2 AND own = shared
    """
  /// Notes as gone what the rule makes and has no entry.
  package static let insertGone = "INSERT OR IGNORE INTO \(table) VALUES (?1, ?2, ?3, 2)"
  package static let noteGone = "UPDATE \(table) SET state = 2 WHERE domain = ?1 AND shared = ?2"
  /// The greatest own number that an entry has, of those that are added to.
  package static let greatestOwn = """
    SELECT max(own) FROM \(table) WHERE domain = ?1 AND own BETWEEN 1 AND \(KeySpace.ownMax)
    """
  /// The greatest shared number between two, without these.
  package static let greatestShared = """
    SELECT max(shared) FROM \(table) WHERE domain = ?1 AND shared > ?2 AND shared < ?3
    """
  /// Moves the shared numbers between two by some.
  package static let moveShared = """
    UPDATE \(table) SET shared = shared + ?4 WHERE domain = ?1 AND shared BETWEEN ?2 AND ?3
    """
}
