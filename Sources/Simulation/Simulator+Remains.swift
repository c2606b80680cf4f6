internal import BranchStore
internal import Clocks
internal import Foundation
internal import HubStore

/// What stays once there is nothing left to do.
extension Simulator {
  /// A backup, of which everybody hears; then the hub forgets what is settled. Returns what is kept
  /// after that.
  func settleFurther() throws -> Remains? {
    guard let hubStore, isSound else { return nil }
    _ = try hubStore.backup(to: folder + "/hub.backup", wallMilliseconds: hubWall)
    try retireIdentitiesOfNobody(hubStore)
    movedBytes = 0
    for machine in machines { try syncToTheEnd(machine) }
    let away = hubWall - 90 * 86_400_000
    while try hubStore.prune(
      rowsAtMost: 1_000, awayBeforeMilliseconds: away, keeping: historyKeeping
    ).hasMore {}
    var remains = Remains(
      hub: try hubStore.metadata(), branches: [:], stagedCounts: [:],
      chainCount: try hubStore.names().count, hasGaps: plan.captureGaps > 0)
    for (machine, branch) in branches {
      guard let store = branch.store else { continue }
      remains.branches[machine] = try store.metadata()
      remains.stagedCounts[machine] =
        try FileManager.default.contentsOfDirectory(atPath: branch.stagingFolder).count
    }
    return remains
  }

  /// A machine that was put back may have left an identity behind that no database has any more:
  /// somebody retires it, or all would wait for it for ever.
  private func retireIdentitiesOfNobody(_ hubStore: HubStore) throws {
    let identities = Set(branches.values.compactMap(\.store?.identity.replica))
    for branch in try hubStore.branches()
    where branch.replica.state == .active && !identities.contains(branch.replica.id) {
      try hubStore.retire(name: branch.replica.name)
    }
  }

  /// Syncs that had nothing to bring have brought nothing.
  func checkNothingMoved() throws {
    let limit = SimulationLimits.settlingBytesPerSync * branches.count
    guard isSound, movedBytes > limit else { return }
    world.complain(
      "BytesMoved",
      "\(movedBytes) bytes were moved by \(branches.count) syncs that had nothing to do.")
  }

  /// What people were told, and what there was to tell.
  func noticeFacts() throws -> Notices.Facts {
    var facts = Notices.Facts()
    facts.forks = forks
    facts.names = forkNames
    for (machine, branch) in branches {
      guard let store = branch.store else { continue }
      facts.identities[machine] = store.identity.replica
      facts.texts[machine] = try store.notices().map(\.text)
    }
    facts.handedPlaces = handedPlaces
    for loss in try hubStore?.losses() ?? [] {
      facts.losses.updateValue(placedEntries[loss.place], forKey: loss.place)
    }
    return facts
  }
}
