package import Clocks

// Rows that live and die together: those of a group are the row at its top, an order, and the rows
// that belong to it, its lines. The deletion of the top is the deletion of each, and a write to any
// is a use of all.
extension RowState {
  /// The deletions that say whether the row stands: its own but those that its group has outlived,
  /// and those of the top that took it along.
  var lifeDeletions: [Version] {
    if group.isEmpty { return deletions }
    let own = deletions.filter { deletion in
      !group.spared.contains { $0.dot == deletion.dot }
    }
    return own + group.taking.filter { taking in !own.contains { $0.dot == taking.dot } }
  }

  /// Those that a write meets, whatever its group makes of them.
  var metDeletions: [Version] {
    guard !group.isEmpty else { return openDeletions }
    var state = self
    state.group.spared = []
    return state.openDeletions
  }

  /// All deletions of a row at the top of a group that may still matter to the others.
  package var groupDeletions: [Version] {
    var result: [Version] = []
    for deletion in deletions + group.deletions
    where !result.contains(where: { $0.dot == deletion.dot }) {
      result.append(deletion)
    }
    return result.sorted { $0.position < $1.position }
  }

  /// Finds out of all rows of a group which of them stand.
  ///
  /// Where deletions lose, a row outlives a deletion of the top if it was written by somebody who
  /// knew of that, or if any row of the group was written by somebody who did not: but for what no
  /// deletion of the top has seen nothing counts. So with the top come all rows that the same
  /// changeset deleted; what another changeset deleted goes by its own versions. Where deletions
  /// win, a deletion of the top is one of each row, and no more.
  ///
  /// A function of the rows' own versions, in whatever order they came: of those noted before it
  /// only needs what later ones hide. What lies up to `stable` is decided already, and stays so.
  package static func liveTogether(
    _ top: inout RowState, _ others: inout [RowState], _ deletes: DeleteRule,
    stable: LogPosition
  ) {
    let all = top.groupDeletions
    let recent = all.filter { $0.position > stable }
    var uses: [Version] = []
    if deletes != .win, !recent.isEmpty {
      uses = live(top.group.uses + top.writes + others.flatMap(\.writes), against: all)
    }
    for index in others.indices { others[index].live(with: uses, recent, deletes, stable) }
    top.group.uses = needed(uses, against: recent)
    guard !recent.isEmpty else { return }
    // The top remembers all of them: the others were deleted by the same changesets.
    let isSpared = deletes != .win && top.outlives(recent, uses)
    top.group.spared = isSpared ? all : []
    top.group.taking = isSpared ? [] : all
  }

  /// Versions that no deletion has seen, of each changeset one for what it had seen. Whose version
  /// is forgotten was noted before.
  private static func live(_ writes: [Version], against deletions: [Version]) -> [Version] {
    var result: [Version] = []
    for write in writes.sorted(by: { $0.position < $1.position })
    where write.dot.replica != .hub && !deletions.contains(where: { $0.hasSeen(write) }) {
      let known = result.lastIndex { $0.dot == write.dot && $0.seen == write.seen }
      guard let known else {
        result.append(write)
        continue
      }
      if LatestRule.stands(write, over: result[known]) { result[known] = write }
    }
    return result
  }

  /// Those which no other stands for: one that has seen it, and knows of the same deletions.
  private static func needed(_ uses: [Version], against deletions: [Version]) -> [Version] {
    uses.filter { use in
      guard deletions.contains(where: { !use.knows($0) }) else { return false }
      return !uses.contains { other in
        other.dot != use.dot && other.hasSeen(use)
          && deletions.allSatisfy { other.knows($0) == use.knows($0) }
      }
    }
  }

  private mutating func live(
    with uses: [Version], _ recent: [Version], _ deletes: DeleteRule, _ stable: LogPosition
  ) {
    let writes = writes
    func isOwn(_ deletion: Version) -> Bool { deletions.contains { $0.dot == deletion.dot } }
    var taking = group.taking.filter { $0.position <= stable }
    var spared = group.spared.filter { $0.position <= stable }
    if deletes != .win, outlives(recent, uses) {
      spared += recent.filter(isOwn)
    } else {
      taking += recent.filter { !isOwn($0) }
    }
    let isKnown = taking.allSatisfy { deletion in writes.contains { $0.knows(deletion) } }
    group.taking = isKnown ? [] : taking
    group.spared = spared
  }

  private func outlives(_ recent: [Version], _ uses: [Version]) -> Bool {
    let writes = writes
    return recent.allSatisfy { deletion in
      writes.contains { $0.knows(deletion) } || uses.contains { !$0.knows(deletion) }
    }
  }
}

extension Version {
  /// Whether its author knew of a deletion: of one in the same changeset, too.
  func knows(_ deletion: Version) -> Bool {
    dot == deletion.dot || hasSeen(deletion)
  }
}
