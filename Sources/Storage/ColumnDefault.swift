package import Deltas

/// What a column of a file has in rows whose insertion says nothing of it.
package enum ColumnDefault: Hashable, Sendable {
  case constant(Value)
  /// Computed anew for each row: the time, for instance.
  case computed

  /// As a statement's DEFAULT says it.
  init(sql: String?, in database: Database) throws(StorageError) {
    guard let sql else {
      self = .constant(.null)
      return
    }
    let word = SchemaReader.asciiLowercased(sql.trimmed)
    guard !word.hasPrefix("("), !word.hasPrefix("current_") else {
      self = .computed
      return
    }
    // SQLite takes a name in double quotes for a text here, and nowhere else.
    if word.hasPrefix("\"") {
      self = .constant(.text(Array(sql.trimmed.dropFirst().dropLast().utf8)))
      return
    }
    do throws(StorageError) {
      self = .constant(try database.firstRow(SchemaSQL.value(of: sql))?.first ?? .null)
    } catch {
      guard case .other = error else { throw error }
      self = .computed
    }
  }

  package var value: Value? {
    if case .constant(let value) = self { return value }
    return nil
  }

  /// What the columns of one table have, by their names in lower case; none for a computed one or
  /// a column that has no default.
  package static func values(
    of table: String, in database: Database
  ) throws(StorageError) -> [String: Value] {
    var result: [String: Value] = [:]
    for row in try database.rows(SchemaSQL.columns, [.text(table)]) {
      guard case .text(let name) = row[1], case .text(let sql) = row[6] else { continue }
      let column = ColumnDefault.lowercased(name)
      let found = try ColumnDefault(sql: String(decoding: sql, as: UTF8.self), in: database)
      if let value = found.value { result[column] = value }
    }
    return result
  }

  private static func lowercased(_ name: [UInt8]) -> String {
    SchemaReader.asciiLowercased(String(decoding: name, as: UTF8.self))
  }
}

extension SchemaReader {
  /// What a column of a file has in rows whose insertion says nothing of it: NULL if nothing is
  /// declared, nil if it is computed for each row.
  package static func defaultValue(
    of column: String, in table: String, in database: Database
  ) throws(StorageError) -> Value? {
    for row in try database.rows(SchemaSQL.columns, [.text(table)]) {
      guard case .text(let name) = row[1],
        sameName(String(decoding: name, as: UTF8.self), column)
      else { continue }
      guard case .text(let sql) = row[6] else { return .null }
      return try ColumnDefault(sql: String(decoding: sql, as: UTF8.self), in: database).value
    }
    return .null
  }
}

extension String {
  /// Without white space around it.
  fileprivate var trimmed: String {
    var rest = Substring(self)
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
