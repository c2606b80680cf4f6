internal import Clocks
internal import Deltas

// Rows that others refer to. Who wrote such a reference without having seen that the row was
// deleted has used the row, and that counts as a write to it that says nothing of its columns.
extension RowState {
  /// All versions that its cells have, and the uses. Some come more than once.
  package var writes: [Version] { cells.values.flatMap { $0.map(\.version) } }

  /// The deletions that a row which does not stand goes back to, in the order of the log.
  package var standingDeletions: [Version] { openDeletions }

  /// Whether the row does not stand, and would if it were used by a version: no deletion has seen
  /// this, and it has seen none, or had the row standing in view all the same.
  package func comesBack(by use: Version) -> Bool {
    guard isComplete, !lifeDeletions.isEmpty, !isAlive, isLive(use) else { return false }
    if !openDeletions.contains(where: use.knows) { return true }
    // A write that what was known of had not seen: another deletion took that away.
    let known = lifeDeletions.filter(use.knows)
    return writes.contains { write in
      use.hasSeen(write) && !known.contains { $0.hasSeen(write) }
    }
  }

  /// Takes in that a version elsewhere refers to the row. Its columns keep what they have: whoever
  /// has written one of them loses nothing by it.
  package mutating func use(by version: Version) {
    add(CellVersion(version: version, value: .null), to: Self.presenceColumn)
  }

  /// Who writes the whole row anew has said more than that it is used.
  mutating func forgetUses(seenBy version: Version) {
    guard cells.count > 1, let uses = cells[Self.presenceColumn] else { return }
    setUses(uses.filter { !version.hasSeen($0.version) })
  }
}
