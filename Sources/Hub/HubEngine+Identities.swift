internal import Basics
internal import Clocks
internal import Deltas
internal import HubStore
internal import Sessions

/// Lost timelines, and databases that began as one.
extension HubEngine {
  func handBack(
    _ request: HandBackRequest, from replica: ReplicaID, isStranger: Bool, wallMilliseconds: Int64
  ) throws -> HubResponse {
    guard request.entries.count <= SessionLimits.handedEntriesMax else {
      throw HubStoreError.refused(
        .tooLarge(what: "the number of entries", limit: SessionLimits.handedEntriesMax))
    }
    let entries = try request.entries.map { entry in
      HandedChangeset(
        places: entry.places, dot: entry.dot, name: entry.name,
        clockOffsetMilliseconds: entry.clockOffsetMilliseconds,
        receivedMilliseconds: entry.receivedMilliseconds,
        seen: ToldSeen(
          generation: entry.seen.generation, upTo: entry.seen.position, others: entry.seenAlso),
        source: try source(entry.source))
    }
    var batch = HandedBatch(
      lineage: request.lineage, path: request.path, timeline: request.timeline, entries: entries,
      isLast: request.isLast, vector: request.vector)
    batch.isStranger = isStranger
    let taken = try store.handBack(batch, from: replica, wallMilliseconds: wallMilliseconds)
    return .handedBack(
      HandBackResponse(
        place: taken.place, positions: taken.positions, lossCount: UInt64(taken.lossCount)))
  }

  private func source(_ source: HandedEntry.Source) throws -> ChangesetSource {
    switch source {
    case .inline(let bytes): return .inline(bytes)
    case .uploaded(let changeset):
      try check(changeset)
      return self.source(changeset)
    }
  }

  func fork(_ name: String, replica: ReplicaID, wallMilliseconds: Int64) throws -> ForkOffer {
    let offer = try store.offerIdentity(
      to: replica, named: name, random: random, wallMilliseconds: wallMilliseconds)
    return ForkOffer(secret: offer.secret, name: offer.name)
  }

  func adopt(
    _ request: AdoptRequest, replica: ReplicaID, wallMilliseconds: Int64
  ) throws -> HubResponse {
    let confirmed = ChainPoint(
      counter: request.confirmed.counter, contentHash: request.confirmed.hash)
    return .adopted(
      parentHash: try store.adopt(
        replica, after: request.previous, confirmed: confirmed,
        wallMilliseconds: wallMilliseconds))
  }
}
