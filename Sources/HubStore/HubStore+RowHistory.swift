internal import Basics
internal import Clocks
package import Deltas
internal import Merging
internal import Storage

/// Every value that a row ever had here, from the log and from what the log has let go of.
extension HubStore {
  /// What became of a row, as far as it is known: the newest entries, the oldest of them first.
  ///
  /// With columns, only entries that wrote one of them, or were about the row itself. Reads all
  /// that is known of the row; memory for one entry at a time and those returned.
  package func history(
    of id: TableID, key: [UInt8], columns: Set<ColumnID>? = nil,
    atMost limit: Int = HubStoreLimits.historyEntriesMax
  ) throws -> RowHistory {
    var result = RowHistory()
    try readHistory(of: id, key: key) { reader, table in
      let names = try names()
      var fold = RowFold(columns: table.valueColumns, defaultValue: table.defaultValue)
      result.unknown = reader.unknown
      try reader.read { item in
        guard case .found(let found) = item else { return fold.forget() }
        let before = fold.row
        fold.apply(found)
        guard Self.isAsked(found, before, fold.row, columns) else { return }
        var entry = RowHistory.Entry(found, names)
        entry.after = fold.row
        if entry.isContested { entry.conflicts = try reader.conflicts(at: found.position) }
        result.entries.append(entry)
        if result.entries.count > 2 * max(1, limit) { result.leaveOff(limit) }
      }
    }
    result.leaveOff(limit)
    return result
  }

  /// A row as the hub had it at a time: right after the last of its entries that the hub had
  /// received by then.
  ///
  /// A column whose value then is known from nothing but that nobody has written it since has the
  /// value of today. Nil for a table that the hub does not have.
  package func row(of id: TableID, key: [UInt8], at milliseconds: Int64) throws -> PastRow? {
    var result: PastRow?
    try readHistory(of: id, key: key) { reader, table in
      var moment = Moment(
        milliseconds: milliseconds,
        fold: RowFold(columns: table.valueColumns, defaultValue: table.defaultValue))
      try reader.read { moment.take($0) }
      let now = try table.values(of: RowKey(table: id, encoded: key))
      result = moment.row(of: table.valueColumns, now: now)
    }
    return result
  }

  private func readHistory(
    of id: TableID, key: [UInt8], _ body: (HistoryReader, HubTable) throws -> Void
  ) throws {
    try storing("read the history of a row") {
      try database.readTransaction {
        knownPruned = nil
        knownTimeline = nil
        log.forget()
        guard let table = try table(id) else { return }
        // What the log lets go of while this is read is still in this transaction's state of it.
        _ = try log.head()
        let file = try? historyFile(creating: false)
        guard let file else {
          return try body(try HistoryReader(self, nil, table: id, key: key), table)
        }
        try file.database.readTransaction {
          try body(try HistoryReader(self, file, table: id, key: key), table)
        }
      }
    }
  }

  /// Whether an entry is of what was asked for.
  private static func isAsked(
    _ found: HistoryReader.Found, _ before: PastRow, _ after: PastRow, _ columns: Set<ColumnID>?
  ) -> Bool {
    guard let columns else { return true }
    let isOfRow = found.changes.contains { $0.change.kind != .update }
    let isWritten = found.changes.contains { !columns.isDisjoint(with: $0.change.columns) }
    return isOfRow || isWritten || before.presence != after.presence
      || columns.contains { before.values[$0] != after.values[$0] }
  }
}

extension RowHistory {
  fileprivate mutating func leaveOff(_ limit: Int) {
    guard entries.count > limit else { return }
    leftOffCount += entries.count - limit
    entries.removeFirst(entries.count - limit)
  }
}

extension RowHistory.Entry {
  fileprivate init(_ found: HistoryReader.Found, _ names: [ReplicaID: String]) {
    let entry = found.entry
    self.init(
      position: found.position, dot: entry.dot, contentHash: entry.contentHash,
      branch: names[entry.dot.replica] ?? "", sealedMilliseconds: entry.sealedMilliseconds,
      receivedMilliseconds: entry.receivedMilliseconds, isBaseline: entry.isBaseline,
      isHandedBack: entry.isHandedBack,
      writes: found.changes.map { RowHistory.Write($0.change, of: entry) },
      isContested: !found.outcomes.isEmpty, after: .unknown, conflicts: [])
  }
}

extension RowHistory.Write {
  fileprivate init(_ change: RowChange, of entry: KeptEntry) {
    let corrected = change.milliseconds.addingSaturating(entry.clockOffsetMilliseconds)
    self.init(
      kind: change.kind, columns: change.columns, values: change.values,
      previous: change.previous,
      milliseconds: entry.isBaseline ? nil : min(corrected, entry.receivedMilliseconds))
  }
}

extension RowFold {
  /// The author's changes, then what the hub made of them.
  fileprivate mutating func apply(_ found: HistoryReader.Found) {
    for change in found.effects { apply(change) }
    for outcome in found.outcomes { apply(outcome: outcome) }
  }
}

/// What a row was at a time, while its history is read.
private struct Moment {
  let milliseconds: Int64
  var fold: RowFold
  /// The row at the time, as far as what came before tells.
  private var row = PastRow.absent
  /// Whether what is not known of it may still be as it is today: nothing but updates came since,
  /// of the columns written.
  private var isOpen = true
  private var written: Set<ColumnID> = []

  init(milliseconds: Int64, fold: RowFold) {
    self.milliseconds = milliseconds
    self.fold = fold
  }

  mutating func take(_ item: HistoryReader.Item) {
    switch item {
    case .found(let found):
      fold.apply(found)
      guard found.entry.receivedMilliseconds > milliseconds else { return settle(isOpen: true) }
      let isPlain =
        found.outcomes.isEmpty
        && found.effects.allSatisfy { $0.kind == .update }
      if !isPlain { isOpen = false }
      for change in found.effects { written.formUnion(change.columns) }
    case .unknown(let stretch):
      fold.forget()
      if let after = stretch.receivedAfter, after <= milliseconds {
        settle(isOpen: true)
      } else if let before = stretch.receivedBefore, before > milliseconds {
        isOpen = false
      } else {
        settle(isOpen: false)
      }
    }
  }

  private mutating func settle(isOpen: Bool) {
    row = fold.row
    self.isOpen = isOpen
    written = []
  }

  /// `now` are the values of the columns as they stand.
  func row(of columns: [ColumnID], now: [Value]?) -> PastRow {
    var result = row
    guard isOpen, result.presence != .absent else { return result }
    guard let now else {
      // Nothing has taken it away since.
      return result.presence == .unknown ? .absent : result
    }
    result.presence = .present
    for (column, value) in zip(columns, now)
    where result.values[column] == nil && !written.contains(column) {
      result.values[column] = value
    }
    return result
  }
}
