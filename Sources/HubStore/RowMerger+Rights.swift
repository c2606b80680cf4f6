internal import Clocks
internal import Deltas
internal import Merging

/// Writes that are not for their authors to make: logged, not merged, undone where they were made,
/// and kept for people.
extension RowMerger {
  /// Merges what of a change its author may write.
  func mergePermitted(_ change: Change, _ rights: WriteRights) throws {
    let key = change.rowKey
    let written = change.block.reader.rowChange(change.row)
    let record = try record(of: change)
    let standing = try change.table.values(of: key).map {
      Dictionary(uniqueKeysWithValues: zip(change.table.cellColumns, $0))
    }
    let row = standing ?? Dictionary(uniqueKeysWithValues: zip(written.columns, written.values))
    switch written.kind {
    case .delete:
      if standing != nil, let refusal = rights.refusalOfDeletion(row: row) {
        return try refuse(written, [], at: key, change, refusal)
      }
    case .insert where standing == nil:
      if let refusal = rights.refusalOfInsertion(row: row) {
        return try refuse(written, written.columns, at: key, change, refusal)
      }
    case .insert, .update:
      let forbidden = written.columns.filter { rights.refusal(ofColumn: $0, row: row) != nil }
      if let first = forbidden.first, let refusal = rights.refusal(ofColumn: first, row: row) {
        let refused = refused(of: forbidden, in: written, standing: standing)
        if refused.isEmpty {
          try ledger.markContested(change.table.id, change.key)
        } else {
          try refuse(written, refused, at: key, change, refusal)
        }
        let rest = written.without(forbidden + refused)
        guard !rest.columns.isEmpty else { return }
        return try mergeSlowly(change, record, as: rest)
      }
    }
    try mergeSlowly(change, record)
  }

  /// What of a change is kept from the row. A column that says what the row holds anyway writes
  /// nothing there: columns that are decided as one travel together, whichever was changed. Where
  /// one of those is refused, so are all.
  private func refused(
    of forbidden: [ColumnID], in written: RowChange, standing: [ColumnID: Value]?
  ) -> [ColumnID] {
    let attempted = forbidden.filter {
      written.previous(of: $0) != nil || standing?[$0] != written.value(of: $0)
    }
    let units = store.policy.units(of: written.key.table)
      .filter { unit in attempted.contains(where: unit.columns.contains) }
    return written.columns.filter { column in
      attempted.contains(column) || units.contains { $0.columns.contains(column) }
    }
  }

  /// Keeps what was written for people, and sees that its author gets what stands.
  private func refuse(
    _ written: RowChange, _ columns: [ColumnID], at key: RowKey, _ change: Change,
    _ refusal: WriteRefusal
  ) throws {
    try ledger.markContested(change.table.id, change.key)
    let rowState = try state(of: change, at: key)
    let isAlive = rowState.isAlive(store.policy.deletes(of: key.table))
    let standing = columns.map {
      isAlive ? rowState.standing($0, table: key.table, policy: store.policy) : nil
    }
    let held = Dictionary(uniqueKeysWithValues: zip(written.columns, written.values))
    let latest = standing.compactMap { $0?.version }.max { $0.position < $1.position }
    let before = ConflictSide(
      dot: latest?.dot ?? entry.dot, milliseconds: latest?.milliseconds,
      values: isAlive ? standing.map { $0?.value ?? .null } : nil)
    let after = ConflictSide(
      dot: entry.dot, milliseconds: change.version.milliseconds,
      clockOffsetMilliseconds: entry.clockOffsetMilliseconds,
      values: written.kind == .delete ? nil : columns.map { held[$0] ?? .null })
    try ledger.addRefused([before, after], of: columns, at: key, refusal)
  }
}

extension RowChange {
  fileprivate func value(of column: ColumnID) -> Value? {
    columns.firstIndex(of: column).map { values[$0] }
  }

  /// What its author had in a column that counts what is done to it.
  fileprivate func previous(of column: ColumnID) -> Value? {
    guard let index = columns.firstIndex(of: column), index < previous.count else { return nil }
    return previous[index]
  }

  /// An update of the other columns.
  fileprivate func without(_ refused: [ColumnID]) -> RowChange {
    let kept = columns.indices.filter { !refused.contains(columns[$0]) }
    return RowChange(
      key: key, kind: .update, columns: kept.map { columns[$0] },
      values: kept.map { values[$0] }, previous: previous.isEmpty ? [] : kept.map { previous[$0] },
      milliseconds: milliseconds, base: base)
  }
}
