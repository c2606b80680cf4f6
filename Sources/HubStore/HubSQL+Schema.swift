internal import Deltas
internal import Storage

/// The statements that change consolidated tables. They are put together from names and types, and
/// not from what a branch wrote: that may be anything.
extension HubSQL {
  static let selectTableSQL = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?"

  static let beginAddition = "SAVEPOINT tributary_addition"
  static let endAddition = "RELEASE tributary_addition"
  static let undoAddition = "ROLLBACK TO tributary_addition; RELEASE tributary_addition"

  static func addColumn(_ column: ColumnSchema, to table: TableSchema) -> String {
    let definition = definition(of: column, isStrict: table.isStrict)
    return "ALTER TABLE \(quoted(table.name)) ADD COLUMN \(definition)"
  }

  static func createTable(_ table: TableSchema) -> String {
    var parts = table.columns.map { definition(of: $0, isStrict: table.isStrict) }
    let key = table.keyNames.map { quoted($0) }.joined(separator: ", ")
    parts.append("PRIMARY KEY (\(key))")
    let options = [table.isWithoutRowID ? "WITHOUT ROWID" : nil, table.isStrict ? "STRICT" : nil]
      .compactMap { $0 }.joined(separator: ", ")
    return "CREATE TABLE \(quoted(table.name)) (\(parts.joined(separator: ", "))) \(options)"
  }

  static func renameTable(_ name: String, to new: String) -> String {
    "ALTER TABLE \(quoted(name)) RENAME TO \(quoted(new))"
  }

  static func renameColumn(_ name: String, of table: String, to new: String) -> String {
    "ALTER TABLE \(quoted(table)) RENAME COLUMN \(quoted(name)) TO \(quoted(new))"
  }

  static let keepReferences = "PRAGMA legacy_alter_table = ON"
  static let followReferences = "PRAGMA legacy_alter_table = OFF"
  static let formerTable = "tributary_former"
  static let dropFormerTable = "DROP TABLE \(formerTable)"

  /// The rows of a table as it was, in the order of their places.
  static func copyRows(of table: TableSchema) -> String {
    let names = table.columns.map { quoted($0.name) }.joined(separator: ", ")
    return "INSERT INTO \(quoted(table.name))(\(names)) SELECT \(names) FROM \(formerTable)"
  }

  /// Without NOT NULL: rows of branches that lack the column must find room.
  private static func definition(of column: ColumnSchema, isStrict: Bool) -> String {
    var result = "\(quoted(column.name)) \(type(of: column, isStrict: isStrict))"
    if column.collation != "BINARY" { result += " COLLATE \(quoted(column.collation))" }
    if let value = column.defaultValue { result += " DEFAULT \(literal(value))" }
    return result
  }

  /// The declared type, if it is just words and lengths; else one with its affinity.
  private static func type(of column: ColumnSchema, isStrict: Bool) -> String {
    let declared = column.declaredType
    let isPlain = declared.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || byte == 32 || byte == 95
    }
    let words = declared.split(separator: " ").map { SchemaReader.asciiLowercased(String($0)) }
    let isWord = words.allSatisfy { !clauseWords.contains($0) && $0.first?.isNumber != true }
    if isPlain, isWord { return declared }
    return switch column.affinity {
    case .text: "TEXT"
    case .integer: isStrict ? "INTEGER" : "INT"
    case .real: "REAL"
    case .blob: isStrict ? "ANY" : ""
    case .numeric: isStrict ? "ANY" : "NUMERIC"
    }
  }

  /// Words that begin something else than a type.
  private static let clauseWords: Set<String> = [
    "as", "check", "collate", "constraint", "default", "foreign", "generated", "not", "null", "on",
    "primary", "references", "unique",
  ]

  private static func literal(_ value: Value) -> String {
    switch value {
    case .null: return "NULL"
    case .integer(let number): return "\(number)"
    // The shortest text that reads as the same number.
    case .real(let bits):
      let number = Double(bitPattern: bits)
      return number.isFinite ? "\(number)" : "NULL"
    case .text(let bytes) where !isPlain(bytes):
      return "CAST(x'\(hexadecimal(bytes))' AS TEXT)"
    case .text(let bytes):
      let text = String(decoding: bytes, as: UTF8.self)
      return "'"
        + text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "''") + "'"
    case .blob(let bytes): return "x'\(hexadecimal(bytes))'"
    }
  }

  /// Whether a text can stand in a statement as it is.
  private static func isPlain(_ bytes: [UInt8]) -> Bool {
    !bytes.contains(0) && String(validating: bytes, as: UTF8.self) != nil
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }
}
