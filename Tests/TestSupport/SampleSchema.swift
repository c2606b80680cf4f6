package import Deltas

/// A small schema that tests of several modules share.
package enum SampleSchema {
  /// A key that is the rowid, three columns outside it.
  package static let customer = TableID(1)
  /// Nothing outside the key.
  package static let membership = TableID(2)
  /// A text key and a unique column.
  package static let voucher = TableID(3)

  package static let schema = Schema(
    tables: [
      TableSchema(
        id: customer, name: "customer",
        columns: [
          column(1, "id", "INTEGER", .integer), column(2, "name", "TEXT", .text),
          column(3, "city", "TEXT", .text), column(4, "score", "INTEGER", .integer),
        ],
        keyColumns: [ColumnID(1)], isWithoutRowID: false, isStrict: false,
        createSQL: """
          CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, city TEXT, score INTEGER)
          """),
      TableSchema(
        id: membership, name: "membership",
        columns: [
          column(1, "customer", "INTEGER", .integer), column(2, "club", "TEXT", .text),
        ],
        keyColumns: [ColumnID(1), ColumnID(2)], isWithoutRowID: true, isStrict: false,
        createSQL: """
          CREATE TABLE membership (customer INTEGER, club TEXT, PRIMARY KEY (customer, club))
          WITHOUT ROWID
          """),
      TableSchema(
        id: voucher, name: "voucher",
        columns: [
          column(1, "code", "TEXT", .text), column(2, "serial", "INTEGER", .integer),
          column(3, "note", "TEXT", .text),
        ],
        keyColumns: [ColumnID(1)], isWithoutRowID: false, isStrict: false,
        createSQL: """
          CREATE TABLE voucher (
            code TEXT PRIMARY KEY, serial INTEGER UNIQUE ON CONFLICT REPLACE, note TEXT)
          """),
    ],
    otherSQL: [])

  private static func column(
    _ id: UInt16, _ name: String, _ type: String, _ affinity: Affinity
  ) -> ColumnSchema {
    ColumnSchema(
      id: ColumnID(id), name: name, declaredType: type, affinity: affinity, isNotNull: false,
      collation: "BINARY")
  }
}
