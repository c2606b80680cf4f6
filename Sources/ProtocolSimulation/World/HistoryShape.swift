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
  /// Programs write while nothing captures; clocks jump.
  case gaps
}

extension HistoryOptions {
  /// Few rows, little that travels at once, and much of one kind of trouble.
  init(seed: UInt64, shape: HistoryShape) {
    self.init(seed: seed)
    guard shape != .mixed else { return }
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
    case .mixed: break
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
