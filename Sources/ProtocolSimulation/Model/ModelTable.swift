internal import Clocks
internal import Deltas

/// The one table of the model: rows numbered from 0, integer columns.
struct ModelTable: Sendable {
  let columns: [ColumnID]
  let rowCount: Int
  static let id = TableID(1)

  init(rowCount: Int, columnCount: Int) {
    self.rowCount = rowCount
    columns = (0..<columnCount).map { ColumnID(UInt16($0 + 2)) }
  }

  func key(_ row: Int) -> RowKey { RowKey(table: Self.id, values: [.integer(Int64(row))]) }

  func index(_ column: ColumnID) -> Int { Int(column.rawValue) - 2 }
}
