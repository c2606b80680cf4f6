internal import Basics

/// What is armed in one history, drawn from its seed or written down.
package struct HistoryOptions: Sendable {
  var rowCount = 4
  var columnCount = 2
  var deviceCount = 4
  var eventCount = 80
  var lossPerThousand = 0
  var latePerThousand = 0
  var unbackedMax = 1000
  var hotRow = false
  /// What the history is made of, if it is not drawn.
  var storyIndex: Int?
  var limits = ModelLimits()
  /// Beside each other: how often each kind of event comes.
  var weights: [(kind: Kind, weight: Int)] = []

  private var story: HistoryStory? { storyIndex.map { HistoryStory.all[$0] } }

  /// Whether a database may be copied, so that one identity has two places.
  var hasCopies: Bool {
    story?.hasCopies ?? false
      || weights.contains {
        switch $0.kind {
        case .restoreBranch, .cloneBranch, .joinCopy, .turnBackHub: true
        default: false
        }
      }
  }

  enum Kind: Sendable {
    case write, sync, crash, copyBranch, restoreBranch, cloneBranch, joinCopy, joinNew, startHub
    case backUpHub, restoreHub, copyHub, turnBackHub, prune, setClock, pass, passLong, late, retire
    case replaySalvage, repair, loseDevice, seal, gap
    /// Several events at once: a sync to its end, one of every device, writes that are not sent.
    case syncWhole, round, offline, unheard, pushedTwice
  }

  /// For a history that is written down: messages arrive.
  package init(rowCount: Int, columnCount: Int = 1, deviceCount: Int, unbackedMax: Int = 1000) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.deviceCount = deviceCount
    self.unbackedMax = unbackedMax
  }

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed &* 3 &+ 1)
    rowCount = Int.random(in: 2...6, using: &random)
    columnCount = Int.random(in: 1...3, using: &random)
    deviceCount = Int.random(in: 2...5, using: &random)
    eventCount = Int.random(in: 30...120, using: &random)
    hotRow = random.chance(300)
    lossPerThousand = random.chance(500) ? Int.random(in: 20...300, using: &random) : 0
    latePerThousand = random.chance(300) ? 150 : 0
    if random.chance(80) { unbackedMax = Int.random(in: 0...6, using: &random) }
    func add(_ kind: Kind, _ weight: Int, _ perThousand: Int, _ random: inout SeededGenerator) {
      if random.chance(perThousand) { weights.append((kind, weight)) }
    }
    weights = [(.write, 400), (.sync, 400)]
    add(.crash, 30, 400, &random)
    add(.restoreBranch, 20, 400, &random)
    if weights.last?.kind == .restoreBranch { weights.append((.copyBranch, 30)) }
    add(.cloneBranch, 20, 300, &random)
    add(.joinCopy, 10, 150, &random)
    add(.joinNew, 15, 250, &random)
    add(.startHub, 25, 400, &random)
    add(.restoreHub, 25, 450, &random)
    let hasRestore = weights.last?.kind == .restoreHub
    add(.backUpHub, 40, hasRestore ? 900 : 300, &random)
    add(.prune, 40, 500, &random)
    add(.setClock, 25, 400, &random)
    add(.pass, 30, 500, &random)
    add(.passLong, 15, 250, &random)
    if latePerThousand > 0 { weights.append((.late, 30)) }
    add(.retire, 8, 150, &random)
    if weights.last?.kind == .retire { weights.append((.replaySalvage, 10)) }
    add(.repair, 15, 200, &random)
    add(.loseDevice, 8, 150, &random)
    // A place by name alone cannot tell these apart.
    let isPlain = !weights.contains {
      switch $0.kind {
      case .restoreHub, .startHub, .backUpHub, .prune, .cloneBranch, .joinCopy, .restoreBranch: true
      default: false
      }
    }
    if isPlain { weights += [(.turnBackHub, 20), (.copyHub, 30)] }
  }

  /// The history: what happens, in order.
  func history(seed: UInt64) -> [HistoryEvent] {
    if let story { return story.varied(seed: seed) }
    var random = SeededGenerator(seed: seed &* 3 &+ 2)
    let total = weights.reduce(0) { $0 + $1.weight }
    return (0..<eventCount).flatMap { _ in
      var left = Int.random(in: 0..<total, using: &random)
      let kind =
        weights.first {
          left -= $0.weight
          return left < 0
        }?.kind ?? .write
      return events(kind, &random)
    }
  }

  private func events(_ kind: Kind, _ random: inout SeededGenerator) -> [HistoryEvent] {
    switch kind {
    case .syncWhole:
      let device = Int.random(in: 0..<1000, using: &random)
      return [.sync(device: device, messages: 40, chance: random.next())]
    case .round:
      return (0..<deviceCount).map { .sync(device: $0, messages: 40, chance: random.next()) }
    case .offline:
      let device = Int.random(in: 0..<1000, using: &random)
      let count = Int.random(in: 2...5, using: &random)
      return (0..<count).flatMap { _ -> [HistoryEvent] in
        [.write(device: device, chance: random.next()), .seal(device: device)]
      }
    case .pushedTwice: return pushedTwice(&random)
    default: return [event(kind, &random)]
    }
  }

  /// One device's changeset arrives without its knowing, another builds on it, the hub is put back,
  /// and the first sends it again before the other has said what it was called.
  private func pushedTwice(_ random: inout SeededGenerator) -> [HistoryEvent] {
    let device = Int.random(in: 0..<1000, using: &random)
    let other = device + 1
    var events: [HistoryEvent] = [
      .write(device: device, chance: random.next()), .unheard(device: device),
      .sync(device: other, messages: 40, chance: random.next()),
    ]
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      events += [.write(device: other, chance: random.next()), .seal(device: other)]
    }
    events += [
      .restoreHub(age: Int.random(in: 0...3, using: &random)),
      .sync(device: device, messages: 40, chance: random.next()),
    ]
    if random.chance(500) { events.append(.backUpHub) }
    let messages = Int.random(in: 1...8, using: &random)
    events.append(.sync(device: other, messages: messages, chance: random.next()))
    return events
  }

  private func event(_ kind: Kind, _ random: inout SeededGenerator) -> HistoryEvent {
    let device = Int.random(in: 0..<1000, using: &random)
    let chance = random.next()
    let age = Int(chance % 4)
    switch kind {
    case .write: return .write(device: device, chance: chance)
    case .sync: return .sync(device: device, messages: Int(chance >> 8 % 8) % 8 + 1, chance: chance)
    case .crash: return .crash(device: device)
    case .copyBranch: return .copyBranch(device: device)
    case .restoreBranch: return .restoreBranch(device: device, age: age)
    case .cloneBranch: return .cloneBranch(device: device)
    case .joinCopy: return .joinCopy(device: device)
    case .joinNew: return .joinNew
    case .startHub: return .startHub
    case .backUpHub: return .backUpHub
    case .restoreHub: return .restoreHub(age: age)
    case .copyHub: return .copyHub
    case .turnBackHub: return .turnBackHub(age: age)
    case .prune: return .prune
    case .setClock: return .setClock(device: device, chance: chance)
    case .pass: return .pass(milliseconds: Int64(chance % 86_400_000))
    case .passLong: return .pass(milliseconds: Int64(chance % (120 * 86_400_000)))
    case .late: return .late(device)
    case .retire: return .retire(device: device)
    case .replaySalvage: return .replaySalvage
    case .repair: return .repair(device: device)
    case .loseDevice: return .loseDevice(device: device)
    case .gap: return .gap(device: device, chance: chance)
    case .unheard: return .unheard(device: device)
    case .seal, .syncWhole, .round, .offline, .pushedTwice: return .seal(device: device)
    }
  }
}
