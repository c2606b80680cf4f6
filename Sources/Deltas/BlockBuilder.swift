internal import Basics
package import Clocks

/// Writes rows of one table that change in one way (same kind, same columns), column by column.
///
/// Rows should come in the order of their keys: it makes the block small and its application fast.
package struct BlockBuilder: Sendable {
  package let table: TableID
  package let kind: ChangeKind
  /// Ascending, without the key's.
  package let columns: [ColumnID]
  package private(set) var rowCount = 0

  package init(table: TableID, kind: ChangeKind, columns: [ColumnID], keyColumnCount: Int) {
    self.table = table
    self.kind = kind
    self.columns = columns
  }

  /// Begins a row. Then `appendKey` for each key column, then `append` for each of `columns`.
  package mutating func beginRow(milliseconds: Int64, base: LogPosition?) {
    fatalError("unwritten")
  }

  package mutating func appendKey(_ value: ValueView) { fatalError("unwritten") }
  package mutating func append(_ value: ValueView) { fatalError("unwritten") }

  /// About how many raw bytes the block would have: close it at `blockRawBytesTarget`.
  package var estimatedBytes: Int { fatalError("unwritten") }

  /// The block's canonical raw bytes. Empty afterwards, and ready for the next block.
  package mutating func finish() -> [UInt8] { fatalError("unwritten") }
}

