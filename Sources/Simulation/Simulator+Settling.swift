internal import BranchStore
internal import Clocks
internal import Deltas
internal import HubStore
internal import Storage

/// The end of a seed: no more faults, and everything must get everywhere.
extension Simulator {
  func settle() throws {
    guard world.violations.isEmpty else { return }
    trace.add(now, "", "no more faults")
    plan = plan.withoutFaults
    queue.removeAll()
    try restartHub()
    for replica in replicas {
      try restart(replica)
      branches[replica]?.engine = nil
      branches[replica]?.isOffline = false
      branches[replica]?.awaited = nil
      branches[replica]?.session += 1
    }
    for _ in 0..<SimulationLimits.settlingRoundsMax {
      for replica in replicas { try syncToTheEnd(replica) }
    }
  }

  private func syncToTheEnd(_ replica: ReplicaID) throws {
    guard let branch = branches[replica], world.violations.isEmpty else { return }
    try beginSync(replica)
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
    try checkIsComplete(branch)
  }

  /// After one whole sync, without faults and with nobody else about, neither side has anything
  /// left for the other.
  private func checkIsComplete(_ branch: SimulatedBranch) throws {
    guard let store = branch.store, world.violations.isEmpty else { return }
    let position = try store.position()
    let leftCount = try store.outbox().count
    if position != world.head || leftCount > 0 {
      world.complain(
        "Liveness",
        "After a whole sync \(branch.name) stands at \(position) with \(leftCount) changesets to"
          + " send; the log ends at \(world.head).")
    }
  }

  /// What there is to judge by.
  func gather() throws -> Evidence {
    guard let hubStore, let hubReader else {
      throw SimulationFailure(what: "The hub is not up at the end.")
    }
    var places: [ReplicaID: Evidence.Place] = [:]
    for (replica, branch) in branches {
      guard let store = branch.store else { continue }
      places[replica] = Evidence.Place(
        rows: try branch.application.rows(),
        digests: try store.digests().map { "\($0.digest.rowCount) \($0.digest)" },
        ledger: try store.ledger(openOnly: false), position: try store.position(),
        outgoingCount: try store.outbox().count, deferredCount: try store.deferredRows().count)
    }
    let hub = Evidence.Place(
      rows: try rowReader.rows(in: hubReader),
      digests: try hubStore.digests().map { "\($0.digest.rowCount) \($0.digest)" },
      ledger: try hubStore.conflicts(openOnly: false), position: try hubStore.head(),
      outgoingCount: 0, deferredCount: 0)
    return Evidence(
      world: world, hub: hub,
      quarantine: Dictionary(
        uniqueKeysWithValues: try hubStore.quarantinedRows().map { ($0.key, $0.values) }),
      branches: places, readings: readings,
      hasRefusals: plan.hasUniqueColumn)
  }
}
