internal import Clocks
internal import Deltas
internal import Merging

/// Rows that were changed without having been inserted: the hub was restored from before the
/// insertion, and nobody has handed it back; or the insertion was too large to travel.
///
/// To the hub such a row is not there: nobody is sent it, and whoever has it whole finds in
/// comparing that the hub has not.
extension RowMerger {
  /// What was written is kept for people until the rest of the row comes.
  func notePartial(_ change: Change, at key: RowKey) throws {
    let absence = ConflictValue(dot: entry.dot, milliseconds: nil, value: nil)
    let written = change.block.reader.rowChange(change.row)
    for (column, value) in zip(written.columns, written.values) {
      let value = ConflictValue(
        dot: entry.dot, milliseconds: change.version.milliseconds, value: value)
      try ledger.addKept(value, of: column, at: key, against: absence, .partial)
    }
  }
}

extension RowState {
  /// Whether it stands, and nobody can say what all of its columns hold.
  func isPartial(_ deletes: DeleteRule) -> Bool { isAlive(deletes) && !isComplete }
}
