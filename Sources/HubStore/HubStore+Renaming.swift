internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// One generation, two histories: memory and disk were turned back under the hub, and it went on
/// without opening a generation.
extension HubStore {
  /// How a branch's places are to be called, should the log have other entries there under the
  /// same names.
  struct Renaming {
    fileprivate var generation: GenerationID?
    /// The last position that both histories have.
    fileprivate var fork = LogPosition.start
    /// What the branch's stretch above is called.
    fileprivate var derived: GenerationID?

    func renamed(_ place: CausalContext) -> CausalContext {
      guard let derived, place.generation == generation, place.position > fork else {
        return place
      }
      return CausalContext(generation: derived, position: place.position)
    }
  }

  /// What the batches of a tail have shown so far.
  private struct TailComparison {
    /// The last place under which both logs are known to have the same entry.
    var equalTo = LogPosition.start
    /// The first place under which they have not, and what the branch has there.
    var first: (place: CausalContext, name: [UInt8])?

    mutating func note(_ place: CausalContext, _ facts: EntryFacts) {
      if let first, first.place.position <= place.position { return }
      first = (place, facts.encoded)
    }
  }

  /// The name that a branch's stretch gets follows from what is in it, so that all branches which
  /// have it come to the same.
  func renaming(
    _ batch: HandedBatch, _ hashes: [ContentHash], by replica: ReplicaID
  ) throws -> Renaming {
    let parameters = [
      Value(replica), Value(batch.timeline.generation), Value(batch.timeline.position),
    ]
    var comparison = TailComparison()
    if let row = try database.firstRow(HubSQL.selectRenaming, parameters) {
      comparison.equalTo = row[0].asPosition
      if let derived = GenerationID(row[1].asText),
        let link = try timeline().lineage.links.first(where: { $0.generation == derived })
      {
        return Renaming(generation: link.parent, fork: link.fork, derived: derived)
      }
    }
    for (handed, hash) in zip(batch.entries, hashes) {
      try compare(handed, hash, from: replica, &comparison)
    }
    if comparison.first == nil, batch.isLast, try isUnshown(batch.timeline, comparison, replica) {
      // What differs is not in the tail.
      let timeline = try timeline().lineage.canonical(batch.timeline)
      var writer = ByteWriter()
      writer.writeVarint(UInt64(replica.rawValue))
      writer.writeVarint(timeline.position.rawValue)
      comparison.first = (timeline, writer.bytes)
    }
    guard let (place, name) = comparison.first else {
      if comparison.equalTo > .start, try database.integer(HubSQL.isAmbiguous) == 1 {
        try database.execute(
          HubSQL.insertRenaming, parameters + [Value(comparison.equalTo), .null])
      }
      return Renaming()
    }
    let fork = try lastShared(below: place, equalTo: comparison.equalTo, with: batch, by: replica)
    let digest = ContentHash(of: place.generation.bytes + name)
    guard let derived = GenerationID(bytes: Array(digest.bytes.prefix(16))) else {
      return Renaming()
    }
    try learn([LineageLink(generation: derived, parent: place.generation, fork: fork)])
    try database.execute(
      HubSQL.insertRenaming, parameters + [Value(comparison.equalTo), Value(derived)])
    return Renaming(generation: place.generation, fork: fork, derived: derived)
  }

  private func compare(
    _ handed: HandedChangeset, _ hash: ContentHash, from replica: ReplicaID,
    _ comparison: inout TailComparison
  ) throws {
    let facts = EntryFacts(
      contentHash: hash, clockOffsetMilliseconds: handed.clockOffsetMilliseconds,
      receivedMilliseconds: handed.receivedMilliseconds)
    for place in handed.places {
      let named = try timeline().lineage.canonical(place)
      let isAmbiguous = try isAmbiguous(named.generation)
      if try isHere(place) {
        guard let logged = try loggedFacts(at: place) else { continue }
        let hasSameChanges =
          try logged.contentHash == hash
          || hasSameChanges(handed.source, hash, as: place.position, from: replica)
        // Under a name that means one thing, other clock facts are of another place of the entry.
        if hasSameChanges, !isAmbiguous || facts.hasSameClock(as: logged) {
          comparison.equalTo = max(comparison.equalTo, place.position)
        } else {
          comparison.note(named, facts)
        }
      } else if isAmbiguous {
        comparison.note(named, facts)
      }
    }
  }

  /// Up to where a stretch that goes on with another entry is the log's own: to right below that
  /// entry if both have the same there. A tail may begin above the fork; then it is only what the
  /// branch had told this very log to have, or where the generation began.
  private func lastShared(
    below place: CausalContext, equalTo: LogPosition, with batch: HandedBatch,
    by replica: ReplicaID
  ) throws -> LogPosition {
    let below = LogPosition(place.position.rawValue - 1)
    if equalTo >= below { return below }
    let told = try batch.isStranger ? nil : self.replica(replica)?.acknowledgedPosition
    let start = try timeline().lineage.path(to: place.generation).last?.fork ?? .start
    return max(start, min(told ?? .start, below))
  }

  /// Whether nothing shows that a place of a generation with two histories is the log's own.
  private func isUnshown(
    _ timeline: CausalContext, _ comparison: TailComparison, _ replica: ReplicaID
  ) throws -> Bool {
    let place = try self.timeline().lineage.canonical(timeline)
    guard try isAmbiguous(place.generation), comparison.equalTo < place.position else {
      return false
    }
    let told = try self.replica(replica)?.acknowledgedPosition ?? .start
    return try !isHere(place) || told < place.position
  }

  private func isAmbiguous(_ generation: GenerationID) throws -> Bool {
    try database.integer(HubSQL.isGenerationAmbiguous, [Value(generation)]) == 1
  }

  /// Whether a changeset is the entry at a position under another name.
  private func hasSameChanges(
    _ source: ChangesetSource, _ hash: ContentHash, as position: LogPosition,
    from replica: ReplicaID
  ) throws -> Bool {
    if let known = try loggedChangeset(hash) { return known.position == position }
    let origin = try header(of: source, from: replica).origin ?? hash
    return try self.position(ofOrigin: origin) == position
  }

  /// What the entry says that this log has under a name; nil if it has none.
  private func loggedFacts(at place: CausalContext) throws -> EntryFacts? {
    guard place.position > .start, try isHere(place) else { return nil }
    return try log.facts(place.position)
  }
}
