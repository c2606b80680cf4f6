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

/// A hub and some branches over real SQLite files, on one thread, in virtual time, with everything
/// that happens drawn from one seed.
package final class Simulator {
  enum Event: Hashable {
    case edit(ReplicaID)
    case sync(ReplicaID)
    case requestArrives(ReplicaID, request: Int, bytes: [UInt8])
    case answerArrives(ReplicaID, request: Int, requestBytes: Int, bytes: [UInt8])
    case timeout(ReplicaID, request: Int)
    case waited(ReplicaID, session: Int)
    case branchRestarts(ReplicaID)
    case hubRestarts
    case clockJumps(ReplicaID)
    case networkChanges(ReplicaID)
  }

  let seed: UInt64
  let folder: String
  var generator: SeededGenerator
  var plan: SimulationPlan
  let schema: Schema
  let rowReader: RowReader
  var queue = EventQueue<Event>()
  var trace: Trace
  var world: World
  var numbers = Application.Numbers()
  var faults = FaultCounts()
  var readings: [Reading] = []
  var branches: [ReplicaID: SimulatedBranch] = [:]
  var hubStore: HubStore?
  var hubEngine: HubEngine?
  var hubReader: Database?
  /// True time since the start.
  var now: Int64 = 0
  var eventCount = 0
  var requestCount = 0
  /// Whether a process may die now: while it handles an event.
  var mayCrash = false
  /// Whether it has died in the event being handled.
  var hasCrashed = false
  /// What a reader at the place of the event has seen so far.
  var reading: (rows: Rows, reading: Reading)?

  /// For tests that break the world: called before each event with its number.
  var onEvent: ((Int) throws -> Void)?

  /// The true time at the start, in milliseconds since 1970.
  static let startMilliseconds: Int64 = 1_750_000_000_000

  /// `folder` is there, and empty.
  package init(seed: UInt64, folder: String, keepsTrace: Bool = false) throws {
    self.seed = seed
    self.folder = folder
    generator = SeededGenerator(seed: seed)
    plan = SimulationPlan(&generator)
    schema = try SimulatedSchema.read(path: folder + "/like.db", plan)
    rowReader = RowReader(schema)
    world = World(schema: schema)
    trace = Trace(keepsLines: keepsTrace)
  }

  var replicas: [ReplicaID] { branches.keys.sorted() }

  // MARK: Running

  /// Runs the seed to its end and judges it.
  package func run() -> SimulationOutcome {
    var evidence: Evidence?
    var counts = Causality.Counts()
    do {
      try setUp()
      try runFaults()
      try settle()
      guard world.violations.isEmpty else { return outcome(nil, counts) }
      let found = try gather()
      for checker in checkers {
        for violation in checker.violations(in: found) {
          world.complain(violation.checker, violation.sentence)
        }
      }
      counts = Causality.judge(found).counts
      evidence = found
    } catch {
      world.complain("Engine", "It stopped with an error: \(describe(error))")
    }
    return outcome(evidence, counts)
  }

  private func outcome(_ evidence: Evidence?, _ counts: Causality.Counts) -> SimulationOutcome {
    SQLiteClock.set(nil)
    for violation in world.violations { trace.add(now, "!", violation.description) }
    return SimulationOutcome(
      seed: seed, violations: world.violations, faults: faults, causality: counts,
      traceDigest: trace.digest, traceLines: trace.lines, eventCount: eventCount,
      evidence: evidence)
  }

  func describe(_ error: any Error) -> String {
    switch error {
    case let error as BranchStoreError: error.message
    case let error as HubStoreError: error.message
    case let error as StorageError: error.message
    case let error as StagingError: error.message
    default: String(describing: error)
    }
  }

  /// While faults run.
  private func runFaults() throws {
    for replica in replicas {
      schedule(.edit(replica), in: 0...plan.editPauseMillisecondsMax)
      schedule(.sync(replica), in: 0...plan.syncPauseMillisecondsMax)
      if plan.offlineMillisecondsMax > 0 {
        schedule(.networkChanges(replica), in: 0...plan.offlineMillisecondsMax)
      }
      if plan.clockJumps > 0 { schedule(.clockJumps(replica), in: 0...60_000) }
    }
    while let (milliseconds, event) = queue.next() {
      guard milliseconds <= plan.durationMilliseconds, world.violations.isEmpty else { break }
      try handle(event, at: milliseconds)
    }
  }

  func handle(_ event: Event, at milliseconds: Int64) throws {
    now = max(now, milliseconds)
    eventCount += 1
    try onEvent?(eventCount)
    guard eventCount < SimulationLimits.eventsMax else {
      world.complain("Liveness", "The seed has more events than any should.")
      queue.removeAll()
      return
    }
    switch event {
    case .edit(let replica): try edit(replica)
    case .sync(let replica): try beginSync(replica)
    case .requestArrives(let replica, let request, let bytes):
      try answer(replica, request: request, bytes)
    case .answerArrives(let replica, let request, let requestBytes, let bytes):
      try receive(replica, request: request, requestBytes: requestBytes, bytes)
    case .timeout(let replica, let request): try timeOut(replica, request: request)
    case .waited(let replica, let session): try waited(replica, session: session)
    case .branchRestarts(let replica): try restart(replica)
    case .hubRestarts: try restartHub()
    case .clockJumps(let replica): jump(replica)
    case .networkChanges(let replica): changeNetwork(replica)
    }
  }

  func schedule(_ event: Event, in delay: ClosedRange<Int64>) {
    let milliseconds = now + Int64.random(in: delay, using: &generator)
    queue.add(event, at: milliseconds, tieBreak: generator.next())
  }

  // MARK: Clocks

  func wall(_ branch: SimulatedBranch) -> Int64 {
    Self.startMilliseconds + now + branch.clockErrorMilliseconds
  }

  var hubWall: Int64 { Self.startMilliseconds + now }

  private func jump(_ replica: ReplicaID) {
    guard let branch = branches[replica] else { return }
    if generator.chance(plan.clockJumps) {
      let most = max(plan.clockErrorMillisecondsMax, 3_600_000)
      branch.clockErrorMilliseconds = Int64.random(in: -most...most, using: &generator)
      faults.clockJumps += 1
      trace.add(now, branch.name, "clock jumps to \(branch.clockErrorMilliseconds) ms off")
    }
    schedule(.clockJumps(replica), in: 1_000...60_000)
  }

  // MARK: Editing

  private func edit(_ replica: ReplicaID) throws {
    guard let branch = branches[replica] else { return }
    try write(at: branch)
    schedule(.edit(replica), in: 1...plan.editPauseMillisecondsMax)
  }

  /// One transaction of the branch's program.
  func write(at branch: SimulatedBranch) throws {
    let writes = try branch.application.transact(
      wallMilliseconds: wall(branch), &generator, &numbers)
    world.commit(writes)
    faults.transactions += 1
    faults.writes += writes.count
    for write in writes { trace.add(now, branch.name, describe(write)) }
  }

  private func describe(_ write: WorldWrite) -> String {
    if write.values.values.contains(where: { $0.shown.hasPrefix("blob of 1") }) {
      faults.largeValues += 1
    }
    let values = write.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.shown)" }
    return "writes \(write.kind.shown) of \(schema.name(write.key)) "
      + values.joined(separator: " ")
  }
}
