package import Deltas
internal import Storage

/// The application whose branches are simulated: a small shop.
enum SimulatedSchema {
  /// Keys of all kinds: an integer, two columns, a text; a table that is all key; one without a
  /// row ID; columns of every affinity. Balances come in pairs with a constant sum.
  static let sql = """
    CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, phone TEXT, note);
    CREATE TABLE line (
      place TEXT NOT NULL, number INTEGER NOT NULL, item BLOB, quantity INTEGER,
      PRIMARY KEY (place, number)
    ) WITHOUT ROWID;
    CREATE TABLE member (
      customer INTEGER NOT NULL, label TEXT NOT NULL, PRIMARY KEY (customer, label)
    ) WITHOUT ROWID;
    CREATE TABLE tag (label TEXT NOT NULL PRIMARY KEY, colour TEXT, weight REAL);
    """

  /// Not tracked: each branch counts for itself.
  static let countSQL = """
    CREATE TABLE line_count (place TEXT PRIMARY KEY, lines INTEGER NOT NULL);
    """

  /// What else an application may have: a trigger that writes the very row, one that deletes other
  /// rows, and some that keep a count elsewhere.
  static let triggerSQL = """
    CREATE TRIGGER customer_touch AFTER UPDATE OF name, phone ON customer BEGIN
      UPDATE customer SET note = 'now ' || NEW.name || ', ' || NEW.phone WHERE id = NEW.id;
    END;
    CREATE TRIGGER customer_members AFTER DELETE ON customer BEGIN
      DELETE FROM member WHERE customer = OLD.id;
    END;
    CREATE TRIGGER line_insert AFTER INSERT ON line BEGIN
      INSERT OR REPLACE INTO line_count SELECT NEW.place, count(*) FROM line
        WHERE place = NEW.place;
    END;
    CREATE TRIGGER line_delete AFTER DELETE ON line BEGIN
      INSERT OR REPLACE INTO line_count SELECT OLD.place, count(*) FROM line
        WHERE place = OLD.place;
    END;
    CREATE TRIGGER line_move AFTER UPDATE OF place, number ON line BEGIN
      INSERT OR REPLACE INTO line_count SELECT OLD.place, count(*) FROM line
        WHERE place = OLD.place;
      INSERT OR REPLACE INTO line_count SELECT NEW.place, count(*) FROM line
        WHERE place = NEW.place;
    END;
    """

  static let uniqueSQL = "CREATE UNIQUE INDEX tag_colour ON tag (colour);"

  /// Counts, and what a program notes of them for itself.
  static let visitSQL = """
    CREATE TABLE visit (id INTEGER PRIMARY KEY, count INTEGER NOT NULL);
    CREATE TABLE visit_log (id INTEGER NOT NULL, added INTEGER, note TEXT);
    """
  static let visitUpgradeSQL = "ALTER TABLE visit ADD COLUMN note TEXT"
  static let visitTable = "visit"
  /// From there on each branch makes one of its own.
  static let firstOwnVisit: Int64 = 100

  static let accountTable = "account"
  /// What the balances of accounts 2n and 2n+1 come to together.
  static let pairSum: Int64 = 1_000_000_000
  static let pairCount = 2

  /// The tables that are synced.
  static let tables = ["account", "customer", "line", "member", "tag"]

  /// Everything that the application makes in a new file.
  static func everything(_ plan: SimulationPlan) -> String {
    [
      sql, countSQL, plan.hasTriggers ? triggerSQL : "", plan.hasUniqueColumn ? uniqueSQL : "",
      plan.hasVisits ? visitSQL : "", plan.references?.sql ?? "",
    ].joined(separator: "\n")
  }

  /// All that is synced; the world knows what `known` leaves of it.
  static func read(path: String, _ plan: SimulationPlan) throws -> Schema {
    let database = try Database(path: path, mode: .create)
    try database.executeScript(everything(plan))
    return try SchemaReader.read(
      database,
      tables: tables + (plan.hasVisits ? [visitTable] : [])
        + (plan.references == nil ? [] : SimulatedReferences.tables))
  }

  /// The tables in which every value names its write.
  static func known(_ schema: Schema) -> Schema {
    var known = schema
    known.tables.removeAll { !tables.contains($0.name) }
    return known
  }
}

/// All rows of all tables: beside each key, the columns outside it in the order of their numbers.
package typealias Rows = [RowKey: [Value]]

/// The statements that look at the tracked tables, made once.
struct RowReader {
  private struct Table {
    let id: TableID
    let keyCount: Int
    let hasValues: Bool
    let selectAll: String
    let selectRow: String
    let selectJournalEnd: String

    init(_ table: TableSchema) {
      let sql = TableSQL(table)
      id = table.id
      keyCount = table.keyColumns.count
      hasValues = !table.valueColumns.isEmpty
      selectAll = sql.selectAllByKeyOrder
      selectRow = sql.selectByKey(table.valueColumns)
      selectJournalEnd = "SELECT max(seq) FROM tributary_journal_\(table.id.rawValue)"
    }
  }

  private let tables: [Table]

  init(_ schema: Schema) { tables = schema.tables.map { Table($0) } }

  /// All rows of all tables as one reader sees them, in one snapshot.
  func rows(in database: Database) throws -> Rows {
    try database.readTransaction { try rowsInTransaction(of: database) }
  }

  /// The same inside the caller's own transaction.
  func rowsInTransaction(of database: Database) throws -> Rows {
    var result: Rows = [:]
    for table in tables {
      for row in try database.rows(table.selectAll) {
        result[RowKey(table: table.id, values: Array(row[..<table.keyCount]))] =
          Array(row[table.keyCount...])
      }
    }
    return result
  }

  /// The keys of one table's rows, in their order.
  func keys(of table: TableID, in database: Database) throws -> [RowKey] {
    guard let table = tables.first(where: { $0.id == table }) else { return [] }
    return try database.rows(table.selectAll).map {
      RowKey(table: table.id, values: Array($0[..<table.keyCount]))
    }
  }

  /// The number of each journal's last entry; NULL where there is none.
  func journalEnds(in database: Database) throws -> [Value] {
    try tables.compactMap { try database.firstRow($0.selectJournalEnd)?.first }
  }

  /// One row's values outside the key; nil if there is none.
  func row(_ key: RowKey, in database: Database) throws -> [Value]? {
    guard let table = tables.first(where: { $0.id == key.table }),
      let row = try database.firstRow(table.selectRow, key.values)
    else { return nil }
    return table.hasValues ? row : []
  }
}

/// Somebody who only reads, does not wait, and reads again only what has changed.
final class RowWatch {
  private let database: Database
  private let reader: RowReader
  private var version: Int64?
  private var known: Rows = [:]

  init(path: String, reader: RowReader) throws {
    database = try Database(path: path, mode: .readWrite, busyTimeoutMilliseconds: 0)
    self.reader = reader
  }

  /// All rows of all tables, in one snapshot.
  func rows() throws -> Rows {
    try database.readTransaction {
      let now = try database.dataVersion()
      if now != version {
        known = try reader.rowsInTransaction(of: database)
        version = now
      }
      return known
    }
  }

  func journalEnds() throws -> [Value] { try reader.journalEnds(in: database) }

  /// What a query finds.
  func query(_ sql: String) throws -> [[Value]] { try database.rows(sql) }

  /// Whether something was committed since it has looked at the rows.
  func isBehind() throws -> Bool { try database.dataVersion() != version }
}

extension Schema {
  /// A row's name for people: `customer 17`.
  func name(_ key: RowKey) -> String {
    let table = table(key.table)?.name ?? key.table.description
    return table + " " + key.values.map(\.shown).joined(separator: "/")
  }

  func name(_ column: ColumnID, of key: RowKey) -> String {
    let column = table(key.table)?.column(column)?.name ?? column.description
    return "\(name(key)).\(column)"
  }
}

extension Value {
  /// For traces and sentences, cut short.
  var shown: String {
    switch self {
    case .null: "NULL"
    case .integer(let value): String(value)
    case .real(let bits): String(Double(bitPattern: bits))
    case .text(let bytes):
      bytes.count > 40 ? "text of \(bytes.count) bytes" : String(decoding: bytes, as: UTF8.self)
    case .blob(let bytes): "blob of \(bytes.count) bytes"
    }
  }
}
