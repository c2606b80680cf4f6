internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Conflicts that wait for a person, and that a branch answers by what it writes.
extension RowMerger {
  /// Whether a conflict about a row in a range of keys waits for a person. What people decide at
  /// headquarters they say of each conflict themselves.
  func hasQuestions(_ table: HubTable, _ keys: BlockKeys) throws -> Bool {
    guard !isDecision, !entry.isBaseline, try ledger.hasOpen() else { return false }
    return try store.database.firstRow(
      HubSQL.selectOpenBetween, [Value(table.id), .blob(keys.least), .blob(keys.greatest)]) != nil
  }

  /// Settles the questions about a row that its change answers: those that its author had seen
  /// when it wrote. Who wrote the same without having seen this is in a conflict of its own.
  func answerQuestions(_ change: Change) throws {
    let parameters = [Value(change.table.id), Value.blob(Array(change.key))]
    for row in try store.database.rows(HubSQL.selectOpenOfRow, parameters) {
      guard hasIntegrated(row[1].asPosition, change.version) else { continue }
      let answered = try answered(HubStore.conflict(in: row[0]), by: change)
      if let answered { try ledger.replace(answered) }
    }
  }

  private func hasIntegrated(_ asked: LogPosition, _ version: StoredVersion) -> Bool {
    asked <= seenUpTo(version) || entry.seen.knowledge(base: version.base).contains(asked)
  }

  private func answered(_ conflict: Conflict, by change: Change) throws -> Conflict? {
    let block = change.block.reader
    guard HubStore.isByRule(conflict),
      let answer = ConflictAnswer(
        block.kind, of: block.columns, to: conflict.columns, isOfRow: conflict.isOfRow)
    else { return nil }
    let row = try change.table.values(of: conflict.key)
    guard (row == nil) == (block.kind == .delete) else { return nil }
    var result = conflict
    result.state = answer.state
    result.explanation = answer.explanation.sentence
    guard answer == .decides else { return result }
    var values: [Value]?
    if let row {
      values = try self.values(of: conflict.columns, by: change, standing: row)
      // Programs that write whole rows say nothing of a column by leaving it as it was.
      guard values != nil, values != conflict.sides[0].values else { return nil }
    }
    let side = ConflictSide(
      dot: entry.dot, milliseconds: change.version.milliseconds,
      clockOffsetMilliseconds: entry.clockOffsetMilliseconds, values: values)
    result.sides = [side] + conflict.sides.prefix(DeltaLimits.conflictValuesMax - 1)
    return result
  }

  /// What a change makes of some columns; nil where what it wrote was not taken.
  private func values(
    of columns: [ColumnID], by change: Change, standing row: [Value]
  ) throws -> [Value]? {
    guard case .stored(let stored) = try record(of: change) else { return nil }
    let metadata = try stored.metadata()
    var values = Dictionary(uniqueKeysWithValues: zip(change.table.cellColumns, row))
    for (index, column) in change.block.reader.columns.enumerated() where columns.contains(column) {
      let versions = metadata.versions(of: ColumnSet([column]), among: change.table.cells)
      guard versions.contains(where: { $0.position == position }) else { return nil }
      values[column] = Value(change.block.values.value(index, row: change.row))
    }
    return columns.map { values[$0] ?? .null }
  }
}
