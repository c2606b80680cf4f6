internal import Basics
internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Changes that have seen all that they overwrite.
extension RowMerger {
  // MARK: Insertion

  func insert(_ change: Change, mayBeCovered: Bool) throws {
    let mayBeSettled = change.isBaseline && pruned.settledVersion != nil
    if !mayBeCovered, !mayBeSettled, change.version.base == nil,
      try records.insertPlain(
        change.table.id, change.key, position, change.version.milliseconds)
    {
      if try !write(change, with: change.insert) {
        try mergeSlowly(change, .unknown, hasRecord: true)
      }
      return
    }
    switch try record(of: change) {
    case .unknown:
      if change.isBaseline, try isSettledAlike(change) { return noteIdle() }
      try insertNew(change)
    case .covered(let covered, let part):
      try insertOver(change, covered: StoredVersion(covering: covered), part: part)
    case .stored(let stored):
      try insertOver(change, stored)
    }
  }

  private func insertNew(_ change: Change) throws {
    guard !isLate(change) else { return try mergeSlowly(change, .unknown) }
    guard try write(change, with: change.insert) else {
      return try mergeSlowly(change, .unknown)
    }
    try records.insert(change.table.id, change.key, RowMetadata(latest: change.version))
  }

  private func insertOver(_ change: Change, covered: StoredVersion, part: Int) throws {
    let record = RowRecord.covered(position: covered.position, part: part)
    if change.isBaseline {
      guard let standing = try change.table.values(of: change.rowKey) else {
        return try insertNew(change)
      }
      if shows(change, standing) { return noteIdle() }
    }
    guard try hasSeen(covered, change.version) else { return try mergeSlowly(change, record) }
    // Whether it is there only the table knows.
    guard try change.table.values(of: change.rowKey) != nil else { return try insertNew(change) }
    guard try overwrite(change) else { return try mergeSlowly(change, record) }
    try records.insert(change.table.id, change.key, RowMetadata(latest: change.version))
  }

  private func insertOver(_ change: Change, _ stored: StoredRecord) throws {
    let metadata = try stored.metadata()
    if change.isBaseline, metadata.place == .table,
      let standing = try change.table.values(of: change.rowKey), shows(change, standing)
    {
      return noteIdle()
    }
    guard metadata.place == .table || metadata.place == .gone, metadata.group.isEmpty,
      try hasSeen(all: metadata.versions, change.version)
    else { return try mergeSlowly(change, .stored(stored)) }
    let isWritten =
      metadata.place == .table
      ? try overwrite(change) : try write(change, with: change.insert)
    guard isWritten else { return try mergeSlowly(change, .stored(stored)) }
    try records.update(change.table.id, change.key, RowMetadata(latest: change.version))
  }

  /// Whether a settled row has just an insertion's values.
  private func isSettledAlike(_ change: Change) throws -> Bool {
    guard pruned.settledVersion != nil, let standing = try change.table.values(of: change.rowKey)
    else { return false }
    return shows(change, standing)
  }

  /// Whether an insertion has just the values that stand already.
  private func shows(_ change: Change, _ standing: [Value]) -> Bool {
    let columns = change.block.reader.columns
    let isWhole = columns.count == standing.count
    for index in columns.indices {
      let place = isWhole ? index : change.table.cellColumns.firstIndex(of: columns[index])
      guard let place, Value(change.block.values.value(index, row: change.row)) == standing[place]
      else { return false }
    }
    return true
  }

  // MARK: Update

  func update(_ change: Change) throws {
    let record = try record(of: change)
    // What it did to what its author had is kept beside what others did.
    guard !change.block.countsOperations else { return try mergeSlowly(change, record) }
    // Rows that were alike before are alike after: most of a block is.
    if let detail = change.block.detail(after: record, base: change.version.base),
      try overwrite(change)
    {
      return try write(change, over: record, detail: detail)
    }
    let before: RowMetadata
    switch record {
    case .unknown, .covered:
      guard let version = standingVersion(record) else { return try mergeSlowly(change, record) }
      before = RowMetadata(latest: version)
    case .stored(let stored): before = try stored.metadata()
    }
    let columns = change.block.columns
    guard before.place == .table, before.isComplete, before.deletions.isEmpty,
      before.group.isEmpty,
      try hasSeen(
        all: before.versions(of: change.block.decidedColumns, among: change.table.cells),
        change.version),
      try overwrite(change)
    else { return try mergeSlowly(change, record) }
    var metadata = before
    metadata.give(columns, of: change.table.cells, to: change.version)
    let detail = metadata.detail
    try write(change, over: record, detail: detail)
    if let detail {
      change.block.remember(detail, after: record, base: change.version.base)
    }
  }

  private func write(
    _ change: Change, over record: RowRecord, detail: [UInt8]?
  ) throws(StorageError) {
    if case .stored = record {
      try records.update(change.table.id, change.key, change.version, detail: detail)
    } else {
      try records.insert(change.table.id, change.key, change.version, detail: detail)
    }
  }

  // MARK: Deletion

  func delete(_ change: Change) throws {
    var metadata: RowMetadata
    let hadRecord: Bool
    let record = try record(of: change)
    switch record {
    case .unknown, .covered:
      guard let version = standingVersion(record), try hasSeen(version, change.version) else {
        return try mergeSlowly(change, record)
      }
      metadata = RowMetadata(latest: version)
      hadRecord = false
    case .stored(let stored):
      metadata = try stored.metadata()
      hadRecord = true
      guard metadata.place == .table, metadata.isComplete, metadata.deletions.isEmpty,
        metadata.group.isEmpty,
        try hasSeen(all: metadata.versions, change.version)
      else { return try mergeSlowly(change, .stored(stored)) }
    }
    let key = change.rowKey
    guard let last = try change.table.values(of: key) else {
      return try mergeSlowly(change, hadRecord ? record : .unknown)
    }
    try change.table.delete(key)
    metadata.bury(last, of: change.table.cellColumns, by: change.version)
    if hadRecord {
      try records.update(change.table.id, change.key, metadata)
    } else {
      try records.insert(change.table.id, change.key, metadata)
    }
  }

  // MARK: Writing

  /// Runs a statement with the change's row. False if a constraint refused it.
  private func write(_ change: Change, with statement: Statement) throws(StorageError) -> Bool {
    do throws(StorageError) {
      _ = try change.run(statement)
      return true
    } catch {
      guard case .constraint = error else { throw error }
      return false
    }
  }

  /// Gives the row in the table the change's values. False if there is no such row, or if a
  /// constraint refused it.
  private func overwrite(_ change: Change) throws(StorageError) -> Bool {
    guard !change.block.columns.isEmpty else { return true }
    do throws(StorageError) {
      return try change.run(try change.block.update()) == 1
    } catch {
      guard case .constraint = error else { throw error }
      return false
    }
  }
}

extension StoredVersion {
  /// The version of rows that a block in the log covers.
  init(covering position: LogPosition) {
    self.init(position: position, milliseconds: nil, base: nil, isInLog: true)
  }
}

extension RowMetadata {
  /// The versions of some columns, perhaps more than once.
  func versions(of columns: ColumnSet, among all: ColumnSet) -> [StoredVersion] {
    guard !groups.isEmpty else { return [latest] }
    var result: [StoredVersion] = []
    var rest = columns
    for group in groups where !group.columns.isDisjoint(with: columns) {
      result += group.versions
      rest.subtract(group.columns)
    }
    return rest.isEmpty ? result : result + [latest]
  }

  /// Makes a version, later than all others, that of some columns of a row that stands.
  mutating func give(_ columns: ColumnSet, of all: ColumnSet, to version: StoredVersion) {
    var rest = all
    rest.subtract(columns)
    for index in groups.indices {
      rest.subtract(groups[index].columns)
      groups[index].remove(columns)
    }
    groups.removeAll { $0.columns.isEmpty }
    if !rest.isEmpty {
      if let index = groups.firstIndex(where: { $0.versions == [latest] && $0.isJustShown }) {
        groups[index].columns.formUnion(rest)
      } else {
        groups.append(Group(columns: rest, versions: [latest], values: []))
      }
    }
    latest = version
  }

  /// Turns the record of a row that stands into its tombstone: its last values, and a deletion
  /// that has seen all its versions.
  mutating func bury(_ last: [Value], of columns: [ColumnID], by deletion: StoredVersion) {
    let held = Dictionary(uniqueKeysWithValues: zip(columns, last))
    func values(of set: ColumnSet) -> [[Value]] { set.columns.map { [held[$0] ?? .null] } }
    var rest = ColumnSet(columns)
    for index in groups.indices {
      rest.subtract(groups[index].columns)
      if groups[index].versions.count == 1 {
        groups[index].values = values(of: groups[index].columns)
      }
    }
    if !rest.isEmpty {
      groups.append(Group(columns: rest, versions: [latest], values: values(of: rest)))
    }
    place = .gone
    deletions = [deletion]
    latest = deletion
  }
}

extension RowMetadata.Group {
  /// Whether the table says all that there is to say of its columns' values.
  fileprivate var isJustShown: Bool { values.isEmpty && previous.isEmpty }

  /// Takes columns out, and with them their values.
  mutating func remove(_ removed: ColumnSet) {
    guard !columns.isDisjoint(with: removed) else { return }
    if !values.isEmpty {
      values = zip(columns.columns, values).filter { !removed.contains($0.0) }.map(\.1)
    }
    if !previous.isEmpty {
      previous = zip(columns.columns, previous).filter { !removed.contains($0.0) }.map(\.1)
    }
    columns.subtract(removed)
  }
}
