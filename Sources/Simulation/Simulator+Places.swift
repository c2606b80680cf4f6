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
    let generation = GenerationID(high: generator.next(), low: generator.next())
    try HubStore.create(
      folder: hubFolder, like: schema, generation: generation, hostNames: ["localhost"],
      wallMilliseconds: hubWall)
    try openHub()
    hubReader = try Database(
      path: hubFolder + "/hub.db", mode: .readWrite, busyTimeoutMilliseconds: 0)
    for number in 1...plan.branchCount { try join(number, generation) }
  }

  private func join(_ number: Int, _ generation: GenerationID) throws {
    let name = "branch \(number)"
    let secret = Array(name.utf8)
    let hub = try required(hubStore, "the hub is up")
    try hub.createToken(
      branch: name, secretHash: ContentHash(of: secret), expiresMilliseconds: hubWall + 1,
      wallMilliseconds: hubWall)
    let replica = try hub.redeemToken(secret: secret, wallMilliseconds: hubWall).replica
    let path = folder + "/branch\(number).db"
    let staging = folder + "/branch\(number)-staging"
    try FileManager.default.createDirectory(atPath: staging, withIntermediateDirectories: true)
    let error = plan.clockErrorMillisecondsMax
    let clock = Int64.random(in: -error...error, using: &generator)
    SQLiteClock.set(hubWall + clock)
    let application = try Application(replica, path: path, schema: schema, plan: plan)
    world.branches[replica] = WorldBranch()
    if plan.hasBaseline { world.commit(try application.fill(&generator, &numbers)) }
    let store = try BranchStore.attach(
      path: path,
      identity: BranchIdentity(
        replica: replica, branch: name, hubURL: "https://localhost:8443", generation: generation),
      schema: schema, wallMilliseconds: hubWall + clock)
    let branch = try SimulatedBranch(
      replica, path: path, stagingFolder: staging, application: application, store: store,
      clockErrorMilliseconds: clock)
    branches[replica] = branch
    watch(store, of: branch)
    try observe(branch, store)
    trace.add(now, branch.name, "joins, its clock \(clock) ms off")
  }

  private func required<Value>(_ value: Value?, _ what: String) throws -> Value {
    guard let value else { throw SimulationFailure(what: "It does not hold that \(what).") }
    return value
  }

  // MARK: Crashes

  private func watch(_ store: BranchStore, of branch: SimulatedBranch) {
    store.database.onStep = { [weak self, weak branch] step in
      guard let self, let branch else { return }
      if step == .begin, mayCrash, generator.chance(plan.interleavedWrites) {
        try interleave(branch)
      }
      try self.step(step, crashes: plan.branchCrashes, reader: branch.reader)
    }
  }

  private func openHub() throws {
    let store = try HubStore(folder: hubFolder)
    store.onStep = { [weak self] step in
      guard let self, let reader = hubReader else { return }
      try self.step(step, crashes: plan.hubCrashes, reader: reader)
    }
    if plan.coversSmallBlocks { store.coverRowsMin = 2 }
    hubStore = store
    hubEngine = HubEngine(store: store)
  }

  /// A step of a transaction: somebody reads, and perhaps the process dies.
  private func step(_ step: Database.Step, crashes: Int, reader: Database) throws {
    try read(reader)
    if mayCrash, crashes > 0, generator.chance(crashes) {
      hasCrashed = true
      trace.add(now, "", "dies at \(step)")
      throw SimulatedCrash()
    }
  }

  /// The program writes while the agent is about to: what the agent has looked up before may not
  /// hold any more.
  private func interleave(_ branch: SimulatedBranch) throws {
    // What the agent has done so far in this event.
    try observe(branch, try BranchStore(path: branch.path))
    reading = nil
    do {
      try write(at: branch)
      faults.interleavedWrites += 1
      trace.add(now, branch.name, "wrote in between")
    } catch StorageError.locked {
      trace.add(now, branch.name, "could not write in between")
    }
  }

  func crash(_ branch: SimulatedBranch) throws {
    faults.branchCrashes += 1
    branch.stop()
    // What had become durable is there, whoever asks.
    try observe(branch, try BranchStore(path: branch.path))
    if plan.losesStagedBytes { try loseStagedBytes(branch) }
    schedule(.branchRestarts(branch.replica), in: 1...10_000)
  }

  /// What was not yet on the disk when the machine died.
  private func loseStagedBytes(_ branch: SimulatedBranch) throws {
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
    hubEngine = nil
    hubStore = nil
    schedule(.hubRestarts, in: 1...10_000)
  }

  func restart(_ replica: ReplicaID) throws {
    guard let branch = branches[replica], !branch.isUp else { return }
    SQLiteClock.set(wall(branch))
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
    try openHub()
    try observeHub()
    trace.add(now, "hub", "is up again")
  }

  // MARK: Readers

  /// Begins to watch a place for the time of one event.
  func beginReading(_ place: String, _ reader: Database) {
    reading = nil
    do {
      reading = (try rowReader.rows(in: reader), Reading(place: place, event: eventCount))
    } catch {
      // The writer is in the way: this reader sees nothing this time.
      reading = nil
    }
  }

  /// Somebody else's look at the tables, at any moment of a transaction.
  private func read(_ reader: Database) throws {
    guard var (rows, reading) = reading else { return }
    do {
      let seen = try rowReader.rows(in: reader)
      faults.readings += 1
      if seen != rows { reading.changeCount += 1 }
      rows = seen
      reading.brokenPairs += brokenPairs(seen)
      self.reading = (rows, reading)
    } catch StorageError.locked {
      return
    }
  }

  func endReading(_ reader: Database) throws {
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
