internal import Basics

/// What kind of trouble histories are about.
package enum HistoryShape: String, CaseIterable, Sendable {
  /// Anything, each by chance; long.
  case mixed
  /// The hub is put back, several times in a row.
  case restores
  /// The same, right after answers were lost, with writes of more than one timeline waiting.
  case lostAnswers
  /// One changeset or entry travels at once, so that rows wait behind unconfirmed writes and
  /// contexts behind the hubs they are of.
  case waiting
  /// The hub is put back, and tails were cut because there was no backup.
  case cutTails
  /// The hub is put back, and branches find the log forgotten where they stand.
  case wholeStates
  /// Branches away for months, and what is forgotten meanwhile.
  case pruning
  /// The same, and devices are retired and come back with what they have.
  case retirement
  /// Databases are put back, cloned, and join from copied files.
  case copies
  /// Databases and the hub are put back.
  case copiesAndRestores
  /// The hub is turned back once without its knowing.
  case turnBacks
  /// Histories that were written down, with small changes.
  case stories
  /// Programs write while nothing captures; clocks jump.
  case gaps
}

extension HistoryOptions {
  /// Few rows, little that travels at once, and much of one kind of trouble.
  init(seed: UInt64, shape: HistoryShape) {
    self.init(seed: seed)
    guard shape != .mixed else { return }
    if shape == .stories {
      let index = Int(seed % UInt64(HistoryStory.all.count))
      self = HistoryStory.all[index].options
      storyIndex = index
      return
    }
    var random = SeededGenerator(seed: seed &* 3 &+ 1)
    rowCount = Int.random(in: 1...3, using: &random)
    columnCount = Int.random(in: 1...2, using: &random)
    deviceCount = Int.random(in: 2...4, using: &random)
    eventCount = Int.random(in: 12...50, using: &random)
    hotRow = random.chance(300)
    lossPerThousand = random.chance(400) ? Int.random(in: 50...300, using: &random) : 0
    latePerThousand = random.chance(150) ? 150 : 0
    unbackedMax = 1000
    limits.changesetsPerExchangeMax = Int.random(in: 1...3, using: &random)
    limits.entriesInlineMax = Int.random(in: 1...6, using: &random)
    limits.entriesPerPieceMax = Int.random(in: 1...4, using: &random)
    limits.entriesHandedMax = Int.random(in: 1...3, using: &random)
    weights = [
      (.write, 300), (.sync, 100), (.syncWhole, 150), (.round, 40), (.offline, 50), (.crash, 20),
    ]
    if latePerThousand > 0 { weights.append((.late, 30)) }
    let restores: [(kind: Kind, weight: Int)] = [(.backUpHub, 60), (.restoreHub, 60)]
    let copies: [(kind: Kind, weight: Int)] = [
      (.copyBranch, 30), (.restoreBranch, 30), (.cloneBranch, 25), (.joinCopy, 15),
    ]
    let pruning: [(kind: Kind, weight: Int)] = [(.prune, 60), (.passLong, 40)]
    switch shape {
    case .mixed, .stories: break
    case .restores: weights += restores + [(.startHub, 15), (.joinNew, 5)]
    case .lostAnswers:
      eventCount = Int.random(in: 8...30, using: &random)
      rowCount = Int.random(in: 1...2, using: &random)
      limits.changesetsPerExchangeMax = Int.random(in: 1...2, using: &random)
      weights += restores + [(.unheard, 80), (.offline, 50), (.startHub, 10), (.pushedTwice, 50)]
    case .waiting:
      rowCount = Int.random(in: 1...2, using: &random)
      limits = ModelLimits(
        changesetsPerExchangeMax: 1, entriesInlineMax: 1, entriesPerPieceMax: 1, entriesHandedMax: 1
      )
      weights = restores + [(.write, 250), (.sync, 350), (.syncWhole, 60), (.offline, 80)]
      if random.chance(400) { weights.append((.prune, 50)) }
    case .cutTails:
      unbackedMax = Int.random(in: 0...3, using: &random)
      weights += restores + [(.unheard, 50), (.pushedTwice, 20)]
    case .wholeStates: weights += restores + pruning + [(.joinNew, 10)]
    case .retirement:
      weights += pruning + [(.retire, 20), (.replaySalvage, 20), (.unheard, 50)]
    case .pruning: weights += pruning + [(.joinNew, 10), (.setClock, 10)]
    case .copies: weights += copies
    case .copiesAndRestores: weights += copies + restores
    case .turnBacks: weights += [(.copyHub, 50), (.turnBackHub, 50)]
    case .gaps: weights += [(.gap, 80), (.setClock, 60), (.repair, 10)]
    }
  }
}

extension HistoryStory {
  /// What happens, with some events left out, doubled, moved or added.
  func varied(seed: UInt64) -> [HistoryEvent] {
    var random = SeededGenerator(seed: seed &* 3 &+ 2)
    var events = events
    for _ in 0..<Int.random(in: 0...4, using: &random) where events.count > 2 {
      let index = Int.random(in: 0..<events.count, using: &random)
      let other = Int.random(in: 0..<events.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: events.remove(at: index)
      case 1 where !isOnce(events[other]): events.insert(events[other], at: index)
      case 2: events.swapAt(index, other)
      case 3: events.insert(.write(device: other, chance: random.next()), at: index)
      default:
        let messages = Int.random(in: 1...20, using: &random)
        events.insert(.sync(device: other, messages: messages, chance: random.next()), at: index)
      }
    }
    return events
  }

  var hasCopies: Bool {
    events.contains {
      switch $0 {
      case .restoreBranch, .cloneBranch, .joinCopy, .turnBackHub: true
      default: false
      }
    }
  }

  private func isOnce(_ event: HistoryEvent) -> Bool {
    switch event {
    case .turnBackHub, .copyHub: true
    default: false
    }
  }
}
