internal import Clocks
internal import Deltas
internal import Merging

extension ModelHub {
  static let awayMilliseconds: Int64 = 90 * 86_400_000

  /// Removes what all branches have, and what all but the away ones have.
  mutating func prune(wallMilliseconds: Int64, mutant: Mutant) {
    let active = registry.values.filter {
      $0.state == .active && ($0.floor != nil || !$0.isFloorTold)
    }
    func least(_ branches: [ModelRegistered]) -> LogPosition? {
      branches.map { $0.isFloorTold ? $0.floor ?? .start : .start }.min()
    }
    guard let settledNow = least(active) else { return }
    let near = active.filter { wallMilliseconds - $0.lastHeard <= Self.awayMilliseconds }
    var stable = least(near) ?? settledNow
    if mutant == .pruneAtHead { stable = head }
    stable = max(stable, settledNow)
    pruned = max(pruned, min(stable, head))
    settled = max(settled, min(settledNow, head))
    if mutant == .pruneAtHead { settled = pruned }
    for index in 0..<Int(pruned.rawValue) { log[index].isForgotten = true }
    if mutant == .hashesPruned {
      byHash = byHash.filter { $0.value > settled }
    }
    for row in rows.indices { prune(row) }
  }

  /// This is a state that others may have come after: branches may share less with it by now than
  /// they have told it.
  mutating func forgetFloors(_ mutant: Mutant) {
    guard mutant != .oldFloorsCount else { return }
    for replica in registry.keys { registry[replica]?.isFloorTold = false }
  }

  private mutating func prune(_ row: Int) {
    guard rows[row].settledValues == nil else { return }
    let state = rows[row].state
    guard state != RowState() else { return }
    let versions = state.cells.values.flatMap { $0.map(\.version) } + state.deletions
    guard state.isAlive else {
      if versions.allSatisfy({ $0.position <= pruned }) {
        rows[row].state = RowState()
        rows[row].isForgotten = true
      }
      return
    }
    guard state.isComplete else { return }
    if versions.allSatisfy({ $0.position <= settled }) {
      rows[row].settledValues = standing(row)
      rows[row].state = RowState()
      rows[row].isForgotten = true
      return
    }
    var cells = state.cells
    for (column, versions) in cells where versions.count > 1 {
      let standing = state.standing(column, table: ModelTable.id, policy: Self.policy)
      cells[column] = versions.filter { $0 == standing || $0.version.position > pruned }
    }
    // A deletion that all have seen is over, if it hides nothing.
    let deletions = state.deletions.filter { deletion in
      deletion.position > pruned
        || cells.values.contains { versions in
          versions.count > 1 && versions.contains { deletion.hasSeen($0.version) }
        }
    }
    let left = RowState(cells: cells, deletions: deletions)
    if left != state {
      rows[row].state = left
      rows[row].isForgotten = true
    }
  }

  /// The fact that a backup leaves in it and in the hub.
  mutating func noteBackup() {
    backupNumber += 1
    durable = head
  }
}
