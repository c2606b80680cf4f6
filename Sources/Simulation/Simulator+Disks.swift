internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Storage

/// Disks that fail, fill up, and lose what was not synced.
extension Simulator {
  /// What somebody's work on a disk came to.
  enum DiskOutcome {
    case done
    /// An operation failed, or there was no room.
    case failed
    case killed
    case powerLost
  }

  /// Lets somebody work on a disk, with the faults of the plan, and tells what came of it. Errors
  /// that no fault explains are thrown on.
  func working(
    on disk: SimulatedDisk, as process: SimulatedDisk.Process, kills: Int, place: String,
    _ body: () throws -> Void
  ) throws -> DiskOutcome {
    arm(disk, process, kills: kills)
    defer { disk.disarm() }
    let faultCount = disk.faultCount
    var failure: (any Error)?
    do { try disk.acting(as: process, body) } catch { failure = error }
    let wasLocked = lock != nil
    lock = nil
    if !disk.hasPower {
      faults.powerLosses += 1
      trace.add(now, place, "loses its power")
      return .powerLost
    }
    if disk.isKilled(process) {
      faults.killsAtAnOperation += 1
      trace.add(now, place, "\(process) dies at an operation on its disk")
      return .killed
    }
    if disk.faultCount > faultCount { faults.diskErrors += 1 }
    guard let failure else { return .done }
    guard !hasCrashed else { return .killed }
    guard
      wasLocked || disk.faultCount > faultCount || fullDisks.contains(disk.folder)
        || isUpgraded(failure)
    else { throw failure }
    trace.add(now, place, "\(process) could not go on: \(describe(failure))")
    return .failed
  }

  /// Whether a program's update came in the midst of what the agent did: it syncs again. Once
  /// faults are over all have theirs.
  private func isUpgraded(_ failure: any Error) -> Bool {
    plan.hasUpgrades && !isSettling
      && describe(failure).contains("has changed its tables meanwhile")
  }

  private func arm(_ disk: SimulatedDisk, _ process: SimulatedDisk.Process, kills: Int) {
    guard mayCrash else { return }
    /// Few operations or many: an event has from none to some hundreds.
    func skipped() -> Int {
      Int.random(in: 0..<(1 << Int.random(in: 0...9, using: &generator)), using: &generator)
    }
    if generator.chance(plan.powerLosses) {
      disk.arm(.cutsPower, at: .any, after: skipped())
    } else if generator.chance(kills) {
      disk.arm(.kills, at: .any, of: process, after: skipped())
    } else if generator.chance(plan.diskErrors) {
      let kinds: [SimulatedDisk.Operations] = [.read, .write, .sync, .truncate, .open, .delete]
      let kind = kinds[Int.random(in: 0..<kinds.count, using: &generator)]
      disk.arm(
        .fails(isForEver: generator.chance(500)), at: kind, of: process, after: skipped())
    }
  }

  var survival: SimulatedDisk.Survival {
    SimulatedDisk.Survival(
      lost: plan.writesLost, torn: min(plan.writesTorn, 1_000 - plan.writesLost),
      isInOrder: plan.losesInOrder)
  }

  /// The machine of a branch goes dark; it comes up again later.
  func losePower(_ branch: SimulatedBranch) throws {
    if let attempt = branch.application?.attempt { branch.attempt = attempt }
    branch.goDark()
    let lost = branch.disk.restorePower(survival)
    faults.writesLost += lost
    trace.add(now, branch.name, "is dark; \(lost) unsynced writes did not survive whole")
    if plan.losesStagedBytes { try loseStagedBytes(branch) }
    schedule(.branchRestarts(branch.machine), in: 1...10_000)
  }

  /// What a transaction whose commit failed has come to shows in the file.
  func resolveAttempt(_ branch: SimulatedBranch) throws {
    guard let attempt = branch.attempt, let reader = branch.reader else { return }
    let rows = try reader.rows()
    let expected = world.branches[branch.replica]?.rows ?? [:]
    let isThere = attempt.rows.allSatisfy { rows[$0.key] == $0.value }
    let isNews =
      if let ends = attempt.journalEnds {
        try reader.journalEnds() == ends
      } else {
        plan.hasUpheavals || attempt.rows.contains { expected[$0.key] != $0.value }
      }
    guard isThere, isNews else { return }
    branch.attempt = nil
    trace.add(now, branch.name, "finds that its last transaction was committed")
    if let found = foundAttempts[attempt] {
      return history.hold(found, at: branch.machine)
    }
    let first = history.writes.count
    note(attempt.writes, at: branch)
    foundAttempts[attempt] = first..<history.writes.count
  }

  /// A disk fills up, or has room again.
  func changeRoom(_ machine: MachineID?) {
    guard plan.fullDisks > 0 else { return }
    guard let disk = machine.map({ branches[$0]?.disk }) ?? hubDisk else { return }
    if fullDisks.remove(disk.folder) != nil {
      disk.setCapacity(nil)
      trace.add(now, machine?.description ?? "hub", "has room on its disk again")
    } else if generator.chance(plan.fullDisks) {
      disk.setCapacity(disk.byteCount + Int.random(in: 0...16_384, using: &generator))
      fullDisks.insert(disk.folder)
      faults.fullDisks += 1
      trace.add(now, machine?.description ?? "hub", "has no room on its disk")
    }
    schedule(.roomChanges(machine), in: 1_000...30_000)
  }
}
