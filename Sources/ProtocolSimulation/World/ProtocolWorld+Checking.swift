internal import Clocks
internal import Deltas
internal import Merging

extension ProtocolWorld {
  /// Each new entry against all before it.
  func checkAppended(from first: Int, wasForgotten: [Bool] = []) {
    guard hub.log.count > first else { return }
    for index in first..<hub.log.count {
      let entry = hub.log[index]
      checkName(index)
      let also = entry.seen.also.map { "\($0.here)" }
      note("    \(entry.dot) at \(index + 1), seen \(entry.seen.prefix) also \(also)")
      for change in entry.changeset.changes {
        let version = hub.version(
          of: change, at: LogPosition(UInt64(index + 1)), mutant: mutant)
        if wasForgotten.isEmpty || wasForgotten[change.row],
          version.seen.upTo < max(hub.pruned, hub.settled)
        {
          truth.lateRows.insert(change.row)
        }
        for earlier in 0..<index { checkPair(index, change, version, earlier, isFinal: false) }
      }
    }
  }

  private func checkName(_ index: Int) {
    let place = hub.canonical(LogPosition(UInt64(index + 1)))
    let hash = hub.log[index].changeset.hash
    if let known = truth.names[place], known != hash {
      fail(.identity, "Place \(describe(place)) named another changeset before.")
    }
    truth.names[place] = hash
    let entry = hub.log[index]
    let facts = [entry.clockOffsetMilliseconds, entry.receivedMilliseconds]
    if entry.isHanded, entry.dot.replica != .hub, entry.changeset.origin == hash,
      !entry.changeset.changes.contains(where: { $0.marks.contains { truth.salvaged.contains($0) } }
      ),
      truth.facts[entry.changeset.origin]?.contains(facts) == false
    {
      fail(.identity, "The changeset at \(describe(place)) has other clock facts than before.")
    }
    // The same changes may have come under another header first, and elsewhere under this.
    truth.facts[entry.changeset.origin, default: []].insert(facts)
  }

  /// Whether the model's opinion of one write having seen another is the truth.
  private func checkPair(
    _ index: Int, _ change: ModelChange, _ version: Version, _ earlier: Int, isFinal: Bool
  ) {
    let other = hub.log[earlier]
    for before in other.changeset.changes where before.row == change.row {
      guard let mark = change.marks.first(where: { $0 > 0 }),
        let old = before.marks.first(where: { $0 > 0 }), mark != old
      else { continue }
      let otherVersion = hub.version(
        of: before, at: LogPosition(UInt64(earlier + 1)), mutant: mutant)
      let verdict = version.hasSeen(otherVersion)
      let hasSeen = truth.seen[mark].contains(old)
      if verdict, !hasSeen {
        fail(
          .falseCausality,
          "Write \(mark) of row \(change.row) counts as having seen write \(old), which its author "
            + "never had.")
      }
      if !verdict, hasSeen {
        let reason = admitted(change, mark, old)
        truth.spurious[reason ?? "not admitted", default: 0] += 1
        if reason == nil {
          fail(
            .spuriousConflict,
            "Write \(mark) of row \(change.row) counts as concurrent with write \(old), which its "
              + "author had seen.")
        }
      }
    }
  }

  /// Why a write may count as concurrent with what its author had seen, or nil.
  private func admitted(_ change: ModelChange, _ mark: Int, _ old: Int) -> String? {
    if truth.copiedUnsealed.contains(mark) || truth.copiedUnsealed.contains(old) {
      return "copied with a journal"
    }
    if truth.captured.contains(mark) { return "sent again by a comparison" }
    if truth.salvaged.contains(mark) || truth.salvaged.contains(old) { return "salvage" }
    if truth.hasRelocated,
      truth.captured.elements.contains(where: { truth.seen[mark].contains($0) })
    {
      return "sent again by a comparison"
    }
    if truth.writtenUncompared.contains(mark) || truth.unnamed.contains(old) {
      return "lost stretch"
    }
    if truth.hasRelocated, truth.nameless.contains(old) { return "whole state, then another hub" }
    if truth.allowedLoss.contains(old) { return "backup older than the last" }
    if change.change.base != nil, truth.hasRelocated { return "waiting at a relocation" }
    if options.unbackedMax < 1000 { return "tail without a backup" }
    return nil
  }

  /// A branch's rows right after it has applied something.
  func checkPrefix(_ device: Int) {
    let branch = devices[device]
    guard branch.compares == nil, hub.lineage.includes(branch.place, in: hub.headPlace) else {
      return
    }
    let number = Int(branch.place.position.rawValue)
    let expected =
      number == 0 ? Array(repeating: nil, count: table.rowCount) : hub.log[number - 1].rowsAfter
    for row in table.rowRange where branch.deferred[row] == nil && !hub.rows[row].wasIncomplete {
      let isOwn =
        branch.outbox.contains { $0.changes.contains { $0.row == row } }
        || branch.journal.contains { $0.row == row }
      guard !isOwn, branch.rows[row] != expected[row] else { continue }
      fail(
        .prefix,
        "Device \(device) at \(describe(branch.place)) has \(Self.text(branch.rows[row])) in row "
          + "\(row), the hub had \(Self.text(expected[row])).")
      return
    }
  }

  /// Rows with writes that the hub has not confirmed stay as their program left them.
  func checkUntouched(_ device: Int, before: ModelBranch) {
    let branch = devices[device]
    for changeset in branch.outbox where !branch.known.contains(changeset.hash) {
      for change in changeset.changes where branch.rows[change.row] != before.rows[change.row] {
        fail(
          .prefix,
          "Row \(change.row) of device \(device) has unconfirmed writes, and went from "
            + "\(Self.text(before.rows[change.row])) to \(Self.text(branch.rows[change.row])).")
        return
      }
    }
  }

  static func text(_ values: [Value]?) -> String {
    guard let values else { return "no row" }
    return values.map { if case .integer(let number) = $0 { "\(number)" } else { "null" } }
      .joined(separator: "/")
  }

  /// No branch that counts still refers to what was pruned, as long as no database was copied.
  func checkFrontier(from old: (pruned: LogPosition, settled: LogPosition)) {
    guard !options.hasCopies else { return }
    for device in devices.indices where isAlive[device] {
      let branch = devices[device]
      guard let known = hub.registry[branch.replica], known.key == branch.key,
        known.state == .active, known.floor != nil, !truth.toldLate.contains(known.key)
      else { continue }
      let isNear = now - known.lastHeard <= ModelHub.awayMilliseconds
      let bound = isNear ? hub.pruned : hub.settled
      let oldBound = isNear ? old.pruned : old.settled
      var contexts = [branch.place] + branch.outbox.map(\.context)
      if branch.outbox.isEmpty { contexts = [branch.place] }
      for context in contexts {
        guard let common = hub.lineage.common(context, hub.headPlace), common.position < bound,
          common.position >= oldBound
        else { continue }
        fail(
          .bounds,
          "The hub has pruned up to \(bound), and device \(device) still refers to "
            + "\(describe(context)).")
        return
      }
      for waiting in branch.deferred {
        guard let waiting, hub.lineage.includes(branch.place, in: hub.headPlace),
          waiting.base < bound, waiting.base >= oldBound
        else { continue }
        fail(.bounds, "The hub has pruned up to \(bound), a row of device \(device) waits below.")
        return
      }
    }
  }

  func checkBounds() {
    for (index, row) in hub.rows.enumerated() {
      guard !row.state.isAlive, row.state != RowState() else { continue }
      let versions = row.state.cells.values.flatMap { $0.map(\.version) } + row.state.deletions
      if versions.allSatisfy({ $0.position <= hub.pruned }) {
        fail(.bounds, "Row \(index) keeps a tombstone that everyone has.")
      }
    }
  }
}
