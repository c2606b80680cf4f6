internal import Clocks
internal import Deltas
internal import Merging

extension ModelHub {
  /// Where a place is in this log: its position, and whether it was the place of a lost timeline.
  func resolve(_ place: CausalContext) -> (position: LogPosition, isLost: Bool)? {
    guard lineage.knows(place.generation), let common = lineage.common(place, headPlace) else {
      return nil
    }
    return (common.position, common != lineage.canonical(place))
  }

  /// What a context means here.
  func seen(
    of changeset: ModelChangeset, context: CausalContext? = nil, author: Dot, mutant: Mutant
  ) -> ModelSeen {
    let context = context ?? changeset.context
    var result = ModelSeen(prefix: .start)
    if mutant == .foreignContextIsOurs {
      result.prefix = min(context.position, head)
    } else if let common = lineage.common(context, headPlace) {
      result.prefix = common.position
      if mutant == .foreignContextIsNothing, common != lineage.canonical(context) {
        result.prefix = .start
      }
    }
    if mutant != .alsoForgotten {
      for (place, position) in places where position > result.prefix {
        if lineage.includes(place, in: context) {
          result.also.append(ModelPair(since: place.position, here: position))
        }
      }
    }
    var least = result.prefix
    if mutant != .chainPairsAbovePrefix {
      for change in changeset.changes { least = min(least, change.change.base ?? least) }
    }
    for position in Set(ancestors(of: author, above: least, mutant)) {
      result.also.append(ModelPair(since: .start, here: position))
    }
    result.also.sort { ($0.here, $0.since) < ($1.here, $1.since) }
    return result
  }

  /// The entries of the chains that a chain continues.
  private func ancestors(
    of author: Dot, above prefix: LogPosition, _ mutant: Mutant
  ) -> [LogPosition] {
    guard mutant != .chainForgotten else { return [] }
    var result: [LogPosition] = []
    for alias in aliases[author.replica] ?? []
    where alias.counter < author.counter && alias.position > prefix {
      result.append(alias.position)
    }
    var parent = registry[author.replica]?.parent
    var rounds = 0
    if !mutant.tellsChainsOnce {
      result += told(ofChain: author.replica, upTo: author.counter - 1, above: prefix)
    }
    while let dot = parent, rounds < 50 {
      if !mutant.tellsChainsOnce {
        result += told(ofChain: dot.replica, upTo: dot.counter, above: prefix)
      }
      rounds += 1
      for index in log.indices where log[index].dot.replica == dot.replica {
        let position = LogPosition(UInt64(index + 1))
        if log[index].dot.counter <= dot.counter, position > prefix { result.append(position) }
      }
      for alias in aliases[dot.replica] ?? []
      where alias.counter <= dot.counter && alias.position > prefix {
        result.append(alias.position)
      }
      parent = registry[dot.replica]?.parent
      if mutant == .chainByAuthorOnly { break }
    }
    return result
  }

  /// What earlier changesets of a chain had seen of the chains that it continues, where only they
  /// could tell.
  private func told(
    ofChain replica: ReplicaID, upTo counter: UInt64, above prefix: LogPosition
  ) -> [LogPosition] {
    log.filter { $0.dot.replica == replica && $0.dot.counter <= counter }
      .flatMap { $0.seen.also.filter { $0.since == .start && $0.here > prefix }.map(\.here) }
  }

  /// Appends a changeset under the hub's name and merges its rows.
  mutating func append(
    _ changeset: ModelChangeset, dot: Dot, name: String, offset: Int64, received: Int64,
    seen: ModelSeen, context: CausalContext? = nil, isHanded: Bool = false, mutant: Mutant
  ) {
    let position = head.next
    let entryHash =
      mutant == .logHashOfContents
      ? changeset.hash : ModelLogEntry.hash(changeset.hash, offset: offset, received: received)
    var entry = ModelLogEntry(
      dot: dot, name: name, changeset: changeset, context: context ?? changeset.context, seen: seen,
      clockOffsetMilliseconds: offset,
      receivedMilliseconds: received, isHanded: isHanded,
      logHash: mixed(logHash, entryHash))
    entry.rowsAfter = log.last?.rowsAfter ?? Array(repeating: nil, count: table.rowCount)
    log.append(entry)
    byHash[changeset.hash] = position
    if byHash[changeset.origin] == nil { byHash[changeset.origin] = position }
    var contested: [Int] = []
    for change in changeset.changes {
      let isContested = merge(change, at: position, mutant)
      let isSent = isContested || isHanded && mutant != .handedWithoutOutcomes
      if isSent, !contested.contains(change.row) {
        contested.append(change.row)
      }
      rowMarks[change.row].formUnion(Marks(change.marks.filter { $0 > 0 }))
      log[log.count - 1].rowsAfter[change.row] = standing(change.row)
      let state = rows[change.row].state
      if state.isAlive, !state.isComplete {
        rows[change.row].wasIncomplete = true
        openCount += 1
        for mark in change.marks where !showsHalfRows { ledger.insert(mark) }
      }
    }
    if mutant == .outcomeOfChangeOnly { return }
    if mutant != .lateChangesSilent {
      for row in changedLate where !contested.contains(row) { contested.append(row) }
      changedLate = []
    }
    for row in contested { log[log.count - 1].rowsAfter[row] = standing(row) }
    log[log.count - 1].outcomes = contested.sorted().map {
      ModelOutcome(row: $0, values: standing($0))
    }
  }

  /// A row's standing values; nil if it does not stand.
  func standing(_ row: Int) -> [Value]? {
    if let values = rows[row].settledValues { return values }
    let state = rows[row].state
    // What changed a row whose insertion is lost waits for it.
    guard state.isAlive, state.isComplete || showsHalfRows else { return nil }
    return table.columns.map {
      state.standing($0, table: ModelTable.id, policy: ModelHub.policy)?.value ?? .null
    }
  }

  static let policy = MergePolicy()

  func version(
    of change: ModelChange, at position: LogPosition, mutant: Mutant
  ) -> Version {
    let entry = entry(position)
    let wall = change.change.milliseconds.addingReportingOverflow(entry.clockOffsetMilliseconds)
      .partialValue
    return Version(
      dot: entry.dot, position: position,
      seen: Self.knowledge(entry.seen, base: change.change.base, mutant)
        .joined(entry.closure[change.row]),
      milliseconds: min(wall, entry.receivedMilliseconds))
  }

  static func knowledge(
    _ seen: ModelSeen, base: LogPosition?, _ mutant: Mutant
  ) -> Knowledge {
    let upTo = base.map { min(seen.prefix, $0) } ?? seen.prefix
    var also: [LogPosition] = []
    for pair in seen.also where pair.here > upTo {
      if let base, pair.since > base, mutant != .alsoIgnoresBase { continue }
      if also.last != pair.here { also.append(pair.here) }
    }
    return Knowledge(upTo: upTo, also: also)
  }

  /// Merges one change. Returns whether everyone must be sent the row.
  private mutating func merge(
    _ change: ModelChange, at position: LogPosition, _ mutant: Mutant
  ) -> Bool {
    let row = change.row
    var version = version(of: change, at: position, mutant: mutant)
    if let values = rows[row].settledValues {
      wake(row, values, for: version, mutant)
    } else if rows[row].isForgotten, version.seen.upTo < pruned, rows[row].state == RowState(),
      change.change.kind == .update, mutant != .lateUpdateResurrects
    {
      // Its deletion is forgotten, and stands; what it would have changed is kept.
      openCount += 1
      for mark in change.marks { ledger.insert(mark) }
      return true
    }
    if change.change.base != nil, mutant != .knowledgeNotClosed {
      version = closed(version, row: row)
    }
    var state = rows[row].state
    let merge = state.merge(change.change, version: version, policy: Self.policy)
    rows[row].state = state
    for conflict in merge.conflicts { note(conflict, row: row) }
    return merge.isContested && (state.isComplete || !state.isAlive)
  }

  /// Gives a settled row a state again: one version that everyone had seen at the settled position.
  private mutating func wake(_ row: Int, _ values: [Value], for version: Version, _ mutant: Mutant)
  {
    var cells: [ColumnID: [CellVersion]] = [:]
    // Only a context that reaches the settled position has seen it; no single entry above one does.
    let position = mutant == .settledAlwaysSeen ? LogPosition.start : settled
    let old = Version(
      dot: Dot(replica: .hub, counter: 1), position: position, base: .start, milliseconds: nil)
    for (column, value) in zip(table.columns, values) {
      cells[column] = [CellVersion(version: old, value: value)]
    }
    rows[row].state = RowState(cells: cells, deletions: [])
    rows[row].settledValues = nil
  }

  /// Has seen what the versions had seen that it has seen.
  private mutating func closed(_ version: Version, row: Int) -> Version {
    let state = rows[row].state
    var seen = version.seen
    for other in state.cells.values.flatMap({ $0.map(\.version) }) + state.deletions
    where version.hasSeen(other) {
      seen = seen.joined(other.seen)
    }
    if seen != version.seen { log[log.count - 1].closure[row] = seen }
    return Version(
      dot: version.dot, position: version.position, seen: seen,
      milliseconds: version.milliseconds)
  }

  private mutating func note(_ conflict: MergeConflict, row: Int) {
    ledgerCount += 1
    noted.append((row, conflict))
    for value in conflict.values where value.dot.replica == .hub {
      ledgerValues.insert(ModelCell(row: row, column: conflict.column, value: value.value))
    }
    for version in conflict.versions {
      guard version.dot.replica != .hub else { continue }
      for change in entry(version.position).changeset.changes where change.row == row {
        guard let column = conflict.column, change.change.kind != .delete else {
          for mark in change.marks { ledger.insert(mark) }
          continue
        }
        for (index, own) in change.change.columns.enumerated() where own == column {
          ledger.insert(change.marks[index])
        }
      }
    }
  }

  /// A name that became known after entries which had seen it were merged.
  mutating func noteLatePlaces(mutant: Mutant) {
    guard mutant != .latePlacesIgnored else { return }
    for index in log.indices {
      let dot = log[index].dot
      let told = log[index].seen.also
      var now = seen(
        of: log[index].changeset, context: log[index].context, author: dot, mutant: mutant)
      for pair in told where !now.also.contains(pair) { now.also.append(pair) }
      now.prefix = max(now.prefix, log[index].seen.prefix)
      now.also.removeAll { $0.here <= now.prefix && $0.since > .start }
      now.also.sort { ($0.here, $0.since) < ($1.here, $1.since) }
      guard now != log[index].seen else { continue }
      log[index].seen = now
      for change in log[index].changeset.changes { renew(change, at: index + 1, mutant) }
    }
  }

  private mutating func renew(_ change: ModelChange, at number: Int, _ mutant: Mutant) {
    let position = LogPosition(UInt64(number))
    let new = version(of: change, at: position, mutant: mutant)
    let state = rows[change.row].state
    guard rows[change.row].settledValues == nil, state != RowState() else { return }
    var cells = state.cells
    for (column, versions) in cells where change.change.columns.contains(column) {
      cells[column] = versions.map {
        $0.version.position == position
          ? CellVersion(version: new, value: $0.value, previous: $0.previous) : $0
      }
    }
    let deletions = state.deletions.map {
      $0.position == position && change.change.kind == .delete ? new : $0
    }
    let before = standing(change.row)
    let renewed = RowState(cells: cells, deletions: deletions, isComplete: state.isComplete)
      .normalized()
    rows[change.row].state = renewed
    if standing(change.row) != before { changedLate.insert(change.row) }
  }
}

extension Knowledge {
  func joined(_ other: Knowledge?) -> Knowledge {
    guard let other else { return self }
    let upTo = max(upTo, other.upTo)
    return Knowledge(
      upTo: upTo, also: Set(also + other.also).filter { $0 > upTo }.sorted())
  }
}
