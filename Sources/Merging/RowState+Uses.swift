internal import Clocks
internal import Deltas

// Rows that others refer to. Who wrote such a reference without having seen that the row was
// deleted has used the row, and that counts as a write to it that says nothing of its columns.
extension RowState {
  /// All versions that its cells have, and the uses. Some come more than once.
  package var writes: [Version] { cells.values.flatMap { $0.map(\.version) } }

  /// The deletions that a row which does not stand goes back to, in the order of the log.
  package var standingDeletions: [Version] { openDeletions }

  /// Whether the row does not stand, and would if it were used by a version: neither of this and
  /// the deletions has seen the other.
  package func comesBack(by use: Version) -> Bool {
    guard isComplete, !lifeDeletions.isEmpty, !isAlive, isLive(use) else { return false }
    return openDeletions.allSatisfy { $0.dot != use.dot && !use.hasSeen($0) }
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
