internal import Basics
internal import Clocks
internal import Deltas

/// The hub's log and its integration at the branches.
extension World {
  /// Records that the hub accepted a changeset.
  mutating func accept(_ logged: WorldLogEntry) {
    let entry = logged.entry
    if entry.position != head.next {
      complain("ExactlyOnce", "Position \(entry.position) followed position \(head) in the log.")
    }
    log.append(logged)
    if let other = positions[entry.dot] {
      complain("ExactlyOnce", "\(entry.dot) is in the log at \(other) and at \(entry.position).")
    }
    positions[entry.dot] = entry.position
    guard let changeset = sealed[entry.dot] else {
      return complain("ExactlyOnce", "The log has \(entry.dot), which nobody sealed.")
    }
    if changeset.trailer.contentHash != entry.contentHash {
      complain("ExactlyOnce", "The log has \(entry.dot) with another content than was sealed.")
    }
    for (change, base) in zip(changeset.changes, changeset.bases) {
      append(change, base: base, changeset: changeset.header, entry)
    }
  }

  private mutating func append(
    _ change: RowChange, base: LogPosition, changeset: ChangesetHeader, _ entry: DeltaEntry
  ) {
    let corrected = change.milliseconds.addingSaturating(entry.clockOffsetMilliseconds)
    var added = WorldChange(
      dot: entry.dot, position: entry.position, kind: change.kind,
      values: Dictionary(uniqueKeysWithValues: zip(change.columns, change.values)),
      milliseconds: changeset.isBaseline ? nil : min(corrected, entry.receivedMilliseconds),
      base: base, claimedBase: change.base ?? changeset.context.position)
    if added.claimedBase < stable {
      lateRows.insert(change.key)
      forgotten[change.key] = stable
    }
    // A table that is all key has one cell: the row itself.
    if change.kind == .insert, change.columns.isEmpty { added.values[ColumnID(0)] = .null }
    if changeset.isBaseline, change.kind == .insert,
      let standing = row(change.key, at: entry.position)
    {
      let columns = schema.table(change.key.table)?.valueColumns ?? []
      added.isAbsorbed = columns.map { added.values[$0] ?? .null } == standing
    }
    changes[change.key, default: []].append(added)
  }

  /// Records that a branch has integrated the log up to a position. Returns the rows that should
  /// have changed or stayed there, for comparing: `branches[replica].rows` is what it should hold.
  mutating func integrate(_ position: LogPosition, at replica: ReplicaID) {
    guard var branch = branches[replica] else { return }
    let before = branch.position
    if position < before || position > head {
      complain("Convergence", "\(replica) went from position \(before) to \(position).")
    }
    branch.pending.removeAll { index in
      let write = writes[index]
      guard let counter = write.counter,
        let logged = positions[Dot(replica: replica, counter: counter)]
      else { return false }
      return logged <= position
    }
    let waiting = Set((branch.pending + branch.unsealed).map { writes[$0].key })
    var bases: [RowKey: LogPosition] = [:]
    for key in waiting { bases[key] = branch.bases[key] ?? before }
    var integrated = Set(branch.bases.keys)
    for (key, history) in changes where history.contains(where: { $0.position > before }) {
      integrated.insert(key)
    }
    for key in integrated.subtracting(waiting) { branch.rows[key] = row(key, at: position) }
    branch.bases = bases
    branch.position = position
    branches[replica] = branch
  }
}
