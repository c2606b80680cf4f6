internal import Deltas
internal import Storage

/// Rows that live and die with others: those that are gone, by the row at the top of their group,
/// and the tops whose deletions may still matter.
extension HubSQL {
  /// The tables of rows that live and die together, which came with the fourth format.
  static let createGroupTables = """
    CREATE TABLE tributary_member (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      top_table_id INTEGER NOT NULL,
      top_key BLOB NOT NULL,
      PRIMARY KEY (table_id, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tributary_member_top ON tributary_member (top_table_id, top_key);

    CREATE TABLE tributary_top (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      PRIMARY KEY (table_id, key)
    ) STRICT, WITHOUT ROWID;
    """

  // MARK: Members that are gone

  static let upsertMember = """
    INSERT INTO tributary_member (table_id, key, top_table_id, top_key) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET top_table_id = excluded.top_table_id, top_key = excluded.top_key
    """
  static let deleteMember = "DELETE FROM tributary_member WHERE table_id = ? AND key = ?"
  static let selectMember = "SELECT 1 FROM tributary_member WHERE table_id = ? AND key = ?"
  static let selectMembers = """
    SELECT key FROM tributary_member WHERE top_table_id = ? AND top_key = ? AND table_id = ?
    ORDER BY key
    """

  // MARK: Tops

  static let insertTop = "INSERT OR IGNORE INTO tributary_top (table_id, key) VALUES (?, ?)"
  static let deleteTop = "DELETE FROM tributary_top WHERE table_id = ? AND key = ?"
  static let selectTop = "SELECT 1 FROM tributary_top WHERE table_id = ? AND key = ?"
  static let hasTops = "SELECT 1 FROM tributary_top LIMIT 1"

  // MARK: Rows of the changeset under way

  static let createTouched = """
    CREATE TEMP TABLE IF NOT EXISTS tributary_touched (
      table_id INTEGER NOT NULL,
      key BLOB NOT NULL,
      PRIMARY KEY (table_id, key)
    ) WITHOUT ROWID
    """
  static let insertTouched = "INSERT OR IGNORE INTO tributary_touched VALUES (?, ?)"
  static let hasTouched = "SELECT 1 FROM tributary_touched LIMIT 1"
  static let deleteAllTouched = "DELETE FROM tributary_touched"
  static let selectTouched = """
    SELECT table_id, key FROM tributary_touched WHERE (table_id, key) > (?1, ?2)
    ORDER BY table_id, key LIMIT ?3
    """

  /// The keys of the rows whose reference is to the row with some key, in the order of its columns.
  static func selectReferring(_ reference: Reference) -> String {
    let (child, parent) = (reference.child, reference.parent)
    let key = child.keyNames.map { quoted($0) }.joined(separator: ", ")
    let places = parent.keyColumns.compactMap { reference.parentColumns.firstIndex(of: $0) }
    let wanted = places.enumerated().compactMap { number, place in
      child.column(reference.columns[place]).map { "\(quoted($0.name)) = ?\(number + 1)" }
    }
    return """
      SELECT \(key) FROM main.\(quoted(child.name)) WHERE \(wanted.joined(separator: " AND "))
      ORDER BY \(key)
      """
  }
}
