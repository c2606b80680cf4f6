internal import Deltas
internal import Storage

/// The columns of one table that hold own keys, as its received rows meet them.
struct TableKeys {
  private let numbers: KeyNumbers
  /// By the column's place in the key.
  private let keys: [(index: Int, domain: TableID)]
  private let columns: [ColumnID: TableID]
  /// Whose rows the table's are, if the key is one column.
  private let made: TableID?

  /// Nil if the table has none.
  init?(_ table: TrackedTable, _ numbers: KeyNumbers) {
    guard let columns = table.keys?.domains else { return nil }
    self.numbers = numbers
    self.columns = columns
    keys = table.schema.keyColumns.enumerated().compactMap { index, column in
      columns[column].map { (index, $0) }
    }
    made = table.keyCount == 1 ? keys.first?.domain : nil
  }

  /// Makes sure that what a row brings has own keys here: its own, and those that it refers to,
  /// whose rows may come later. What is not here need not be found to be changed or deleted.
  func prepare(_ block: BlockReader, _ values: BlockValues, row: Int) throws {
    guard block.kind != .delete else { return }
    if block.kind == .insert {
      for key in keys {
        try numbers.ensure(
          values.key(key.index, row: row), in: key.domain, isReference: key.domain != made)
      }
    }
    for (index, column) in block.columns.enumerated() {
      guard let domain = columns[column] else { continue }
      try numbers.ensure(values.value(index, row: row), in: domain, isReference: true)
    }
  }

  /// Notes that a row is here now, or is no more.
  func note(_ kind: ChangeKind, _ values: BlockValues, row: Int) throws {
    guard let made else { return }
    switch kind {
    case .insert: try numbers.noteHere(values.key(0, row: row), in: made)
    case .delete: try numbers.noteGone(values.key(0, row: row), in: made)
    case .update: break
    }
  }
}
