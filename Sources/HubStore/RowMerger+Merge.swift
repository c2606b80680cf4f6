internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Changes that met others which their author had not seen.
extension RowMerger {
  /// Merges one change through the merge core.
  ///
  /// `hasRecord` says that an unknown row has been given a record already; `permitted` is what of
  /// the change counts, if not all.
  func mergeSlowly(
    _ change: Change, _ record: RowRecord, hasRecord: Bool = false, as permitted: RowChange? = nil
  ) throws {
    let key = change.rowKey
    let table = change.table
    var rowState = RowState()
    var isStored = hasRecord
    var wasRefused = false
    let version = Version(
      dot: entry.dot, position: position,
      seen: entry.seen.knowledge(base: change.version.base),
      milliseconds: change.version.milliseconds, base: change.version.base)
    switch record {
    case .unknown, .covered:
      // Whether it is there only the table knows.
      if let version = standingVersion(record), let values = try table.values(of: key) {
        let metadata = RowMetadata(latest: version)
        rowState = try state(metadata, values, key: change.key, in: table)
      } else if isLate(change) {
        return try refuseLate(change, at: key)
      }
    case .stored(let stored):
      let metadata = try stored.metadata()
      // A tombstone of a row of which nothing is left: somebody else who had not heard that it is
      // gone has deleted it, too.
      if metadata.place == .gone, !metadata.isComplete, isLate(change) {
        return try refuseLate(change, at: key)
      }
      isStored = true
      wasRefused = metadata.place == .quarantine
      let values = metadata.place == .table ? try table.values(of: key) : nil
      rowState = try state(metadata, values ?? [], key: change.key, in: table)
      if let values { keepShown(values, in: &rowState, beside: change, version) }
    }
    let before = rowState
    let shown = wasRefused ? try table.values(of: key) : nil
    let written = permitted ?? change.block.reader.rowChange(change.row)
    let merge = rowState.merge(
      written, previous: written.previous, version: version, policy: store.policy)
    rowState.fillDefaults(of: table)
    if rowState == before, !hasRecord { return noteIdle() }
    let place = try put(rowState, at: key, in: table, encodedKey: change.key)
    let metadata = try store.metadata(of: rowState, place: place, table: table)
    // Of a row that never came whole the author has more than we: no outcome may take it away.
    let wasPartial = before.isPartial(store.policy.deletes(of: table.id))
    let wasHidden = wasRefused || wasPartial
    let isPart = change.block.lacksColumns
    if place != .partial, merge.isContested || wasHidden || isPart || place == .quarantine {
      try ledger.markContested(table.id, change.key)
    }
    if isStored {
      try records.upsert(table.id, change.key, metadata)
    } else {
      try records.insert(table.id, change.key, metadata)
    }
    for conflict in merge.conflicts { try ledger.add(decidable(conflict), at: key) }
    if wasRefused { try keepUnshown(before, rowState, shown, at: key, in: table, by: version) }
    if place == .partial { try notePartial(change, at: key) }
    if wasPartial, place != .partial {
      try ledger.settlePartial(key, place == .gone ? .partDeleted : .partCompleted)
    }
  }

  /// What a change does not write stays as it stood, whatever policy came since.
  private func keepShown(
    _ values: [Value], in rowState: inout RowState, beside change: Change, _ version: Version
  ) {
    guard change.block.reader.kind != .delete else { return }
    let (table, decided) = (change.table, change.block.decidedColumns)
    let others = zip(table.cellColumns, values).filter { !change.block.columns.contains($0.0) }
    rowState.keep(
      others.filter { !decided.contains($0.0) }, of: table.id, policy: store.policy)
    rowState.keep(others.filter { decided.contains($0.0) }, seenBy: version)
  }

  /// Writes what stands into the table, or sees it refused.
  func put(
    _ rowState: RowState, at key: RowKey, in table: HubTable, encodedKey: UnsafeRawBufferPointer
  ) throws -> RowMetadata.Place {
    guard rowState.isAlive(store.policy.deletes(of: table.id)) else {
      try table.delete(key)
      try leaveQuarantine(table.id, Array(encodedKey), .rowDeleted)
      return .gone
    }
    guard rowState.isComplete else { return .partial }
    let values = standing(rowState, in: table)
    do throws(StorageError) {
      try table.write(key, values)
    } catch {
      guard case .constraint(_, let reason) = error else { throw error }
      var content = ByteWriter()
      content.writeList(values) { $0.write($1) }
      try store.database.execute(
        HubSQL.upsertQuarantine,
        [
          Value(table.id), .blob(Array(encodedKey)), Value(position), .text(reason),
          .blob(content.bytes),
        ])
      noteRefused()
      return .quarantine
    }
    try leaveQuarantine(table.id, Array(encodedKey), .rowStands)
    return .table
  }

  /// The standing values of a row's cells; null where none was ever written.
  func standing(_ rowState: RowState, in table: HubTable) -> [Value] {
    table.cellColumns.map {
      rowState.standing($0, table: table.id, policy: store.policy)?.value ?? .null
    }
  }

  // MARK: Between records and states

  /// A row's state from its record and, where they stand in the table, its values.
  func state(
    _ metadata: RowMetadata, _ values: [Value], key: UnsafeRawBufferPointer, in table: HubTable
  ) throws -> RowState {
    try store.state(metadata, values, key: Array(key), in: table)
  }
}

extension HubStore {
  func stored(_ version: Version) throws -> StoredVersion {
    if version.dot.replica == .hub {
      return StoredVersion(
        position: version.position, milliseconds: version.milliseconds, isSettled: true)
    }
    return StoredVersion(
      position: version.position, milliseconds: version.milliseconds, base: version.base)
  }

  /// A row's record from its state.
  func metadata(
    of rowState: RowState, place: RowMetadata.Place, table: HubTable
  ) throws -> RowMetadata {
    let deletions = try rowState.deletions.map(stored)
    var groups: [RowMetadata.Group] = []
    for column in rowState.cellColumns(of: table) {
      let cell = rowState.cells[column] ?? []
      let versions = try cell.map { try stored($0.version) }
      let values = cell.map(\.value)
      let previous = cell.map(\.previous)
      let hasOperations = previous.contains { $0 != nil }
      // An operation alone stands for what it came to, and so does its value in the table.
      let isInTable = place == .table && versions.count == 1
      let index = groups.firstIndex {
        $0.versions == versions && $0.previous.isEmpty != hasOperations
      }
      if let index {
        groups[index].columns.insert(column)
        if !isInTable { groups[index].values.append(values) }
        if hasOperations { groups[index].previous.append(previous) }
      } else {
        groups.append(
          RowMetadata.Group(
            columns: ColumnSet([column]), versions: versions, values: isInTable ? [] : [values],
            previous: hasOperations ? [previous] : []))
      }
    }
    let life = RowMetadata.GroupVersions(
      uses: try rowState.group.uses.map(stored), taking: try rowState.group.taking.map(stored),
      spared: try rowState.group.spared.map(stored))
    let all = groups.flatMap(\.versions) + deletions + life.all
    guard let latest = all.max(by: { $0.position < $1.position }) else {
      invariant(false, "A row that has taken in a change has a version.")
      return RowMetadata(latest: StoredVersion(position: .start))
    }
    var result = RowMetadata(latest: latest)
    result.place = place
    result.isComplete = rowState.isComplete
    result.deletions = deletions
    result.group = life
    result.groups = groups.filter {
      !(place == .table && $0.versions == [latest] && $0.previous.isEmpty
        && $0.columns.isSubset(of: table.cells))
    }
    return result
  }

  /// A row's state from its record and, where they stand in the table, its values in the order of
  /// `cellColumns`.
  func state(
    _ metadata: RowMetadata, _ values: [Value], key: [UInt8], in table: HubTable
  ) throws -> RowState {
    var cells: [ColumnID: [CellVersion]] = [:]
    let shown = Dictionary(uniqueKeysWithValues: zip(table.cellColumns, values))
    for group in metadata.groups {
      let versions = try group.versions.map { try version($0, key: key, in: table) }
      for (index, column) in group.columns.columns.enumerated() where !versions.isEmpty {
        let values = group.values.isEmpty ? [shown[column] ?? .null] : group.values[index]
        let previous = group.previous.isEmpty ? [] : group.previous[index]
        cells[column] = versions.indices.map {
          CellVersion(
            version: versions[$0], value: values[$0],
            previous: previous.isEmpty ? nil : previous[$0])
        }
      }
    }
    if metadata.place == .table {
      let grouped = metadata.groupedColumns
      let latest = try version(metadata.latest, key: key, in: table)
      for column in table.cellColumns where !grouped.contains(column) {
        cells[column] = [CellVersion(version: latest, value: shown[column] ?? .null)]
      }
    }
    func versions(_ stored: [StoredVersion]) throws -> [Version] {
      try stored.map { try version($0, key: key, in: table) }
    }
    var result = RowState(
      cells: cells, deletions: try versions(metadata.deletions), isComplete: metadata.isComplete)
    if !metadata.group.isEmpty {
      result.group = GroupLife(
        uses: try versions(metadata.group.uses), taking: try versions(metadata.group.taking),
        spared: try versions(metadata.group.spared))
    }
    result.fillDefaults(of: table)
    return result
  }

  /// A version as the merge core knows it. What a record left in the log is read there.
  func version(_ stored: StoredVersion, key: [UInt8], in table: HubTable) throws -> Version {
    if stored.isSettled { return Version(settledAt: stored.position, stored.milliseconds) }
    guard let entry = try log.entry(stored.position) else {
      throw HubStoreError.damaged("the log lacks position \(stored.position)")
    }
    var milliseconds = stored.milliseconds
    var base = stored.base
    if stored.isInLog {
      (milliseconds, base) = try insertion(of: key, at: stored.position, entry, in: table)
      base = entry.kept(base)
    }
    return Version(
      dot: entry.dot, position: stored.position, seen: entry.seen.knowledge(base: base),
      milliseconds: milliseconds, base: base)
  }

  /// The time and base of a covered row's insertion.
  private func insertion(
    of key: [UInt8], at position: LogPosition, _ entry: LogEntry, in table: HubTable
  ) throws -> (milliseconds: Int64?, base: LogPosition?) {
    for part in try log.parts(of: table.id, key: key, at: position) {
      let found = try log.block(position, part: part)
      let block = found.block
      guard block.kind == .insert, let row = found.row(key) else { continue }
      return (entry.effectiveMilliseconds(block.milliseconds(row: row)), block.base(row: row))
    }
    guard try position <= pruned().stable else {
      throw HubStoreError.damaged("position \(position) of the log lacks a row that it covers")
    }
    // Its block is gone. It was written before it was sealed, hardly long before.
    let sealing = try database.integer(HubSQL.selectSealing, [Value(position)])
    return (sealing.flatMap(entry.effectiveMilliseconds), nil)
  }
}

extension RowState {
  /// The cells that a record has: those of the table, and before them what says that the row is
  /// used, if anything does.
  fileprivate func cellColumns(of table: HubTable) -> [ColumnID] {
    let presence = Self.presenceColumn
    guard cells[presence] != nil, !table.cells.contains(presence) else { return table.cellColumns }
    return [presence] + table.cellColumns
  }
}
