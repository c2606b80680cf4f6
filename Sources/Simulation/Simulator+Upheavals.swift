internal import Agent
internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Foundation
internal import Hub
internal import HubStore
internal import Sessions
internal import Storage

/// What happens to whole machines: old disks put back, copies, retirement, months away.
extension Simulator {
  func upheave() throws {
    schedule(.upheaval, in: 1_000...15_000)
    try keepImages()
    if generator.chance(plan.leaps) { leap() }
    let machines = machines
    guard let machine = machines.randomElement(using: &generator), let branch = branches[machine]
    else { return }
    if generator.chance(plan.branchReverts) { try revert(branch) }
    if generator.chance(plan.copies), machines.count < SimulationLimits.machinesMax {
      try copy(branch)
    }
    if generator.chance(plan.hubRestores) {
      try revertHub()
      if generator.chance(300) { try revert(branch) }
    }
    if generator.chance(plan.retirements), machines.count > 2 { try retire(branch) }
    if generator.chance(plan.captureGaps) { try dropTriggers(branch) }
    if plan.twinHubs > 0, mischief.chance(plan.twinHubs) { try swapHubs() }
    if plan.bitRot > 0, mischief.chance(plan.bitRot) { try rot(branch) }
  }

  // MARK: Images

  private func keepImages() throws {
    if plan.hubRestores > 0, generator.chance(300), let hubDisk, let hubStore {
      if plan.hasBackups, generator.chance(300),
        (try? hubStore.backup(to: folder + "/hub.backup", wallMilliseconds: hubWall)) != nil
      {
        // Branches need not keep any more what an older image lacks.
        faults.backups += 1
        hubImages.removeAll()
        otherHub = nil
        trace.add(now, "hub", "is backed up at position \(history.log.count)")
      }
      hubImages.append(
        HubImage(
          disk: try hubDisk.image(), log: history.log, steps: hubSteps,
          handedPlaces: handedPlaces, stable: world.stable))
      if hubImages.count > SimulationLimits.imagesMax { hubImages.removeFirst() }
    }
    for machine in machines where plan.branchReverts + plan.copies > 0 {
      guard generator.chance(200), let branch = branches[machine], branch.application != nil
      else { continue }
      branch.images.append(try image(branch))
      if branch.images.count > SimulationLimits.imagesMax { branch.images.removeFirst() }
    }
  }

  private func image(_ branch: SimulatedBranch) throws -> MachineImage {
    MachineImage(
      disk: try branch.disk.image(),
      holdings: history.holdings[branch.machine] ?? History.Holdings(),
      certificates: branch.certificates, attempt: branch.attempt)
  }

  /// An earlier state of the machine, which goes on from there; at once, as a virtual machine does,
  /// or after a while.
  private func revert(_ branch: SimulatedBranch) throws {
    guard let image = branch.images.randomElement(using: &generator) else { return }
    faults.branchReverts += 1
    trace.add(now, branch.name, "is put back to an earlier state")
    put(image, into: branch)
    let isRunning = generator.chance(300)
    schedule(.branchRestarts(branch.machine), in: isRunning ? 0...0 : 1...10_000)
  }

  private func put(_ image: MachineImage, into branch: SimulatedBranch) {
    branch.goDark()
    branch.attempt = image.attempt
    branch.delta = nil
    branch.disk.put(image.disk)
    fullDisks.remove(branch.disk.folder)
    branch.disk.setCapacity(nil)
    branch.certificates = image.certificates
    history.holdings[branch.machine] = image.holdings
  }

  /// A copy of the machine, of now or of an earlier state; both go on.
  private func copy(_ branch: SimulatedBranch) throws {
    guard branch.application != nil, branch.disk.hasPower else { return }
    let kept = generator.chance(500) ? branch.images.last : nil
    let image = try kept ?? image(branch)
    copyCount += 1
    let machine = MachineID(plan.branchCount + copyCount)
    let own = folder + "/branch\(machine.number)"
    let disk = try SimulatedDisk(folder: own, seed: generator.next())
    try FileManager.default.createDirectory(
      atPath: own + "/staging", withIntermediateDirectories: true)
    let copy = SimulatedBranch(
      machine, branch.replica, disk: disk, path: own + "/branch.db",
      stagingFolder: own + "/staging",
      clockErrorMilliseconds: branch.clockErrorMilliseconds)
    branches[machine] = copy
    faults.copies += 1
    trace.add(now, copy.name, "is a copy of \(branch.name)")
    put(image, into: copy)
    // A turned bit is copied like any other.
    if rottenMachines.contains(branch.machine) { rottenMachines.insert(machine) }
    schedule(.branchRestarts(machine), in: 1...5_000)
    schedule(.edit(machine), in: 0...plan.editPauseMillisecondsMax)
    schedule(.sync(machine), in: 0...plan.syncPauseMillisecondsMax)
  }

  private func revertHub() throws {
    guard let hubDisk, let image = hubImages.randomElement(using: &generator) else { return }
    faults.hubRestores += 1
    trace.add(now, "hub", "is put back to position \(image.log.count)")
    put(image, on: hubDisk)
  }

  func put(_ image: HubImage, on hubDisk: SimulatedDisk) {
    reading = nil
    hubEngine = nil
    hubStore = nil
    hubReader = nil
    hubDisk.put(image.disk)
    fullDisks.remove(hubDisk.folder)
    hubDisk.setCapacity(nil)
    history.log = image.log
    hubSteps = image.steps
    handedPlaces = image.handedPlaces
    world.stable = image.stable
    for replica in forks.keys { forks[replica]?.isForgotten = true }
    schedule(.hubRestarts, in: 1...10_000)
  }

  /// The hub forgets what every branch has, or every branch that was heard of lately.
  func prune() throws {
    guard generator.chance(plan.prunings), let hubStore else { return }
    let away = hubWall - 90 * 86_400_000
    guard
      let report = try? hubStore.prune(
        rowsAtMost: Int.random(in: 1...200, using: &generator), awayBeforeMilliseconds: away,
        keeping: historyKeeping)
    else { return }
    faults.prunings += 1
    world.stable = max(world.stable, report.stable)
    trace.add(now, "hub", "forgets up to \(report.settled) and \(report.stable)")
  }

  // MARK: Time

  private func leap() {
    let days = [7, 40, 100, 400].randomElement(using: &generator) ?? 7
    leapMilliseconds += Int64(days) * 86_400_000
    faults.leaps += 1
    trace.add(now, "", "\(days) days pass")
  }

  // MARK: Retirement

  private func retire(_ branch: SimulatedBranch) throws {
    guard let hubStore, let certificate = branch.certificate,
      let record = try hubStore.replica(certificate.replica), record.state == .active,
      record.certificateFingerprint == certificate.fingerprint
    else { return }
    guard (try? hubStore.retire(name: record.name)) != nil else { return }
    faults.retirements += 1
    trace.add(now, branch.name, "is retired")
    giveUp(branch)
  }

  /// A machine that was retired, or is a copy of one: what only it had was given up.
  func giveUp(_ branch: SimulatedBranch) {
    trace.add(now, branch.name, "is given up")
    branch.goDark()
    branches[branch.machine] = nil
    history.holdings[branch.machine] = nil
  }

  // MARK: Capture gaps

  /// Somebody drops the triggers of a table; programs go on.
  private func dropTriggers(_ branch: SimulatedBranch) throws {
    guard let application = branch.application, branch.engine == nil else { return }
    guard let table = schema.tables.randomElement(using: &generator) else { return }
    guard (try? application.dropTriggers(of: table)) != nil else { return }
    faults.captureGaps += 1
    trace.add(now, branch.name, "has no triggers on \(table.name) any more")
  }

  // MARK: Identities

  func enrol(_ machine: MachineID, session: Int, _ offer: ForkOffer) throws {
    guard let branch = branches[machine], branch.session == session else { return }
    guard hubStore != nil, !branch.isOffline, !generator.chance(plan.loss) else {
      return try drive(branch, .unanswered)
    }
    do {
      SQLiteClock.set(hubWall)
      let (certificate, name) = try enrol(offer.secret)
      branch.certificates[certificate.replica] = certificate
      branch.newCertificate = certificate
      if let before = branch.store?.identity.replica {
        forkNames.insert(name)
        forks[certificate.replica] = Notices.Fork(from: before, name: name)
      }
      trace.add(now, branch.name, "has enrolled as \(certificate.replica), “\(name)”")
      try drive(branch, .enrolled(NewIdentity(replica: certificate.replica, branch: name)))
    } catch let error as HubStoreError {
      try drive(
        branch, .answered(.refused(Refusal(error)), requestBytes: 0, responseBytes: 0))
    }
  }

  func noteIdentity(_ machine: MachineID, session: Int) throws {
    guard let branch = branches[machine], branch.session == session else { return }
    try drive(branch, .identityNoted)
  }
}
