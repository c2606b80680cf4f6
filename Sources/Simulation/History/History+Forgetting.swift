internal import Clocks
internal import Deltas

/// Deletions that the hub rightly knows nothing of any more.
extension History {
  /// The log is about to get an insertion, and the hub has let go of deletions up to a position.
  ///
  /// If the row was gone, and what the insertion carries is what was deleted, it is from a copy of
  /// before that. Nothing at the hub can tell it from a row that is new.
  mutating func willLog(_ change: RowChange, forgottenUpTo stable: LogPosition) {
    guard change.kind == .insert,
      let logged = log.lastIndex(where: { entry in
        entry.writes.contains { writes[$0].key == change.key }
      }), LogPosition(UInt64(logged + 1)) <= stable,
      let last = log[logged].writes.filter({ writes[$0].key == change.key }).max(),
      writes[last].kind == .delete
    else { return }
    let isOld = zip(change.columns, change.values).contains { column, value in
      guard let author = author(Cell(key: change.key, column: column), value) else { return false }
      return writes[last].replaced[column]?.contains(author) ?? false
    }
    if isOld { noteInsertedAgain(change.key) }
  }

  /// Whether what a write replaced may stand again.
  package func isForgotten(_ write: Int) -> Bool {
    insertedAgain[writes[write].key].map { write < $0 } ?? false
  }
}
