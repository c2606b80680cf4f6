package import Deltas

/// The statements that read and write one tracked table.
///
/// In every statement the key's values are the first parameters, ?1 …, in the key's order; other
/// values follow in the order of the columns given.
///
/// Where a branch has keys of its own in the table, the statements take and give shared keys all
/// the same.
package struct TableSQL: Sendable {
  package let table: TableSchema
  private let keys: KeyColumns?
  private let name: String
  private let keyNames: [String]
  private let keyPredicate: String
  /// The same for a key as it is in the table.
  private let ownKeyPredicate: String
  /// Names what happens on a conflict where the table's own constraints would say otherwise, such
  /// as REPLACE, which deletes other rows.
  private let orAbort: String
  /// A whole new row: the key's columns, then `valueColumns`.
  package let insert: String
  package let delete: String
  /// All columns of all rows, in the order of the columns' numbers; rows in no order.
  package let selectAll: String
  /// The key's columns, then the others in the order of their numbers; rows in the key's order.
  package let selectAllByKeyOrder: String
  package let count: String

  package init(_ table: TableSchema, keys: KeyColumns? = nil) {
    self.table = table
    self.keys = keys
    name = quoted(table.name)
    let columns = table.keyColumns.compactMap { table.column($0) }
    keyNames = columns.map { quoted($0.name) }
    keyPredicate = columns.enumerated().map {
      Self.matches($1, Self.written(parameter: $0 + 1, to: $1.id, keys))
    }.joined(separator: " AND ")
    ownKeyPredicate = columns.enumerated().map { Self.matches($1, "?\($0 + 1)") }
      .joined(separator: " AND ")
    let words = table.createSQL.split { $0.isWhitespace }.joined(separator: " ")
    orAbort = SchemaReader.asciiLowercased(words).contains("on conflict") ? "OR ABORT " : ""

    let keysFirst = table.keyColumns + table.valueColumns
    let names = Self.names(keysFirst, of: table).joined(separator: ", ")
    let list = Self.read(keysFirst, of: table, keys).joined(separator: ", ")
    let parameters = keysFirst.enumerated().map {
      Self.written(parameter: $0 + 1, to: $1, keys)
    }.joined(separator: ", ")
    insert = "INSERT \(orAbort)INTO \(name)(\(names)) VALUES (\(parameters))"
    delete = "DELETE FROM \(name) WHERE \(keyPredicate)"
    let inNumbers = Self.read(table.columns.map(\.id).sorted(), of: table, keys)
    selectAll = "SELECT \(inNumbers.joined(separator: ", ")) FROM \(name)"
    let order = columns.map { "\(quoted($0.name)) COLLATE \(quoted($0.collation))" }
    selectAllByKeyOrder =
      "SELECT \(list) FROM \(name) ORDER BY \(order.joined(separator: ", "))"
    count = "SELECT count(*) FROM \(name)"
  }

  /// Finds by the key's own collation, so that its index is used, and then demands equal bytes
  /// and, where the column converts nothing, the same storage class.
  private static func matches(_ column: ColumnSchema, _ value: String) -> String {
    let name = quoted(column.name)
    var result = "\(name) COLLATE \(quoted(column.collation)) = \(value)"
    if column.collation == "BINARY" {
      result = "\(name) = \(value)"
    } else {
      result += " AND \(name) COLLATE BINARY = \(value)"
    }
    if column.affinity == .blob { result += " AND typeof(\(name)) = typeof(\(value))" }
    return result
  }

  /// What a column's parameter is in the table.
  private static func written(
    parameter: Int, to column: ColumnID, _ keys: KeyColumns?
  ) -> String {
    guard let keys, let domain = keys.domains[column] else { return "?\(parameter)" }
    return "(\(KeySQL.own("?\(parameter)", domain, keys.space)))"
  }

  /// What columns hold, for others.
  private static func read(
    _ columns: [ColumnID], of table: TableSchema, _ keys: KeyColumns?
  ) -> [String] {
    columns.compactMap { id in
      guard let column = table.column(id) else { return nil }
      guard let keys, let domain = keys.domains[id] else { return quoted(column.name) }
      return KeySQL.shared("\(quoted(table.name)).\(quoted(column.name))", domain, keys.space)
    }
  }

  private static func names(_ columns: [ColumnID], of table: TableSchema) -> [String] {
    columns.compactMap { table.column($0).map { quoted($0.name) } }
  }

  /// Some columns of one row, or a 1 when there are none.
  package func selectByKey(_ columns: [ColumnID]) -> String {
    "SELECT \(list(columns)) FROM \(name) WHERE \(keyPredicate)"
  }

  /// The same by the key that the table has.
  package func selectByOwnKey(_ columns: [ColumnID]) -> String {
    "SELECT \(list(columns)) FROM \(name) WHERE \(ownKeyPredicate)"
  }

  private func list(_ columns: [ColumnID]) -> String {
    columns.isEmpty ? "1" : Self.read(columns, of: table, keys).joined(separator: ", ")
  }

  /// A new row of which only some columns outside the key are known.
  package func insert(_ columns: [ColumnID]) -> String {
    let keysFirst = table.keyColumns + columns
    let names = Self.names(keysFirst, of: table).joined(separator: ", ")
    let parameters = keysFirst.enumerated().map {
      Self.written(parameter: $0 + 1, to: $1, keys)
    }.joined(separator: ", ")
    return "INSERT \(orAbort)INTO \(name)(\(names)) VALUES (\(parameters))"
  }

  /// Some columns of one row. At least one column.
  package func update(_ columns: [ColumnID]) -> String {
    let list = columns.enumerated().compactMap { index, id in
      table.column(id).map { column in
        let parameter = keyNames.count + index + 1
        return "\(quoted(column.name)) = \(Self.written(parameter: parameter, to: id, keys))"
      }
    }
    return "UPDATE \(orAbort)\(name) SET \(list.joined(separator: ", ")) WHERE \(keyPredicate)"
  }

  /// What columns hold, for others: an expression for each.
  package func sharedValues(_ columns: [ColumnID]) -> [String] {
    Self.read(columns, of: table, keys)
  }

  // MARK: Keys alone

  /// Whether the table's keys are not the shared ones.
  package var isTranslating: Bool { table.keyColumns.contains { keys?.domains[$0] != nil } }

  /// A key as the table has it, of the shared one's values: an expression for each.
  package var ownKeyValues: [String] {
    table.keyColumns.enumerated().map { Self.written(parameter: $0 + 1, to: $1, keys) }
  }

  /// A key as the table has it; NULL where there is none yet.
  package var selectOwnKey: String { "SELECT \(ownKeyValues.joined(separator: ", "))" }

  /// The shared key of one that the table has.
  package var selectSharedKey: String {
    let values = table.keyColumns.enumerated().map { index, id in
      guard let keys, let domain = keys.domains[id] else { return "?\(index + 1)" }
      return KeySQL.shared("?\(index + 1)", domain, keys.space)
    }
    return "SELECT \(values.joined(separator: ", "))"
  }
}
