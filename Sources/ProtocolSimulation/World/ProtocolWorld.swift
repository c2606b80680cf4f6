internal import Basics
internal import Clocks
internal import Deltas
internal import Merging

/// The hub, the devices and what is between them, and what really happened.
final class ProtocolWorld {
  let seed: UInt64
  let mutant: Mutant
  let options: HistoryOptions
  let table: ModelTable
  var hub: ModelHub
  var devices: [ModelBranch] = []
  var isAlive: [Bool] = []
  var clockOffsets: [Int64] = []
  var frozenAt: [Int64?] = []
  var copies: [[ModelBranch]] = []
  var backups: [ModelHub] = []
  var hubCopies: [ModelHub] = []
  var late: [(request: ModelRequest, replica: ReplicaID, key: Int)] = []
  /// Only one history besides its own may go by the names of a generation.
  var turnedBackIn: GenerationID?
  var now: Int64 = 1_760_000_000_000
  var random: SeededGenerator
  var isFaulty = true
  var nextKey = 1
  var nextGeneration: UInt64 = 1
  var truth = Truth()
  var violations: [ProtocolViolation] = []
  var trace: [String] = []
  let keepsTrace: Bool
  var digest: UInt64 = 0

  init(seed: UInt64, options: HistoryOptions, mutant: Mutant, keepsTrace: Bool) {
    self.seed = seed
    self.mutant = mutant
    self.options = options
    self.keepsTrace = keepsTrace
    random = SeededGenerator(seed: seed)
    table = ModelTable(rowCount: options.rowCount, columnCount: options.columnCount)
    let root = GenerationID(high: 1, low: 1)
    hub = ModelHub(table: table, root: root)
    hub.limits = options.limits
    hub.showsHalfRows = mutant.showsHalfRows
    for _ in 0..<options.deviceCount { join() }
  }

  func freshGeneration() -> GenerationID {
    nextGeneration += 1
    return GenerationID(high: 1, low: nextGeneration)
  }

  func freshKey() -> Int {
    nextKey += 1
    return nextKey
  }

  /// A new branch with an empty database.
  func join() {
    let key = freshKey()
    let replica = hub.nextReplica
    let name = "branch\(devices.count + 1)"
    hub.registry[replica] = ModelRegistered(key: key, name: name)
    var branch = ModelBranch(
      device: devices.count, replica: replica, name: name, key: key, root: hub.root,
      rowCount: table.rowCount)
    branch.limits = options.limits
    add(branch)
  }

  func add(_ branch: ModelBranch) {
    var branch = branch
    branch.device = devices.count
    devices.append(branch)
    isAlive.append(true)
    clockOffsets.append(0)
    frozenAt.append(nil)
    copies.append([])
  }

  func wall(_ device: Int) -> Int64 { frozenAt[device] ?? now + clockOffsets[device] }

  func note(_ line: @autoclosure () -> String) {
    guard keepsTrace else { return }
    trace.append(line())
  }

  func fail(_ oracle: Oracle, _ sentence: @autoclosure () -> String) {
    guard violations.count < 3 else { return }
    violations.append(ProtocolViolation(oracle: oracle, sentence: sentence()))
    note("  !! \(oracle.rawValue): \(sentence())")
  }

  // MARK: Events

  func run(_ events: [HistoryEvent]) {
    for event in events {
      now += 1000
      perform(event)
      digest = mixed(digest, hub.logHash &+ UInt64(hub.log.count))
      if !violations.isEmpty { return }
    }
  }

  private func device(_ number: Int) -> Int? {
    let living = devices.indices.filter { isAlive[$0] }
    return living.isEmpty ? nil : living[number % living.count]
  }

  private func perform(_ event: HistoryEvent) {
    note("\(event)")
    switch event {
    case .write(let number, let chance):
      if let device = device(number) { write(device, chance) }
    case .edit(let number, let row, let columns):
      if let device = device(number) { edit(device, row: row, columns: columns) }
    case .sync(let number, let messages, let chance):
      if let device = device(number) { sync(device, messages: messages, chance: chance) }
    case .seal(let number):
      if let device = device(number) {
        noteReplaced(devices[device].seal(table: table, mutant: mutant))
      }
    case .unheard(let number):
      if let device = device(number) { syncUnheard(device) }
    case .gap(let number, let chance):
      if let device = device(number) { writeUncaptured(device, chance) }
    case .crash(let number):
      if let device = device(number) { devices[device].crash() }
    case .copyBranch(let number):
      if let device = device(number) {
        copies[device].append(devices[device])
        noteCopied(device)
      }
    case .restoreBranch(let number, let age):
      if let device = device(number) { restore(device, age: age) }
    case .cloneBranch(let number):
      guard let device = device(number), devices.count < 9 else { return }
      var copy = devices[device]
      noteCopied(device)
      copy.crash()
      add(copy)
      truth.isCopied.formUnion([device, devices.count - 1])
    case .joinCopy(let number):
      if let device = device(number), devices.count < 9 { joinCopy(of: device) }
    case .joinNew:
      if devices.count < 9 { join() }
    case .setClock(let number, let chance):
      if let device = device(number) { setClock(device, chance) }
    case .pass(let milliseconds): now += milliseconds
    case .repair(let number):
      if let device = device(number) { devices[device].compares = true }
    case .loseDevice(let number):
      if let device = device(number), devices.indices.filter({ isAlive[$0] }).count > 2 {
        isAlive[device] = false
      }
    case .startHub, .backUpHub, .restoreHub, .copyHub, .turnBackHub, .prune, .late, .retire,
      .replaySalvage:
      performAtHub(event)
    }
  }

  private func noteCopied(_ device: Int) {
    for entry in devices[device].journal {
      for mark in entry.marks { truth.copiedUnsealed.insert(mark) }
    }
  }

  private func performAtHub(_ event: HistoryEvent) {
    switch event {
    case .startHub: hub.openGeneration(freshGeneration(), mutant: mutant)
    case .backUpHub:
      hub.noteBackup()
      backups.append(hub)
      truth.noteBackup(hub)
    case .restoreHub(let age):
      guard !backups.isEmpty else { return }
      restoreHub(backups[max(0, backups.count - 1 - age / 2)])
    case .copyHub: hubCopies.append(hub)
    case .turnBackHub(let age):
      guard !hubCopies.isEmpty else { return }
      let copy = hubCopies[max(0, hubCopies.count - 1 - age / 2)]
      guard copy.backupNumber == hub.backupNumber, copy.path == hub.path,
        turnedBackIn == nil
      else { return }
      turnedBackIn = hub.generation
      replaceHub(by: copy)
      truth.lostNames = []
      truth.hasRelocated = true
      truth.names = truth.names.filter { $0.value != 0 && $0.key.position <= copy.head }
      note("  hub is at \(hub.head) again, and does not know")
    case .prune:
      let old = (pruned: hub.pruned, settled: hub.settled)
      hub.prune(wallMilliseconds: now, mutant: mutant)
      checkBounds()
      checkFrontier(from: old)
    case .late(let number):
      guard !late.isEmpty else { return }
      let message = late.remove(at: number % late.count)
      _ = ask(message.request, message.replica, message.key)
      truth.toldLate.insert(message.key)
    case .retire(let number):
      guard let device = device(number) else { return }
      if hub.registry.values.filter({ $0.state == .active && $0.key > 0 }).count > 2 {
        if hub.registry[devices[device].replica]?.key == devices[device].key {
          hub.registry[devices[device].replica]?.state = .retired
        }
      }
    case .replaySalvage: replaySalvage()
    default: break
    }
  }

  private func restoreHub(_ backup: ModelHub) {
    truth.noteRestore(of: backup, over: hub)
    truth.lostNames = []
    replaceHub(by: backup)
    hub.openGeneration(freshGeneration(), mutant: mutant)
    hub.forgetFloors(mutant)
    note("  hub is at \(hub.head) again, generation \(hub.generation.low)")
  }

  private func replaceHub(by copy: ModelHub) {
    let secret = hub.nextSecret
    hub = copy
    // Secrets are random: none is given out twice.
    hub.nextSecret = secret
  }

  private func restore(_ device: Int, age: Int) {
    let list = copies[device]
    guard !list.isEmpty else { return }
    devices[device] = list[max(0, list.count - 1 - age / 2)]
    devices[device].crash()
    truth.isCopied.insert(device)
    note("  device \(device) is at \(describe(devices[device].place)) again")
  }

  private func joinCopy(of device: Int) {
    var copy = devices[device]
    noteCopied(device)
    copy.crash()
    guard case .forkOffer(let secret, _) = hub.offerFork(copy.name) else { return }
    guard case .idle = copy.session.stage else { return }
    _ = copy.start(table: table, mutant: mutant)
    copy.session.stage = .enrol(secret: secret, name: copy.name)
    add(copy)
    truth.isCopied.formUnion([device, devices.count - 1])
  }

  private func setClock(_ device: Int, _ chance: UInt64) {
    frozenAt[device] = nil
    switch chance % 5 {
    case 0: clockOffsets[device] = 10 * 365 * 86_400_000
    case 1: clockOffsets[device] = -10 * 365 * 86_400_000
    case 2: frozenAt[device] = now
    case 3: clockOffsets[device] = -Int64(chance >> 8 % 10_000_000) % 10_000_000
    default: clockOffsets[device] = 0
    }
  }

  private func replaySalvage() {
    let kept = hub.salvage
    hub.salvage = []
    for item in kept {
      guard hub.byHash[item.changeset.hash] == nil else { continue }
      let before = hub.log.count
      for change in item.changeset.changes { truth.salvaged.formUnion(Marks(change.marks)) }
      _ = hub.take(
        ModelHandBack(
          toward: hub.generation, logHash: 0, links: [], place: hub.headPlace, fork: hub.head,
          entries: [
            ModelHanded(
              places: [], dot: item.changeset.dot, name: hub.registry[item.replica]?.name ?? "",
              clockOffsetMilliseconds: 0, receivedMilliseconds: now, changeset: item.changeset,
              seenBy: hub.headPlace, prefix: .start, also: [])
          ], isLast: false, isAmbiguous: false), from: nil, wallMilliseconds: now, mutant)
      checkAppended(from: before)
    }
  }

  func describe(_ place: CausalContext) -> String { "g\(place.generation.low):\(place.position)" }
}
