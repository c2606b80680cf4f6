internal import Clocks
package import Deltas
package import Merging
internal import Storage

/// What another merge policy would make of the conflicts that the ledger has.
package struct Rehearsal: Hashable, Sendable {
  /// Conflicts whose outcome still stands and that a rule decided.
  package var examinedCount = 0
  /// Conflicts of which another side would stand.
  package var differingCount = 0
  /// Conflicts that would wait for a person and do not now.
  package var openedCount = 0
  /// Conflicts that no rule can decide again: a person did, somebody has written since, or the new
  /// rule counts what was done and the ledger has only what it came to; or it decides columns as
  /// one of which the ledger has some; or nothing is left of what would stand; or it is whether a
  /// row stands that stands or goes with others.
  package var leftCount = 0
  /// The newest of those of which another side would stand.
  package var sample: [Change] = []

  /// Of no conflicts.
  package init() {}

  /// A conflict as it is, and as it would be.
  package struct Change: Hashable, Sendable {
    package var before: Conflict
    package var after: Conflict
  }
}

/// Trying a policy on what happened, and putting it in force for that too.
extension HubStore {
  /// Decides the ledger's conflicts again under another policy, and changes nothing.
  ///
  /// O(ledger) in time; memory for the ledger's entries.
  package func rehearse(_ policy: MergePolicy, sampleMax: Int) throws -> Rehearsal {
    try storing("rehearse the policy") {
      try database.readTransaction {
        records?.forget()
        knownPruned = nil
        return try replay(policy, sampleMax: sampleMax).rehearsal
      }
    }
  }

  /// Puts a policy in force, and decides the ledger's conflicts again by it: as changes of
  /// headquarters, in the same transaction. Returns its version, and what that came to.
  package func publishAnew(
    _ policy: MergePolicy, source: String, likeVersion: UInt64? = nil, sampleMax: Int,
    wallMilliseconds: Int64
  ) throws -> (version: UInt64, rehearsal: Rehearsal) {
    do {
      return try storing("publish the policy") {
        try database.transaction {
          try takeOver()
          records?.forget()
          knownPruned = nil
          let replay = try replay(policy, sampleMax: sampleMax)
          let version = try insertPolicy(
            policy, source: source, likeVersion: likeVersion, wallMilliseconds: wallMilliseconds)
          try refreshPolicy()
          for start in stride(
            from: 0, to: replay.changes.count, by: HubStoreLimits.redecidedPerChangesetMax)
          {
            let end = min(start + HubStoreLimits.redecidedPerChangesetMax, replay.changes.count)
            try redecide(replay.changes[start..<end], wallMilliseconds)
          }
          return (version, replay.rehearsal)
        }
      }
    } catch {
      forgetCaches()
      throw error
    }
  }

  private func redecide(
    _ changes: ArraySlice<Rehearsal.Change>, _ wallMilliseconds: Int64
  ) throws {
    var rows: [RowKey: RowChange] = [:]
    var wanted: [UInt64: RowChange] = [:]
    for change in changes where change.isNews {
      guard let table = try table(change.after.key.table),
        let written = try rowChange(
          of: change.after, from: change.before, in: table, wallMilliseconds)
      else { continue }
      wanted[change.after.id] = written
      rows[written.key] = rows[written.key]?.followed(by: written) ?? written
    }
    let keys = rows.keys.sorted { $0.encoded.lexicographicallyPrecedes($1.encoded) }
    _ = try writeOwn(
      keys.compactMap { rows[$0] }, isDecision: true, wallMilliseconds: wallMilliseconds
    ) { ledger in
      for change in changes {
        // What a constraint refused, or went with its row, stands as the entry has it already.
        if change.isNews {
          guard let written = wanted[change.after.id], rows[written.key]?.has(written) == true,
            try self.isWritten(written, at: ledger.position)
          else { continue }
        }
        try ledger.replace(change.after)
      }
    }
  }

  /// What makes a conflict's first side stand.
  private func rowChange(
    of conflict: Conflict, from before: Conflict, in table: HubTable, _ wallMilliseconds: Int64
  ) throws -> RowChange? {
    let values = conflict.sides[0].values
    if !conflict.isOfRow {
      return values.map {
        RowChange(
          key: conflict.key, kind: .update, columns: conflict.columns, values: $0,
          milliseconds: wallMilliseconds, base: nil)
      }
    }
    guard values != nil else {
      return RowChange(
        key: conflict.key, kind: .delete, columns: [], values: [], milliseconds: wallMilliseconds,
        base: nil)
    }
    return try lastRow(of: before, in: table).map {
      RowChange(
        key: conflict.key, kind: .insert, columns: table.valueColumns,
        values: table.valueColumns.isEmpty ? [] : $0, milliseconds: wallMilliseconds, base: nil)
    }
  }

  // MARK: Deciding again

  private struct Replay {
    var rehearsal = Rehearsal()
    /// The newest first while they are gathered, then the oldest.
    var changes: [Rehearsal.Change] = []

    /// What a column of such a row would hold nobody sees.
    mutating func leaveOutColumnsOfRowsThatGo() {
      let gone = Set(
        changes.filter {
          $0.before.columns.isEmpty && $0.isNews && $0.after.sides[0].values == nil
        }.map(\.before.key))
      changes.removeAll { !$0.before.columns.isEmpty && gone.contains($0.before.key) }
    }

    mutating func count(sampleMax: Int) {
      for change in changes {
        if change.after.state == .open, change.before.state != .open { rehearsal.openedCount += 1 }
        guard change.after.sides[0].values != change.before.sides[0].values else { continue }
        rehearsal.differingCount += 1
        if rehearsal.sample.count < sampleMax { rehearsal.sample.append(change) }
      }
    }
  }

  private func replay(_ policy: MergePolicy, sampleMax: Int) throws -> Replay {
    struct Cell: Hashable {
      var key: RowKey
      var columns: [ColumnID]
    }
    var result = Replay()
    var met: Set<Cell> = []
    for entry in try database.rows(HubSQL.selectLedger, [Value(Int.max)]) {
      let conflict = try Self.conflict(in: entry[0])
      // Of several conflicts about one cell the newest says what stands.
      let columns = conflict.isOfRow ? [] : conflict.columns
      guard met.insert(Cell(key: conflict.key, columns: columns)).inserted else { continue }
      guard Self.isByRule(conflict), try isStanding(conflict, since: entry[1].asPosition),
        let after = try decided(conflict, by: policy), try isWithinReach(after, from: conflict)
      else {
        result.rehearsal.leftCount += 1
        continue
      }
      result.rehearsal.examinedCount += 1
      if after != conflict {
        result.changes.append(Rehearsal.Change(before: conflict, after: after))
      }
    }
    result.leaveOutColumnsOfRowsThatGo()
    result.count(sampleMax: sampleMax)
    result.changes.reverse()
    return result
  }

  /// Whether what is to stand can: of a row that is gone something must be left.
  private func isWithinReach(_ after: Conflict, from before: Conflict) throws -> Bool {
    guard before.isOfRow, before.sides[0].values == nil, after.sides[0].values != nil,
      let table = try table(before.key.table)
    else { return true }
    return try lastRow(of: before, in: table) != nil
  }

  /// Whether a merge rule decided it, or left it to a person who has not decided yet.
  static func isByRule(_ conflict: Conflict) -> Bool {
    guard conflict.state == .settled || conflict.state == .open else { return false }
    let others =
      [LedgerWriter.refusalRule, LedgerWriter.authorityRule, LedgerWriter.orphanRule]
      + [LedgerWriter.KeptReason.partial, .uncaptured, .unshown].map(\.rawValue)
    return !others.contains(conflict.rule)
  }

  /// Whether what it came to is what stands: nobody has written the same since, but headquarters
  /// where it was decided anew. The ledger's entry was last written by the changeset at `changed`.
  private func isStanding(_ conflict: Conflict, since changed: LogPosition) throws -> Bool {
    guard let table = try table(conflict.key.table) else { return false }
    let encoded = conflict.key.encoded
    let row = try table.values(of: conflict.key)
    let record = try encoded.withUnsafeBytes { try rowRecords().record(table.id, $0) }
    let shown = row.map { Dictionary(uniqueKeysWithValues: zip(table.cellColumns, $0)) }
    // Somebody may have deleted one side, and not known of the other, which outlived that: then
    // the entry's first side stands no more.
    let isShown =
      conflict.isOfRow
      ? (row == nil) == (conflict.sides[0].values == nil)
      : shown.map { row in conflict.columns.map { row[$0] ?? .null } } == conflict.sides[0].values
    guard isShown else { return false }
    guard case .stored(let stored) = record else {
      // Everybody has seen what stands, and nothing is kept of how it came about.
      return row == nil || !conflict.isOfRow
    }
    let metadata = try stored.metadata()
    guard metadata.place == (row == nil ? .gone : .table) else { return false }
    if !conflict.isOfRow, row == nil { return false }
    let versions =
      conflict.isOfRow
      ? metadata.versions : metadata.versions(of: ColumnSet(conflict.columns), among: table.cells)
    let parts = Set(conflict.sides.map(\.dot))
    return try versions.allSatisfy { version in
      if version.position == conflict.position { return true }
      guard !version.isSettled, let dot = try log.entry(version.position)?.dot else {
        return version.position <= conflict.position
      }
      return try parts.contains(dot) || version.position < conflict.position
        || version.position == changed && replica(dot.replica)?.state == .headquarters
    }
  }

  /// The conflict as a policy decides it; nil if it cannot from what the ledger has.
  private func decided(_ conflict: Conflict, by policy: MergePolicy) throws -> Conflict? {
    let table = conflict.key.table
    if conflict.isOfRow {
      // What is decided of one row of a group is not of the others.
      guard let hubTable = try self.table(table), !policy.livesTogether(table),
        !self.policy.livesTogether(table)
      else { return nil }
      let rule = policy.deletes(of: table)
      guard rule.name != conflict.rule else { return conflict }
      return Self.decided(
        conflict, by: rule, row: try hubTable.values(of: conflict.key), in: hubTable)
    }
    guard !conflict.sides.contains(where: { $0.values == nil }) else { return nil }
    let unit = policy.units(of: table).first { $0.columns.contains(conflict.columns[0]) }
    let rule: any MergeRule =
      unit?.rule ?? policy.rule(table: table, column: conflict.columns[0])
    let isOne =
      unit != nil
      || conflict.columns.allSatisfy { policy.rule(table: table, column: $0).name == rule.name }
    // Of a unit the entry must have all, or a value would stand beside another's.
    let isWhole = unit.map { Set($0.columns) == Set(conflict.columns) } ?? true
    guard isOne, isWhole, rule.memory == .maximal,
      unit != nil || conflict.columns.count == 1 || rule is any VersionRule
    else { return nil }
    // They were concurrent, or they would not be in one conflict.
    let versions = conflict.sides.enumerated().map { index, side in
      CellVersion(
        version: Version(
          dot: side.dot, position: LogPosition(UInt64(index + 1)), base: .start,
          milliseconds: side.milliseconds),
        value: side.values?.first ?? .null)
    }
    let outcome = rule.resolve(versions)
    guard let standing = outcome.standing else { return nil }
    return conflict.with(
      standing: standing, rule: rule.name, state: outcome.state,
      explanation: outcome.explanation.sentence)
  }

  /// `row` is what stands. It goes to the ledger if the deletion is to stand.
  private static func decided(
    _ conflict: Conflict, by rule: DeleteRule, row: [Value]?, in table: HubTable
  ) -> Conflict? {
    let wanted = conflict.sides.firstIndex { ($0.values == nil) == (rule == .win) }
    let explanation: MergeExplanation =
      switch rule {
      case .lose: .updateOverDelete
      case .win: .deleteOverUpdate
      case .ask: .deleteWaitsForPerson
      }
    return wanted.map {
      conflict.keeping(rule == .win ? row : nil, of: table).with(
        standing: $0, rule: rule.name, state: rule == .ask ? .open : .settled,
        explanation: explanation.sentence)
    }
  }
}

extension Rehearsal.Change {
  /// Whether another side is to stand.
  fileprivate var isNews: Bool { before.sides[0] != after.sides[0] }
}

extension RowChange {
  /// Whether another change of the row does at least what this one says.
  fileprivate func has(_ other: RowChange) -> Bool {
    guard other.kind != .delete else { return kind == .delete }
    let held = Dictionary(uniqueKeysWithValues: zip(columns, values))
    return kind != .delete
      && zip(other.columns, other.values).allSatisfy { held[$0] == .some($1) }
  }
}

extension Conflict {
  /// With all of a row, beside each change of it; or without, where the row itself stands.
  fileprivate func keeping(_ row: [Value]?, of table: HubTable) -> Conflict {
    var result = self
    guard let row, !table.valueColumns.isEmpty else {
      result.columns = []
      for index in sides.indices {
        result.sides[index].values = sides[index].values.map { Array($0.prefix(1)) }
      }
      return result
    }
    result.columns = table.valueColumns
    for index in sides.indices where sides[index].values != nil { result.sides[index].values = row }
    return result
  }

  fileprivate func with(
    standing: Int, rule: String, state: ConflictState, explanation: String
  ) -> Conflict {
    var result = self
    result.sides.insert(result.sides.remove(at: standing), at: 0)
    result.rule = rule
    result.state = state
    // What was said of the same outcome stays.
    if result != self { result.explanation = explanation }
    return result
  }
}
