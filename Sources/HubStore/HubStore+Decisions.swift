internal import Basics
package import Clocks
package import Deltas
internal import Merging
internal import Storage

/// What a person wants of a conflict.
package enum ConflictChoice: Hashable, Sendable {
  /// What one of the branches in it wrote, or its deletion.
  case branch(String)
  /// Another value.
  case value(Value)
}

/// What people decided about conflicts, and what they took back.
///
/// A decision is a change of headquarters that has seen all versions, so it reaches everybody, and
/// beats nothing that comes after it.
extension HubStore {
  /// Decides conflicts, all or none, and returns the position of the decision in the log.
  ///
  /// `person` is who decided, as they want to be called. A conflict that was decided before is
  /// decided anew.
  @discardableResult
  package func decide(
    _ ids: [UInt64], _ choice: ConflictChoice, person: String, wallMilliseconds: Int64
  ) throws -> LogPosition {
    try deciding("record the decision") {
      let names = try self.names()
      let conflicts = try ids.map { try conflict($0) }
      let rows = Set(conflicts.filter(\.isOfRow).map(\.key))
      let decisions = try conflicts.map {
        try decision(
          on: $0, choice, withRow: rows.contains($0.key), person: person, names, wallMilliseconds)
      }
      return try carryOut(decisions, person: person, wallMilliseconds)
    }
  }

  /// Takes back the last decision about each of some conflicts, all or none: what stood before it
  /// stands again, and the conflicts are what they were. Returns the position of that.
  @discardableResult
  package func undoDecisions(
    _ ids: [UInt64], person: String, wallMilliseconds: Int64
  ) throws -> LogPosition {
    try deciding("take back the decision") {
      let conflicts = try ids.map { try conflict($0) }
      let rows = Set(conflicts.filter(\.isOfRow).map(\.key))
      let undone = try conflicts.map {
        try undoing($0, withRow: rows.contains($0.key), wallMilliseconds)
      }
      return try carryOut(undone, person: person, wallMilliseconds)
    }
  }

  func deciding<Result>(_ doing: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try storing(doing) {
        try database.transaction {
          try takeOver()
          records?.forget()
          knownPruned = nil
          try refreshPolicy()
          return try body()
        }
      }
    } catch {
      forgetCaches()
      throw error
    }
  }

  /// A conflict of the ledger.
  func conflict(_ id: UInt64) throws -> Conflict {
    guard
      let content = try database.firstRow(HubSQL.selectLedgerEntry, [Value(counter: id)])?.first
    else { throw HubStoreError.notDecided(.unknownConflict(id)) }
    return try Self.conflict(in: content)
  }

  // MARK: Carrying out

  /// One conflict's part.
  struct Decision {
    /// As the ledger has it.
    var before: Conflict
    /// As the ledger is to have it.
    var after: Conflict
    var change: RowChange
    /// What takes it back; nil if this takes something back itself.
    var reverse: RowChange?
  }

  func carryOut(
    _ decisions: [Decision], person: String, _ wallMilliseconds: Int64
  ) throws -> LogPosition {
    let keys = Set(decisions.map(\.change.key))
    let changes = keys.count == decisions.count ? decisions.map(\.change) : merged(decisions)
    let byKey = Dictionary(uniqueKeysWithValues: changes.map { ($0.key, $0) })
    return try writeOwn(
      changes, isDecision: true, wallMilliseconds: wallMilliseconds
    ) { ledger in
      for decision in decisions {
        guard let change = byKey[decision.change.key],
          try self.isWritten(change, at: ledger.position) || self.isRefusedAgain(decision)
        else { throw HubStoreError.notDecided(.notTaken(decision.before.id)) }
        try ledger.replace(decision.after)
        try self.resume(decision.after, undoing: decision, ledger)
        try self.record(
          decision, at: ledger.position, person: person, wallMilliseconds)
      }
    }
  }

  /// One change for each row; of two for one column the later stands.
  private func merged(_ decisions: [Decision]) -> [RowChange] {
    var order: [RowKey] = []
    var changes: [RowKey: RowChange] = [:]
    for change in decisions.map(\.change) {
      guard let earlier = changes[change.key] else {
        order.append(change.key)
        changes[change.key] = change
        continue
      }
      changes[change.key] = earlier.followed(by: change)
    }
    return order.compactMap { changes[$0] }
  }

  func record(
    _ decision: Decision, at position: LogPosition, person: String, _ wallMilliseconds: Int64
  ) throws {
    let id = Value(counter: decision.before.id)
    guard let reverse = decision.reverse else {
      try database.execute(HubSQL.deleteLastDecision, [id])
      // What the decision before it decided stands again since now.
      try database.execute(HubSQL.moveLastDecision, [id, Value(position)])
      return
    }
    var content = ByteWriter()
    content.write(reverse.kind.rawValue)
    content.writeList(reverse.columns) { $0.write($1) }
    content.writeList(reverse.values) { $0.write($1) }
    try database.execute(
      HubSQL.insertDecision,
      [
        id, Value(position), .integer(wallMilliseconds), .text(person),
        .blob(Conflict.payload(of: [decision.before])), .blob(content.bytes),
      ])
  }

  // MARK: What a choice comes to

  /// `withRow` says that it is decided along with it whether the row stands.
  private func decision(
    on conflict: Conflict, _ choice: ConflictChoice, withRow: Bool, person: String,
    _ names: [ReplicaID: String], _ wallMilliseconds: Int64
  ) throws -> Decision {
    guard conflict.rule != LedgerWriter.refusalRule else {
      throw HubStoreError.notDecided(.refusedRow(conflict.id))
    }
    guard let table = try table(conflict.key.table) else {
      throw HubStoreError.damaged("the ledger names a table that the schema lacks")
    }
    var after = conflict
    after.state = .decided
    after.sides = try chosen(choice, of: conflict, names, wallMilliseconds)
    after.explanation = Self.sentence(of: choice, person: person)
    let values = after.sides[0].values
    let (change, reverse) =
      try conflict.isOfRow
      ? rowChange(stands: values != nil, after, table, wallMilliseconds)
      : cellChange(values, conflict, table, withRow: withRow, wallMilliseconds)
    return Decision(before: conflict, after: after, change: change, reverse: reverse)
  }

  /// The conflict's sides with the chosen one first.
  private func chosen(
    _ choice: ConflictChoice, of conflict: Conflict, _ names: [ReplicaID: String],
    _ wallMilliseconds: Int64
  ) throws -> [ConflictSide] {
    switch choice {
    case .branch(let name):
      let theirs = conflict.sides.indices.filter { names[conflict.sides[$0].dot.replica] == name }
      // What stands against a refused write may be its author's own.
      guard let index = conflict.state == .refused ? theirs.last : theirs.first else {
        throw HubStoreError.notDecided(
          .notASide(
            conflict.id, branch: name,
            branches: conflict.sides.map { names[$0.dot.replica] ?? "hub" }))
      }
      var sides = conflict.sides
      sides.insert(sides.remove(at: index), at: 0)
      return sides
    case .value(let value):
      guard conflict.columns.count == 1, !conflict.isOfRow else {
        throw HubStoreError.notDecided(
          conflict.isOfRow ? .noColumn(conflict.id) : .severalColumns(conflict.id))
      }
      let author = try headquarters(wallMilliseconds: wallMilliseconds)
      let dot = Dot(replica: author.id, counter: author.chainCounter + 1)
      return [ConflictSide(dot: dot, milliseconds: wallMilliseconds, values: [value])]
        + conflict.sides.prefix(DeltaLimits.conflictValuesMax - 1)
    }
  }

  private func cellChange(
    _ values: [Value]?, _ conflict: Conflict, _ table: HubTable, withRow: Bool,
    _ wallMilliseconds: Int64
  ) throws -> (change: RowChange, reverse: RowChange) {
    let row =
      try table.values(of: conflict.key) ?? (withRow ? held(conflict.key, in: table) : nil)
    if row == nil, let values, conflict.columns == table.valueColumns,
      conflict.rule == LedgerWriter.authorityRule
    {
      return refusedInsertion(values, conflict, wallMilliseconds)
    }
    let shown = row.map { Dictionary(uniqueKeysWithValues: zip(table.cellColumns, $0)) }
    guard let shown, let values, conflict.columns.allSatisfy({ shown[$0] != nil }) else {
      throw HubStoreError.notDecided(.rowGone(conflict.id))
    }
    func change(_ values: [Value]) -> RowChange {
      RowChange(
        key: conflict.key, kind: .update, columns: conflict.columns, values: values,
        milliseconds: wallMilliseconds, base: nil)
    }
    return (change(values), change(conflict.columns.compactMap { shown[$0] }))
  }

  /// A row that its author had no right to add, and what takes it away again.
  private func refusedInsertion(
    _ values: [Value], _ conflict: Conflict, _ wallMilliseconds: Int64
  ) -> (change: RowChange, reverse: RowChange) {
    let insertion = RowChange(
      key: conflict.key, kind: .insert, columns: conflict.columns, values: values,
      milliseconds: wallMilliseconds, base: nil)
    let deletion = RowChange(
      key: conflict.key, kind: .delete, columns: [], values: [], milliseconds: wallMilliseconds,
      base: nil)
    return (insertion, deletion)
  }

  private func rowChange(
    stands: Bool, _ conflict: Conflict, _ table: HubTable, _ wallMilliseconds: Int64
  ) throws -> (change: RowChange, reverse: RowChange) {
    let deletion = RowChange(
      key: conflict.key, kind: .delete, columns: [], values: [], milliseconds: wallMilliseconds,
      base: nil)
    guard let values = try table.values(of: conflict.key) ?? lastRow(of: conflict, in: table)
    else { throw HubStoreError.notDecided(.rowGone(conflict.id)) }
    let insertion = RowChange(
      key: conflict.key, kind: .insert, columns: table.valueColumns,
      values: table.valueColumns.isEmpty ? [] : values, milliseconds: wallMilliseconds, base: nil)
    let isThere = try table.values(of: conflict.key) != nil
    return (stands ? insertion : deletion, isThere ? insertion : deletion)
  }

  /// What a row that does not stand last held, as long as its record remembers.
  func held(_ key: RowKey, in table: HubTable) throws -> [Value]? {
    let encoded = key.encoded
    let record = try encoded.withUnsafeBytes { try rowRecords().record(table.id, $0) }
    guard case .stored(let stored) = record else { return nil }
    let metadata = try stored.metadata()
    guard metadata.isComplete, metadata.place == .gone else { return nil }
    let rowState = try state(metadata, [], key: encoded, in: table)
    return table.cellColumns.map {
      rowState.standing($0, table: table.id, policy: policy)?.value ?? .null
    }
  }

  /// The same; where nothing of the record is left, what the ledger kept beside the change that
  /// stands, or else the first.
  func lastRow(of conflict: Conflict, in table: HubTable) throws -> [Value]? {
    if let values = try held(conflict.key, in: table) { return values }
    guard conflict.rule == Conflict.deletionRule, !conflict.columns.isEmpty,
      let kept = conflict.sides.lazy.compactMap(\.values).first
    else { return nil }
    let byColumn = Dictionary(uniqueKeysWithValues: zip(conflict.columns, kept))
    let row = table.cellColumns.map { byColumn[$0] ?? table.valueByItself(of: $0) }
    return row.contains { $0 == nil } ? nil : row.compactMap { $0 }
  }

  /// Who decided, as they want to be called.
  static func name(of person: String) -> String {
    person.isEmpty ? "A person at headquarters" : person
  }

  private static func sentence(of choice: ConflictChoice, person: String) -> String {
    let who = name(of: person)
    switch choice {
    case .branch(let name): return "\(who) decided: what \(name) did stands."
    case .value: return "\(who) decided: another value stands."
    }
  }

  // MARK: Undo

  /// `withRow` says that what was decided about the row itself is taken back along with it.
  private func undoing(
    _ conflict: Conflict, withRow: Bool, _ wallMilliseconds: Int64
  ) throws -> Decision {
    guard
      let row = try database.firstRow(HubSQL.selectLastDecision, [Value(counter: conflict.id)])
    else { throw HubStoreError.notDecided(.nothingToUndo(conflict.id)) }
    let decided = row[0].asPosition
    guard try !wasWritten(conflict, since: decided, withRow: withRow) else {
      let isGone = try table(conflict.key.table)?.values(of: conflict.key) == nil
      throw HubStoreError.notDecided(
        isGone ? .deletedSince(conflict.id) : .writtenSince(conflict.id))
    }
    guard let before = try Conflict.list(payload: row[1].asBytes).first else {
      throw HubStoreError.damaged("a decision cannot be read")
    }
    var reader = FieldReader(row[2].asBytes, in: "a decision")
    guard let kind = ChangeKind(rawValue: try reader.readByte()) else {
      throw HubStoreError.damaged("a decision has an unknown kind")
    }
    let columns = try reader.readList(of: "columns", atMost: DeltaLimits.columnsMax) {
      (reader) throws(DeltaDecodingError) in try reader.readColumn()
    }
    let values = try reader.readList(of: "values", atMost: DeltaLimits.columnsMax) {
      (reader) throws(DeltaDecodingError) in try reader.readValue()
    }
    try reader.expectEnd()
    return Decision(
      before: conflict, after: before,
      change: RowChange(
        key: conflict.key, kind: kind, columns: columns, values: values,
        milliseconds: wallMilliseconds, base: nil),
      reverse: nil)
  }

  /// Whether anybody has written what a decision decided after it.
  private func wasWritten(
    _ conflict: Conflict, since position: LogPosition, withRow: Bool
  ) throws -> Bool {
    guard let table = try table(conflict.key.table) else { return true }
    let encoded = conflict.key.encoded
    let record = try encoded.withUnsafeBytes { try rowRecords().record(table.id, $0) }
    guard case .stored(let stored) = record else {
      // Nothing is kept of who wrote what stands: what it is tells whether it was decided so.
      let row = try table.values(of: conflict.key)
      guard !conflict.isOfRow else {
        return (row != nil) != (conflict.sides[0].values != nil)
      }
      guard let row else { return !withRow }
      let shown = Dictionary(uniqueKeysWithValues: zip(table.cellColumns, row))
      return conflict.columns.map { shown[$0] ?? .null } != conflict.sides[0].values
    }
    let metadata = try stored.metadata()
    guard !conflict.isOfRow else {
      return metadata.versions.contains { $0.position > position }
    }
    let versions = metadata.versions(of: ColumnSet(conflict.columns), among: table.cells)
    return versions.contains { $0.position > position } || metadata.place == .gone && !withRow
  }
}

extension RowChange {
  /// This change and a later one of the same row. A row that one lets stand has the columns of the
  /// other; one that is deleted has none.
  func followed(by later: RowChange) -> RowChange {
    switch (kind, later.kind) {
    case (_, .delete), (.delete, .insert), (.insert, .insert): return later
    case (.delete, .update): return self
    case (.insert, .update), (.update, .update): return with(later)
    case (.update, .insert): return later.with(self)
    }
  }

  /// This change with another's columns on top.
  private func with(_ other: RowChange) -> RowChange {
    var values = Dictionary(uniqueKeysWithValues: zip(columns, self.values))
    for (column, value) in zip(other.columns, other.values) { values[column] = value }
    var result = self
    result.columns = values.keys.sorted()
    result.values = result.columns.compactMap { values[$0] }
    result.milliseconds = max(milliseconds, other.milliseconds)
    return result
  }
}
