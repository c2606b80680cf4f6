internal import Clocks
internal import Deltas
internal import Storage

/// Letting go of what every branch has: tombstones, losing versions, frames, records, entries.
extension HubStore {
  /// Does one bounded step of pruning, in one transaction.
  ///
  /// Looks at about `limit` rows or entries at most. Branches that were last heard of before
  /// `awayBeforeMilliseconds` are away: they hold back what is settled, not what is stable, and get
  /// the whole state when they return. Call it again while there is more.
  ///
  /// With `keeping`, what the log lets go of is written to the hub's history first, and what that
  /// has had for long enough goes; without it the history stays as it is.
  package func prune(
    rowsAtMost limit: Int, awayBeforeMilliseconds: Int64, keeping: HistoryKeeping? = nil
  ) throws -> PruneReport {
    knownPruned = nil
    records?.forget()
    do {
      return try storing("prune what every branch has") {
        guard var round = try pruneRound ?? nextRound(awayBeforeMilliseconds) else {
          var result = try report()
          result.hasMore = try dropHistory(keeping, limit)
          return result
        }
        var result = PruneReport()
        try database.transaction {
          try refreshPolicy()
          if pruneRound == nil { try mark(round.marks) }
          try step(&round, rowsAtMost: max(1, limit), keeping, &result)
        }
        let pruned = try pruned()
        result.settled = pruned.settled
        result.stable = pruned.stable
        result.hasMore = round.stage != .done
        pruneRound = result.hasMore ? round : nil
        forgetPruned()
        if !result.hasMore {
          lastRound = round.marks
          try removeUnneededWholeStates()
          let isOld = try dropHistory(keeping, limit)
          result.hasMore = try nextRound(awayBeforeMilliseconds) != nil || isOld
        }
        return result
      }
    } catch {
      pruneRound = nil
      forgetPruned()
      throw error
    }
  }

  /// What was read before may be gone.
  private func forgetPruned() {
    knownPruned = nil
    log.forget()
    deltaIndex = nil
    records?.forget()
  }

  private func report() throws -> PruneReport {
    var result = PruneReport()
    let pruned = try pruned()
    result.settled = pruned.settled
    result.stable = pruned.stable
    return result
  }

  /// How far this hub was pruned.
  func pruned() throws -> Pruned {
    if let knownPruned { return knownPruned }
    var read = Pruned()
    if let row = try database.firstRow(HubSQL.selectPruned) {
      read.settled = row[0].asPosition
      read.stable = row[1].asPosition
      read.log = row[2].asPosition
      read.receivedMilliseconds = row[3].asInteger
    }
    knownPruned = read
    return read
  }

  // MARK: Marks

  /// A round, if there is something new to let go of. Marks never go back: what was let go of is
  /// gone.
  ///
  /// None begins before somebody was heard of: should an older file have been put in place, the
  /// first who was with a newer one says so.
  private func nextRound(_ awayBeforeMilliseconds: Int64) throws -> PruneRound? {
    guard service == nil || wasHeardFrom else { return nil }
    let floors = try database.firstRow(
      HubSQL.selectFloors, [.integer(awayBeforeMilliseconds)])
    guard let floors, floors[0] != .null else { return nil }
    let pruned = try pruned()
    let settled = max(pruned.settled, floors[0].asPosition)
    // If nobody was heard of lately it is the hub that was away.
    let heard = floors[1] == .null ? floors[0] : floors[1]
    let marks = PruneRound.Marks(
      settled: settled, stable: max(pruned.stable, max(settled, heard.asPosition)),
      common: floors[0].asPosition)
    guard marks.stable > .start, marks != lastRound else { return nil }
    return PruneRound(marks: marks)
  }

  /// From here on, what is not there counts as settled, or as deleted long ago.
  private func mark(_ marks: PruneRound.Marks) throws {
    try database.execute(HubSQL.updatePruned, [Value(marks.settled), Value(marks.stable)])
    knownPruned = nil
  }

  // MARK: Steps

  private func step(
    _ round: inout PruneRound, rowsAtMost limit: Int, _ keeping: HistoryKeeping?,
    _ result: inout PruneReport
  ) throws {
    switch round.stage {
    case .covers: try pruneCovers(&round, limit, &result)
    case .rows: try pruneRows(&round, limit, &result)
    case .frames: try pruneFrames(&round, limit, keeping, &result)
    case .log: try pruneLog(&round, limit, &result)
    case .names: try pruneNames(&round, limit, &result)
    case .done: break
    }
  }

  /// Where a step's page ends.
  private func end(ofPage sql: String, after: PruneRound.Place, _ limit: Int) throws
    -> PruneRound.Place
  {
    guard let row = try database.firstRow(sql, after.parameters + [Value(limit - 1)]) else {
      return .end
    }
    return PruneRound.Place(table: row[0].asInteger, key: row[1].asBytes)
  }

  private func pruneCovers(
    _ round: inout PruneRound, _ limit: Int, _ result: inout PruneReport
  ) throws {
    let end = try end(ofPage: HubSQL.selectCoverPage, after: round.after, limit)
    try database.execute(
      HubSQL.deleteCovers,
      round.after.parameters + end.parameters + [Value(round.marks.settled)])
    result.coverCount += database.changes
    round.after = end
    if end == .end { round.begin(.rows) }
  }

  private func pruneRows(
    _ round: inout PruneRound, _ limit: Int, _ result: inout PruneReport
  ) throws {
    let end = try end(ofPage: HubSQL.selectRowPage, after: round.after, limit)
    let page = round.after.parameters + end.parameters
    try database.execute(HubSQL.deletePlainRows, page + [Value(round.marks.settled)])
    result.rowCount += database.changes
    for row in try database.rows(HubSQL.selectDetailedRows, page) {
      try reduce(row, &round, &result)
    }
    round.after = end
    if end == .end { round.begin(.frames) }
  }

  /// A frame is up to 64 pages, so few go at a time.
  private func pruneFrames(
    _ round: inout PruneRound, _ limit: Int, _ keeping: HistoryKeeping?,
    _ result: inout PruneReport
  ) throws {
    let count = max(1, limit / HubStoreLimits.prunedRowsPerFrame)
    if keeping?.sinceMilliseconds != nil {
      try keepFrames(upTo: round.marks.stable, atMost: count)
    }
    try database.execute(HubSQL.deleteFrames, [Value(round.marks.stable), Value(count)])
    result.frameCount += database.changes
    if database.changes < count { round.begin(.log) }
  }

  private func pruneLog(
    _ round: inout PruneRound, _ limit: Int, _ result: inout PruneReport
  ) throws {
    let last = round.logEnd
    let first = try database.integer(HubSQL.selectLogStart).map { LogPosition(UInt64($0)) }
    guard let first, first <= last else { return round.begin(.names) }
    let end = min(last, LogPosition(first.rawValue + UInt64(limit - 1)))
    try database.execute(HubSQL.upsertVectorBase, [Value(end)])
    try database.execute(HubSQL.deleteLog, [Value(end)])
    result.entryCount += database.changes
    try database.execute(HubSQL.updatePrunedLog, [Value(end)])
    if end == last { round.begin(.names) }
  }

  /// Other names of entries that everybody has.
  private func pruneNames(
    _ round: inout PruneRound, _ limit: Int, _ result: inout PruneReport
  ) throws {
    let settled = Value(round.marks.settled)
    try database.execute(HubSQL.upsertVectorBaseOfAliases, [settled])
    try database.execute(HubSQL.deleteAliases, [settled])
    result.nameCount += database.changes
    // Somebody may hand back since the round began.
    let floors = try database.firstRow(HubSQL.selectFloors, [.integer(0)])
    guard let least = floors?.first, least != .null else { return round.begin(.done) }
    let common = min(round.marks.settled, least.asPosition)
    try database.execute(HubSQL.deletePlaces, [Value(common), Value(limit)])
    result.nameCount += database.changes
    if database.changes < limit { round.begin(.done) }
  }
}
