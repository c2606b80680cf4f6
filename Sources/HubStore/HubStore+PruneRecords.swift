internal import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Records that have more than one version, or whose row does not stand.
extension HubStore {
  /// Lets go of what a record need not say any more, or of all of it.
  func reduce(
    _ row: [Value], _ round: inout PruneRound, _ result: inout PruneReport
  ) throws {
    let key = row[1].asBytes
    let before = row[4].asBytes
    let metadata = try RowMetadata(
      position: row[2].asPosition, milliseconds: row[3].integerValue, detail: before)
    guard let table = try table(row[0].asTable) else { return }
    guard let reduced = try reduced(metadata, key: key, in: table, round.marks) else {
      try database.execute(HubSQL.deleteRow, [row[0], row[1]])
      try database.execute(HubSQL.deleteMember, [row[0], row[1]])
      try database.execute(HubSQL.deleteTop, [row[0], row[1]])
      result.rowCount += 1
      return
    }
    for version in reduced.versions where !version.isSettled {
      if version.position <= round.marks.settled { round.need(version.position) }
    }
    if !metadata.group.isEmpty, reduced.group.isEmpty {
      try database.execute(HubSQL.deleteTop, [row[0], row[1]])
    }
    let latest = reduced.latest
    let detail = reduced.detail
    guard detail != before || latest.milliseconds != row[3].integerValue else { return }
    try database.execute(
      HubSQL.updateRow,
      [
        row[0], row[1], Value(latest.position), Value(milliseconds: latest.milliseconds),
        detail.map { .blob($0) } ?? .null,
      ])
    result.reducedCount += 1
  }

  /// What must be kept of a record; nil if nothing.
  private func reduced(
    _ metadata: RowMetadata, key: [UInt8], in table: HubTable, _ marks: PruneRound.Marks
  ) throws -> RowMetadata? {
    if metadata.place == .gone {
      return metadata.latest.position <= marks.stable ? nil : metadata
    }
    // Of a row that never came whole the record says so.
    if metadata.place == .table, metadata.isComplete, metadata.latest.position <= marks.settled {
      return nil
    }
    var result = metadata
    if metadata.isContested {
      let values = try table.values(of: try RowKey(table: table.id, encoded: key)) ?? []
      let state = try state(metadata, values, key: key, in: table)
      let stable = state.stabilized(upTo: marks.stable, table: table.id, policy: policy)
      if stable != state {
        result = try self.metadata(of: stable, place: metadata.place, table: table)
      }
    }
    try result.settle(upTo: marks.settled) { version in
      guard version.isInLog else { return version.milliseconds }
      return try self.version(version, key: key, in: table).milliseconds
    }
    return result
  }
}
