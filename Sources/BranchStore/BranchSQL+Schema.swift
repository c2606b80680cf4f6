internal import Deltas
internal import Storage

/// What a file lacks of the schema, and what it has beyond.
extension BranchSQL {
  static let updateSchema = """
    UPDATE tributary_schema
    SET fingerprint = ?1, bytes = ?2, told = ?3, placed = ?4, edition = edition + 1
    """
  static let selectEdition = "SELECT edition FROM tributary_schema"

  /// The column is empty for a whole table.
  static let putUntracked = "INSERT OR IGNORE INTO tributary_untracked VALUES (?1, ?2)"
  static let selectUntracked = "SELECT table_name, column_name FROM tributary_untracked"

  static let putMissed = "INSERT OR IGNORE INTO tributary_missed VALUES (?1, ?2)"
  static let deleteMissed = "DELETE FROM tributary_missed WHERE table_id = ?1 AND column_id = ?2"
  static let isMissed = """
    SELECT EXISTS (SELECT 1 FROM tributary_missed WHERE table_id = ?1 AND column_id = ?2)
    """

  // MARK: Carried values. Column 0 says that the row is there, where the table is not.

  static let putCarried = "INSERT OR REPLACE INTO tributary_carried VALUES (?1, ?2, ?3, ?4)"
  static let selectCarried = """
    SELECT value FROM tributary_carried WHERE table_id = ?1 AND key = ?2 AND column_id = ?3
    """
  static let selectCarriedOfColumn = """
    SELECT key, value FROM tributary_carried
    WHERE table_id = ?1 AND column_id = ?2 AND key > ?3 ORDER BY key LIMIT ?4
    """
  static let selectCarriedOfTable = """
    SELECT key, column_id, value FROM tributary_carried WHERE table_id = ?1 AND key > ?2
    ORDER BY key, column_id LIMIT ?3
    """
  static let hasCarriedOfTable =
    "SELECT EXISTS (SELECT 1 FROM tributary_carried WHERE table_id = ?1)"
  /// Those after one key and up to another.
  static let deleteCarriedRows =
    "DELETE FROM tributary_carried WHERE table_id = ?1 AND key > ?2 AND key <= ?3"
  static let deleteCarriedRow = "DELETE FROM tributary_carried WHERE table_id = ?1 AND key = ?2"
  static let deleteCarriedCell = """
    DELETE FROM tributary_carried WHERE table_id = ?1 AND key = ?2 AND column_id = ?3
    """
  static let deleteCarriedColumn =
    "DELETE FROM tributary_carried WHERE table_id = ?1 AND column_id = ?2"
  static let deleteCarried = "DELETE FROM tributary_carried"
  static let deleteCarriedTable = "DELETE FROM tributary_carried WHERE table_id = ?"
  static let countCarried = "SELECT count(*) FROM tributary_carried"

  // MARK: Rows that were there before the column or table was noticed

  /// Key columns as the table has them, and as others know them, then the values of some columns,
  /// for others too, of the rows that a condition names.
  private static func select(_ table: TrackedTable, _ columns: [ColumnID]) -> String {
    let own = table.schema.keyNames.map { quoted($0) }
    let list = own + table.sql.sharedValues(table.schema.keyColumns + columns)
    return "SELECT \(list.joined(separator: ", ")) FROM \(quoted(table.schema.name))"
  }

  static func selectRows(_ table: TrackedTable) -> String { select(table, table.valueColumns) }

  /// The rows in which a column has anything but ?1, whatever its own collation, which may not be
  /// ours to know, takes for equal. Where nothing is converted, 1 and 1.0 are two values.
  static func selectOthers(_ table: TrackedTable, than column: ColumnID) -> String {
    let name = name(column, of: table.schema)
    let others = "\(select(table, [column])) WHERE \(name) COLLATE BINARY IS NOT ?1"
    guard table.schema.column(column)?.affinity == .blob else { return others }
    return "\(others) OR typeof(\(name)) IS NOT typeof(?1)"
  }

  static func selectAll(_ table: TrackedTable, _ column: ColumnID) -> String {
    select(table, [column])
  }

  private static func name(_ column: ColumnID, of table: TableSchema) -> String {
    quoted(table.column(column)?.name ?? "")
  }

  static func hasJournal(_ table: TableID) -> String {
    "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '\(journal(table))')"
  }

  /// Forgets the updates of a column.
  static func forgetJournaled(_ table: TableSchema) -> String {
    "DELETE FROM \(journal(table.id)) WHERE change = ?1"
  }

  static func dropJournal(_ table: TableID) -> String {
    "DROP TABLE IF EXISTS main.\(journal(table))"
  }

  /// The names of a table's triggers of ours begin so; those of a column are called so.
  static func triggerName(_ table: TableID, _ column: ColumnID? = nil) -> String {
    "tributary_\(table.rawValue)_" + (column.map { "u\($0.rawValue)" } ?? "")
  }

  /// What a trigger of ours says of its table, and of its column if it is one's.
  static func names(
    inTrigger name: String, _ sql: String
  ) -> (tableID: TableID, table: String, columnID: ColumnID?, column: String?)? {
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, let table = UInt16(parts[1]) else { return nil }
    if parts[2] == "i" {
      guard let rest = rest(of: sql, after: " AFTER INSERT ON "), let found = identifier(rest)
      else { return nil }
      return (TableID(table), found.name, nil, nil)
    }
    guard parts[2].hasPrefix("u"), let column = UInt16(parts[2].dropFirst()),
      let rest = rest(of: sql, after: " AFTER UPDATE OF "), let found = identifier(rest),
      found.rest.hasPrefix(" ON "), let of = identifier(found.rest.dropFirst(4))
    else { return nil }
    return (TableID(table), of.name, ColumnID(column), found.name)
  }

  private static func rest(of sql: String, after words: String) -> Substring? {
    sql.firstRange(of: words).map { sql[$0.upperBound...] }
  }

  /// The quoted identifier at the beginning of a text, and what comes after it.
  private static func identifier(_ text: Substring) -> (name: String, rest: Substring)? {
    guard text.first == "\"" else { return nil }
    var name = ""
    var rest = text.dropFirst()
    while let character = rest.popFirst() {
      guard character == "\"" else {
        name.append(character)
        continue
      }
      guard rest.first == "\"" else { return (name, rest) }
      name.append("\"")
      rest.removeFirst()
    }
    return nil
  }

  /// As `appendToJournal`, with what the cell was and became.
  static func appendCounted(_ table: TableSchema) -> String {
    let keys = (1...table.keyColumns.count).map { "k\($0)" }
    let parameters = (1...keys.count + 4).map { "?\($0)" }.joined(separator: ", ")
    return "INSERT INTO \(journal(table.id))"
      + "(\(keys.joined(separator: ", ")), change, wall, was, became) VALUES (\(parameters))"
  }
}
