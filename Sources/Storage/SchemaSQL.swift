/// The questions that are asked about a file's own schema.
enum SchemaSQL {
  /// Ordinary, virtual and shadow tables, views; name, kind, WITHOUT ROWID, STRICT.
  static let tables = """
    SELECT name, type, wr, strict FROM pragma_table_list
    WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY name
    """

  /// cid, name, declared type, NOT NULL, key ordinal, hidden (2 and 3: generated), default.
  static let columns = """
    SELECT cid, name, type, "notnull", pk, hidden, dflt_value FROM pragma_table_xinfo(?1)
    ORDER BY cid
    """

  /// The collations of the primary key's index; no rows for an INTEGER PRIMARY KEY.
  static let keyCollations = """
    SELECT part.name, part.coll FROM pragma_index_list(?1) AS list
    JOIN pragma_index_xinfo(list.name) AS part
    WHERE list.origin = 'pk' AND part.key = 1
    """

  /// Every object that has a statement of its own, in the order in which they were made.
  static let objects = """
    SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid
    """

  /// What a constant expression comes to.
  static func value(of expression: String) -> String { "SELECT \(expression)" }

  static let hasModule = "SELECT count(*) FROM pragma_module_list WHERE name = ?1 COLLATE NOCASE"

  /// Index, column (NULL for an expression) and collation of what is unique beside the key.
  static let uniqueIndexParts = """
    SELECT list.name, part.name, part.coll FROM pragma_index_list(?1) AS list
    JOIN pragma_index_xinfo(list.name) AS part
    WHERE list."unique" = 1 AND list.origin <> 'pk' AND part.key = 1
    ORDER BY list.name, part.seqno
    """

  /// What a table's foreign keys consist of: number, parent, child column, parent column (NULL for
  /// the parent's key) and place in the key.
  static let foreignKeyParts = """
    SELECT id, "table", "from", "to", seq FROM pragma_foreign_key_list(?1) ORDER BY id, seq
    """

  static let tableSQL = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1"

  /// Second UNIQUE constraints and indexes, beside the key's.
  static let otherUniqueIndexes = """
    SELECT count(*) FROM pragma_index_list(?1) WHERE "unique" = 1 AND origin <> 'pk'
    """
}
