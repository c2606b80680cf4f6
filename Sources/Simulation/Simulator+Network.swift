internal import Agent
internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Hub
internal import HubStore
internal import Sessions
internal import Storage

/// Messages, as bytes, between branches and the hub.
extension Simulator {
  // MARK: At a branch

  func beginSync(_ machine: MachineID) throws {
    schedule(.sync(machine), in: 1_000...plan.syncPauseMillisecondsMax)
    guard let branch = branches[machine], branch.isUp, branch.engine == nil else { return }
    if plan.hasTwoAgents {
      try branch.takeTurns()
      if let store = branch.store { watch(store, of: branch) }
    }
    guard let store = branch.store else { return }
    branch.newCertificate = nil
    branch.engine = BranchEngine(store: store, stagingFolder: branch.stagingFolder)
    branch.session += 1
    faults.sessions += 1
    trace.add(now, branch.name, "begins to sync")
    try drive(branch, .start)
  }

  func waited(_ machine: MachineID, session: Int) throws {
    guard let branch = branches[machine], branch.session == session else { return }
    try drive(branch, .waited)
  }

  func timeOut(_ machine: MachineID, request: Int) throws {
    guard let branch = branches[machine], branch.awaited == request else { return }
    faults.timeouts += 1
    branch.awaited = nil
    trace.add(now, branch.name, "gave up request \(request)")
    try drive(branch, .unanswered)
  }

  func receive(
    _ machine: MachineID, request: Int, requestBytes: Int, _ bytes: [UInt8]
  ) throws {
    guard let branch = branches[machine], branch.awaited == request else { return }
    branch.awaited = nil
    guard let response = try? HubResponse(encoded: bytes) else {
      guard plan.damagedMessages > 0 else {
        return world.complain("Engine", "The hub's answer cannot be decoded.")
      }
      trace.add(now, branch.name, "gets an answer that is damaged")
      return try drive(branch, .unanswered)
    }
    trace.add(now, branch.name, "gets \(describe(response))")
    if case .exchange(let exchange) = response { branch.delta = exchange }
    try drive(
      branch, .answered(response, requestBytes: requestBytes, responseBytes: bytes.count))
  }

  /// Gives the engine an event and performs what it wants, unless it dies on the way.
  func drive(_ branch: SimulatedBranch, _ event: BranchEngine.Event) throws {
    guard branch.engine != nil, branch.isUp else { return }
    SQLiteClock.set(wall(branch))
    (mayCrash, hasCrashed) = (true, false)
    beginReading(branch.name, branch.reader)
    var effects: [BranchEngine.Effect] = []
    let outcome = try working(
      on: branch.disk, as: .agent, kills: plan.branchCrashes, place: branch.name
    ) {
      effects = try branch.engine?.handle(event, wallMilliseconds: wall(branch)) ?? []
    }
    mayCrash = false
    switch outcome {
    case .powerLost:
      reading = nil
      try losePower(branch)
    case .killed:
      faults.branchCrashes += 1
      try stopAgent(branch)
    case .failed:
      try stopAgent(branch)
    case .done:
      try endReading(branch.reader)
      if let store = branch.store { try observe(branch, store) }
      for effect in effects { perform(effect, branch) }
    }
  }

  private func perform(_ effect: BranchEngine.Effect, _ branch: SimulatedBranch) {
    switch effect {
    case .send(let request): send(request, branch)
    case .wait(let milliseconds):
      schedule(
        .waited(branch.machine, session: branch.session), in: milliseconds...milliseconds)
    case .enrol(let offer):
      let event = Event.enrolmentArrives(branch.machine, session: branch.session, offer)
      schedule(event, in: 1...plan.delayMillisecondsMax)
    case .identityChanged(let replica):
      faults.newIdentities += 1
      branch.newCertificate = nil
      branch.forgetObserver()
      trace.add(now, branch.name, "is \(replica) from now on")
      schedule(.identityNoted(branch.machine, session: branch.session), in: 0...0)
    case .finish(let report):
      branch.engine = nil
      branch.session += 1
      if case .refused(let refusal) = report.outcome, refusal.code == .retired {
        trace.add(now, branch.name, "ends its sync: it was retired")
        return giveUp(branch)
      }
      if report.isRelocated { faults.relocations += 1 }
      movedBytes += report.pulled.bytes + report.pushed.bytes
      if report.repair != nil { faults.repairs += 1 }
      trace.add(now, branch.name, "ends its sync: \(describe(report.outcome))")
      if case .refused(let refusal) = report.outcome, !isExpected(refusal) {
        world.complain("Engine", "The hub refused \(branch.name): \(refusal.message)")
      }
    }
  }

  /// Whether a fault of the plan explains that the hub could not, or would not.
  private func isExpected(_ refusal: Refusal) -> Bool {
    if plan.retirements > 0, refusal.code == .retired { return true }
    if plan.hasUpheavals, !isSettling { return true }
    return
      (plan.diskErrors > 0 || plan.fullDisks > 0 || plan.locks > 0)
      && [.storage, .busy].contains(refusal.code)
  }

  private func send(_ request: HubRequest, _ branch: SimulatedBranch) {
    requestCount += 1
    branch.awaited = requestCount
    if case .upload = request { faults.uploads += 1 }
    if case .download = request { faults.downloads += 1 }
    let bytes = request.encoded
    trace.add(bytes)
    trace.add(now, branch.name, "sends \(requestCount): \(describe(request))")
    if branch.isOffline {
      faults.requestsOffline += 1
      schedule(.timeout(branch.machine, request: requestCount), in: 1...100)
      return
    }
    let timeout = SimulationLimits.requestTimeoutMilliseconds
    schedule(.timeout(branch.machine, request: requestCount), in: timeout...timeout)
    guard let certificate = branch.certificate else { return }
    deliver(bytes, countingLost: \.requestsLost) {
      .requestArrives(branch.machine, certificate, request: requestCount, bytes: $0)
    }
  }

  /// A branch loses its network or has it again.
  func changeNetwork(_ machine: MachineID) {
    guard let branch = branches[machine], plan.offlineMillisecondsMax > 0 else { return }
    branch.isOffline.toggle()
    trace.add(now, branch.name, branch.isOffline ? "has no network" : "has a network again")
    schedule(.networkChanges(machine), in: 1_000...max(1_000, plan.offlineMillisecondsMax))
  }

  /// A message on its way: lost, late, twice, or as it should be.
  private func deliver(
    _ bytes: [UInt8], countingLost lost: WritableKeyPath<FaultCounts, Int>,
    _ event: ([UInt8]) -> Event
  ) {
    let delay = 1...plan.delayMillisecondsMax
    if generator.chance(plan.loss) {
      faults[keyPath: lost] += 1
    } else {
      schedule(event(damaged(bytes)), in: delay)
    }
    if generator.chance(plan.duplication) {
      faults.duplicates += 1
      schedule(event(damaged(bytes)), in: delay)
    }
  }

  /// A bit of the message may be turned on its way.
  private func damaged(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty, generator.chance(plan.damagedMessages) else { return bytes }
    var damaged = bytes
    let bit = Int.random(in: 0..<(8 * bytes.count), using: &generator)
    damaged[bit / 8] ^= 1 << UInt8(bit % 8)
    faults.damagedMessages += 1
    trace.add(now, "", "bit \(bit) of a message is turned")
    return damaged
  }

  // MARK: At the hub

  func answer(
    _ machine: MachineID, _ certificate: Certificate, request: Int, _ bytes: [UInt8]
  ) throws {
    guard hubEngine != nil, let hubDisk else {
      faults.requestsToHubDown += 1
      return
    }
    guard let decoded = try? HubRequest(encoded: bytes) else {
      // The server answers what is no request at all, and the branch takes it for no answer.
      guard plan.damagedMessages > 0 else {
        return world.complain("Engine", "A branch's request cannot be decoded.")
      }
      return
    }
    SQLiteClock.set(hubWall)
    (mayCrash, hasCrashed) = (true, false)
    beginReading("hub", hubReader)
    var response: HubResponse?
    let outcome = try working(on: hubDisk, as: .agent, kills: plan.hubCrashes, place: "hub") {
      let known = try hubStore?.replica(certificate.replica)?.certificateFingerprint
      response = hubEngine?.handle(
        decoded, from: certificate.replica, isStranger: known != certificate.fingerprint,
        wallMilliseconds: hubWall)
    }
    mayCrash = false
    if case .powerLost = outcome { return loseHubPower() }
    if case .killed = outcome { return crashHub() }
    if hasCrashed { return crashHub() }
    guard let response else { return }
    if case .handBack(let request) = decoded, request.isLast, case .handedBack = response {
      handedPlaces.formUnion(history.holdings[machine]?.places ?? [])
    }
    try endReading(hubReader)
    try observeHub()
    try checkReferences()
    try prune()
    trace.add(now, "hub", "answers \(request): \(describe(response))")
    let encoded = response.encoded
    trace.add(encoded)
    deliver(encoded, countingLost: \.answersLost) {
      .answerArrives(machine, request: request, requestBytes: bytes.count, bytes: $0)
    }
  }

  // MARK: In words

  private func describe(_ request: HubRequest) -> String {
    switch request {
    case .exchange(let request):
      "exchange from \(request.integrated?.position.description ?? "nowhere"),"
        + " \(request.changesets.count) changesets"
        + (request.uploaded == nil ? "" : " and one uploaded")
    case .upload(let request): "upload of \(request.bytes.count) bytes at \(request.offset)"
    case .download(let request):
      "download \(request.from)–\(request.to) at \(request.offset)"
    case .place: "question for the path"
    case .handBack(let request):
      "\(request.entries.count) entries handed back of \(request.timeline)"
        + (request.isLast ? ", the last" : "")
    case .fork(let name): "question for an identity as a copy of \(name)"
    case .adopt(let request): "adoption after \(request.previous)"
    case .policy: "question for the merge policy"
    case .schema: "schema"
    default: "something else"
    }
  }

  private func describe(_ response: HubResponse) -> String {
    switch response {
    case .exchange(let response):
      "exchange \(response.from)–\(response.to), \(response.accepted.count) accepted,"
        + " \(response.deltaBytes.count) of \(response.deltaByteCount) bytes"
    case .uploaded(let byteCount): "\(byteCount) bytes uploaded"
    case .download(let piece): "\(piece.bytes.count) bytes at \(piece.offset)"
    case .refused(let refusal): "refusal: \(refusal.message)"
    case .path(let path): "the path of \(path.steps.count) generations up to \(path.head)"
    case .handedBack: "thanks"
    case .forkOffer(let offer): "an offer to be \(offer.name)"
    case .adopted: "its adoption"
    default: "something else"
    }
  }

  private func describe(_ outcome: BranchSession.Outcome) -> String {
    switch outcome {
    case .complete: "complete"
    case .unreachable: "the hub was not reached"
    case .refused(let refusal): "refused: \(refusal.message)"
    }
  }
}
