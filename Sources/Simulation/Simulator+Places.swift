internal import Agent
internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Foundation
internal import Hub
internal import HubStore
internal import Storage

/// Places come up, go down, and are looked at.
extension Simulator {
  private var hubFolder: String { folder + "/hub" }

  func setUp() throws {
    SQLiteClock.set(hubWall)
    let generation = GenerationID(high: 7, low: 7)
    hubDisk = try SimulatedDisk(folder: hubFolder, seed: generator.next())
    try HubStore.create(
      folder: hubFolder, like: wholeSchema, generation: generation, hostNames: ["localhost"],
      wallMilliseconds: hubWall)
    try openHub()
    if !plan.policy.isEmpty || plan.hasVisits || plan.references != nil {
      _ = try required(hubStore, "the hub is up").publish(
        plan.policy.compiled(wholeSchema, plan.references), source: "",
        wallMilliseconds: hubWall)
    }
    for number in 1...plan.branchCount { try join(number, generation) }
  }

  private func join(_ number: Int, _ generation: GenerationID) throws {
    let name = "branch \(number)"
    let secret = Array(name.utf8)
    let hub = try required(hubStore, "the hub is up")
    try hub.createToken(
      branch: name, secretHash: ContentHash(of: secret), expiresMilliseconds: hubWall + 1,
      wallMilliseconds: hubWall)
    let certificate = try enrol(secret).certificate
    let replica = certificate.replica
    let own = folder + "/branch\(number)"
    let disk = try SimulatedDisk(folder: own, seed: generator.next())
    let path = own + "/branch.db"
    let staging = own + "/staging"
    try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
    let error = plan.clockErrorMillisecondsMax
    let clock = Int64.random(in: -error...error, using: &generator)
    SQLiteClock.set(hubWall + clock)
    let application = try Application(replica, path: path, schema: schema, plan: plan)
    world.branches[replica] = WorldBranch()
    if plan.hasBaseline {
      let rows = try application.fill(&generator, &numbers)
      world.commit(rows)
      history.noteBaseline(rows)
    }
    let store = try disk.acting(as: .agent) {
      try BranchStore.attach(
        path: path,
        identity: BranchIdentity(
          replica: replica, branch: name, hubURL: "https://localhost:8443",
          generation: generation),
        schema: wholeSchema, wallMilliseconds: hubWall + clock)
    }
    // As joining does: what counts is captured so from the first write on.
    if plan.hasVisits, let policy = try hub.policyInForce() {
      _ = try disk.acting(as: .agent) {
        try store.adopt(
          policy: policy.encoded, version: policy.version, wallMilliseconds: hubWall + clock)
      }
    }
    let branch = SimulatedBranch(
      MachineID(number), replica, disk: disk, path: path, stagingFolder: staging,
      application: application, store: store,
      clockErrorMilliseconds: clock)
    branch.certificates[replica] = certificate
    branches[branch.machine] = branch
    history.holdings[branch.machine] = History.Holdings()
    try startProgram(at: branch)
    try makeVisits(at: branch)
    watch(store, of: branch)
    try observe(branch, store)
    trace.add(now, branch.name, "joins, its clock \(clock) ms off")
  }

  /// Registers a device at the hub for a token.
  func enrol(_ secret: [UInt8]) throws -> (certificate: Certificate, name: String) {
    let hub = try required(hubStore, "the hub is up")
    let fingerprint = ContentHash(of: random(16))
    let enrolled = try hub.enrol(
      secret: secret, deviceKey: ContentHash(of: random(16)), wallMilliseconds: hubWall
    ) { _ in (random(8), fingerprint) }
    return (Certificate(replica: enrolled.replica, fingerprint: fingerprint), enrolled.name)
  }

  private func required<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw SimulationFailure(what: "It does not hold that \(what).") }
    return value
  }

  // MARK: Crashes

  func watch(_ store: BranchStore, of branch: SimulatedBranch) {
    store.database.onStep = { [weak self, weak branch, weak store] step in
      guard let self, let branch, let store else { return }
      if step == .begin, mayCrash, generator.chance(plan.interleavedWrites) {
        try interleave(branch)
      }
      if step == .begin, mayCrash, plan.locks > 0, mischief.chance(plan.locks) {
        try store.database.setBusyTimeout(milliseconds: 0)
        takeLock(of: branch.path, on: branch.disk, branch.name)
      }
      try branch.disk.acting(as: .reader) {
        // What is written next to the file is written over what a failed commit had left there.
        if step == .afterCommit, branch.attempt != nil, try branch.reader?.isBehind() ?? true {
          branch.attempt = nil
        }
        try self.step(step, crashes: plan.branchCrashes, reader: branch.reader)
      }
    }
  }

  private func openHub() throws {
    guard let hubDisk else { return }
    let store = try hubDisk.acting(as: .agent) { try HubStore(folder: hubFolder) }
    if hubReader == nil {
      hubReader = try hubDisk.acting(as: .reader) {
        try RowWatch(path: hubFolder + "/hub.db", reader: rowReader)
      }
    }
    store.onStep = { [weak self, weak store] step in
      guard let self, let disk = self.hubDisk else { return }
      if step == .begin, mayCrash, plan.locks > 0, mischief.chance(plan.locks) {
        try store?.setBusyTimeout(milliseconds: 0)
        takeLock(of: hubFolder + "/hub.db", on: disk, "hub")
      }
      try disk.acting(as: .reader) {
        try self.step(step, crashes: plan.hubCrashes, reader: hubReader)
      }
    }
    try store.startServing(random: { [random] in random($0) })
    hubSteps = try store.path()
    if plan.coversSmallBlocks { store.coverRowsMin = 2 }
    hubStore = store
    hubEngine = HubEngine(store: store, random: { [random] in random($0) })
  }

  /// A step of a transaction: somebody reads, and perhaps the process dies.
  private func step(_ step: Database.Step, crashes: Int, reader: RowWatch?) throws {
    try read(reader)
    if mayCrash, crashes > 0, generator.chance(crashes) {
      hasCrashed = true
      mayCrash = false
      trace.add(now, "", "dies at \(step)")
      throw SimulatedCrash()
    }
  }

  /// The program writes while the agent is about to: what the agent has looked up before may not
  /// hold any more.
  private func interleave(_ branch: SimulatedBranch) throws {
    // What the agent has done so far in this event.
    try branch.observing { try observe(branch, $0) }
    reading = nil
    do {
      try write(at: branch)
      faults.interleavedWrites += 1
      trace.add(now, branch.name, "wrote in between")
    } catch StorageError.locked {
      trace.add(now, branch.name, "could not write in between")
    }
  }

  /// The agent's process has died, or ended with an error.
  func stopAgent(_ branch: SimulatedBranch) throws {
    reading = nil
    branch.disk.kill(.agent)
    branch.stop()
    branch.disk.revive(.agent)
    // What had become durable is there, whoever asks.
    try branch.observing { try observe(branch, $0) }
    if plan.losesStagedBytes { try loseStagedBytes(branch) }
    schedule(.branchRestarts(branch.machine), in: 1...10_000)
  }

  /// What was not yet on the disk when the machine died.
  func loseStagedBytes(_ branch: SimulatedBranch) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: branch.stagingFolder).sorted()
    for name in names {
      let path = branch.stagingFolder + "/" + name
      guard let handle = FileHandle(forUpdatingAtPath: path) else { continue }
      let length = try handle.seekToEnd()
      guard length > 0 else { continue }
      try handle.truncate(atOffset: UInt64.random(in: 0...length, using: &generator))
      try handle.close()
      faults.stagedBytesLost += 1
    }
  }

  func crashHub() {
    faults.hubCrashes += 1
    reading = nil
    hubDisk?.kill(.agent)
    hubEngine = nil
    hubStore = nil
    hubDisk?.revive(.agent)
    schedule(.hubRestarts, in: 1...10_000)
  }

  func loseHubPower() {
    reading = nil
    hubEngine = nil
    hubStore = nil
    hubReader = nil
    let lost = hubDisk?.restorePower(survival) ?? 0
    faults.writesLost += lost
    trace.add(now, "hub", "is dark; \(lost) unsynced writes did not survive whole")
    schedule(.hubRestarts, in: 1...10_000)
  }

  func startProgram(at branch: SimulatedBranch) throws {
    try branch.startProgram(
      { try Application(branch.replica, path: branch.path, schema: schema, plan: plan) }, rowReader)
  }

  func restart(_ machine: MachineID) throws {
    guard let branch = branches[machine], !branch.isUp || branch.application == nil else { return }
    SQLiteClock.set(wall(branch))
    try startProgram(at: branch)
    try resolveAttempt(branch)
    try branch.open()
    if let store = branch.store {
      watch(store, of: branch)
      try observe(branch, store)
    }
    trace.add(now, branch.name, "is up again")
  }

  func restartHub() throws {
    guard hubStore == nil else { return }
    SQLiteClock.set(hubWall)
    do {
      try openHub()
    } catch let error as HubStoreError {
      guard let hubDisk, fullDisks.contains(hubDisk.folder) else { throw error }
      // The service manager tries again.
      hubStore = nil
      return schedule(.hubRestarts, in: 1_000...5_000)
    }
    try observeHub()
    try checkReferences()
    trace.add(now, "hub", "is up again")
  }

  // MARK: Readers

  /// Begins to watch a place for the time of one event.
  func beginReading(_ place: String, _ reader: RowWatch?) {
    reading = nil
    guard let reader else { return }
    do {
      reading = (try reader.rows(), Reading(place: place, event: eventCount))
    } catch {
      // The writer is in the way: this reader sees nothing this time.
      reading = nil
    }
  }

  /// Somebody else's look at the tables, at any moment of a transaction.
  private func read(_ reader: RowWatch?) throws {
    guard let reader, var (rows, reading) = reading else { return }
    do {
      let seen = try reader.rows()
      faults.readings += 1
      if seen != rows { reading.changeCount += 1 }
      rows = seen
      reading.brokenPairs += brokenPairs(seen)
      self.reading = (rows, reading)
    } catch StorageError.locked {
      return
    }
  }

  func endReading(_ reader: RowWatch?) throws {
    try read(reader)
    if let reading { readings.append(reading.reading) }
    reading = nil
  }

  private func brokenPairs(_ rows: Rows) -> [String] {
    guard let table = schema.table(named: SimulatedSchema.accountTable) else { return [] }
    func balance(_ id: Int64) -> Int64? {
      guard case .integer(let value)? = rows[RowKey(table: table.id, values: [.integer(id)])]?.first
      else { return nil }
      return value
    }
    return (0..<Int64(SimulatedSchema.pairCount)).compactMap { pair in
      let (first, second) = (balance(2 * pair), balance(2 * pair + 1))
      if first == nil, second == nil { return nil }
      if let first, let second, first + second == SimulatedSchema.pairSum { return nil }
      return "accounts \(2 * pair) and \(2 * pair + 1) hold"
        + " \(first.map(String.init) ?? "nothing") and \(second.map(String.init) ?? "nothing")"
    }
  }
}

/// The simulator itself cannot go on.
struct SimulationFailure: Error {
  var what: String
}
