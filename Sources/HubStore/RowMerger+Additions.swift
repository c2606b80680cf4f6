internal import Clocks
internal import Deltas
internal import Merging

/// Rows of branches whose application does not have all columns yet, or not any more.
///
/// What such an insertion says nothing of it does not overwrite: in a row that stands the column
/// keeps what it has; in a new one it has its default, which everybody had seen before anything was
/// written to it. As others may have another default, everybody is told what the row holds.
extension RowMerger {
  func insertPart(_ change: Change) throws {
    try mergeSlowly(change, try record(of: change), as: completed(change))
  }

  /// A row without any column that its author knows has none to stand for it: then it says what it
  /// holds by default.
  func completed(_ change: Change) -> RowChange {
    var written = change.block.reader.rowChange(change.row)
    guard written.kind == .insert, written.columns.isEmpty else { return written }
    written.columns = change.table.valueColumns
    written.values = change.table.valueColumns.map { change.table.defaultValue(of: $0) }
    return written
  }
}

extension RowState {
  /// Gives cells that were never written what they have by default.
  mutating func fillDefaults(of table: HubTable) {
    guard isComplete else { return }
    for column in table.valueColumns where cells[column]?.isEmpty ?? true {
      fill(
        column,
        with: CellVersion(
          version: Version(settledAt: .start, nil), value: table.defaultValue(of: column)))
    }
  }
}
