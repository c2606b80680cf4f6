internal import BranchStore
internal import Clocks
internal import Deltas
internal import HubStore
internal import Storage

/// The end of a seed: no more faults, and everything must get everywhere.
extension Simulator {
  func settle() throws {
    guard isSound else { return }
    isSettling = true
    trace.add(now, "", "no more faults")
    plan = plan.withoutFaults
    queue.removeAll()
    for disk in branches.values.map(\.disk) + [hubDisk].compactMap(\.self) {
      disk.setCapacity(nil)
    }
    fullDisks = []
    try restartHub()
    for machine in machines {
      try restart(machine)
      branches[machine]?.engine = nil
      branches[machine]?.isOffline = false
      branches[machine]?.awaited = nil
      branches[machine]?.session += 1
    }
    try upgradeAll()
    try distrustRottenRows()
    let standing = try standing()
    movedBytes = 0
    let rounds = SimulationLimits.settlingRoundsMax + (plan.hasUpheavals ? 1 : 0)
    for _ in 0..<rounds {
      for machine in machines { try syncToTheEnd(machine) }
    }
    try checkBytes(since: standing, rounds: rounds)
  }

  func syncToTheEnd(_ machine: MachineID) throws {
    guard let branch = branches[machine], isSound else { return }
    try beginSync(machine)
    queue.removeAll { event in
      if case .sync = event { true } else { false }
    }
    var count = 0
    while branch.engine != nil, let (milliseconds, event) = queue.next() {
      try handle(event, at: milliseconds)
      count += 1
      guard count < SimulationLimits.settlingEventsMax else {
        world.complain(
          "Liveness", "\(branch.name) does not come to an end although nothing stands in its way.")
        break
      }
    }
    queue.removeAll()
    guard branches[machine] != nil else { return }
    try checkIsComplete(branch)
  }

  /// After one whole sync, without faults and with nobody else about, neither side has anything
  /// left for the other.
  private func checkIsComplete(_ branch: SimulatedBranch) throws {
    guard let store = branch.store, isSound, !plan.hasUpheavals else { return }
    let position = try store.position()
    let leftCount = try store.outbox().count
    if position != world.head || leftCount > 0 {
      world.complain(
        "Liveness",
        "After a whole sync \(branch.name) stands at \(position) with \(leftCount) changesets to"
          + " send; the log ends at \(world.head).")
    }
  }

  /// SQLite's own look at every file.
  private func checkFiles() throws {
    let files = branches.values.map { ($0.name, $0.path) }.sorted { $0.0 < $1.0 }
    for (name, path) in files + [("hub", folder + "/hub/hub.db")] {
      let database = try Database(path: path, mode: .readWrite, busyTimeoutMilliseconds: 0)
      let findings = try database.rows("PRAGMA integrity_check(5)").map { $0[0].shown }
      if findings != ["ok"] {
        world.complain(
          "Integrity", "The file of \(name) is damaged: \(findings.joined(separator: "; "))")
      }
    }
  }

  /// Where each branch stood when faults ended, and the bytes that it had to send.
  ///
  /// Where histories part, a branch may have to hand back all that it keeps of the log, and get all
  /// of another's.
  private func standing() throws -> [MachineID: (position: LogPosition, byteCount: Int)] {
    var result: [MachineID: (position: LogPosition, byteCount: Int)] = [:]
    for (machine, branch) in branches {
      guard let store = branch.store else { continue }
      let outgoing = try store.outbox().reduce(0) { $0 + $1.byteCount }
      result[machine] =
        plan.hasUpheavals
        ? (.start, outgoing + (try store.tailSize().byteCount))
        : (try store.position(), outgoing)
    }
    return result
  }

  /// What was moved since is hardly more than what was missing. What the programs wrote last was
  /// not sealed by then: it is allowed for with the constant.
  private func checkBytes(
    since standing: [MachineID: (position: LogPosition, byteCount: Int)], rounds: Int
  ) throws {
    // What was pruned since cannot be measured any more; what was not captured is not known.
    guard let hubStore, isSound, !plan.hasLargeValues, plan.prunings + plan.captureGaps == 0
    else { return }
    let head = try hubStore.head()
    var missing = 0
    for (machine, before) in standing {
      guard let branch = branches[machine] else { continue }
      missing += before.byteCount
      missing += try hubStore.delta(
        receiver: plan.hasUpheavals ? .hub : branch.replica, from: before.position, to: head,
        offset: 0, byteCount: .max
      ).bytes.count
    }
    let constant = SimulationLimits.settlingBytesPerSync * rounds * branches.count
    if movedBytes > missing + missing * 3 / 10 + constant {
      world.complain(
        "BytesMoved",
        "\(movedBytes) bytes were moved once faults were over, where \(missing) were missing.")
    }
  }

  /// What there is to judge by.
  func gather() throws -> Evidence {
    guard let hubStore, let hubReader else {
      throw SimulationFailure(what: "The hub is not up at the end.")
    }
    try checkFiles()
    try checkVisits()
    try checkReferencesAtBranches()
    var places: [MachineID: Evidence.Place] = [:]
    for (machine, branch) in branches {
      guard let store = branch.store else { continue }
      places[machine] = Evidence.Place(
        rows: try branch.reader?.rows() ?? [:],
        digests: try store.digests().map { "\($0.digest.rowCount) \($0.digest)" },
        ledger: try store.ledger(openOnly: false), position: try store.position(),
        outgoingCount: try store.outbox().count, deferredCount: try store.deferredRows().count)
    }
    let hub = Evidence.Place(
      rows: try hubReader.rows(),
      digests: try hubStore.digests().map { "\($0.digest.rowCount) \($0.digest)" },
      ledger: try hubStore.conflicts(openOnly: false), position: try hubStore.head(),
      outgoingCount: 0, deferredCount: 0)
    return Evidence(
      world: world, hub: hub,
      quarantine: Dictionary(
        uniqueKeysWithValues: try hubStore.quarantinedRows().map { ($0.key, $0.values) }),
      branches: places, readings: readings,
      hasRefusals: plan.hasUniqueColumn, hasLikeRows: plan.hasBaseline,
      hasWholeStates: plan.prunings > 0, history: history, notices: try noticeFacts())
  }
}
