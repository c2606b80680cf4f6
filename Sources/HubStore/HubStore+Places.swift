internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// What branches' places are in this log, and what changesets had seen.
extension HubStore {
  /// What a branch's place is here.
  enum Whereabouts: Hashable {
    /// A position of this log.
    case here(LogPosition)
    /// A place of a timeline that this hub lost above a position. `isHandedBack`: what the branch
    /// had seen of it is here again, as far as it can give it.
    case lost(above: LogPosition, isHandedBack: Bool)
    /// Only the memory of this very service can have lost it: the place is of the generation that
    /// names new entries, and the log does not have it.
    case turnedBack
    /// The log never had it.
    case unknown

    /// Up to where the branch has what the log has.
    var shared: LogPosition {
      switch self {
      case .here(let position), .lost(above: let position, _): position
      case .turnedBack, .unknown: .start
      }
    }
  }

  func whereabouts(
    of place: CausalContext, logHash: ContentHash?, handedTo: GenerationID?
  ) throws -> Whereabouts {
    let head = try log.head()
    let timeline = try timeline()
    guard let (shared, lost) = timeline.meet(place, head: head) else { return .unknown }
    guard lost.isEmpty else {
      if timeline.lineage.canonical(place).generation == timeline.current.generation {
        return .turnedBack
      }
      return .lost(
        above: shared.position,
        isHandedBack: try handedTo == timeline.current.generation || isNamed(lost))
    }
    if let logHash, let ours = try log.logHash(place.position), ours != logHash {
      return shared.generation == timeline.current.generation
        ? .turnedBack : .lost(above: place.position, isHandedBack: false)
    }
    return .here(place.position)
  }

  /// Whether all of it is here again.
  private func isNamed(_ lost: [HubTimeline.Stretch]) throws -> Bool {
    try lost.allSatisfy { stretch in
      let count = try database.integer(
        HubSQL.countPlaces,
        [Value(stretch.generation), Value(stretch.after), Value(stretch.upTo)])
      return UInt64(count ?? 0) == stretch.positionCount
    }
  }

  // MARK: What was seen

  /// What the author of a changeset had seen, in this log's positions. Nil if its context is of a
  /// generation that is not known.
  func seen(_ told: ToldSeen, by dot: Dot) throws -> SeenEntries? {
    let context = CausalContext(generation: told.generation, position: told.upTo)
    guard let (shared, lost) = try timeline().meet(context, head: try log.head()) else {
      return nil
    }
    var others: [SeenEntries.Other] = []
    for stretch in lost {
      others += try database.rows(
        HubSQL.selectPlaces,
        [Value(stretch.generation), Value(stretch.after), Value(stretch.upTo)]
      ).map { SeenEntries.Other(since: $0[0].asPosition, position: $0[1].asPosition) }
    }
    for other in told.others {
      let place = CausalContext(generation: told.generation, position: other.position)
      guard let position = try position(of: place) else { continue }
      others.append(SeenEntries.Other(since: other.since, position: position))
    }
    others += try ancestors(of: dot, above: shared.position)
    return SeenEntries(upTo: shared.position, others: others)
  }

  /// The same of a changeset that its author brings. Nil too if the author must hand back first:
  /// it had seen what nobody has named here.
  func seen(
    ofPushed context: CausalContext, by dot: Dot, handedTo: GenerationID?
  ) throws -> SeenEntries? {
    switch try whereabouts(of: context, logHash: nil, handedTo: handedTo) {
    case .here, .lost(_, isHandedBack: true): break
    case .lost(_, isHandedBack: false), .turnedBack, .unknown: return nil
    }
    return try seen(ToldSeen(context), by: dot)
  }

  /// Where the entry of a place is in this log; nil if nobody has handed it back.
  func position(of place: CausalContext) throws -> LogPosition? {
    if try isHere(place) { return place.position }
    let named = try timeline().lineage.canonical(place)
    return try database.firstRow(
      HubSQL.selectPlace, [Value(named.generation), Value(named.position)])?[0].asPosition
  }

  /// Whether a place is one of this log.
  func isHere(_ place: CausalContext) throws -> Bool {
    try timeline().meet(place, head: try log.head())?.lost.isEmpty ?? false
  }

  /// The entries above a position that are before a changeset in its chain, under other names: of
  /// the chains that it continues, those that had the same changes, and those of which an earlier
  /// changeset of the chain was told.
  func ancestors(of dot: Dot, above position: LogPosition) throws -> [SeenEntries.Other] {
    var others: [SeenEntries.Other] = []
    var visited: Set<ReplicaID> = []
    var last: Dot? = Dot(replica: dot.replica, counter: max(1, dot.counter) - 1)
    while let end = last, visited.insert(end.replica).inserted {
      let parameters = [Value(end.replica), Value(counter: end.counter), Value(position)]
      // Its own chain's entries are seen by their name.
      let sql = end.replica == dot.replica ? HubSQL.selectAliasesAbove : HubSQL.selectChainAbove
      others += try database.rows(sql, parameters).map {
        SeenEntries.Other(since: .start, position: $0[0].asPosition)
      }
      let record = try self.replica(end.replica)
      // What its parent was may be lost; the changesets that knew say it to those after them.
      if record?.parentHash != nil,
        let told = try database.firstRow(HubSQL.selectLastSeenAbove, parameters)
      {
        let seen = try SeenEntries(upTo: .start, encoded: told[0].asOptionalBytes)
        others += seen.others.filter { $0.since == .start && $0.position > position }
      }
      last = record?.parent
    }
    return others
  }

  // MARK: What becomes known late

  /// Notes where an entry of this log, or the one that is about to be written, was on another
  /// timeline. Who had seen it there has seen it here.
  func add(_ place: CausalContext, of position: LogPosition) throws {
    try database.execute(
      HubSQL.insertPlace, [Value(place.generation), Value(place.position), Value(position)])
    guard database.changes == 1 else { return }
    try database.execute(
      HubSQL.deleteLoss, [Value(place.generation), Value(place.position)])
    let lineage = try timeline().lineage
    for link in lineage.links {
      let end = CausalContext(
        generation: link.generation, position: LogPosition(DeltaLimits.ordinalMax))
      guard lineage.includes(place, in: end) else { continue }
      try reviseSeen(ofContextsIn: link.generation, from: place.position)
    }
  }

  /// Says anew what the entries had seen whose contexts are of a generation, from a position on. If
  /// one had seen more than was known when it was merged, its rows are looked at again.
  func reviseSeen(ofContextsIn generation: GenerationID, from position: LogPosition) throws {
    try revise(
      try database.rows(HubSQL.selectElsewhere, [Value(generation), Value(position)]))
  }

  /// The same of the entries of the chains that continue another.
  func reviseSeen(ofChainsAfter dot: Dot, _ hash: ContentHash) throws {
    var waiting = try database.rows(HubSQL.selectChildChains, [Value(hash)]).map { $0[0].asReplica }
    guard !waiting.isEmpty else { return }
    try database.execute(
      HubSQL.linkParents, [Value(hash), Value(dot.replica), Value(counter: dot.counter)])
    for replica in waiting { try goOn(dot.replica, with: replica) }
    var visited: Set<ReplicaID> = []
    while let replica = waiting.popLast() {
      guard visited.insert(replica).inserted else { continue }
      try revise(try database.rows(HubSQL.selectOfReplica, [Value(replica)]))
      waiting += try database.rows(HubSQL.selectChildReplicas, [Value(replica)])
        .map { $0[0].asReplica }
    }
  }

  private func revise(_ entries: [[Value]]) throws {
    for row in entries {
      let position = row[0].asPosition
      let dot = Dot(replica: row[1].asReplica, counter: row[2].asCounter)
      let before = try SeenEntries(upTo: row[3].asPosition, encoded: row[4].asOptionalBytes)
      let revised: SeenEntries?
      if let generation = GenerationID(row[5].asText) {
        let reach = CausalContext(generation: generation, position: row[6].asPosition)
        revised = try seen(ToldSeen(reach: reach, encoded: row[7].asOptionalBytes), by: dot)
      } else {
        // Its context was a place of this log; only its chain may say more.
        revised = SeenEntries(
          upTo: before.upTo, others: try ancestors(of: dot, above: before.upTo))
      }
      // What another log told cannot be computed again: it is only added to.
      guard let revised = revised.map({ before.adding($0.others, upTo: $0.upTo) }),
        revised != before
      else { continue }
      try database.execute(
        HubSQL.updateSeen,
        [Value(position), Value(revised.upTo), Value(bytes: revised.othersEncoded)])
      log.forget()
      try noteRereading(rowsOf: position)
    }
  }

  /// The rows of an entry are looked at again with the next changeset, whose outcomes then tell
  /// everybody what they come to.
  private func noteRereading(rowsOf position: LogPosition) throws {
    for part in try database.rows(HubSQL.selectBlockParts, [Value(position)]) {
      let found = try log.block(position, part: Int(part[0].asInteger))
      for row in 0..<found.block.rowCount {
        let change = found.block.rowChange(row)
        try database.execute(
          HubSQL.insertReread, [Value(change.key.table), .blob(change.key.encoded)])
      }
    }
  }
}
