internal import Basics
package import Clocks
package import Deltas
internal import Merging
internal import Storage

/// What people do about rows in quarantine: try them again, or give them up.
extension HubStore {
  /// What became of rows that were tried again.
  package struct Retried: Hashable, Sendable {
    /// Rows that are not in quarantine any more.
    package var ended: [RowKey] = []
    /// Rows that are, as before.
    package var waiting: [RowKey] = []
  }

  /// Tries rows again at once, and tells everybody what came of it; all that wait if `keys` is nil.
  package func retryQuarantine(
    _ keys: [RowKey]? = nil, wallMilliseconds: Int64
  ) throws -> Retried {
    try deciding("try the rows in quarantine again") {
      try watchReferences()
      let listed = try waitingKeys()
      let wanted = keys ?? listed.sorted { $0.encoded.lexicographicallyPrecedes($1.encoded) }
      guard wanted.allSatisfy(listed.contains) else {
        throw HubStoreError.notDecided(.notInQuarantine)
      }
      for start in stride(
        from: 0, to: wanted.count, by: HubStoreLimits.quarantineRetryRowsMax)
      {
        let end = min(start + HubStoreLimits.quarantineRetryRowsMax, wanted.count)
        try retry(wanted[start..<end], wallMilliseconds)
      }
      let left = try waitingKeys()
      var result = Retried()
      for key in wanted {
        if left.contains(key) { result.waiting.append(key) } else { result.ended.append(key) }
      }
      return result
    }
  }

  /// Nothing is left of an attempt that came to nothing.
  private struct NothingCame: Error {}

  private func retry(_ keys: ArraySlice<RowKey>, _ wallMilliseconds: Int64) throws {
    do {
      try database.savepoint {
        let before = try waitingKeys()
        for key in keys {
          guard let table = schema.table(key.table) else { continue }
          try database.execute(
            HubSQL.updateQuarantineTried,
            [Value(key.table), .blob(key.encoded), Value(LogPosition.start)])
          if references(from: key.table) {
            try database.execute(HubSQL.insertNoted(table), [Value(key.table)] + key.values)
          }
        }
        _ = try writeOwn([], isDecision: true, wallMilliseconds: wallMilliseconds)
        guard try waitingKeys() != before else { throw NothingCame() }
      }
    } catch is NothingCame {
      log.forget()
      records?.forget()
    }
  }

  private func references(from table: TableID) -> Bool {
    !(knownReferences?.byChild[table] ?? []).isEmpty
  }

  private func waitingKeys() throws -> Set<RowKey> {
    let rows =
      try database.rows(HubSQL.selectQuarantineKeys) + database.rows(HubSQL.selectOrphanKeys)
    return Set(try rows.map { try RowKey(table: $0[0].asTable, encoded: $0[1].asBytes) })
  }

  // MARK: Giving up

  /// Gives up a row in quarantine, as a decision of headquarters that the ledger keeps and that can
  /// be taken back there: of a refused row, what was refused; of a row whose reference finds
  /// nothing, the row. Returns the decision's position in the log, and its number in the ledger.
  @discardableResult
  package func dropQuarantined(
    _ key: RowKey, person: String, wallMilliseconds: Int64
  ) throws -> (position: LogPosition, conflict: UInt64) {
    try deciding("give up the row in quarantine") {
      guard let table = try table(key.table) else {
        throw HubStoreError.notDecided(.notInQuarantine)
      }
      let parameters = [Value(key.table), Value.blob(key.encoded)]
      if let row = try database.firstRow(HubSQL.selectQuarantineConflict, parameters) {
        var reader = FieldReader(row[1].asBytes, in: "a row in quarantine")
        let values = try reader.readList(of: "values", atMost: DeltaLimits.columnsMax) {
          (reader) throws(DeltaDecodingError) in try reader.readValue()
        }
        return try dropRefused(
          key, values, in: table, conflict: row[0].asCounter, person, wallMilliseconds)
      }
      guard try database.firstRow(HubSQL.selectOrphansOfRow, parameters) != nil,
        let values = try table.values(of: key)
      else { throw HubStoreError.notDecided(.notInQuarantine) }
      return try dropOrphan(key, values, in: table, person, wallMilliseconds)
    }
  }

  /// What the table shows under the key stands, as if headquarters had written that.
  private func dropRefused(
    _ key: RowKey, _ refused: [Value], in table: HubTable, conflict id: UInt64, _ person: String,
    _ wallMilliseconds: Int64
  ) throws -> (position: LogPosition, conflict: UInt64) {
    let before = try conflict(id)
    func change(_ kind: ChangeKind, _ values: [Value]) -> RowChange {
      let columns = kind == .delete || table.valueColumns.isEmpty ? [] : table.valueColumns
      return RowChange(
        key: key, kind: kind, columns: columns, values: columns.isEmpty ? [] : values,
        milliseconds: wallMilliseconds, base: nil)
    }
    var after = before
    after.state = .decided
    after.explanation = "\(Self.name(of: person)) decided: what was refused is given up."
    let (giving, back): (RowChange, RowChange)
    if let shown = try table.values(of: key) {
      (giving, back) = (change(.update, shown), change(.update, refused))
    } else {
      (giving, back) = (change(.delete, []), change(.insert, refused))
      after.sides = [try deletion(wallMilliseconds), before.sides[before.sides.count - 1]]
    }
    let decision = Decision(before: before, after: after, change: giving, reverse: back)
    return (try carryOut([decision], person: person, wallMilliseconds), id)
  }

  private func dropOrphan(
    _ key: RowKey, _ values: [Value], in table: HubTable, _ person: String,
    _ wallMilliseconds: Int64
  ) throws -> (position: LogPosition, conflict: UInt64) {
    let columns = table.valueColumns
    let giving = RowChange(
      key: key, kind: .delete, columns: [], values: [], milliseconds: wallMilliseconds, base: nil)
    let back = RowChange(
      key: key, kind: .insert, columns: columns, values: columns.isEmpty ? [] : values,
      milliseconds: wallMilliseconds, base: nil)
    let last = try rowState(of: key, in: table).writes.max { $0.position < $1.position }
    let deletion = try deletion(wallMilliseconds)
    let row = ConflictSide(
      dot: last?.dot ?? deletion.dot, milliseconds: last?.milliseconds,
      values: [values.first ?? .null])
    var id: UInt64 = 0
    let position = try writeOwn(
      [giving], isDecision: true, wallMilliseconds: wallMilliseconds
    ) { ledger in
      let entry = try ledger.addGivenUp(
        row, deletion: deletion, at: key, by: Self.name(of: person))
      id = entry.after.id
      guard try self.isWritten(giving, at: ledger.position) else {
        throw HubStoreError.notDecided(.notTaken(id))
      }
      try self.record(
        Decision(before: entry.before, after: entry.after, change: giving, reverse: back),
        at: ledger.position, person: person, wallMilliseconds)
    }
    return (position, id)
  }

  /// What headquarters are about to do.
  private func deletion(_ wallMilliseconds: Int64) throws -> ConflictSide {
    let author = try headquarters(wallMilliseconds: wallMilliseconds)
    return ConflictSide(
      dot: Dot(replica: author.id, counter: author.chainCounter + 1),
      milliseconds: wallMilliseconds, values: nil)
  }

  // MARK: Taking that back

  /// Whether what was given up is refused as it was before.
  func isRefusedAgain(_ decision: Decision) throws -> Bool {
    guard decision.reverse == nil, decision.after.rule == LedgerWriter.refusalRule else {
      return false
    }
    return try quarantinedConflict(decision.change.key) != nil
  }

  /// The ledger goes on with the entry that it had of a refused row.
  func resume(_ before: Conflict, undoing decision: Decision, _ ledger: LedgerWriter) throws {
    guard decision.reverse == nil, before.rule == LedgerWriter.refusalRule else { return }
    guard let other = try quarantinedConflict(before.key) else {
      return try ledger.settle(before.id, .rowStands)
    }
    if other != before.id {
      try database.execute(HubSQL.deleteLedgerEntry, [Value(counter: other)])
    }
    try database.execute(
      HubSQL.updateQuarantineConflict,
      [Value(before.key.table), .blob(before.key.encoded), Value(counter: before.id)])
  }

  private func quarantinedConflict(_ key: RowKey) throws -> UInt64? {
    try database.firstRow(
      HubSQL.selectQuarantineConflict, [Value(key.table), .blob(key.encoded)])?[0].asCounter
  }
}
