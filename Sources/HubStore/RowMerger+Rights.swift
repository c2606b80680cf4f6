internal import Clocks
internal import Deltas
internal import Merging

/// Writes that are not for their authors to make: logged, not merged, undone where they were made,
/// and kept for people.
extension RowMerger {
  /// What the hub has of a row that somebody writes.
  private enum Known {
    /// Nothing, or not all of it.
    case nothing
    /// In the table or in quarantine.
    case standing([ColumnID: Value])
    /// What it last held.
    case deleted([ColumnID: Value])

    var values: [ColumnID: Value] {
      switch self {
      case .nothing: [:]
      case .standing(let values), .deleted(let values): values
      }
    }
  }

  /// Merges what of a change its author may write.
  ///
  /// Of a table whose rows stay at the hub a branch deletes what is its own: here nothing goes.
  func mergePermitted(_ change: Change, _ rights: WriteRights) throws {
    if rights.isUpOnly, change.block.reader.kind == .delete { return noteIdle() }
    let key = change.rowKey
    let written = completed(change)
    let record = try record(of: change)
    let known = try known(record, change, at: key)
    switch (written.kind, known) {
    case (.delete, .standing(let row)):
      if let refusal = rights.refusalOfDeletion(row: row) {
        return try refuse(written, [], at: key, change, refusal)
      }
    // What was there before its branch joined is not its branch's to write, but to bring.
    case (.insert, .nothing) where entry.isBaseline: break
    case (.insert, .nothing), (.insert, .deleted):
      return try insertPermitted(written, change, record, known.values, rights)
    case (.insert, .standing), (.update, _):
      // Of an owner's row that is gone an edit may not have the column that says whose it is.
      let row = Dictionary(uniqueKeysWithValues: zip(written.columns, written.values))
        .merging(known.values) { $1 }
      let forbidden = written.columns.filter { rights.refusal(ofColumn: $0, row: row) != nil }
      if let first = forbidden.first, let refusal = rights.refusal(ofColumn: first, row: row) {
        let refused = refused(of: forbidden, in: written, standing: known.values)
        if refused.isEmpty, rights.isUpOnly {
          noteIdle()
        } else if refused.isEmpty {
          try ledger.markContested(change.table.id, change.key)
        } else {
          try refuse(written, refused, at: key, change, refusal)
        }
        let rest = written.without(forbidden + refused)
        guard !rest.columns.isEmpty else { return }
        return try mergeSlowly(change, record, as: rest.asUpdate)
      }
    case (.delete, .nothing), (.delete, .deleted): break
    }
    try mergeSlowly(change, record, as: written)
  }

  private func known(
    _ record: RowRecord, _ change: Change, at key: RowKey
  ) throws -> Known {
    let columns = change.table.cellColumns
    func byColumn(_ values: [Value]) -> [ColumnID: Value] {
      Dictionary(uniqueKeysWithValues: zip(columns, values))
    }
    if let values = try change.table.values(of: key) { return .standing(byColumn(values)) }
    guard case .stored(let stored) = record else { return .nothing }
    let metadata = try stored.metadata()
    guard metadata.isComplete else { return .nothing }
    let state = try state(metadata, [], key: change.key, in: change.table)
    let values = byColumn(standing(state, in: change.table))
    switch metadata.place {
    case .quarantine: return .standing(values)
    case .gone: return .deleted(values)
    case .table, .partial: return .nothing
    }
  }

  // MARK: New rows

  /// Merges a new row. A column that is not for its author has what the row last held, or its
  /// default.
  private func insertPermitted(
    _ written: RowChange, _ change: Change, _ record: RowRecord, _ last: [ColumnID: Value],
    _ rights: WriteRights
  ) throws {
    let key = written.key
    let row = Dictionary(uniqueKeysWithValues: zip(written.columns, written.values))
    if let refusal = rights.refusalOfInsertion(row: row) {
      return try refuse(written, written.columns, at: key, change, refusal)
    }
    let before = row.merging(last) { $1 }
    var instead: [ColumnID: Value] = [:]
    var refusal: WriteRefusal?
    for column in written.columns {
      guard let found = rights.refusal(ofNewColumn: column, row: before),
        let value = last[column] ?? change.table.valueByItself(of: column)
      else { continue }
      instead[column] = value
      if value != row[column], refusal == nil { refusal = found }
    }
    guard let refusal else { return try mergeSlowly(change, record, as: written) }
    let refused = self.refused(of: instead.keys.sorted(), in: written, standing: instead)
      .filter { column in
        instead[column] = instead[column] ?? last[column] ?? change.table.valueByItself(of: column)
        return instead[column] != nil
      }
    try refuse(written, refused, at: key, change, refusal, standing: instead)
    var rest = written.without(refused)
    if rest.columns.isEmpty {
      rest = written
      rest.values = written.columns.map { instead[$0] ?? row[$0] ?? .null }
    }
    try mergeSlowly(change, record, as: rest)
  }

  /// What of a change is kept from the row. A column that says what the row holds anyway writes
  /// nothing there: columns that are decided as one travel together, whichever was changed. Where
  /// one of those is refused, so are all.
  private func refused(
    of forbidden: [ColumnID], in written: RowChange, standing: [ColumnID: Value]
  ) -> [ColumnID] {
    let attempted = forbidden.filter {
      written.previous(of: $0) != nil || standing[$0] != written.value(of: $0)
    }
    let units = store.policy.units(of: written.key.table)
      .filter { unit in attempted.contains(where: unit.columns.contains) }
    return written.columns.filter { column in
      attempted.contains(column) || units.contains { $0.columns.contains(column) }
    }
  }

  /// Keeps what was written for people, and sees that its author gets what stands. `fallback` is
  /// what stands in columns of a row that did not.
  private func refuse(
    _ written: RowChange, _ columns: [ColumnID], at key: RowKey, _ change: Change,
    _ refusal: WriteRefusal, standing fallback: [ColumnID: Value]? = nil
  ) throws {
    try ledger.markContested(change.table.id, change.key)
    let rowState = try state(of: change, at: key)
    let stands = fallback != nil || rowState.isAlive(store.policy.deletes(of: key.table))
    let standing = columns.map {
      stands ? rowState.standing($0, table: key.table, policy: store.policy) : nil
    }
    let held = Dictionary(uniqueKeysWithValues: zip(written.columns, written.values))
    let latest = standing.compactMap { $0?.version }.max { $0.position < $1.position }
    let before = ConflictSide(
      dot: latest?.dot ?? entry.dot, milliseconds: latest?.milliseconds,
      values: stands
        ? zip(columns, standing).map { fallback?[$0] ?? $1?.value ?? .null } : nil)
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

  /// It writes columns of a row that stands.
  fileprivate var asUpdate: RowChange {
    var result = self
    result.kind = .update
    return result
  }

  /// What its author had in a column that counts what is done to it.
  fileprivate func previous(of column: ColumnID) -> Value? {
    guard let index = columns.firstIndex(of: column), index < previous.count else { return nil }
    return previous[index]
  }

  /// The other columns of the change.
  fileprivate func without(_ refused: [ColumnID]) -> RowChange {
    let kept = columns.indices.filter { !refused.contains(columns[$0]) }
    return RowChange(
      key: key, kind: kind, columns: kept.map { columns[$0] },
      values: kept.map { values[$0] }, previous: previous.isEmpty ? [] : kept.map { previous[$0] },
      milliseconds: milliseconds, base: base)
  }
}
