internal import Basics
internal import Clocks
internal import Deltas

extension ProtocolWorld {
  /// A program writes a row, as chance has it.
  func write(_ device: Int, _ chance: UInt64) {
    guard !truth.isFull else { return }
    var random = SeededGenerator(seed: chance)
    let row =
      options.hotRow && random.chance(700) ? 0 : Int.random(in: 0..<table.rowCount, using: &random)
    let branch = devices[device]
    var kind = ChangeKind.update
    var columns = table.columns.filter { _ in random.chance(500) }
    if branch.rows[row] == nil {
      kind = .insert
      columns = table.columns
    } else if random.chance(150) {
      kind = .delete
      columns = []
    } else if columns.isEmpty {
      columns = [table.columns[Int.random(in: 0..<table.columns.count, using: &random)]]
    }
    record(device, row, kind, columns)
  }

  func edit(_ device: Int, row: Int, columns: UInt) {
    guard columns > 0 else { return record(device, row, .delete, []) }
    guard devices[device].rows[row] != nil else {
      return record(device, row, .insert, table.columns)
    }
    record(
      device, row, .update, table.columns.filter { columns >> UInt(table.index($0)) & 1 == 1 })
  }

  private func record(_ device: Int, _ row: Int, _ kind: ChangeKind, _ columns: [ColumnID]) {
    truth.putBack[[device, row]] = nil
    let seen = devices[device].seen[row]
    let marks =
      kind == .delete
      ? [truth.issue(row: row, column: nil, value: nil, seen: seen)]
      : columns.map { truth.issue(row: row, column: $0, value: nil, seen: seen) }
    if devices[device].compares != nil {
      for mark in marks { truth.writtenUncompared.insert(mark) }
    }
    note("  device \(device) \(kind) row \(row) marks \(marks)")
    devices[device].write(
      row: row, kind: kind, columns: columns, marks: marks, values: marks.map { truth.values[$0] },
      milliseconds: wall(device), table: table)
  }

  /// Some messages of a device's sync.
  func sync(_ device: Int, messages: Int, chance: UInt64) {
    var random = SeededGenerator(seed: chance)
    if !devices[device].isSyncing {
      noteReplaced(devices[device].start(table: table, mutant: mutant))
    }
    for _ in 0..<messages {
      step(device, &random)
      guard devices[device].isSyncing, violations.isEmpty else { return }
    }
  }

  /// A message of a device arrives, its answer does not, and the sync ends there.
  func syncUnheard(_ device: Int) {
    if !devices[device].isSyncing {
      noteReplaced(devices[device].start(table: table, mutant: mutant))
    }
    guard
      let (request, replica, key) = devices[device].request(
        wallMilliseconds: wall(device), freshKey: freshKey(), mutant: mutant)
    else { return }
    let answer = ask(request, replica, key)
    note("  device \(device) \(Self.name(request)) → \(Self.name(answer)), unheard")
    devices[device].crash()
  }

  func noteReplaced(_ marks: [Int]) { for mark in marks { truth.replaced.insert(mark) } }

  /// One message and its answer, or what becomes of them.
  func step(_ device: Int, _ random: inout SeededGenerator) {
    let newKey = freshKey()
    guard
      let (request, replica, key) = devices[device].request(
        wallMilliseconds: wall(device), freshKey: newKey, mutant: mutant)
    else { return }
    now += 20
    if isFaulty, random.chance(options.lossPerThousand) {
      note("  device \(device) \(Self.name(request)): lost on its way")
      if random.chance(options.latePerThousand) { late.append((request, replica, key)) }
      return unanswered(device)
    }
    if isFaulty, random.chance(options.latePerThousand) { late.append((request, replica, key)) }
    let answer = ask(request, replica, key)
    truth.toldLate.remove(key)
    note("  device \(device) \(Self.name(request)) → \(Self.name(answer))")
    if isFaulty, random.chance(options.lossPerThousand) {
      note("    the answer is lost")
      return unanswered(device)
    }
    take(answer, at: device, newKey: newKey, asked: request)
  }

  private func unanswered(_ device: Int) {
    devices[device].session.attemptCount += 1
    if devices[device].session.attemptCount > 4 {
      devices[device].crash()
    }
  }

  /// The hub handles a request.
  func ask(_ request: ModelRequest, _ replica: ReplicaID, _ key: Int) -> ModelAnswer {
    let before = hub.log.count
    let wasForgotten = hub.rows.map(\.isForgotten)
    if case .exchange(let sent) = request { truth.noteSent(sent.changesets, key: key) }
    let answer = hub.handle(
      request, from: replica, key: key, wallMilliseconds: now, fresh: freshGeneration(),
      mutant: mutant)
    checkAppended(from: before, wasForgotten: wasForgotten)
    checkNoted()
    return answer
  }

  private func take(
    _ answer: ModelAnswer, at device: Int, newKey: Int, asked: ModelRequest
  ) {
    let previous = devices[device].replica
    if case .compared(let place, let rows) = answer, case .compare = devices[device].session.stage {
      return compare(device, place, rows)
    }
    if case .handedBack(_, _, let lossCount, _) = answer, lossCount > 0 {
      for row in table.rowRange {
        for mark in devices[device].seen[row].elements { truth.unnamed.insert(mark) }
      }
    }
    if case .exchanged(let response) = answer, response.lossCount > 0 {
      let fork = hub.lineage.common(response.place, hub.headPlace)?.position ?? .start
      truth.lostNames.formUnion(hub.unnamed(on: response.place, above: fork))
    }
    if case .exchanged(let response) = answer, let whole = response.whole {
      for marks in whole.marks { truth.nameless.formUnion(marks) }
    }
    if !isFaulty, case .exchanged(let response) = answer { count(response, at: device) }
    if case .refused(.chainBroken) = answer { checkRefused(device) }
    let before = devices[device]
    let applied = devices[device].receive(
      answer, freshKey: newKey, table: table, unbackedMax: options.unbackedMax, mutant: mutant)
    noteReplaced(applied.replaced)
    if let failure = applied.failure { note("    device \(device): \(failure)") }
    if case .adopted = answer, devices[device].replica != previous {
      truth.adoptions.append((device, devices[device].key))
      truth.isCopied.remove(device)
      truth.noteIdentity(
        devices[device].replica, devices[device].name, key: devices[device].key)
      note("    device \(device) is \(devices[device].replica) now")
    }
    checkTail(device, before: before, answer)
    checkUntouched(device, before: before)
    if devices[device].place != before.place {
      note("    device \(device) is at \(describe(devices[device].place))")
      checkPrefix(device)
    }
  }

  private func count(_ response: ModelExchanged, at device: Int) {
    guard !response.isForAnyone else { return }
    for entry in response.entries where entry.hasBlocks {
      let isHad = devices[device].outbox.contains { $0.hash == entry.changeset.hash }
      if isHad, !hub.log[Int(entry.position.rawValue) - 1].isHanded {
        fail(.economy, "Device \(device) is sent the blocks of \(entry.dot), its own.")
      }
    }
  }

  /// What a comparison with the hub leads to.
  private func compare(_ device: Int, _ place: CausalContext, _ rows: [[Value]?]) {
    var branch = devices[device]
    defer { devices[device] = branch }
    let isQuiet =
      branch.lineage.canonical(place) == branch.place && branch.outbox.isEmpty
      && branch.journal.isEmpty && branch.deferred.allSatisfy { $0 == nil }
    guard isQuiet else {
      branch.session.exchangeCount += 1
      branch.session.stage = branch.session.exchangeCount > 20 ? .idle : .exchange
      noteReplaced(branch.seal(table: table, mutant: mutant))
      return
    }
    let sends = branch.compares == true
    branch.compares = nil
    let differing = table.rowRange.filter { rows[$0] != branch.rows[$0] }
    note("    compared: rows \(differing) differ")
    guard !differing.isEmpty, !truth.isFull else {
      branch.session.stage = .idle
      return
    }
    if !sends {
      for row in differing { branch.rows[row] = rows[row] }
      branch.session.stage = .idle
      return
    }
    branch.append(differing.map { capture(&branch, $0, rows[$0], device) })
    branch.session.stage = .exchange
  }

  private func capture(
    _ branch: inout ModelBranch, _ row: Int, _ there: [Value]?, _ device: Int
  ) -> ModelChange {
    let seen = seenWhenCaptured(branch, row, device)
    var kind = ChangeKind.insert
    var columns = table.columns
    if branch.rows[row] == nil {
      kind = .delete
      columns = []
    } else if let there {
      kind = .update
      columns = columns.filter { branch.rows[row]?[table.index($0)] != there[table.index($0)] }
    }
    let values = columns.map { branch.rows[row]?[table.index($0)] ?? .null }
    let marks =
      kind == .delete
      ? [truth.issue(row: row, column: nil, value: nil, seen: seen)]
      : zip(columns, values).map { truth.issue(row: row, column: $0, value: $1, seen: seen) }
    for mark in marks {
      truth.captured.insert(mark)
      branch.seen[row].insert(mark)
      branch.written.insert(mark)
    }
    return ModelChange(
      row: row,
      change: RowChange(
        key: table.key(row), kind: kind, columns: columns, values: values,
        milliseconds: wall(device), base: mutant == .repairSeesAll ? nil : .start), marks: marks)
  }

  // MARK: Words

  static func name(_ request: ModelRequest) -> String {
    switch request {
    case .exchange(let it):
      "exchange at g\(it.place.generation.low):\(it.place.position) with "
        + "\(it.changesets.map { "\($0.dot)" })"
    case .download(let it): "download from \(it.offset)"
    case .place: "place"
    case .handBack(let it):
      "handBack of \(it.entries.map { "\($0.dot)" })\(it.isLast ? ", last" : "")"
    case .fork: "fork"
    case .enrol: "enrol"
    case .adopt: "adopt"
    case .compare: "compare"
    }
  }

  static func name(_ answer: ModelAnswer) -> String {
    switch answer {
    case .exchanged(let it):
      "to g\(it.to.generation.low):\(it.to.position) from \(it.from)"
        + "\(it.isForAnyone ? " for anyone" : "")\(it.whole == nil ? "" : " whole state")"
        + " \(it.entries.map { "\($0.dot)\($0.outcomes.isEmpty ? "" : "!")" })"
    case .downloaded(_, let entries): "\(entries.count) entries"
    case .path(let path): "path \(path.links.map(\.generation.low)) head \(path.head.position)"
    case .handedBack(_, _, let lossCount, _): "handed back, \(lossCount) lost"
    case .forkOffer(_, let name): "offer \(name)"
    case .enrolled(let replica, _): "enrolled \(replica)"
    case .adopted(let parent): parent == 0 ? "adopted, no parent" : "adopted"
    case .compared: "compared"
    case .refused(let refusal): "refused \(refusal)"
    }
  }
}
