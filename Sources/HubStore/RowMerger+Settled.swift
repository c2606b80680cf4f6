internal import Clocks
internal import Deltas
internal import Merging

/// Rows of which nothing is left but what the table shows, or nothing at all.
extension RowMerger {
  /// The position up to which a change's author had integrated the row.
  func seenUpTo(_ version: StoredVersion) -> LogPosition {
    version.base.map { min($0, entry.seen.upTo) } ?? entry.seen.upTo
  }

  /// The version of a row without a record of its own, if the table has it.
  func standingVersion(_ record: RowRecord) -> StoredVersion? {
    record.standingVersion(pruned)
  }

  /// Nobody knows any more when a settled row was written, only that it was before a time: what
  /// stands against a change that had not seen it is for people to look at.
  func decidable(_ conflict: MergeConflict) -> MergeConflict {
    guard conflict.versions.contains(where: { $0.dot.replica == .hub }) else { return conflict }
    var conflict = conflict
    conflict.state = .open
    return conflict
  }

  /// Whether a change to a row that is not there may be to one whose tombstone is gone.
  ///
  /// Who inserts a row need not have had it before, unless it says where it had integrated it: then
  /// it is a repair, after a whole state that lacked the row.
  func isLate(_ change: Change) -> Bool {
    switch change.block.reader.kind {
    case .update: seenUpTo(change.version) < pruned.stable
    case .insert: isHeld(change.version.base) && !change.block.columns.isEmpty
    case .delete: false
    }
  }

  /// Whether a base says that the row was there once, before what the hub remembers, although the
  /// rest of the changeset has seen that.
  private func isHeld(_ base: LogPosition?) -> Bool {
    guard let base, entry.seen.upTo >= pruned.stable else { return false }
    return base > .start && base < pruned.stable
  }

  /// Whether a block may have rows that are gone by now.
  func mayBeLate(_ block: BlockReader) -> Bool {
    pruned.stable > .start
      && (0..<block.rowCount).contains { isHeld(block.base(row: $0)) }
  }

  /// The row stays deleted: what it held is gone, and no branch but this one has it any more.
  /// What was written is kept for people, and the author is told what stands.
  func refuseLate(_ change: Change, at key: RowKey) throws {
    try ledger.markContested(change.table.id, change.key)
    let written = change.block.reader.rowChange(change.row)
    for (column, value) in zip(written.columns, written.values) {
      let value = ConflictValue(
        dot: entry.dot, milliseconds: change.version.milliseconds, value: value)
      try ledger.addKept(value, of: column, at: key, against: absence, .late)
    }
  }

  /// What stands where nothing is known to stand.
  private var absence: ConflictValue {
    ConflictValue(
      dot: Version(settledAt: pruned.stable, nil).dot, milliseconds: nil, value: nil)
  }

  // MARK: What nobody had captured

  /// Whether a change is what a branch's row held when a delta overwrote it, from a time when
  /// nothing was captured there: it has no time of its own, and changes no row.
  func isUncaptured(_ change: Change) -> Bool {
    change.block.reader.kind == .update && change.isBaseline
  }

  /// Keeps what does not stand for people. Nobody's rows change by it; others get it all the same,
  /// to hand it back should this be lost.
  func keepUncaptured(_ change: Change) throws {
    let key = change.rowKey
    let rowState = try state(of: change, at: key)
    let written = change.block.reader.rowChange(change.row)
    for (column, value) in zip(written.columns, written.values) {
      let standing =
        rowState.isAlive(store.policy.deletes(of: key.table))
        ? rowState.standing(column, table: key.table, policy: store.policy) : nil
      guard standing?.value != value else { continue }
      let other = standing.map {
        ConflictValue(
          dot: $0.version.dot, milliseconds: $0.version.milliseconds, value: $0.value)
      }
      try ledger.addKept(
        ConflictValue(dot: entry.dot, milliseconds: nil, value: value), of: column, at: key,
        against: other ?? absence, .uncaptured)
    }
  }

  func state(of change: Change, at key: RowKey) throws -> RowState {
    let table = change.table
    let record = try record(of: change)
    if case .stored(let stored) = record {
      let metadata = try stored.metadata()
      let values = metadata.place == .table ? try table.values(of: key) : nil
      return try state(metadata, values ?? [], key: change.key, in: table)
    }
    guard let version = standingVersion(record), let values = try table.values(of: key) else {
      return RowState()
    }
    return try state(RowMetadata(latest: version), values, key: change.key, in: table)
  }
}

extension RowRecord {
  /// The version of a row that has no record of its own, if the table has it.
  func standingVersion(_ pruned: Pruned) -> StoredVersion? {
    switch self {
    case .unknown: pruned.settledVersion
    case .covered(let position, _): StoredVersion(covering: position)
    case .stored: nil
    }
  }
}

extension Version {
  /// A version of which only is known that everybody had seen it at a position: whose it was is
  /// forgotten, so it counts as the hub's.
  init(settledAt position: LogPosition, _ milliseconds: Int64?) {
    self.init(
      dot: Dot(replica: .hub, counter: max(1, position.rawValue)), position: position,
      base: LogPosition(position.rawValue - min(1, position.rawValue)),
      milliseconds: milliseconds)
  }
}

extension HubStore {
  func standingVersion(_ record: RowRecord) throws -> StoredVersion? {
    record.standingVersion(try pruned())
  }

  /// Who is told to have written a version.
  func name(of version: Version, among names: [ReplicaID: String]) -> String {
    if version.dot.replica == .hub { return "hub, before position \(version.position)" }
    return names[version.dot.replica] ?? ""
  }
}
