internal import Deltas
internal import Storage

/// Journals and the capture triggers that append to them: plain SQL that any SQLite library runs.
extension BranchSQL {
  // MARK: Codes in a journal's column “change”

  /// The row may have been removed without its trigger: look whether it is there.
  static let changeLookAgain: Int64 = -1
  static let changeDelete: Int64 = 0
  /// An insert is about to happen whose number SQLite gives. Without a key.
  static let changeNumbered: Int64 = -2
  static let changeInsert: Int64 = 1
  /// An update of column n is n plus this.
  static let changeUpdateBase: Int64 = 1

  // MARK: Journals

  static func journal(_ table: TableID) -> String { "tributary_journal_\(table.rawValue)" }

  static func journalKeys(_ table: TableSchema) -> [String] {
    (1...table.keyColumns.count).map { "k\($0)" }
  }

  /// No affinity, so that a value stays what it is and none is converted. No index: appending
  /// touches the last page only. Not STRICT: checking types would make each append one that may
  /// fail, for which SQLite opens a statement journal.
  ///
  /// What a cell was and became only tables have of which some column counts.
  static func createJournal(_ table: TrackedTable) -> String {
    let before = table.isCounting ? ", was, became" : ""
    return """
      CREATE TABLE \(journal(table.schema.id)) (seq INTEGER PRIMARY KEY, \
      \(journalKeys(table.schema).joined(separator: ", ")), change, wall\(before))
      """
  }

  /// The same entries in a journal as the table's is to be. Not by ALTER TABLE, which looks at the
  /// application's triggers and views, and stops at any that is broken.
  static func remakeJournal(_ table: TrackedTable) -> [String] {
    let name = journal(table.schema.id)
    let columns = "\(journalKeys(table.schema).joined(separator: ", ")), change, wall"
    return [
      "CREATE TEMP TABLE tributary_kept AS SELECT \(columns) FROM main.\(name) ORDER BY seq",
      "DROP TABLE main.\(name)", createJournal(table),
      "INSERT INTO main.\(name)(\(columns)) SELECT * FROM temp.tributary_kept ORDER BY rowid",
      "DROP TABLE temp.tributary_kept",
    ]
  }

  static func hasJournalEntries(_ table: TableSchema) -> String {
    "SELECT EXISTS (SELECT 1 FROM \(journal(table.id)))"
  }

  static func hasJournalDeletions(_ table: TableSchema) -> String {
    "SELECT EXISTS (SELECT 1 FROM \(journal(table.id)) WHERE \(isDeletion))"
  }

  /// Whether the changeset may have to say of some column what was there before.
  static func hasJournalCounts(_ table: TrackedTable) -> String {
    let changes = table.counted.flatMap { column in
      ["\(changeUpdateBase + Int64(column.rawValue))", "\(replaced(column))"]
    }
    return "SELECT EXISTS (SELECT 1 FROM \(journal(table.schema.id))"
      + " WHERE change IN (\(changes.joined(separator: ", "))))"
  }

  /// Key columns, change, wall: a row's entries together and in the order in which they came.
  /// `isCounting` adds what a cell was and what it became.
  ///
  /// SQLite sorts them, through a temporary file if they are many, so memory stays bounded.
  static func selectJournal(
    _ table: TableSchema, deletionsOnly: Bool = false, isCounting: Bool = false
  ) -> String {
    let keys = journalKeys(table)
    var order: [String] = []
    for (key, id) in zip(keys, table.keyColumns) {
      order.append(key)
      // 1 and 1.0 are two keys where the column converts neither.
      if table.column(id)?.affinity == .blob { order.append("typeof(\(key))") }
    }
    let condition = deletionsOnly ? " WHERE \(isDeletion)" : ""
    let before = isCounting ? ", was, became" : ""
    return "SELECT \(keys.joined(separator: ", ")), change, wall\(before)"
      + " FROM \(journal(table.id))\(condition) ORDER BY \(order.joined(separator: ", ")), seq"
  }

  /// How many rows have entries, and the oldest entry's time.
  static func pendingInJournal(_ table: TableSchema) -> String {
    """
    SELECT count(*), min(wall) FROM (SELECT min(wall) AS wall FROM \(journal(table.id)) \
    WHERE change > \(changeNumbered) GROUP BY \(journalKeys(table).joined(separator: ", ")))
    """
  }

  /// The entries of one row: change and wall.
  static func selectJournalOfKey(_ table: TableSchema) -> String {
    let condition = journalKeys(table).enumerated().map { "\($1) IS ?\($0 + 1)" }
    return "SELECT change, wall FROM \(journal(table.id))"
      + " WHERE \(condition.joined(separator: " AND ")) ORDER BY seq"
  }

  /// Key columns, then change and wall.
  static func appendToJournal(_ table: TableSchema) -> String {
    let keys = journalKeys(table)
    let parameters = (1...keys.count + 2).map { "?\($0)" }.joined(separator: ", ")
    return "INSERT INTO \(journal(table.id))(\(keys.joined(separator: ", ")), change, wall)"
      + " VALUES (\(parameters))"
  }

  /// Without a condition SQLite frees whole pages instead of deleting row by row.
  static func emptyJournal(_ table: TableSchema) -> String { "DELETE FROM \(journal(table.id))" }

  /// Journals rows as ones to look at.
  static func lookAgain(_ table: TableSchema, where condition: String) -> String {
    let columns = journalKeys(table).joined(separator: ", ")
    let keys = table.keyNames.map { quoted($0) }.joined(separator: ", ")
    return "INSERT INTO \(journal(table.id))(\(columns), change, wall)"
      + " SELECT \(keys), \(changeLookAgain), \(wall) FROM \(quoted(table.name))"
      + " WHERE \(condition)"
  }

  /// How many rows have a NULL in their key, and so no name that replicas could agree on.
  static func countNullKeys(_ table: TableSchema) -> String {
    let condition = table.keyNames.map { "\(quoted($0)) IS NULL" }.joined(separator: " OR ")
    return "SELECT count(*) FROM \(quoted(table.name)) WHERE \(condition)"
  }

  // MARK: Capture triggers

  struct Trigger: Hashable {
    let name: String
    let sql: String
    /// Whether it comes and goes with the application's unique indexes.
    var followsIndexes = false
    /// Whether all is captured without it, only less exactly.
    var onlyRefines = false
  }

  /// The Julian day in UTC, to the millisecond: what costs the writer least. All triggers of one
  /// statement get the same. `JournalTime` reads it.
  static let wall = "julianday()"

  /// What a table's writes are captured with: for an insert, a delete and a changed key one
  /// trigger each, and one for each column outside the key.
  static func captureTriggers(_ tracked: TrackedTable) -> [Trigger] {
    let table = tracked.schema
    let own = "tributary_\(table.id.rawValue)"
    let name = quoted(table.name)
    let into =
      "INSERT INTO \(journal(table.id))"
      + "(\(journalKeys(table).joined(separator: ", ")), change, wall"
    func append(_ rows: [(side: String, change: Int64)]) -> String {
      let values = rows.map { row in
        let keys = table.keyNames.map { "\(row.side).\(quoted($0))" }.joined(separator: ", ")
        return "(\(keys), \(row.change), \(wall))"
      }
      return "\(into)) VALUES \(values.joined(separator: ", "))"
    }
    func appendCounted(_ column: ColumnSchema, change: Int64) -> String {
      let keys = table.keyNames.map { "NEW.\(quoted($0))" }.joined(separator: ", ")
      let cell = quoted(column.name)
      return "\(into), was, became)"
        + " VALUES (\(keys), \(change), \(wall), OLD.\(cell), NEW.\(cell))"
    }
    func trigger(_ suffix: String, _ event: String, _ body: String) -> Trigger {
      Trigger(
        name: "\(own)_\(suffix)",
        sql: "CREATE TRIGGER \(own)_\(suffix) AFTER \(event) BEGIN \(body); END")
    }
    var result = [
      trigger("i", "INSERT ON \(name)", append([("NEW", changeInsert)])),
      trigger("d", "DELETE ON \(name)", append([("OLD", changeDelete)])),
    ]
    if let mark = numberMark(tracked) { result.append(mark) }
    for id in table.valueColumns {
      guard let column = table.column(id) else { continue }
      let event = "UPDATE OF \(quoted(column.name)) ON \(name) WHEN \(differs(column))"
      let change = changeUpdateBase + Int64(id.rawValue)
      let body =
        tracked.counted.contains(id)
        ? appendCounted(column, change: change) : append([("NEW", change)])
      result.append(trigger("u\(id.rawValue)", event, body))
    }
    let keys = table.keyColumns.compactMap { table.column($0) }
    let event = "UPDATE OF \(keyEventColumns(table).joined(separator: ", ")) ON \(name)"
    let condition = keys.map { "(\(differs($0)))" }.joined(separator: " OR ")
    result.append(
      trigger(
        "k", "\(event) WHEN \(condition)",
        append([("OLD", changeDelete), ("NEW", changeInsert)])))
    return result
  }

  /// Before an insert that leaves the number to SQLite a trigger sees −1 in its place.
  static func numberMark(_ tracked: TrackedTable) -> Trigger? {
    let table = tracked.schema
    guard tracked.keys?.marksNumbers == true, let key = table.keyNames.first else { return nil }
    let name = "tributary_\(table.id.rawValue)_n"
    return Trigger(
      name: name,
      sql: "CREATE TRIGGER \(name) BEFORE INSERT ON \(quoted(table.name))"
        + " WHEN NEW.\(quoted(key)) = -1 BEGIN INSERT INTO \(journal(table.id))(change, wall)"
        + " VALUES (\(changeNumbered), \(wall)); END")
  }

  /// The column's own collation would call some changes none. Where the column converts nothing,
  /// 1 and 1.0 are different too.
  static func differs(_ column: ColumnSchema, from old: String = "OLD.") -> String {
    let name = quoted(column.name)
    let values = "NEW.\(name) COLLATE BINARY IS NOT \(old)\(name)"
    guard column.affinity == .blob else { return values }
    return "\(values) OR typeof(NEW.\(name)) IS NOT typeof(\(old)\(name))"
  }

  /// An INTEGER PRIMARY KEY can also be set under the names of the row number.
  private static func keyEventColumns(_ table: TableSchema) -> [String] {
    let names = table.keyNames.map { quoted($0) }
    guard names.count == 1, !table.isWithoutRowID,
      let key = table.keyColumns.first.flatMap({ table.column($0) }),
      SchemaReader.sameName(key.declaredType, "integer")
    else { return names }
    let aliases = ["rowid", "oid", "_rowid_"].filter { alias in
      !table.columns.contains { SchemaReader.sameName($0.name, alias) }
    }
    return names + aliases
  }

  // MARK: Guards, on our connection only and only while a delta is applied

  /// The keys of the rows of a table that we are deleting ourselves.
  private static func guarded(_ table: TableSchema) -> String {
    "tributary_guarded_\(table.id.rawValue)"
  }

  private static func guardName(_ table: TableSchema) -> String {
    "tributary_guard_\(table.id.rawValue)"
  }

  /// What a trigger of the application does to tracked rows comes with the data itself. Its
  /// INSERTs and UPDATEs the authorizer leaves out; this leaves out its DELETEs. The rest of the
  /// trigger goes on.
  static func createGuard(_ table: TableSchema) -> [String] {
    let keys = journalKeys(table)
    let condition = zip(keys, table.keyNames).map { "\($0) IS OLD.\(quoted($1))" }
    return [
      "CREATE TEMP TABLE \(guarded(table)) (\(keys.joined(separator: ", ")))",
      """
      CREATE TEMP TRIGGER \(guardName(table)) BEFORE DELETE ON main.\(quoted(table.name)) \
      WHEN NOT EXISTS (SELECT 1 FROM \(guarded(table)) \
      WHERE \(condition.joined(separator: " AND "))) BEGIN SELECT RAISE(IGNORE); END
      """,
    ]
  }

  static func dropGuard(_ table: TableSchema) -> [String] {
    [
      "DROP TRIGGER temp.\(guardName(table))", "DROP TABLE temp.\(guarded(table))",
    ]
  }

  static func allowDeletion(_ table: TableSchema, keys: KeyColumns? = nil) -> String {
    let values = TableSQL(table, keys: keys).ownKeyValues.joined(separator: ", ")
    return "INSERT INTO temp.\(guarded(table)) VALUES (\(values))"
  }

  static func allowNoDeletion(_ table: TableSchema) -> String {
    "DELETE FROM temp.\(guarded(table))"
  }
}
