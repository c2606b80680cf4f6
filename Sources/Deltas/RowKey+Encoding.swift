internal import Basics

extension RowKey {
  /// The key's values as canonical bytes; the table is not included. Equal bytes if and only if
  /// equal values, and bytes mostly sort as SQLite sorts the keys.
  package var encoded: [UInt8] { fatalError("unwritten") }

  package init(table: TableID, encoded: [UInt8]) throws(DeltaDecodingError) {
    fatalError("unwritten")
  }
}
