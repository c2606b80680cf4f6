internal import Deltas
internal import Storage

/// References of rows to others, and the rows whose references lead nowhere.
///
/// What must be looked at is noted by triggers of this connection only, whichever way a row is
/// written: a row whose reference is not met, rows whose parent goes, and, where rows with unmet
/// references are listed, whatever may end that.
extension HubSQL {
  /// The tables that came with the third format.
  static let createThirdFormat = """
    CREATE TABLE tributary_reference (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

    CREATE TABLE tributary_orphan (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      reference TEXT NOT NULL,
      position INTEGER NOT NULL,
      since INTEGER NOT NULL,
      author INTEGER NOT NULL,
      cause INTEGER NOT NULL,
      replica INTEGER,
      milliseconds INTEGER,
      wanted BLOB NOT NULL,
      PRIMARY KEY (table_id, key, reference)
    ) STRICT, WITHOUT ROWID;
    """

  static let selectReferences = "SELECT name FROM tributary_reference ORDER BY name"
  static let insertReference = "INSERT INTO tributary_reference (name) VALUES (?)"
  static let deleteReference = "DELETE FROM tributary_reference WHERE name = ?"

  // MARK: Orphans

  /// One that is listed already is as old as it was, unless it refers to something else now.
  static let upsertOrphan = """
    INSERT INTO tributary_orphan
      (table_id, key, reference, position, since, author, cause, replica, milliseconds, wanted)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET
      position = iif(wanted = excluded.wanted, position, excluded.position),
      since = iif(wanted = excluded.wanted, since, excluded.since),
      author = excluded.author, cause = excluded.cause, replica = excluded.replica,
      milliseconds = excluded.milliseconds, wanted = excluded.wanted
    """
  static let deleteOrphan = """
    DELETE FROM tributary_orphan WHERE table_id = ? AND key = ? AND reference = ?
    """
  static let deleteOrphansOfRow = "DELETE FROM tributary_orphan WHERE table_id = ? AND key = ?"
  static let deleteOrphansOfReference = "DELETE FROM tributary_orphan WHERE reference = ?"
  static let selectOrphansOfReference = """
    SELECT table_id, key FROM tributary_orphan WHERE reference = ?
    """
  static let selectOrphansOfRow = """
    SELECT reference FROM tributary_orphan WHERE table_id = ? AND key = ?
    """
  static let selectOrphanKeys = "SELECT DISTINCT table_id, key FROM tributary_orphan"
  static let countOrphans = "SELECT count(*) FROM tributary_orphan"
  static let selectOrphans = """
    SELECT table_id, key, reference, position, since, author, cause, replica, milliseconds, wanted
    FROM tributary_orphan ORDER BY since, position, table_id, key, reference LIMIT ?
    """

  /// Records of a table's rows that are not as the table shows them.
  static let selectDetailsOfTable = """
    SELECT key, position, milliseconds, detail FROM tributary_row
    WHERE table_id = ? AND detail IS NOT NULL LIMIT ?
    """

  // MARK: Watching

  static let isWatching = """
    SELECT 1 FROM temp.sqlite_schema WHERE type = 'table' AND name = 'tributary_noted'
    """
  static let selectWatchers = """
    SELECT name FROM temp.sqlite_schema
    WHERE type = 'trigger' AND substr(name, 1, 12) = 'tributary_w_'
    """
  static let dropNoted = "DROP TABLE IF EXISTS temp.tributary_noted"
  static func dropWatcher(_ name: String) -> String {
    "DROP TRIGGER IF EXISTS temp.\(quoted(name))"
  }

  static func createNoted(keyColumnsMax count: Int) -> String {
    """
    CREATE TEMP TABLE tributary_noted (
      number INTEGER PRIMARY KEY, table_id INTEGER NOT NULL, \(noteColumns(count))
    )
    """
  }

  static func insertNoted(_ table: TableSchema) -> String {
    let parameters = table.keyColumns.indices.map { "?\($0 + 2)" }.joined(separator: ", ")
    return "INSERT INTO temp.tributary_noted (table_id, \(noteColumns(table.keyColumns.count)))"
      + " VALUES (?1, \(parameters))"
  }

  static func selectNoted(keyColumnsMax count: Int) -> String {
    """
    SELECT number, table_id, \(noteColumns(count)) FROM temp.tributary_noted
    ORDER BY number LIMIT ?
    """
  }
  static let hasNoted = "SELECT 1 FROM temp.tributary_noted LIMIT 1"
  /// Forgets rows that find what they refer to by now, unless any of their table may be listed.
  static func deleteMet(_ references: [Reference]) -> String? {
    guard let table = references.first?.child else { return nil }
    let key = table.keyNames.enumerated().map { "c.\(quoted($1)) = tributary_noted.k\($0 + 1)" }
    let met = references.map { "NOT \(isUnmet($0, "c"))" }.joined(separator: " AND ")
    return """
      DELETE FROM temp.tributary_noted
      WHERE table_id = \(table.id.rawValue) AND NOT \(hasOrphans(table)) AND EXISTS (
        SELECT 1 FROM main.\(quoted(table.name)) AS c
        WHERE \(key.joined(separator: " AND ")) AND \(met))
      """
  }
  static let deleteNoted = "DELETE FROM temp.tributary_noted WHERE number <= ?"

  private static func noteColumns(_ count: Int) -> String {
    (1...count).map { "k\($0)" }.joined(separator: ", ")
  }

  /// Notes the row of an alias. What follows may be a source of many.
  private static func note(_ table: TableSchema, _ row: String) -> String {
    let keys = table.keyNames.map { "\(row).\(quoted($0))" }.joined(separator: ", ")
    return "INSERT INTO tributary_noted (table_id, \(noteColumns(table.keyColumns.count)))"
      + " SELECT \(table.id.rawValue), \(keys)"
  }

  private static func hasOrphans(_ table: TableSchema) -> String {
    "EXISTS (SELECT 1 FROM main.tributary_orphan WHERE table_id = \(table.id.rawValue))"
  }

  private static func names(_ columns: [ColumnID], of table: TableSchema) -> [String] {
    columns.compactMap { table.column($0).map { quoted($0.name) } }
  }

  private static func isNotNull(_ reference: Reference, _ row: String) -> String {
    names(reference.columns, of: reference.child).map { "\(row).\($0) IS NOT NULL" }
      .joined(separator: " AND ")
  }

  /// The row that another's columns refer to. The sign takes the affinity off the child's value,
  /// so that the parent's columns say how to compare, as in SQLite's own foreign keys.
  private static func finds(
    _ reference: Reference, parent: String, child: String
  ) -> String {
    zip(
      names(reference.parentColumns, of: reference.parent),
      names(reference.columns, of: reference.child)
    ).map { "\(parent).\($0) = +\(child).\($1)" }.joined(separator: " AND ")
  }

  /// Whether a row refers to one that is not there. A reference with NULL in it refers to none.
  private static func isUnmet(_ reference: Reference, _ row: String) -> String {
    """
    (\(isNotNull(reference, row)) AND NOT EXISTS (
      SELECT 1 FROM main.\(quoted(reference.parent.name)) AS p
      WHERE \(finds(reference, parent: "p", child: row))))
    """
  }

  private static func watcher(
    _ name: String, _ event: String, on table: TableSchema, when condition: String?, _ body: String
  ) -> String {
    let condition = condition.map { "WHEN \($0)\n" } ?? ""
    return """
      CREATE TEMP TRIGGER \(quoted("tributary_w_\(name)")) AFTER \(event) \
      ON main.\(quoted(table.name))
      \(condition)BEGIN \(body); END
      """
  }

  /// What is watched of a table that refers to others.
  static func childWatchers(_ references: [Reference]) -> [String] {
    guard let table = references.first?.child else { return [] }
    let id = table.id.rawValue
    let unmet = references.map { isUnmet($0, "NEW") }.joined(separator: " OR ")
    let turned = references.map { reference in
      let differs = names(reference.columns, of: table).map { "OLD.\($0) IS NOT NEW.\($0)" }
      return "((\(differs.joined(separator: " OR "))) AND \(isUnmet(reference, "NEW")))"
    }.joined(separator: " OR ")
    return [
      watcher("\(id)_i", "INSERT", on: table, when: unmet, note(table, "NEW")),
      watcher(
        "\(id)_u", "UPDATE", on: table, when: "\(hasOrphans(table)) OR \(turned)",
        note(table, "NEW")),
      watcher("\(id)_d", "DELETE", on: table, when: hasOrphans(table), note(table, "OLD")),
    ]
  }

  /// What is watched of a table that others refer to, for one reference, the `number`th of all.
  static func parentWatchers(_ reference: Reference, number: Int) -> [String] {
    let (parent, child) = (reference.parent, reference.child)
    let isListed = hasOrphans(child)
    var result = [
      watcher(
        "\(parent.id.rawValue)_d\(number)", "DELETE", on: parent, when: nil,
        noteLeft(reference)),
      watcher(
        "\(parent.id.rawValue)_i\(number)", "INSERT", on: parent, when: isListed,
        noteFound(reference)),
    ]
    let outside = reference.parentColumns.filter { !parent.keyColumns.contains($0) }
    guard !outside.isEmpty else { return result }
    let columns = names(outside, of: parent)
    let differs = columns.map { "OLD.\($0) IS NOT NEW.\($0)" }.joined(separator: " OR ")
    result.append(
      watcher(
        "\(parent.id.rawValue)_u\(number)", "UPDATE OF \(columns.joined(separator: ", "))",
        on: parent, when: differs, "\(noteLeft(reference)); \(noteFound(reference))"))
    return result
  }

  /// Notes the rows that referred to a row which goes.
  private static func noteLeft(_ reference: Reference) -> String {
    let child = "\(note(reference.child, "c")) FROM main.\(quoted(reference.child.name)) AS c"
    // An index would not find all that it is to find.
    guard reference.comparesAlike else { return "\(child) WHERE \(isUnmet(reference, "c"))" }
    return "\(child) WHERE \(isReferred(reference, "OLD"))"
  }

  /// Notes the rows that refer to a row which comes.
  private static func noteFound(_ reference: Reference) -> String {
    let child = "\(note(reference.child, "c")) FROM main.\(quoted(reference.child.name)) AS c"
    guard reference.comparesAlike else {
      let key = reference.parent.keyNames.map { "p.\(quoted($0)) = NEW.\(quoted($0))" }
      return """
        \(child), main.\(quoted(reference.parent.name)) AS p \
        WHERE \(key.joined(separator: " AND ")) AND \(finds(reference, parent: "p", child: "c"))
        """
    }
    return "\(child) WHERE \(isReferred(reference, "NEW"))"
  }

  private static func isReferred(_ reference: Reference, _ row: String) -> String {
    zip(
      names(reference.parentColumns, of: reference.parent),
      names(reference.columns, of: reference.child)
    ).map { "c.\($1) = +\(row).\($0)" }.joined(separator: " AND ")
  }

  // MARK: Looking

  /// The columns of a row's reference and whether it is unmet; parameters are the row's key.
  static func selectReference(_ reference: Reference) -> String {
    let key = reference.child.keyNames.enumerated().map { "c.\(quoted($1)) = ?\($0 + 1)" }
    let columns = names(reference.columns, of: reference.child).map { "c.\($0)" }
    return """
      SELECT \(isUnmet(reference, "c")), \(columns.joined(separator: ", "))
      FROM main.\(quoted(reference.child.name)) AS c WHERE \(key.joined(separator: " AND "))
      """
  }

  /// The keys of all rows whose reference is not met.
  static func selectUnmet(_ reference: Reference) -> String {
    let key = reference.child.keyNames.map { "c.\(quoted($0))" }.joined(separator: ", ")
    return """
      SELECT \(key) FROM main.\(quoted(reference.child.name)) AS c
      WHERE \(isUnmet(reference, "c"))
      """
  }

  // MARK: Indexes

  /// What an index that has all rows begins with, index by index.
  static let selectIndexParts = """
    SELECT list.name, part.name, part.coll FROM pragma_index_list(?1) AS list
    JOIN pragma_index_xinfo(list.name) AS part
    WHERE list.partial = 0 AND part.key = 1 ORDER BY list.name, part.seqno
    """

  static func createIndex(_ table: TableSchema, _ columns: [ColumnID]) -> String {
    let numbers = columns.map { "\($0.rawValue)" }.joined(separator: "_")
    let name = "tributary_refers_\(table.id.rawValue)_\(numbers)"
    let list = names(columns, of: table).joined(separator: ", ")
    return "CREATE INDEX IF NOT EXISTS \(quoted(name)) ON \(quoted(table.name)) (\(list))"
  }
}
