package import Basics
package import Clocks
internal import Deltas
internal import Storage

/// Generations of the hub's log, and where the branch stands among them.
extension BranchStore {
  /// The generations that the branch has heard of.
  package func lineage() throws -> Lineage {
    try performing {
      var links = [LineageLink(generation: identity.generation, parent: nil, fork: .start)]
      for row in try database.rows(BranchSQL.selectGenerations) {
        guard let generation = row[0].generation, case .integer(let fork) = row[2] else {
          throw BranchStoreError.damaged("a generation of the hub's log has an impossible name")
        }
        guard let parent = row[1].generation else { continue }
        links.append(
          LineageLink(
            generation: generation, parent: parent,
            fork: LogPosition(UInt64(bitPattern: fork))))
      }
      return Lineage(links: links)
    }
  }

  /// Takes note of the hub's path, the root first, and returns the last place that it shares with
  /// the branch's own. Nil if the hub is another one.
  package func learn(path: [GenerationStep], head: LogPosition) throws -> CausalContext? {
    try performing {
      try database.transaction {
        guard path.first?.generation == identity.generation, let last = path.last else {
          return nil
        }
        var lineage = try lineage()
        var links: [LineageLink] = []
        for (parent, step) in zip(path, path.dropFirst()) {
          links.append(
            LineageLink(
              generation: step.generation, parent: parent.generation, fork: step.fork))
        }
        guard try learn(links, in: &lineage) else {
          throw BranchStoreError.answerDoesNotFit("its history is not the one it had before")
        }
        let place = try placed(BranchState(database).place, in: lineage)
        return lineage.common(
          place, CausalContext(generation: last.generation, position: head))
      }
    }
  }

  /// A place that the lineage knows: until the fork of a name that the hub found is told, its
  /// parent's stands for it.
  func placed(_ place: CausalContext, in lineage: Lineage) throws -> CausalContext {
    guard !lineage.knows(place.generation) else { return place }
    let row = try database.firstRow(
      BranchSQL.selectUnplacedParent, [.text(place.generation.description)])
    guard let parent = row?.first?.generation else { return place }
    return CausalContext(generation: parent, position: place.position)
  }

  /// Adds links, parents first. False if one contradicts what is known; the caller undoes all.
  func learn(_ links: [LineageLink], in lineage: inout Lineage) throws -> Bool {
    for link in links {
      let isKnown = lineage.knows(link.generation)
      guard lineage.add(link) else { return false }
      if !isKnown { try remember(link) }
    }
    return true
  }

  func remember(_ link: LineageLink) throws {
    try database.execute(
      BranchSQL.insertGeneration,
      [
        .text(link.generation.description), link.parent.map { .text($0.description) } ?? .null,
        .integer(Int64(link.fork.rawValue)),
      ])
  }

  /// The least position that the branch still refers to: in its outbox, in rows that wait, or where
  /// it stands.
  package func floor() throws -> LogPosition {
    try performing {
      let position = try BranchState(database).position
      guard let least = try database.integer(BranchSQL.selectFloor) else { return position }
      return min(position, LogPosition(UInt64(bitPattern: least)))
    }
  }

  /// What the branch tells of itself with each exchange.
  package func standing() throws -> BranchStanding {
    try performing {
      let state = try BranchState(database)
      return BranchStanding(
        place: state.place, logHash: state.logHash, floor: try floor(),
        sealedCounter: state.nextCounter - 1,
        sealedHash: state.nextCounter == 1 ? .zero : state.headHash, noticed: state.noticed,
        handedTo: state.handedTo, wantsAll: state.wantsAll)
    }
  }

  /// Notes that all was handed back to the hub in a generation of its log, which calls the branch's
  /// place so from now on.
  ///
  /// Where one name stood for two stretches of the log, that is another name. What is in the outbox
  /// refers to the stretch by its new name then; its hashes change with it.
  package func noteHandedBack(to generation: GenerationID, place: CausalContext) throws {
    try performing {
      try database.transaction {
        var state = try BranchState(database)
        state.handedTo = generation
        if place != state.place { try rename(place, &state) }
        try state.save(to: database)
      }
    }
  }

  private func rename(_ place: CausalContext, _ state: inout BranchState) throws {
    guard place.position == state.position else {
      throw BranchStoreError.answerDoesNotFit("it names another position than the branch's")
    }
    let old = state.place.generation
    // Where the two part is told with the next delta.
    try database.execute(
      BranchSQL.insertGeneration,
      [.text(place.generation.description), .text(old.description), .null])
    let first = try outbox().first?.counter ?? state.nextCounter
    try rechain(&state, from: first, previous: nil) { header in
      guard header.context.generation == old else { return }
      header.context = CausalContext(
        generation: place.generation, position: header.context.position)
    }
    state.place = place
    state.logHash = nil
  }

  /// Notes that the log has a changeset of this chain that the database has not: the next exchange
  /// asks for everything. Returns false if it did already.
  package func noteOwnEntryMissing() throws -> Bool {
    try performing {
      try database.transaction {
        var state = try BranchState(database)
        guard !state.wantsAll else { return false }
        state.wantsAll = true
        try state.save(to: database)
        return true
      }
    }
  }
}

/// Where a branch stands, and what it has sealed.
package struct BranchStanding: Hashable, Sendable {
  package var place: CausalContext
  package var logHash: ContentHash?
  /// The least position that the branch still refers to.
  package var floor: LogPosition
  /// The last changeset of its chain that this database has sealed; 0 and zero if there is none.
  package var sealedCounter: UInt64
  package var sealedHash: ContentHash
  package var noticed: UInt64
  /// The hub's generation to which this database has handed back all that it had.
  package var handedTo: GenerationID?
  /// Whether deltas must have the blocks of its own changesets too.
  package var wantsAll: Bool
}

extension Value {
  var generation: GenerationID? {
    guard case .text(let bytes) = self else { return nil }
    return GenerationID(String(decoding: bytes, as: UTF8.self))
  }
}
