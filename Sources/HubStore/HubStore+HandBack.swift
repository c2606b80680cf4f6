internal import Basics
package import Clocks
internal import Deltas
internal import Storage

/// A log entry that a branch gives back to a hub that lost it.
package struct HandedChangeset: Hashable, Sendable {
  /// All names that the entry had on the timelines which the branch was on.
  package var places: [CausalContext]
  /// What the hub called it.
  package var dot: Dot
  /// The name of the branch whose it is.
  package var name: String
  /// The clock facts with which it was merged.
  package var clockOffsetMilliseconds: Int64
  package var receivedMilliseconds: Int64
  /// What its author had seen, in positions of the path of its generation. Nil stands for what the
  /// changeset's header says.
  package var seen: ToldSeen?
  package var source: ChangesetSource

  package init(
    places: [CausalContext], dot: Dot, name: String, clockOffsetMilliseconds: Int64,
    receivedMilliseconds: Int64, seen: ToldSeen? = nil, source: ChangesetSource
  ) {
    self.places = places
    self.seen = seen
    self.dot = dot
    self.name = name
    self.clockOffsetMilliseconds = clockOffsetMilliseconds
    self.receivedMilliseconds = receivedMilliseconds
    self.source = source
  }
}

/// Some of what a branch has of a timeline.
package struct HandedBatch: Hashable, Sendable {
  /// Generations that the hub may not know, parents before children.
  package var lineage: [LineageLink]
  /// The generation that named the log's new entries when the branch asked for the path: if another
  /// does by now, what was handed back before may be lost again. Nil leaves that out.
  package var path: GenerationID?
  /// The branch's place.
  package var timeline: CausalContext
  /// Each behind those that its author had seen.
  package var entries: [HandedChangeset]
  /// Whether the certificate of who hands back is not the one that the registry has.
  package var isStranger = false
  /// Whether these are the last.
  package var isLast: Bool
  /// With the last: the last changeset of each replica that the branch has applied.
  package var vector: [Dot]

  package init(
    lineage: [LineageLink], path: GenerationID? = nil, timeline: CausalContext,
    entries: [HandedChangeset], isLast: Bool,
    vector: [Dot]
  ) {
    self.lineage = lineage
    self.path = path
    self.timeline = timeline
    self.entries = entries
    self.isLast = isLast
    self.vector = vector
  }
}

/// What handing back came to.
package struct HandedBack: Hashable, Sendable {
  /// What the branch's place is called from now on.
  package var place: CausalContext
  /// How many entries below it are known to be lost.
  package var lossCount: Int
  /// Where the log has each of the entries.
  package var positions: [LogPosition]
}

/// Lost timelines: branches give back what they have of them.
extension HubStore {
  /// Takes in what a branch hands back, in one durable transaction.
  ///
  /// An entry that the log has already only gets its places. The others are merged like changesets
  /// that come now, with the clock facts that they had. After the last, positions of the timeline
  /// that nobody has given are losses, until somebody does.
  package func handBack(
    _ batch: HandedBatch, from replica: ReplicaID, wallMilliseconds: Int64
  ) throws -> HandedBack {
    do {
      let taken = try storing("take in what was handed back") {
        try database.transaction {
          try takeAll(batch, from: replica, wallMilliseconds: wallMilliseconds)
        }
      }
      removeStaged(batch.entries.map(\.source), of: replica)
      return taken
    } catch {
      forgetCaches()
      throw error
    }
  }

  private func takeAll(
    _ batch: HandedBatch, from replica: ReplicaID, wallMilliseconds: Int64
  ) throws -> HandedBack {
    try takeOver()
    records?.forget()
    // What a retired branch may not do is go on; what it has of the log's past is welcome.
    if try self.replica(replica)?.state == .revoked { throw HubStoreError.refused(.revoked) }
    if let path = batch.path, path != (try timeline().current.generation) {
      throw HubStoreError.refused(.unknownPosition)
    }
    try learn(batch.lineage)
    let known = try timeline().lineage
    guard known.knows(batch.timeline.generation) else {
      throw HubStoreError.refused(.unknownPosition)
    }
    try noteReplicas(
      [replica] + batch.entries.map(\.dot.replica) + batch.vector.map(\.replica))
    let hashes = try batch.entries.map { try contentHash(of: $0.source) }
    let renaming = try renaming(batch, hashes, by: replica)
    let place = renaming.renamed(batch.timeline)
    let shared = try timeline().meet(place, head: try log.head())?.shared.position ?? .start
    if !batch.isStranger {
      try noteHandingBack(replica, shared: shared, wallMilliseconds: wallMilliseconds)
    }
    var budget = RawBudget(
      forCompressedBytes: batch.entries.reduce(0) { $0 + $1.source.byteCount })
    let places = batch.entries.map { $0.places.map(renaming.renamed) }
    for (index, handed) in batch.entries.enumerated() {
      try noteNames(handed, hashes[index], from: replica, places: places[index])
    }
    var positions: [LogPosition] = []
    for (index, handed) in batch.entries.enumerated() {
      positions.append(
        try take(
          handed, hashes[index], from: replica, places: places[index],
          seen: handed.seen.map { told in
            // What came with a whole state may be told in positions of a path that was left.
            let isOnPath = known.includes(told.reach, in: batch.timeline)
            return ToldSeen(
              generation: isOnPath ? place.generation : renaming.renamed(told.reach).generation,
              upTo: told.upTo, others: told.others)
          },
          shared: shared, wallMilliseconds: wallMilliseconds, budget: &budget))
    }
    if batch.isLast {
      try noteLosses(
        of: place, told: replica, vector: batch.vector, wallMilliseconds: wallMilliseconds)
    }
    return HandedBack(
      place: try timeline().lineage.canonical(place), lossCount: try lossCount(below: place),
      positions: positions)
  }

  // MARK: One entry

  /// Notes the names of an entry that the log has.
  ///
  /// That of all entries is done before one is merged: it is put into the ledger with whom it
  /// meets, and one of those may turn out to be behind another.
  private func noteNames(
    _ handed: HandedChangeset, _ hash: ContentHash, from replica: ReplicaID,
    places: [CausalContext]
  ) throws {
    let position =
      try loggedChangeset(hash)?.position
      ?? position(ofOrigin: header(of: handed.source, from: replica).origin ?? hash)
    guard let position else { return }
    for place in places where try !isHere(place) { try add(place, of: position) }
  }

  private func take(
    _ handed: HandedChangeset, _ hash: ContentHash, from replica: ReplicaID,
    places: [CausalContext], seen: ToldSeen?, shared: LogPosition, wallMilliseconds: Int64,
    budget: inout RawBudget
  ) throws -> LogPosition {
    let known = try loggedChangeset(hash)
    // Not logged under this name, it may still be here under another.
    let header = known == nil ? try header(of: handed.source, from: replica) : nil
    let origin = try position(ofOrigin: header?.origin ?? hash)
    let pruned = known == nil && origin == nil ? try prunedPosition(hash, of: places) : nil
    let position = try pruned ?? known?.position ?? origin ?? log.head().next
    // Names that were let go of with the entry are not losses.
    for place in places where try !isHere(place) { try add(place, of: position) }
    guard pruned == nil, let header else { return position }
    let dot = try hubName(
      of: header, name: handed.name, told: handed.dot, shared: shared,
      wallMilliseconds: wallMilliseconds)
    let acceptor = ChangesetAcceptor(
      store: self, from: .other(dot, seen: seen), claiming: hash,
      clockOffsetMilliseconds: handed.clockOffsetMilliseconds,
      receivedMilliseconds: handed.receivedMilliseconds, budget: budget)
    defer { budget = acceptor.budget }
    try read(handed.source, of: replica) { try acceptor.take($0) }
    return try acceptor.finish().position
  }

  /// The position of an entry that was let go of: by its hash, which is kept of the last of each
  /// chain, or by a name that it had; nil if it has none of those. Who got it from another timeline
  /// only may not know a name that it had here.
  private func prunedPosition(
    _ hash: ContentHash, of places: [CausalContext]
  ) throws -> LogPosition? {
    if let last = try database.firstRow(HubSQL.selectVectorBaseByHash, [Value(hash)]) {
      return last[0].asPosition
    }
    let end = try pruned().log
    // A name that means two entries says nothing.
    guard end > .start, try database.integer(HubSQL.isAmbiguous) != 1 else { return nil }
    for place in places {
      if let position = try position(of: place), position <= end { return position }
    }
    return nil
  }
}
