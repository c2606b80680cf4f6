internal import Basics
internal import Clocks
internal import Deltas
internal import Merging

extension ProtocolWorld {
  /// Faults stop; everything must drain.
  func drain() {
    isFaulty = false
    late = []
    for device in devices.indices {
      if isAlive[device] { devices[device].crash() }
    }
    for _ in 0..<3 {
      for device in devices.indices where isAlive[device] { drain(device) }
      guard violations.isEmpty else { return }
    }
    // What the last of them sent, the first have not heard of.
    for device in devices.indices where isAlive[device] { drain(device) }
    for device in devices.indices where isAlive[device] && !devices[device].isRetiredHere {
      let branch = devices[device]
      if !branch.outbox.isEmpty || !branch.journal.isEmpty
        || branch.deferred.contains(where: { $0 != nil }) || branch.place != hub.canonical(hub.head)
      {
        fail(
          .draining,
          "Device \(device) is at \(describe(branch.place)) with \(branch.outbox.count) changesets "
            + "to send; the hub is at \(hub.head). \(branch.session.failure ?? "")")
      }
    }
  }

  private func drain(_ device: Int) {
    note("drain device \(device)")
    var random = SeededGenerator(seed: 1)
    noteReplaced(devices[device].start(table: table, mutant: mutant))
    var steps = 0
    while devices[device].isSyncing, steps < 200, violations.isEmpty {
      step(device, &random)
      steps += 1
    }
  }

  // MARK: What must be so in the end

  func checkEnd() {
    checkRows()
    checkLog()
    guard violations.isEmpty else { return }
    checkLosses()
    checkOutcomes()
    checkPeople()
    checkKnown()
    for device in standing { checkHandedBack(device) }
    for name in truth.lostNames {
      if (hub.places[name] == nil) != hub.losses.contains(name) {
        fail(
          .lossReport,
          "Position \(describe(name)) is \(hub.places[name] == nil ? "lost and not" : "known and")"
            + " reported.")
      }
    }
  }

  private var standing: [Int] {
    devices.indices.filter { isAlive[$0] && !devices[$0].isRetiredHere }
  }

  private func checkRows() {
    for device in standing {
      for row in table.rowRange where devices[device].rows[row] != hub.standing(row) {
        fail(
          .convergence,
          "Device \(device) has \(Self.text(devices[device].rows[row])) in row \(row), the hub "
            + "\(Self.text(hub.standing(row))).")
        return
      }
    }
  }

  private func checkLog() {
    var marks = Marks()
    var hashes: Set<ModelHash> = []
    for (index, entry) in hub.log.enumerated() {
      if !hashes.insert(entry.changeset.hash).inserted {
        fail(.onceOnly, "The log has the changeset at \(index + 1) twice.")
      }
      let own = entry.changeset.changes.flatMap(\.marks).filter { $0 > 0 }
      if let twice = own.first(where: { marks.contains($0) && !truth.copiedUnsealed.contains($0) })
      {
        fail(.onceOnly, "The log has write \(twice) twice, again at \(index + 1) (\(entry.dot)).")
      }
      for mark in own { marks.insert(mark) }
    }
    var dots: Set<Dot> = []
    for entry in hub.log where !dots.insert(entry.dot).inserted {
      fail(.identity, "Two changesets of the log are called \(entry.dot).")
    }
  }

  private func checkLosses() {
    var owed = Marks()
    for device in devices.indices where isAlive[device] {
      owed.formUnion(devices[device].written)
      for seen in devices[device].seen { owed.formUnion(seen) }
    }
    var logged = Marks()
    for marks in hub.rowMarks { logged.formUnion(marks) }
    var salvaged = Marks()
    for item in hub.salvage {
      for change in item.changeset.changes { salvaged.formUnion(Marks(change.marks)) }
    }
    for mark in owed.elements where mark > 0 && !truth.replaced.contains(mark) {
      if logged.contains(mark) {
        checkKept(mark, logged)
      } else if !salvaged.contains(mark), !isUnsent(mark), !isMadeUp(mark, logged),
        !truth.allowedLoss.contains(mark), options.unbackedMax == 1000 || !truth.hasRelocated,
        !(truth.hasRelocated && truth.nameless.contains(mark))
      {
        fail(
          .noLoss,
          "Write \(mark) of row \(truth.rows[mark]) is in a living database and not in the log.")
      }
    }
  }

  /// Written at a branch that must not come back, and not sent.
  private func isUnsent(_ mark: Int) -> Bool {
    devices.indices.contains { device in
      let branch = devices[device]
      guard isAlive[device], branch.isRetiredHere, branch.seen[truth.rows[mark]].contains(mark)
      else { return false }
      // What it sent before it was refused is salvaged.
      return !branch.outbox.prefix(options.limits.changesetsPerExchangeMax).contains {
        $0.changes.contains { $0.marks.contains(mark) }
      }
    }
  }

  /// Somebody who had it in view wrote over it, or sent its value again.
  private func isMadeUp(_ mark: Int, _ logged: Marks) -> Bool {
    let row = truth.rows[mark]
    return logged.elements.contains { other in
      truth.rows[other] == row && other != mark
        && (truth.seen[other].contains(mark) && covers(other, mark)
          || truth.values[other] == truth.values[mark]
            && truth.columns[other] == truth.columns[mark])
    }
  }

  private func covers(_ other: Int, _ mark: Int) -> Bool {
    truth.columns[other] == nil || truth.columns[mark] == nil
      || truth.columns[other] == truth.columns[mark]
  }

  /// A write in the log stands, was overwritten by somebody who had it in view, or is in the
  /// ledger.
  private func checkKept(_ mark: Int, _ logged: Marks) {
    let row = truth.rows[mark]
    let cell = ModelCell(row: row, column: truth.columns[mark], value: truth.values[mark])
    if hub.ledger.contains(mark) || hub.ledgerValues.contains(cell) || isMadeUp(mark, logged) {
      return
    }
    let standing = hub.standing(row)
    if let column = truth.columns[mark] {
      if standing?[table.index(column)] == truth.values[mark] { return }
    } else if standing == nil {
      return
    }
    if truth.lateRows.contains(row), truth.columns[mark] == nil { return }
    let oracle = truth.columns[mark] == nil ? Oracle.ledger : .noLoss
    fail(
      oracle,
      "Write \(mark) of row \(row) neither stands nor was overwritten by somebody who had seen it, "
        + "and the ledger does not have it.")
  }

  /// The same writes in other orders come to the same rows.
  private func checkOutcomes() {
    for row in table.rowRange where !truth.lateRows.contains(row) {
      // A collapsed row forgets what was dead while others lived, and rightly so.
      let hasDeletions = hub.log.contains {
        $0.changeset.changes.contains { $0.row == row && $0.change.kind == .delete }
      }
      if hub.rows[row].isForgotten, hasDeletions { continue }
      if hub.rows[row].wasIncomplete { continue }
      // What nobody can name any more is missing in the middle of what was seen.
      if options.unbackedMax < 1000, truth.hasRelocated { continue }
      if truth.allowedLoss.elements.contains(where: { truth.rows[$0] == row }) { continue }
      // What is sent again knows nothing; what others had seen of it came late.
      if truth.hasRelocated, truth.captured.elements.contains(where: { truth.rows[$0] == row }) {
        continue
      }
      var changes: [(ModelChange, Version)] = []
      for (index, entry) in hub.log.enumerated() {
        for change in entry.changeset.changes where change.row == row {
          changes.append(
            (change, hub.version(of: change, at: LogPosition(UInt64(index + 1)), mutant: mutant)))
        }
      }
      guard changes.count > 1 else { continue }
      for order in [changes, changes.reversed(), changes.shuffled(using: &random)] {
        var state = RowState()
        for (change, version) in order {
          _ = state.merge(change.change, version: version, policy: ModelHub.policy)
        }
        let values: [Value]? =
          state.isAlive && (state.isComplete || hub.showsHalfRows)
          ? table.columns.map {
            state.standing($0, table: ModelTable.id, policy: ModelHub.policy)?.value ?? .null
          } : nil
        let hasSame =
          hub.rows[row].isForgotten || hub.rows[row].settledValues != nil
          || state.cells == hub.rows[row].state.cells
        guard values != hub.standing(row) || !hasSame else { continue }
        if truth.hasRelocated, truth.isPatchy(row), hasGap(changes.map(\.1)) { break }
        fail(
          .outcome,
          "Row \(row) is \(Self.text(hub.standing(row))) at the hub; its writes in another order "
            + "come to \(Self.text(values)).")
        return
      }
    }
  }

  /// Whether something was seen by what others have seen, and not by these.
  ///
  /// What was written on a lost stretch and came back counts as seen by those who had its name. Who
  /// had only what they made of it, has not seen it; then the order says what is compared.
  private func hasGap(_ versions: [Version]) -> Bool {
    versions.contains { last in
      versions.contains { middle in
        last.hasSeen(middle)
          && versions.contains { middle.hasSeen($0) && $0 != last && !last.hasSeen($0) }
      }
    }
  }

  private func checkPeople() {
    for device in standing {
      guard let known = hub.registry[devices[device].replica], known.key == devices[device].key,
        known.chain.counter >= devices[device].sealed.counter,
        known.chain != devices[device].sealed,
        // A hub that was put back hears from the first changeset what its chain continues.
        known.chain.counter > 0 || !truth.hasRelocated
      else { continue }
      fail(
        .identity,
        "Device \(device) goes on as \(devices[device].replica), whose chain at the hub is another."
      )
    }
    for device in standing {
      for adoption in truth.adoptions
      where adoption.device == device && adoption.key == devices[device].key {
        if devices[device].notices.isEmpty {
          fail(.notices, "Device \(device) was not told that it is a copy.")
        }
      }
    }
  }
}
