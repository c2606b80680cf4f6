package import Deltas

/// The statements that read and write one tracked table.
///
/// In every statement the key's values are the first parameters, ?1 …, in the key's order; other
/// values follow in the order of the columns given.
package struct TableSQL: Sendable {
  package let table: TableSchema
  private let name: String
  private let keyNames: [String]
  private let keyPredicate: String
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

  package init(_ table: TableSchema) {
    self.table = table
    name = quoted(table.name)
    let columns = table.keyColumns.compactMap { table.column($0) }
    keyNames = columns.map { quoted($0.name) }
    keyPredicate = columns.enumerated().map { Self.matches($1, parameter: $0 + 1) }
      .joined(separator: " AND ")
    let words = table.createSQL.split { $0.isWhitespace }.joined(separator: " ")
    orAbort = SchemaReader.asciiLowercased(words).contains("on conflict") ? "OR ABORT " : ""

    let keysFirst = keyNames + Self.names(table.valueColumns, of: table)
    let list = keysFirst.joined(separator: ", ")
    let parameters = (1...keysFirst.count).map { "?\($0)" }.joined(separator: ", ")
    insert = "INSERT \(orAbort)INTO \(name)(\(list)) VALUES (\(parameters))"
    delete = "DELETE FROM \(name) WHERE \(keyPredicate)"
    let inNumbers = Self.names(table.columns.map(\.id).sorted(), of: table)
    selectAll = "SELECT \(inNumbers.joined(separator: ", ")) FROM \(name)"
    let order = columns.map { "\(quoted($0.name)) COLLATE \(quoted($0.collation))" }
    selectAllByKeyOrder =
      "SELECT \(list) FROM \(name) ORDER BY \(order.joined(separator: ", "))"
    count = "SELECT count(*) FROM \(name)"
  }

  /// Finds by the key's own collation, so that its index is used, and then demands equal bytes
  /// and, where the column converts nothing, the same storage class.
  private static func matches(_ column: ColumnSchema, parameter: Int) -> String {
    let name = quoted(column.name)
    var result = "\(name) COLLATE \(quoted(column.collation)) = ?\(parameter)"
    if column.collation == "BINARY" {
      result = "\(name) = ?\(parameter)"
    } else {
      result += " AND \(name) COLLATE BINARY = ?\(parameter)"
    }
    if column.affinity == .blob { result += " AND typeof(\(name)) = typeof(?\(parameter))" }
    return result
  }

  private static func names(_ columns: [ColumnID], of table: TableSchema) -> [String] {
    columns.compactMap { table.column($0).map { quoted($0.name) } }
  }

  /// Some columns of one row, or a 1 when there are none.
  package func selectByKey(_ columns: [ColumnID]) -> String {
    let list = columns.isEmpty ? "1" : Self.names(columns, of: table).joined(separator: ", ")
    return "SELECT \(list) FROM \(name) WHERE \(keyPredicate)"
  }

  /// A new row of which only some columns outside the key are known.
  package func insert(_ columns: [ColumnID]) -> String {
    let names = keyNames + Self.names(columns, of: table)
    let parameters = (1...names.count).map { "?\($0)" }.joined(separator: ", ")
    return "INSERT \(orAbort)INTO \(name)(\(names.joined(separator: ", "))) VALUES (\(parameters))"
  }

  /// Some columns of one row. At least one column.
  package func update(_ columns: [ColumnID]) -> String {
    let list = Self.names(columns, of: table).enumerated().map {
      "\($1) = ?\(keyNames.count + $0 + 1)"
    }
    return "UPDATE \(orAbort)\(name) SET \(list.joined(separator: ", ")) WHERE \(keyPredicate)"
  }
}
