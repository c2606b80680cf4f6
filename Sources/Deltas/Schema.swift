internal import Basics

/// A tracked table's number in the hub's schema. Stable for the hub's life, from 1.
package struct TableID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt16
  package init(_ rawValue: UInt16) { self.rawValue = rawValue }
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  package var description: String { "t\(rawValue)" }
}

/// A column's number in its table, in the hub's schema. Stable for the hub's life, from 1.
package struct ColumnID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt16
  package init(_ rawValue: UInt16) { self.rawValue = rawValue }
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  package var description: String { "c\(rawValue)" }
}

/// How SQLite converts what is stored in a column. https://sqlite.org/datatype3.html#determination_of_column_affinity
package enum Affinity: UInt8, Hashable, Sendable {
  case text = 1
  case numeric
  case integer
  case real
  case blob
}

package struct ColumnSchema: Hashable, Sendable {
  package var id: ColumnID
  package var name: String
  /// As written in CREATE TABLE; may be empty.
  package var declaredType: String
  package var affinity: Affinity
  package var isNotNull: Bool
  /// BINARY, NOCASE, RTRIM or the application's own.
  package var collation: String

  package init(
    id: ColumnID, name: String, declaredType: String, affinity: Affinity, isNotNull: Bool,
    collation: String
  ) {
    self.id = id
    self.name = name
    self.declaredType = declaredType
    self.affinity = affinity
    self.isNotNull = isNotNull
    self.collation = collation
  }
}

/// One tracked table: its stored columns (generated ones are computed everywhere anew) and key.
package struct TableSchema: Hashable, Sendable {
  package var id: TableID
  package var name: String
  /// In the order of CREATE TABLE. Never empty.
  package var columns: [ColumnSchema]
  /// The primary key's columns in the key's order. Never empty.
  package var keyColumns: [ColumnID]
  package var isWithoutRowID: Bool
  package var isStrict: Bool
  /// The statement that makes the table, as the application wrote it.
  package var createSQL: String

  package init(
    id: TableID, name: String, columns: [ColumnSchema], keyColumns: [ColumnID],
    isWithoutRowID: Bool, isStrict: Bool, createSQL: String
  ) {
    self.id = id
    self.name = name
    self.columns = columns
    self.keyColumns = keyColumns
    self.isWithoutRowID = isWithoutRowID
    self.isStrict = isStrict
    self.createSQL = createSQL
  }

  package func column(_ id: ColumnID) -> ColumnSchema? { columns.first { $0.id == id } }

  /// The columns outside the key, in the order of their numbers: what an insert carries.
  package var valueColumns: [ColumnID] {
    columns.map(\.id).filter { !keyColumns.contains($0) }.sorted()
  }
}

/// The tables that are synced, and what else a new branch database is made of.
package struct Schema: Hashable, Sendable {
  /// In the order of their numbers.
  package var tables: [TableSchema]
  /// Everything else of the application's schema that a new file gets, in the order in which it
  /// must be created: untracked tables, indexes, views, triggers.
  package var otherSQL: [String]

  package init(tables: [TableSchema], otherSQL: [String]) {
    self.tables = tables
    self.otherSQL = otherSQL
  }

  package func table(_ id: TableID) -> TableSchema? { tables.first { $0.id == id } }
  package func table(named name: String) -> TableSchema? { tables.first { $0.name == name } }
}
