internal import Clocks
internal import Deltas

/// Applies a delta's entries in order to a copy of a branch.
struct ModelApplier {
  var branch: ModelBranch
  var covered: Set<UInt64>
  let isForAnyone: Bool
  let table: ModelTable
  let mutant: Mutant
  let fork: LogPosition
  private var integrated: LogPosition
  private var pending: [Bool]
  private var accepted: [Bool]
  private var touched: [Bool]

  init(
    branch: ModelBranch, from: LogPosition, isForAnyone: Bool, covered: Set<UInt64>,
    table: ModelTable, mutant: Mutant
  ) {
    self.branch = branch
    self.covered = covered
    self.isForAnyone = isForAnyone
    self.table = table
    self.mutant = mutant
    fork = from
    integrated = from
    pending = Array(repeating: false, count: table.rowCount)
    accepted = pending
    touched = pending
    readOutbox()
    if isForAnyone, mutant != .baseAboveForkKept {
      for row in branch.deferred.indices where (branch.deferred[row]?.base ?? from) > from {
        self.branch.deferred[row]?.base = from
      }
    }
    releaseConfirmed()
  }

  private mutating func readOutbox() {
    pending = Array(repeating: false, count: table.rowCount)
    accepted = pending
    for changeset in branch.outbox {
      let isCovered =
        covered.contains(changeset.dot.counter) || branch.known.contains(changeset.hash)
      for change in changeset.changes {
        if isCovered { accepted[change.row] = true } else { pending[change.row] = true }
      }
    }
  }

  /// Why it does not fit, or nil.
  mutating func take(_ entries: [ModelDeltaEntry]) -> String? {
    for entry in entries {
      integrated = LogPosition(entry.position.rawValue - 1)
      if entry.hasBlocks {
        for change in entry.changeset.changes { take(ModelIncoming(change)) }
      } else if let failure = replay(entry) {
        return failure
      }
      guard mutant != .noOutcomes, mutant != .outcomeForOthersOnly || entry.hasBlocks else {
        continue
      }
      for outcome in entry.outcomes {
        take(
          ModelIncoming(
            row: outcome.row, kind: outcome.values == nil ? .delete : .insert,
            columns: table.columns, values: outcome.values ?? [], marks: Marks()))
      }
    }
    return nil
  }

  private mutating func replay(_ entry: ModelDeltaEntry) -> String? {
    guard let own = branch.outbox.first(where: { $0.dot.counter == entry.dot.counter }) else {
      return "the hub has changeset \(entry.dot) of this branch, which this file has not"
    }
    guard own.hash == entry.changeset.hash else {
      return "it has another changeset under this branch's name"
    }
    covered.insert(own.dot.counter)
    guard mutant != .noReplay else { return nil }
    for change in own.changes {
      let incoming = ModelIncoming(change)
      if branch.deferred[change.row] != nil {
        wait(incoming)
      } else if !pending[change.row] && touched[change.row] || mutant == .replayOverPending {
        put(incoming)
      }
    }
    return nil
  }

  private mutating func take(_ incoming: ModelIncoming) {
    let row = incoming.row
    let mustWait = pending[row] && mutant != .pendingOverwritten || branch.deferred[row] != nil
    if mustWait {
      if mutant != .deferralForgotten { wait(incoming) }
      return
    }
    if accepted[row] { touched[row] = true }
    put(incoming)
  }

  private mutating func wait(_ incoming: ModelIncoming) {
    var waiting = branch.deferred[incoming.row] ?? ModelDeferred(base: integrated, changes: [])
    if mutant == .deferralBaseMoves { waiting.base = integrated }
    waiting.changes.append(incoming)
    branch.deferred[incoming.row] = waiting
  }

  private mutating func put(_ incoming: ModelIncoming) {
    branch.seen[incoming.row].formUnion(incoming.marks)
    switch incoming.kind {
    case .delete: branch.rows[incoming.row] = nil
    case .insert: branch.rows[incoming.row] = incoming.values
    case .update:
      for (column, value) in zip(incoming.columns, incoming.values) {
        branch.rows[incoming.row]?[table.index(column)] = value
      }
    }
  }

  private mutating func releaseConfirmed() {
    for row in branch.deferred.indices {
      guard !pending[row] || mutant == .deferralReleasedEarly, let waiting = branch.deferred[row]
      else { continue }
      branch.deferred[row] = nil
      for change in waiting.changes { put(change) }
      if accepted[row] { touched[row] = true }
    }
  }

  /// Takes the standing rows instead of entries.
  mutating func take(_ whole: ModelWholeState, isNew: Bool) {
    for row in branch.rows.indices {
      let incoming = ModelIncoming(
        row: row, kind: whole.rows[row] == nil ? .delete : .insert, columns: table.columns,
        values: whole.rows[row] ?? [], marks: whole.marks[row])
      if whole.rows[row] == nil {
        if mutant == .wholeKeepsRows { continue }
        if pending[row] && mutant == .wholeNotDeferred { continue }
        if pending[row] && mutant == .wholeDeletesPending {
          put(incoming)
          continue
        }
      }
      take(incoming)
    }
  }

  /// After the last entry: what waited for what is confirmed now.
  mutating func finish() {
    let left = branch.outbox.filter {
      !covered.contains($0.dot.counter) && !branch.known.contains($0.hash)
    }
    pending = Array(repeating: false, count: table.rowCount)
    for changeset in left { for change in changeset.changes { pending[change.row] = true } }
    accepted = Array(repeating: false, count: table.rowCount)
    releaseConfirmed()
  }
}

extension ModelIncoming {
  init(_ change: ModelChange) {
    self.init(
      row: change.row, kind: change.change.kind, columns: change.change.columns,
      values: change.change.values, marks: Marks(change.marks.filter { $0 > 0 }))
  }
}
