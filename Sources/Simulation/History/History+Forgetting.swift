internal import Clocks
internal import Deltas

/// Deletions that the hub rightly knows nothing of, or nothing any more.
extension History {
  /// The log is about to get an insertion, and the hub has let go of deletions up to a position.
  ///
  /// If the row was gone, and what the insertion carries is what was deleted, it is from a copy of
  /// before that. Nothing at the hub can tell it from a row that is new. A change that came late,
  /// after the deletion was let go of, leaves the row gone.
  mutating func willLog(_ change: RowChange, forgottenUpTo stable: LogPosition) {
    guard change.kind == .insert,
      let logged = log.prefix(Int(stable.rawValue)).lastIndex(where: { entry in
        entry.writes.contains { writes[$0].key == change.key }
      }),
      let last = log[logged].writes.filter({ writes[$0].key == change.key }).max(),
      writes[last].kind == .delete
    else { return }
    let isGone = log[(logged + 1)...].allSatisfy { entry in
      entry.writes.allSatisfy { writes[$0].key != change.key || writes[$0].kind == .update }
    }
    guard isGone else { return }
    let isOld = zip(change.columns, change.values).contains { column, value in
      guard let author = author(Cell(key: change.key, column: column), value) else { return false }
      return writes[last].replaced[column]?.contains(author) ?? false
    }
    if isOld { noteInsertedAgain(change.key) }
  }

  /// A machine has taken in what others wrote to rows, in tables of which some are still to be
  /// compared with the hub's.
  ///
  /// A row that its program deleted there while nothing was captured may be there again: nothing
  /// tells it from one that is new, and the comparison will find no difference. Such a deletion can
  /// overrule nothing, nor can what was written to the row uncaptured before it.
  mutating func noteOvertaken(
    _ rows: Rows, wroteTo written: Set<RowKey>, comparing compared: Set<TableID>,
    at machine: MachineID
  ) {
    let made = holdings[machine]?.made ?? []
    for key in written where compared.contains(key.table) && rows[key] != nil {
      guard deletions[key]?.contains(where: { isUnheardOf($0) && made.contains($0) }) ?? false
      else { continue }
      let own = made.filter { writes[$0].key == key }
      guard let last = own.max(), writes[last].kind == .delete, isUnheardOf(last) else { continue }
      overtaken.formUnion(own.filter { isUnheardOf($0) })
    }
  }

  /// Whether nothing captured a write, and no comparison has told the hub of it.
  private func isUnheardOf(_ write: Int) -> Bool {
    !writes[write].isCaptured && !acknowledged.contains(write)
  }

  /// Whether what a write replaced may stand again.
  package func isForgotten(_ write: Int) -> Bool {
    overtaken.contains(write) && isUnheardOf(write)
      || insertedAgain[writes[write].key].map { write < $0 } ?? false
  }
}
