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
    case edit(MachineID)
    case sync(MachineID)
    case requestArrives(MachineID, Certificate, request: Int, bytes: [UInt8])
    case answerArrives(MachineID, request: Int, requestBytes: Int, bytes: [UInt8])
    case timeout(MachineID, request: Int)
    case waited(MachineID, session: Int)
    case branchRestarts(MachineID)
    case hubRestarts
    case clockJumps(MachineID)
    case networkChanges(MachineID)
    /// Nil stands for the hub.
    case roomChanges(MachineID?)
    case enrolmentArrives(MachineID, session: Int, ForkOffer)
    case identityNoted(MachineID, session: Int)
    case upheaval
  }

  let seed: UInt64
  let folder: String
  var generator: SeededGenerator
  /// What is random for the engines: generations, secrets, keys.
  let random: SeededBytes
  /// What is random for faults that came later than others.
  var mischief: SeededGenerator
  var plan: SimulationPlan
  /// What the world knows; `wholeSchema` has a table that counts, too, and some that refer to each
  /// other.
  let schema: Schema
  let wholeSchema: Schema
  /// What is random about the table that counts, …
  var tally: SeededGenerator
  /// … and about those that refer to each other.
  var kin: SeededGenerator
  let rowReader: RowReader
  var queue = EventQueue<Event>()
  var trace: Trace
  var world: World
  var history: History
  var numbers = Application.Numbers()
  var faults = FaultCounts()
  var readings: [Reading] = []
  var branches: [MachineID: SimulatedBranch] = [:]
  var hubDisk: SimulatedDisk?
  var hubStore: HubStore?
  var hubEngine: HubEngine?
  var hubReader: RowWatch?
  /// Folders of disks that have no room.
  var fullDisks: Set<String> = []
  var copyCount = 0
  var hubImages: [HubImage] = []
  /// The copy of the hub that does not serve now.
  var otherHub: HubImage?
  /// Another program's connection that has a lock.
  var lock: Database?
  /// Transactions whose commit failed and that were in the file after all, with their writes: each
  /// image of that file has them again.
  var foundAttempts: [Application.Attempt: Range<Int>] = [:]
  /// Values that bits were turned in, and where that was.
  var rotten: Set<Value> = []
  var rottenMachines: Set<MachineID> = []
  /// Identities that were given to copies.
  var forks: [ReplicaID: Notices.Fork] = [:]
  var forkNames: Set<String> = []
  /// What has been at each place of the hub's logs.
  var placedEntries: [CausalContext: History.LogEntry] = [:]
  /// Whatever was the hub's log at some time, by the generation that names its last entry.
  var timelines: [GenerationID: Timeline] = [:]
  /// Names of entries that those had been told who have handed back to this very hub.
  var handedPlaces: Set<CausalContext> = []
  /// What names the positions of the hub's log.
  var hubSteps: [GenerationStep] = []
  /// Virtual time that passed at once.
  var leapMilliseconds: Int64 = 0
  /// Bytes of deltas and changesets that syncs have moved.
  var movedBytes = 0
  /// Whether the faults are over.
  var isSettling = false
  /// True time since the start.
  var now: Int64 = 0
  var eventCount = 0
  let eventsLeftOut: EventSelection
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
  package init(
    seed: UInt64, folder: String, keepsTrace: Bool = false, reduction: Reduction = .nothing
  ) throws {
    self.seed = seed
    self.folder = folder
    generator = SeededGenerator(seed: seed)
    mischief = SeededGenerator(seed: seed ^ 0x6c6f_636b)
    plan = SimulationPlan(&generator)
    plan.drawMore(&mischief)
    var rules = SeededGenerator(seed: seed ^ 0x7275_6c65)
    plan.drawPolicy(&rules)
    tally = SeededGenerator(seed: seed ^ 0x7669_7369)
    plan.drawVisits(&tally)
    kin = SeededGenerator(seed: seed ^ 0x6b69_6e20)
    plan.drawReferences(&kin)
    var archive = SeededGenerator(seed: seed ^ 0x6172_6368)
    plan.drawHistory(&archive)
    plan = plan.without(reduction.faultsLeftOut)
    eventsLeftOut = reduction.eventsLeftOut
    wholeSchema = try SimulatedSchema.read(path: folder + "/like.db", plan)
    schema = SimulatedSchema.known(wholeSchema)
    rowReader = RowReader(schema)
    world = World(schema: schema, rules: plan.policy.rules(schema))
    history = History(schema: schema)
    random = SeededBytes(seed: seed)
    trace = Trace(keepsLines: keepsTrace)
  }

  /// Whether nothing wrong was found yet.
  var isSound: Bool { world.violations.isEmpty && history.violations.isEmpty }

  var machines: [MachineID] { branches.keys.sorted() }

  // MARK: Running

  /// Runs the seed to its end and judges it.
  package func run() -> SimulationOutcome {
    var evidence: Evidence?
    var counts = Causality.Counts()
    do {
      try setUp()
      try runFaults()
      try settle()
      guard isSound else { return outcome(nil, counts) }
      var found = try gather()
      found.remains = try settleFurther()
      try checkNothingMoved()
      try checkHistory()
      for checker in plan.hasUpheavals ? lastingCheckers : checkers {
        for violation in checker.violations(in: found) {
          world.complain(violation.checker, violation.sentence)
        }
      }
      if !plan.hasUpheavals { counts = Causality.judge(found).counts }
      evidence = found
    } catch {
      world.complain("Engine", "It stopped with an error: \(describe(error))")
    }
    return outcome(evidence, counts)
  }

  private func outcome(_ evidence: Evidence?, _ counts: Causality.Counts) -> SimulationOutcome {
    SQLiteClock.set(nil)
    for violation in history.violations { world.complain(violation.checker, violation.sentence) }
    for violation in world.violations { trace.add(now, "!", violation.description) }
    return SimulationOutcome(
      seed: seed, violations: world.violations, faults: faults, causality: counts,
      kept: evidence.map { Kept.judge($0).counts } ?? Kept.Counts(),
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
    for machine in machines {
      schedule(.edit(machine), in: 0...plan.editPauseMillisecondsMax)
      schedule(.sync(machine), in: 0...plan.syncPauseMillisecondsMax)
      if plan.offlineMillisecondsMax > 0 {
        schedule(.networkChanges(machine), in: 0...plan.offlineMillisecondsMax)
      }
      if plan.clockJumps > 0 { schedule(.clockJumps(machine), in: 0...60_000) }
      if plan.fullDisks > 0 { schedule(.roomChanges(machine), in: 0...30_000) }
    }
    if plan.fullDisks > 0 { schedule(.roomChanges(nil), in: 0...30_000) }
    if plan.hasUpheavals || plan.leaps > 0 { schedule(.upheaval, in: 0...10_000) }
    while let (milliseconds, event) = queue.next() {
      guard milliseconds <= plan.durationMilliseconds, isSound else { break }
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
    if !isSettling, eventsLeftOut.contains(eventCount), leaveOut(event) { return }
    switch event {
    case .edit(let machine): try edit(machine)
    case .sync(let machine): try beginSync(machine)
    case .requestArrives(let machine, let certificate, let request, let bytes):
      try answer(machine, certificate, request: request, bytes)
    case .answerArrives(let machine, let request, let requestBytes, let bytes):
      try receive(machine, request: request, requestBytes: requestBytes, bytes)
    case .timeout(let machine, let request): try timeOut(machine, request: request)
    case .waited(let machine, let session): try waited(machine, session: session)
    case .branchRestarts(let machine): try restart(machine)
    case .hubRestarts: try restartHub()
    case .clockJumps(let machine): jump(machine)
    case .networkChanges(let machine): changeNetwork(machine)
    case .roomChanges(let machine): changeRoom(machine)
    case .enrolmentArrives(let machine, let session, let offer):
      try enrol(machine, session: session, offer)
    case .identityNoted(let machine, let session):
      try noteIdentity(machine, session: session)
    case .upheaval: try upheave()
    }
  }

  /// An event that comes again and again comes later; a message is lost. What comes up is not left
  /// out: nothing would come up any more.
  private func leaveOut(_ event: Event) -> Bool {
    switch event {
    case .branchRestarts, .hubRestarts, .timeout, .waited, .identityNoted, .enrolmentArrives:
      return false
    case .requestArrives, .answerArrives: return true
    case .edit, .sync, .clockJumps, .networkChanges, .roomChanges, .upheaval:
      schedule(event, in: 5_000...10_000)
      return true
    }
  }

  func schedule(_ event: Event, in delay: ClosedRange<Int64>) {
    let milliseconds = now + Int64.random(in: delay, using: &generator)
    queue.add(event, at: milliseconds, tieBreak: generator.next())
  }

  // MARK: Clocks

  func wall(_ branch: SimulatedBranch) -> Int64 {
    let time = branch.frozenMilliseconds ?? (now + leapMilliseconds)
    return Self.startMilliseconds + time + branch.clockErrorMilliseconds
  }

  var hubWall: Int64 { Self.startMilliseconds + now + leapMilliseconds }

  private func jump(_ machine: MachineID) {
    guard let branch = branches[machine] else { return }
    if branch.frozenMilliseconds != nil {
      branch.frozenMilliseconds = nil
      trace.add(now, branch.name, "clock goes again")
    } else if generator.chance(plan.clockJumps / 4) {
      branch.frozenMilliseconds = now + leapMilliseconds
      trace.add(now, branch.name, "clock stands still")
    }
    if generator.chance(plan.clockJumps) {
      let most = max(plan.clockErrorMillisecondsMax, 3_600_000)
      branch.clockErrorMilliseconds = Int64.random(in: -most...most, using: &generator)
      faults.clockJumps += 1
      trace.add(now, branch.name, "clock jumps to \(branch.clockErrorMilliseconds) ms off")
    }
    schedule(.clockJumps(machine), in: 1_000...60_000)
  }

  // MARK: Editing

  private func edit(_ machine: MachineID) throws {
    guard let branch = branches[machine] else { return }
    schedule(.edit(machine), in: 1...plan.editPauseMillisecondsMax)
    guard branch.application != nil else { return }
    mayCrash = true
    let outcome = try working(on: branch.disk, as: .program, kills: 0, place: branch.name) {
      try write(at: branch)
    }
    mayCrash = false
    switch outcome {
    case .done, .killed: break
    case .powerLost: try losePower(branch)
    case .failed:
      // As a program that is started anew after an error.
      if let attempt = branch.application?.attempt { branch.attempt = attempt }
      branch.stopProgram()
      try startProgram(at: branch)
      try resolveAttempt(branch)
    }
  }

  /// One transaction of the branch's program.
  func write(at branch: SimulatedBranch) throws {
    guard let application = branch.application else { return }
    let writes = try branch.disk.acting(as: .program) {
      try application.transact(wallMilliseconds: wall(branch), &generator, &numbers) {
        try visit($0, at: branch)
        try refer($0, at: branch)
      }
    }
    if !writes.isEmpty { branch.attempt = nil }
    note(writes, at: branch)
  }

  /// The program's transaction is in the file.
  func note(_ writes: [WorldWrite], at branch: SimulatedBranch) {
    history.commit(writes, at: branch.machine)
    if !plan.hasUpheavals { world.commit(writes) }
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
