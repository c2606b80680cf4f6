internal import Basics
package import Clocks

/// A block of rows, parsed and checked as a whole; values are then read without copies.
package struct BlockReader: Sendable {
  package let table: TableID
  package let kind: ChangeKind
  package let columns: [ColumnID]
  package let keyColumnCount: Int
  package let rowCount: Int

  /// Parses a block's raw bytes. Linear; allocates in proportion to the bytes.
  package init(raw: [UInt8]) throws(DeltaDecodingError) { fatalError("unwritten") }

  package func milliseconds(row: Int) -> Int64 { fatalError("unwritten") }
  package func base(row: Int) -> LogPosition? { fatalError("unwritten") }

  /// Lends access to all rows' values; the views are valid only inside the closure.
  package func withValues<Result>(_ body: (BlockValues) throws -> Result) rethrows -> Result {
    fatalError("unwritten")
  }

  /// One row as a value of its own: for merging, tests and tools, not for hot loops.
  package func rowChange(_ row: Int) -> RowChange { fatalError("unwritten") }
}

/// A block's values, by row and column.
package struct BlockValues {
  /// `index` counts the key's columns from 0.
  package func key(_ index: Int, row: Int) -> ValueView { fatalError("unwritten") }
  /// `index` counts the block's `columns` from 0.
  package func value(_ index: Int, row: Int) -> ValueView { fatalError("unwritten") }
  /// The row's key in the canonical form of `RowKey.encoded`.
  package func encodedKey(row: Int) -> [UInt8] { fatalError("unwritten") }
}
