internal import Clocks
internal import Deltas

/// Sealing: several writes of a row become one change.
extension World {
  /// What the writes of one row come to in one changeset.
  private struct Collapsed {
    var kind: ChangeKind
    var values: [ColumnID: Value]
    var base: LogPosition
    var walls: ClosedRange<Int64>
    /// The row was neither there before nor is it now: it may be sent or not.
    var isOptional: Bool
  }

  private static let checker = "Capture"

  /// Records that a branch sealed what was written there into one changeset.
  mutating func seal(_ changeset: SealedChangeset) {
    var changeset = changeset
    let dot = changeset.header.dot
    guard var branch = branches[dot.replica] else { return }
    if dot.counter != branch.sealedCounter + 1 {
      complain(Self.checker, "\(dot) was sealed after counter \(branch.sealedCounter).")
    }
    let isBaseline = changeset.header.isBaseline
    // A baseline has the rows of one table.
    let tables = Set(changeset.changes.map(\.key.table))
    let taken = branch.unsealed.filter { !isBaseline || tables.contains(writes[$0].key.table) }
    var expected = collapse(taken)
    for index in taken { writes[index].counter = dot.counter }
    branch.pending += taken
    branch.unsealed.removeAll(where: Set(taken).contains)
    branch.sealedCounter = dot.counter
    branches[dot.replica] = branch

    changeset.bases = []
    var rest = expected
    for change in changeset.changes {
      changeset.bases.append(expected[change.key]?.base ?? branch.position)
      guard let collapsed = expected[change.key] else {
        complain(
          Self.checker, "\(dot) changes \(schema.name(change.key)), which nobody wrote there.")
        continue
      }
      check(change, collapsed, dot, isBaseline: isBaseline)
      for column in change.columns { rest[change.key]?.values[column] = nil }
      if rest[change.key]?.values.isEmpty ?? false { rest[change.key] = nil }
    }
    // A baseline may leave out what the hub has.
    for (key, collapsed) in rest.sorted(by: { $0.value.base < $1.value.base })
    where !collapsed.isOptional && !isBaseline {
      complain(Self.checker, "\(dot) lacks what was written to \(schema.name(key)).")
    }
    expected.removeAll()
    sealed[dot] = changeset
  }

  /// Records that a branch found nothing to seal, or nothing worth sending.
  mutating func sealNothing(at replica: ReplicaID) {
    guard var branch = branches[replica], !branch.unsealed.isEmpty else { return }
    for (key, collapsed) in collapse(branch.unsealed) where !collapsed.isOptional {
      complain(
        Self.checker, "\(replica) applied without having sealed its write to \(schema.name(key)).")
    }
    for index in branch.unsealed { writes[index].isMoot = true }
    branch.unsealed = []
    branches[replica] = branch
  }

  private func collapse(_ indexes: [Int]) -> [RowKey: Collapsed] {
    var result: [RowKey: Collapsed] = [:]
    var hadRow: [RowKey: Bool] = [:]
    for index in indexes {
      let write = writes[index]
      let wall = write.wallMilliseconds
      if hadRow[write.key] == nil { hadRow[write.key] = write.hadRow }
      guard var collapsed = result[write.key] else {
        result[write.key] = Collapsed(
          kind: write.kind, values: write.values, base: write.base, walls: wall...wall,
          isOptional: write.kind == .delete && !write.hadRow)
        continue
      }
      collapsed.walls =
        min(wall, collapsed.walls.lowerBound)...max(wall, collapsed.walls.upperBound)
      switch write.kind {
      case .delete:
        collapsed.kind = .delete
        collapsed.values = [:]
      case .insert:
        collapsed.kind = .insert
        collapsed.values = write.values
      case .update:
        collapsed.values.merge(write.values) { $1 }
      }
      collapsed.isOptional = collapsed.kind == .delete && hadRow[write.key] == false
      result[write.key] = collapsed
    }
    return result
  }

  private mutating func check(
    _ change: RowChange, _ collapsed: Collapsed, _ dot: Dot, isBaseline: Bool
  ) {
    let name = schema.name(change.key)
    if change.kind != collapsed.kind {
      complain(Self.checker, "\(dot) has a change of another kind than was made to \(name).")
    }
    for (column, value) in zip(change.columns, change.values)
    where collapsed.values[column] != value {
      complain(
        Self.checker,
        "\(dot) has \(value.shown) in \(schema.name(column, of: change.key)), where"
          + " \(collapsed.values[column]?.shown ?? "nothing") was written.")
    }
    // SQLite's Julian day may be off by a millisecond.
    let walls = (collapsed.walls.lowerBound - 1)...(collapsed.walls.upperBound + 1)
    if !isBaseline, !walls.contains(change.milliseconds) {
      complain(
        Self.checker,
        "\(dot) dates \(name) at \(change.milliseconds), and it was written between"
          + " \(collapsed.walls.lowerBound) and \(collapsed.walls.upperBound).")
    }
  }
}
