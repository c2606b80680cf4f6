internal import BranchStore
internal import Clocks
internal import Deltas
internal import HubStore
internal import Sessions
internal import Storage

/// What the world learns from looking at the places after each event.
extension Simulator {
  /// Notes what a branch has sealed and integrated, and compares its rows with what the world says
  /// it should hold.
  func observe(_ branch: SimulatedBranch, _ store: BranchStore) throws {
    try look(at: branch, store)
    guard !plan.hasUpheavals else { return }
    guard let known = world.branches[branch.replica] else { return }
    let outbox = try store.outbox()
    for changeset in outbox where changeset.counter > known.sealedCounter {
      world.seal(try read(changeset, from: store))
      faults.changesets += 1
    }
    let position = try store.position()
    if position != known.position || outbox.isEmpty && !known.pending.isEmpty {
      // Every application seals first.
      world.sealNothing(at: branch.replica)
      world.integrate(position, at: branch.replica)
      faults.deferredRows += world.branches[branch.replica]?.bases.count ?? 0
    }
    try compare(branch)
  }

  /// What can be said of a branch's tables without knowing the hub's order.
  private func look(at branch: SimulatedBranch, _ store: BranchStore) throws {
    let place = try store.standing().place
    guard place != branch.looked || plan.captureGaps > 0, let rows = try branch.reader?.rows()
    else { return }
    let told = try store.ledger(openOnly: false)
    let timeline = timelines[place.generation] ?? Timeline()
    var conflicts = told
    if plan.prunings > 0 {
      // With a whole state come the open ones only; what explains the rest is at the hub that
      // answered, whatever has become of it.
      conflicts += timeline.ledger
      conflicts += try hubStore?.conflicts(openOnly: false) ?? []
    }
    branch.looked = place
    var ledger = Ledger(conflicts)
    try addUncaptured(of: store, to: &ledger)
    let delta = branch.delta.flatMap { delta in
      delta.to == place.position && delta.generation == place.generation
        && Int(delta.to.rawValue) <= timeline.log.count ? delta : nil
    }
    if let delta { try noteOvertaken(rows, by: delta, on: timeline, at: branch.machine, store) }
    history.look(at: rows, and: ledger, of: branch.machine)
    guard let delta else { return }
    branch.delta = nil
    notePlaces(delta, on: timeline, at: branch.machine)
    if delta.isWholeState {
      history.integrated(
        rows, and: Ledger(told), after: timeline.log.prefix(Int(delta.to.rawValue)),
        at: branch.machine)
    } else {
      let (from, to) = (Int(delta.from.rawValue), Int(delta.to.rawValue))
      history.integrated(timeline.log[min(from, to)..<to], at: branch.machine)
    }
  }

  /// Rows that were deleted uncaptured may be there again with a delta that writes them.
  private func noteOvertaken(
    _ rows: Rows, by delta: ExchangeResponse, on timeline: Timeline, at machine: MachineID,
    _ store: BranchStore
  ) throws {
    guard plan.captureGaps > 0 else { return }
    let compared = Set(try store.gaps().filter(\.isSent).map(\.table))
    guard !compared.isEmpty else { return }
    let (from, to) = (Int(delta.from.rawValue), Int(delta.to.rawValue))
    let entries = timeline.log[min(from, to)..<to]
    let written = entries.flatMap { $0.writes.map { history.writes[$0].key } }
    history.noteOvertaken(
      rows, wroteTo: Set(delta.isWholeState ? Array(rows.keys) : written), comparing: compared,
      at: machine)
  }

  /// What entries are called a machine knows from the delta that has them; of its own, from the
  /// answer. A whole state names nobody else's.
  private func notePlaces(
    _ delta: ExchangeResponse, on timeline: Timeline, at machine: MachineID
  ) {
    let told =
      delta.isWholeState
      ? delta.accepted.map(\.position).filter { $0 <= delta.to }
      : timeline.log.indices.map { LogPosition(UInt64($0 + 1)) }
        .filter { delta.from < $0 && $0 <= delta.to }
    let named = told.compactMap { position in
      timeline.generation(of: position).map {
        CausalContext(generation: $0, position: position)
      }
    }
    history.holdings[machine]?.places.formUnion(named)
  }

  /// What only a branch's table had when a delta overwrote it is on its way to the ledger.
  private func addUncaptured(of store: BranchStore, to ledger: inout Ledger) throws {
    guard plan.hubRestores + plan.twinHubs + plan.captureGaps > 0 else { return }
    for outgoing in try store.outbox() {
      let changeset = try read(outgoing, from: store)
      guard changeset.header.isBaseline else { continue }
      for change in changeset.changes where change.kind == .update { ledger.add(change) }
    }
  }

  private func compare(_ branch: SimulatedBranch) throws {
    let expected = world.branches[branch.replica]?.rows ?? [:]
    guard let rows = try branch.reader?.rows() else { return }
    for count in try branch.application?.wrongCounts() ?? [] {
      world.complain("Triggers", "At \(branch.name) \(count).")
    }
    guard !plan.hasUniqueColumn else { return }
    for key in Convergence.differences(rows, expected).prefix(3)
    where !world.lateRows.contains(key) {
      world.complain(
        "Convergence",
        "At position \(world.branches[branch.replica]?.position ?? .start) \(branch.name) holds"
          + " \(schema.name(key)) as \(Convergence.shown(rows[key])), and should hold"
          + " \(Convergence.shown(expected[key])).")
    }
  }

  private func read(
    _ outgoing: OutgoingChangeset, from store: BranchStore
  ) throws -> SealedChangeset {
    var bytes: [UInt8] = []
    while bytes.count < outgoing.byteCount {
      let piece = try store.outboxBytes(
        counter: outgoing.counter, offset: bytes.count, byteCount: outgoing.byteCount - bytes.count)
      guard !piece.isEmpty else { break }
      bytes += piece
    }
    var frames = FrameReader()
    frames.append(bytes)
    var reader = ChangesetReader()
    var header: ChangesetHeader?
    var trailer: ChangesetTrailer?
    var changes: [RowChange] = []
    while let frame = try frames.next() {
      switch try reader.read(frame) {
      case .header(let read): header = read
      case .block(let block): changes += self.changes(knownIn: block)
      case .stub: break
      case .trailer(let read): trailer = read
      }
    }
    guard let header, let trailer else {
      throw SimulationFailure(what: "Changeset \(outgoing.counter) in the outbox is not whole.")
    }
    return SealedChangeset(header: header, trailer: trailer, changes: changes, bases: [])
  }

  /// The changes of a block whose table the world knows.
  private func changes(knownIn block: BlockReader) -> [RowChange] {
    guard schema.table(block.table) != nil else { return [] }
    return (0..<block.rowCount).map { block.rowChange($0) }
  }

  /// The writes that an entry carries; who hands it back does not know better than before.
  private func writes(in changes: [RowChange], _ entry: DeltaEntry) -> Set<Int> {
    if let known = history.contents[entry.contentHash] { return known }
    let authors = branches.values.filter { $0.replica == entry.dot.replica }.map(\.machine)
    return history.writes(in: changes, of: authors)
  }

  /// Notes what has come into the hub's log.
  func observeHub() throws {
    guard let hubStore else { return }
    hubSteps = try hubStore.path()
    let head = try hubStore.head()
    let known = LogPosition(UInt64(history.log.count))
    guard head > known else { return }
    // To a receiver that wrote nothing, everything is sent.
    let bytes = try hubStore.delta(
      receiver: .hub, from: known, to: head, offset: 0, byteCount: .max
    ).bytes
    var frames = FrameReader()
    frames.append(bytes)
    var reader = DeltaReader()
    var entries: [WorldLogEntry] = []
    var changes: [[RowChange]] = []
    while let frame = try frames.next() {
      switch try reader.read(frame) {
      case .header, .changesetHeader, .stub, .trailer: break
      case .block(let block):
        guard !changes.isEmpty else { break }
        changes[changes.count - 1] += self.changes(knownIn: block)
      case .entry(let entry):
        changes.append([])
        entries.append(WorldLogEntry(entry: entry, conflicts: [], outcomes: []))
      case .outcome(let block):
        guard !entries.isEmpty else { break }
        entries[entries.count - 1].outcomes += self.changes(knownIn: block)
      case .conflicts(let conflicts):
        guard !entries.isEmpty else { break }
        entries[entries.count - 1].conflicts += conflicts
        faults.conflicts += conflicts.count
      }
    }
    for change in changes.joined() where !rotten.isEmpty { checkIsWritten(change) }
    let ledger = plan.prunings > 0 ? try hubStore.conflicts(openOnly: false) : []
    for (entry, changes) in zip(entries, changes) {
      for change in changes { history.willLog(change, forgottenUpTo: world.stable) }
      history.logged(
        History.LogEntry(
          dot: entry.entry.dot, contentHash: entry.entry.contentHash,
          writes: writes(in: changes, entry.entry)))
      let timeline = Timeline(log: history.log, steps: hubSteps, ledger: ledger)
      if let logged = history.log.last, let name = timeline.generation(of: entry.entry.position) {
        placedEntries[CausalContext(generation: name, position: entry.entry.position)] = logged
        timelines[name] = timeline
      }
      if !plan.hasUpheavals { world.accept(entry) }
      trace.add(
        now, "hub",
        "has \(entry.entry.dot) at \(entry.entry.position),"
          + " \(entry.conflicts.count) conflicts")
    }
  }
}
