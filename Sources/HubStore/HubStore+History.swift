internal import Clocks
internal import Deltas
internal import Storage

/// Keeping what pruning takes away.
extension HubStore {
  /// Inside a transaction: writes the log's first frames to the history, durably, before they go.
  ///
  /// Should the transaction fail after that, they are known there when they come again.
  func keepFrames(upTo end: LogPosition, atMost count: Int) throws {
    knownTimeline = nil
    do {
      try writeHistory(upTo: end, atMost: count)
    } catch let error as StorageError {
      guard try isHistoryDamaged(error) else { throw error }
      // A broken history must not keep the hub from its work: what it had is put aside.
      history = nil
      _ = try HubStore.putAside("\(folder)/\(HistoryFile.name)")
      try writeHistory(upTo: end, atMost: count)
    }
  }

  /// Whether an error is the history's, and not the store's.
  private func isHistoryDamaged(_ error: StorageError) throws -> Bool {
    switch error {
    case .notADatabase, .corrupt: break
    default: return false
    }
    guard let history else { return false }
    let answers = try? history.database.rows(HubSQL.quickCheck).map { $0[0].asText }
    return answers != ["ok"]
  }

  private func writeHistory(upTo end: LogPosition, atMost count: Int) throws {
    let file = try historyFile(creating: true)
    guard let file else { return }
    let frames = try database.prepare(HubSQL.selectFramesToKeep)
    try frames.bind([Value(end), Value(count)])
    try file.database.transaction {
      let keeper = HistoryFile.Keeper(
        file, place: { try self.timeline().place(at: $0) }, entry: { try self.entryToKeep($0) },
        isWhole: { position, partCount in
          let last = try self.database.integer(HubSQL.selectLastPart, [Value(position)])
          return last == Int64(partCount - 1)
        })
      while try frames.step() {
        try keeper.take(
          LoggedFrame(
            position: frames.value(0).asPosition, part: Int(frames.integer(1)),
            type: frames.integer(2), isSilent: frames.integer(3) != 0, table: frames.value(4),
            keyMin: frames.value(5), keyMax: frames.value(6), bytes: frames.bytes(7)))
      }
      try keeper.finish()
    }
  }

  func entryToKeep(_ position: LogPosition) throws -> KeptEntry? {
    guard let row = try database.firstRow(HubSQL.selectEntryToKeep, [Value(position)]),
      let hash = row[2].asHash
    else { return nil }
    return KeptEntry(
      dot: Dot(replica: row[0].asReplica, counter: row[1].asCounter), contentHash: hash,
      sealedMilliseconds: row[3].asInteger, clockOffsetMilliseconds: row[4].asInteger,
      receivedMilliseconds: row[5].asInteger, isBaseline: row[6].asInteger != 0,
      isHandedBack: row[7].asInteger != 0)
  }

  /// Lets go of the oldest part of the history that is kept no longer, and of what the ledger has
  /// from before it. Returns whether there is more of it.
  func dropHistory(_ keeping: HistoryKeeping?, _ limit: Int) throws -> Bool {
    guard let keeping else { return false }
    guard keeping.sinceMilliseconds != nil else {
      history = nil
      HistoryFile.remove(from: folder)
      return false
    }
    guard let file = try historyFile(creating: false) else { return false }
    let isLedgerOld = try dropLedger(file, before: keeping.sinceMilliseconds ?? .min, limit)
    return try file.dropOldest(
      keeping, framesAtMost: max(1, limit / HubStoreLimits.prunedRowsPerFrame)) || isLedgerOld
  }

  /// Lets go of conflicts that were last said something of before a time, that every branch has
  /// heard of, and that nobody has to decide, with what people had decided of them. The one that
  /// was numbered last stays, so that numbers go on. Returns whether there may be more.
  private func dropLedger(
    _ file: HistoryFile, before milliseconds: Int64, _ limit: Int
  ) throws -> Bool {
    guard let old = try file.position(receivedBefore: milliseconds, on: timeline()) else {
      return false
    }
    let end = min(old, try pruned().settled)
    let rows = try database.rows(HubSQL.selectOldLedger, [Value(end), Value(max(1, limit))])
    guard !rows.isEmpty else { return false }
    try database.transaction {
      for row in rows {
        try database.execute(HubSQL.deleteDecisions, [row[0]])
        try database.execute(HubSQL.deleteLedger, [row[0], Value(end)])
      }
    }
    return rows.count >= limit
  }

  /// Nil if there is none, and none is to be made.
  func historyFile(creating: Bool) throws -> HistoryFile? {
    if let history, DatabaseFile.exists(history.database.path) { return history }
    history = try HistoryFile(folder: folder, hub: hubID, creating: creating)
    return history
  }
}
