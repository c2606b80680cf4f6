internal import Deltas
internal import Storage

/// Keeps the values of columns and tables that are synced and that the file does not have yet: they
/// take their places once the application has made these. Inside the caller's transaction.
final class Carrier {
  private let store: BranchStore
  private var database: Database { store.database }
  /// Whether something is carried of a table, as far as it was asked for.
  private var carried: [TableID: Bool] = [:]
  /// The tables of which something may be carried; nil for all.
  private var mayBeCarried: Set<TableID>?
  private var encoder = KeyEncoder()
  /// What is to be kept of blocks like the last one.
  private var last: (table: TableID, columns: [ColumnID], kept: [Int])?

  init(_ store: BranchStore) { self.store = store }

  /// Nothing is carried any more but of some tables.
  func forget(besides tables: Set<TableID>) {
    carried = [:]
    mayBeCarried = tables
  }

  /// Whether anything may have to be kept or forgotten of a block's rows.
  func concerns(_ block: BlockReader, beside table: TrackedTable?) throws -> Bool {
    switch block.kind {
    case .delete: try isCarried(block.table)
    case .insert: table == nil || block.columns != table?.valueColumns
    case .update: !kept(of: block, beside: table).isEmpty
    }
  }

  /// Keeps what of a row has no place in a table, or in no table at all.
  func keep(
    _ block: BlockReader, _ values: BlockValues, row: Int, beside table: TrackedTable?
  ) throws {
    switch block.kind {
    case .delete:
      guard try isCarried(block.table) else { return }
      values.encodeKey(row: row, into: &encoder)
      try database.execute(BranchSQL.deleteCarriedRow, place(block.table))
    case .insert:
      guard table == nil || block.columns != table?.valueColumns else { return }
      let kept = kept(of: block, beside: table)
      guard table == nil || !kept.isEmpty else { return }
      guard isSynced(block.table) else { return }
      values.encodeKey(row: row, into: &encoder)
      if table == nil { try put(block.table, RowPresence.column, .null) }
      for index in kept {
        try put(block.table, block.columns[index], Value(values.value(index, row: row)))
      }
    case .update:
      let kept = kept(of: block, beside: table)
      guard !kept.isEmpty else { return }
      values.encodeKey(row: row, into: &encoder)
      if table == nil, try value(block.table, encoder.bytes, RowPresence.column) == nil { return }
      for index in kept {
        try put(block.table, block.columns[index], Value(values.value(index, row: row)))
      }
    }
  }

  /// What is carried of a cell; nil if nothing is.
  func value(_ table: TableID, _ key: [UInt8], _ column: ColumnID) throws -> Value? {
    try database.firstRow(
      BranchSQL.selectCarried,
      [.integer(Int64(table.rawValue)), .blob(key), .integer(Int64(column.rawValue))])?.first
  }

  /// The numbers of a table's rows that are others' under their number, but not just so carried.
  func rowsBesides(_ table: TrackedTable) throws -> [Int64] {
    let id = table.schema.id
    let rows = try database.prepare(BranchSQL.selectRows(table))
    var result: [Int64] = []
    while try rows.step() {
      guard case .integer(let number) = rows.value(0), rows.value(1) == .integer(number) else {
        continue
      }
      encoder.removeAll()
      encoder.append(rows.view(1))
      let isThere = try value(id, encoder.bytes, RowPresence.column) != nil
      let isSame =
        try isThere
        && table.valueColumns.enumerated().allSatisfy { index, column in
          let carried = try value(id, encoder.bytes, column)
          return carried == nil || carried == rows.value(2 + index)
        }
      if !isSame { result.append(number) }
    }
    return result
  }

  /// Which of a block's columns have no place.
  private func kept(of block: BlockReader, beside table: TrackedTable?) -> [Int] {
    if let last, last.table == block.table, last.columns == block.columns { return last.kept }
    let known = store.known.table(block.table)
    let kept = block.columns.indices.filter { index in
      let column = block.columns[index]
      let isDropped = known?.isDropped == true || known?.column(column)?.isDropped == true
      return table?.valueColumns.contains(column) != true && !isDropped
    }
    last = (block.table, block.columns, kept)
    return kept
  }

  private func isSynced(_ table: TableID) -> Bool { store.known.table(table)?.isDropped != true }

  private func isCarried(_ table: TableID) throws -> Bool {
    if let known = carried[table] { return known }
    guard mayBeCarried?.contains(table) ?? true else { return false }
    let found =
      try database.integer(BranchSQL.hasCarriedOfTable, [.integer(Int64(table.rawValue))]) == 1
    carried[table] = found
    return found
  }

  private func place(_ table: TableID) -> [Value] {
    [.integer(Int64(table.rawValue)), .blob(encoder.bytes)]
  }

  private func put(_ table: TableID, _ column: ColumnID, _ value: Value) throws {
    try database.execute(
      BranchSQL.putCarried, place(table) + [.integer(Int64(column.rawValue)), value])
    carried[table] = true
  }
}

/// Says of a row that it is there.
enum RowPresence {
  static let column = ColumnID(0)
}
