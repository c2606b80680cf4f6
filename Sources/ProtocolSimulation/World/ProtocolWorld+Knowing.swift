internal import Clocks
internal import Deltas
internal import Merging

/// Whether what the hub was told is what it goes by.
extension ProtocolWorld {
  /// In the end: whatever an entry's context names, or its chain continues, and the log has, counts
  /// as seen, however late the name came.
  func checkKnown() {
    for (index, entry) in hub.log.enumerated() where entry.dot.replica != .hub {
      let seen = entry.seen
      for (place, position) in hub.places where hub.lineage.includes(place, in: entry.context) {
        guard !isSeen(position, by: seen) else { continue }
        return fail(
          .spuriousConflict,
          "The entry at \(index + 1) names \(describe(place)), which is \(position) here, and does "
            + "not count as having seen it.")
      }
      guard let previous = hub.byHash[entry.changeset.previous] else { continue }
      let dot = hub.entry(previous).dot
      guard dot.replica != entry.dot.replica || dot.counter >= entry.dot.counter,
        !isSeen(previous, by: seen)
      else { continue }
      return fail(
        .spuriousConflict,
        "The entry at \(index + 1) continues the one at \(previous), and does not count as having "
          + "seen it.")
    }
  }

  private func isSeen(_ position: LogPosition, by seen: ModelSeen) -> Bool {
    position <= seen.prefix || seen.also.contains { $0.here == position }
  }

  /// What a new entry was put into the ledger for is no conflict by the names told with it.
  func checkNoted() {
    let noted = hub.noted
    hub.noted = []
    for (row, conflict) in noted {
      let versions = conflict.versions
      let writeCount =
        conflict.column == nil ? conflict.values.filter { $0.value != nil }.count : 0
      for left in versions.indices {
        for right in versions.indices where right > left {
          if conflict.column == nil, left >= writeCount || right < writeCount { continue }
          // Of a settled row it is only known that everyone had seen it.
          guard versions[left].dot.replica != .hub, versions[right].dot.replica != .hub else {
            continue
          }
          let one = versions[left].position
          let other = versions[right].position
          guard isNamed(one, by: other) || isNamed(other, by: one) else { continue }
          return fail(
            .ledger,
            "The ledger has a conflict in row \(row) between the changes at \(one) and \(other), "
              + "of which one names the other.")
        }
      }
    }
  }

  /// Whether an entry's context has another by a name that the hub was told.
  private func isNamed(_ position: LogPosition, by other: LogPosition) -> Bool {
    guard position > .start, position <= hub.head, other > .start, other <= hub.head,
      hub.entry(other).changeset.changes.allSatisfy({ $0.change.base == nil })
    else { return false }
    let context = hub.entry(other).context
    return hub.places.contains { $0.value == position && hub.lineage.includes($0.key, in: context) }
  }

  /// A branch whom the hub knows, and of which there was never a second, is refused as a copy for
  /// no other reasons than these; they are counted.
  func checkRefused(_ device: Int) {
    let branch = devices[device]
    guard !truth.isCopied.contains(device), let known = hub.registry[branch.replica],
      known.key == branch.key
    else { return }
    guard let reason = reason(toRefuse: branch, known) else {
      return fail(
        .identity, "Device \(device) is refused as a copy of \(branch.replica), and is the one.")
    }
    truth.needless[reason, default: 0] += 1
  }

  private func reason(toRefuse branch: ModelBranch, _ known: ModelRegistered) -> String? {
    if truth.isGivenTwice(branch.replica, branch.name, key: branch.key) {
      return "number given out again"
    }
    if branch.outbox.contains(where: isSealedAnew) { return "handed back by an old name" }
    let next = branch.outbox.first?.dot.counter ?? branch.sealed.counter + 1
    var counter = known.chain.counter + 1
    while truth.hasRelocated, counter < next {
      let dot = Dot(replica: branch.replica, counter: counter)
      if !isLogged(dot, of: branch) { return reason(toLack: dot, branch) }
      counter += 1
    }
    return nil
  }

  /// Whether the log has a branch's changeset: not one of another that was given its number.
  private func isLogged(_ dot: Dot, of branch: ModelBranch) -> Bool {
    let sent = truth.sent[branch.key]?[dot]
    return hub.log.contains {
      $0.changeset.dot == dot && sent?.origins.contains($0.changeset.origin) ?? true
    }
  }

  private func reason(toLack dot: Dot, _ branch: ModelBranch) -> String? {
    guard let sent = truth.sent[branch.key]?[dot] else { return nil }
    if sent.origins.contains(where: { hub.byHash[$0] != nil }) { return "logged as a copy's" }
    guard !branch.tail.contains(where: { $0.changeset.dot == dot }) else { return nil }
    if sent.marks.elements.allSatisfy({ truth.allowedLoss.contains($0) }) {
      return "in a newer backup"
    }
    return options.unbackedMax < 1000 ? "tail without a backup" : nil
  }

  /// Whether the log has a changeset by the header that it had before its timeline was named anew.
  private func isSealedAnew(_ changeset: ModelChangeset) -> Bool {
    changeset.hash != changeset.origin
      && hub.log.contains {
        $0.changeset.hash == changeset.origin && $0.changeset.dot == changeset.dot
      }
  }
}
