package import Deltas

extension SchemaReader {
  /// What of an expected schema a database does not have, as sentences; empty when it fits.
  ///
  /// Tables and columns that the database has beyond the expected ones do not stand in the way.
  package static func differences(
    expected: Schema, in database: Database
  ) throws(SchemaError) -> [String] {
    let catalog = try Catalog(database)
    var result: [String] = []
    for table in expected.tables {
      guard let found = catalog.tables.first(where: { sameName($0.name, table.name) }),
        found.kind == .ordinary
      else {
        result.append("Table “\(table.name)” is missing.")
        continue
      }
      result += differences(expected: table, found: try found.schema(id: table.id))
    }
    return result
  }

  /// How a column that was found stores and compares values otherwise than the expected one.
  static func differences(
    of other: ColumnSchema, from column: ColumnSchema, at place: String
  ) -> [String] {
    var result: [String] = []
    if other.affinity != column.affinity {
      result.append(
        """
        \(place) is declared “\(other.declaredType)” (\(other.affinity) affinity) where \
        “\(column.declaredType)” (\(column.affinity) affinity) is expected.
        """)
    }
    if other.collation != column.collation {
      result.append(
        "\(place) compares by \(other.collation) where \(column.collation) is expected.")
    }
    return result
  }

  private static func differences(expected: TableSchema, found: TableSchema) -> [String] {
    var result: [String] = []
    for column in expected.columns {
      guard let other = found.columns.first(where: { sameName($0.name, column.name) }) else {
        result.append("Table “\(expected.name)” has no column “\(column.name)”.")
        continue
      }
      // Where it was declared anew, rows are as they are.
      if column.isRetyped { continue }
      result += differences(
        of: other, from: column, at: "Column “\(column.name)” of table “\(expected.name)”")
    }
    let key = expected.keyNames
    let otherKey = found.keyNames
    let sameKey = key.count == otherKey.count && zip(key, otherKey).allSatisfy(sameName)
    if !sameKey {
      let has =
        otherKey.isEmpty ? "no primary key" : "the key (\(otherKey.joined(separator: ", ")))"
      result.append(
        """
        Table “\(expected.name)” has \(has) where the key \
        (\(key.joined(separator: ", "))) is expected.
        """)
    }
    return result
  }
}

extension TableSchema {
  /// The names of the key's columns, in the key's order.
  package var keyNames: [String] { keyColumns.compactMap { column($0)?.name } }
}
