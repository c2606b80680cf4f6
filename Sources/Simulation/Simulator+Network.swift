internal import Agent
internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Hub
internal import Sessions
internal import Storage

/// Messages, as bytes, between branches and the hub.
extension Simulator {
  // MARK: At a branch

  func beginSync(_ replica: ReplicaID) throws {
    schedule(.sync(replica), in: 1_000...plan.syncPauseMillisecondsMax)
    guard let branch = branches[replica], let store = branch.store, branch.engine == nil else {
      return
    }
    branch.engine = BranchEngine(store: store, stagingFolder: branch.stagingFolder)
    branch.session += 1
    faults.sessions += 1
    trace.add(now, branch.name, "begins to sync")
    try drive(branch, .start)
  }

  func waited(_ replica: ReplicaID, session: Int) throws {
    guard let branch = branches[replica], branch.session == session else { return }
    try drive(branch, .waited)
  }

  func timeOut(_ replica: ReplicaID, request: Int) throws {
    guard let branch = branches[replica], branch.awaited == request else { return }
    faults.timeouts += 1
    branch.awaited = nil
    trace.add(now, branch.name, "gave up request \(request)")
    try drive(branch, .unanswered)
  }

  func receive(
    _ replica: ReplicaID, request: Int, requestBytes: Int, _ bytes: [UInt8]
  ) throws {
    guard let branch = branches[replica], branch.awaited == request else { return }
    branch.awaited = nil
    guard let response = try? HubResponse(encoded: bytes) else {
      world.complain("Engine", "The hub's answer cannot be decoded.")
      return
    }
    trace.add(now, branch.name, "gets \(describe(response))")
    try drive(
      branch, .answered(response, requestBytes: requestBytes, responseBytes: bytes.count))
  }

  /// Gives the engine an event and performs what it wants, unless it dies on the way.
  private func drive(_ branch: SimulatedBranch, _ event: BranchEngine.Event) throws {
    guard let engine = branch.engine, let store = branch.store else { return }
    SQLiteClock.set(wall(branch))
    (mayCrash, hasCrashed) = (true, false)
    beginReading(branch.name, branch.reader)
    var effects: [BranchEngine.Effect] = []
    do {
      effects = try engine.handle(event, wallMilliseconds: wall(branch))
    } catch {
      guard hasCrashed else {
        trace.add(now, branch.name, "stops: \(describe(error))")
        throw error
      }
    }
    mayCrash = false
    try endReading(branch.reader)
    if hasCrashed {
      try crash(branch)
      return
    }
    try observe(branch, store)
    for effect in effects { perform(effect, branch) }
  }

  private func perform(_ effect: BranchEngine.Effect, _ branch: SimulatedBranch) {
    switch effect {
    case .send(let request): send(request, branch)
    case .wait(let milliseconds):
      schedule(
        .waited(branch.replica, session: branch.session), in: milliseconds...milliseconds)
    case .finish(let report):
      branch.engine = nil
      branch.session += 1
      trace.add(now, branch.name, "ends its sync: \(describe(report.outcome))")
      if case .refused(let refusal) = report.outcome {
        world.complain("Engine", "The hub refused \(branch.name): \(refusal.message)")
      }
    }
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
      schedule(.timeout(branch.replica, request: requestCount), in: 1...100)
      return
    }
    let timeout = SimulationLimits.requestTimeoutMilliseconds
    schedule(.timeout(branch.replica, request: requestCount), in: timeout...timeout)
    deliver(countingLost: \.requestsLost) {
      .requestArrives(branch.replica, request: requestCount, bytes: bytes)
    }
  }

  /// A branch loses its network or has it again.
  func changeNetwork(_ replica: ReplicaID) {
    guard let branch = branches[replica], plan.offlineMillisecondsMax > 0 else { return }
    branch.isOffline.toggle()
    trace.add(now, branch.name, branch.isOffline ? "has no network" : "has a network again")
    schedule(.networkChanges(replica), in: 1_000...max(1_000, plan.offlineMillisecondsMax))
  }

  /// A message on its way: lost, late, twice, or as it should be.
  private func deliver(
    countingLost lost: WritableKeyPath<FaultCounts, Int>, _ event: () -> Event
  ) {
    let delay = 1...plan.delayMillisecondsMax
    if generator.chance(plan.loss) {
      faults[keyPath: lost] += 1
    } else {
      schedule(event(), in: delay)
    }
    if generator.chance(plan.duplication) {
      faults.duplicates += 1
      schedule(event(), in: delay)
    }
  }

  // MARK: At the hub

  func answer(_ replica: ReplicaID, request: Int, _ bytes: [UInt8]) throws {
    guard let hubEngine, let hubReader else {
      faults.requestsToHubDown += 1
      return
    }
    guard let decoded = try? HubRequest(encoded: bytes) else {
      return world.complain("Engine", "A branch's request cannot be decoded.")
    }
    SQLiteClock.set(hubWall)
    (mayCrash, hasCrashed) = (true, false)
    beginReading("hub", hubReader)
    let response = hubEngine.handle(decoded, from: replica, wallMilliseconds: hubWall)
    mayCrash = false
    try endReading(hubReader)
    if hasCrashed { return crashHub() }
    try observeHub()
    trace.add(now, "hub", "answers \(request): \(describe(response))")
    let encoded = response.encoded
    trace.add(encoded)
    deliver(countingLost: \.answersLost) {
      .answerArrives(replica, request: request, requestBytes: bytes.count, bytes: encoded)
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
