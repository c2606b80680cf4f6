internal import Clocks
internal import Deltas

/// Bounds of one sync.
enum ModelSyncLimits {
  static let relocationsMax = 3
  static let adoptionsMax = 2
  static let exchangesMax = 60
}

extension ModelBranch {
  var isSyncing: Bool {
    if case .idle = session.stage { return false }
    return true
  }

  /// Begins a sync. Returns marks that were replaced before they were sealed.
  mutating func start(table: ModelTable, mutant: Mutant) -> [Int] {
    session = ModelSession()
    isRetiredHere = false
    let replaced = seal(table: table, mutant: mutant)
    session.stage = .exchange
    session.sealedAtStart = sealed.counter
    return replaced
  }

  /// What this branch sends next, and who it says it is.
  func request(
    wallMilliseconds: Int64, freshKey: Int, mutant: Mutant
  ) -> (ModelRequest, ReplicaID, Int)? {
    switch session.stage {
    case .idle: return nil
    case .exchange:
      let resume = staged.flatMap { $0.name.place == place ? $0.name.to : nil }
      return (
        .exchange(
          ModelExchange(
            place: place, logHash: logHash, floor: floor(mutant: mutant), sealed: sealed,
            changesets: Array(outbox.prefix(limits.changesetsPerExchangeMax)),
            wallMilliseconds: wallMilliseconds, noticed: noticed,
            handedTo: handedTo, wantsAll: wantsAll, resumeTo: resume)), replica, key
      )
    case .download:
      guard let staged else { return (.place(place, logHash: logHash), replica, key) }
      return (
        .download(ModelDownload(name: staged.name, offset: staged.entries.count)), replica, key
      )
    case .place: return (.place(place, logHash: logHash), replica, key)
    case .handBack(let path, let left):
      return (.handBack(handBack(path, left, mutant: mutant)), replica, key)
    case .fork: return (.fork(name: name), replica, key)
    case .enrol(let secret, _): return (.enrol(secret: secret, key: freshKey), replica, key)
    case .adopt(let new, _, let newKey):
      return (
        .adopt(
          ModelAdoption(previous: replica, confirmed: confirmed)), new, newKey
      )
    case .compare: return (.compare, replica, key)
    }
  }

  /// What must be handed back, in order: taken once, for places become known on the way.
  private func handBackList(_ path: ModelPath, mutant: Mutant) -> [ModelHash] {
    let fork = lineage.common(place, path.head)?.position ?? .start
    // Of two headers of the same changes the one with more names tells what the others had seen.
    var many: [(LogPosition, ModelTailEntry)] = []
    var once: [(LogPosition, ModelTailEntry)] = []
    // The whole state came instead of the log that has them.
    var unplaced: [(LogPosition, ModelTailEntry)] = []
    for entry in tail {
      guard let position = position(of: entry) else {
        if mutant == .handBackOfPathOnly { continue }
        if entry.places.count > 1 {
          many.append((.start, entry))
        } else {
          unplaced.append((.start, entry))
        }
        continue
      }
      // A hub that has the entry need not have heard of all its names.
      if entry.places.count > 1, mutant != .namesBelowForkKept {
        many.append((position, entry))
      } else if position > fork || path.isAmbiguous {
        once.append((position, entry))
      }
    }
    var entries = [many, once, unplaced].flatMap { part in
      part.sorted { ($0.0, $0.1.places[0].position) < ($1.0, $1.1.places[0].position) }
    }
    if mutant == .handBackFromHead { entries.removeAll { $0.0 <= path.head.position } }
    if mutant == .handBackBackwards { return entries.reversed().map(\.1.changeset.hash) }
    return inOrder(entries.map(\.1))
  }

  /// Each entry behind what its author had seen: that may lie above it on the path, if a hub had it
  /// back later, and under another name.
  private func inOrder(_ entries: [ModelTailEntry]) -> [ModelHash] {
    var begun: Set<ModelHash> = []
    var result: [ModelHash] = []
    func visit(_ entry: ModelTailEntry) {
      guard begun.insert(entry.changeset.hash).inserted else { return }
      for other in entries where isSeen(other, by: entry) { visit(other) }
      result.append(entry.changeset.hash)
    }
    for entry in entries { visit(entry) }
    return result
  }

  private func isSeen(_ other: ModelTailEntry, by entry: ModelTailEntry) -> Bool {
    entry.changeset.previous == other.changeset.hash
      || other.places.contains { lineage.includes($0, in: entry.changeset.context) }
  }

  private func handBack(_ path: ModelPath, _ left: [ModelHash], mutant: Mutant) -> ModelHandBack {
    let part = left.prefix(limits.entriesHandedMax)
    let steps = lineage.path(to: place.generation)
    let links = steps.indices.map {
      LineageLink(
        generation: steps[$0].generation, parent: $0 == 0 ? nil : steps[$0 - 1].generation,
        fork: steps[$0].fork)
    }
    return ModelHandBack(
      toward: path.head.generation, logHash: logHash,
      links: mutant == .pathLinksOnly ? links : lineage.links,
      place: place, fork: lineage.common(place, path.head)?.position ?? .start,
      entries: part.compactMap { hash in tail.first { $0.changeset.hash == hash } }.map { entry in
        ModelHanded(
          places: entry.places, dot: entry.dot, name: entry.name,
          clockOffsetMilliseconds: entry.clockOffsetMilliseconds,
          receivedMilliseconds: entry.receivedMilliseconds, changeset: entry.changeset,
          seenBy: entry.seenBy, prefix: entry.prefix, also: entry.also)
      },
      isLast: part.count == left.count || mutant == .handBackOnePart, isAmbiguous: path.isAmbiguous)
  }

  /// Takes the answer to the last request. Comparing is the world's.
  mutating func receive(
    _ answer: ModelAnswer, freshKey: Int, table: ModelTable, unbackedMax: Int, mutant: Mutant
  ) -> ModelApplied {
    switch (session.stage, answer) {
    case (.exchange, .exchanged(let response)):
      guard response.place == place else { return fail("it answers another place") }
      session.response = response
      return stage(response, table: table, unbackedMax: unbackedMax, mutant: mutant)
    case (.download, .downloaded(let offset, let entries)):
      guard let response = session.response else { return fail("nothing is being fetched") }
      if offset == staged?.entries.count { staged?.entries += entries }
      return applyStaged(response, table: table, unbackedMax: unbackedMax, mutant: mutant)
    case (.place, .path(let path)):
      for link in path.links { _ = lineage.add(link) }
      guard lineage.common(place, path.head) != nil else { return fail("another hub") }
      session.stage = .handBack(path, left: handBackList(path, mutant: mutant))
    case (
      .handBack(let path, let left),
      .handedBack(let place, let positions, let lossCount, let renaming)
    ):
      let sent = handBack(path, left, mutant: mutant)
      if let renaming { rename(renaming) }
      if mutant != .handedPlacesNotTold { learn(sent, place, positions) }
      guard sent.isLast else {
        session.stage = .handBack(path, left: Array(left.dropFirst(limits.entriesHandedMax)))
        return ModelApplied()
      }
      if mutant != .noCompareAfterLoss, lossCount > 0 { compares = true }
      handedTo = mutant == .handBackToOldPath ? place.generation : path.head.generation
      session.stage = .exchange
    case (.fork, .forkOffer(let secret, let name)):
      session.stage = .enrol(secret: secret, name: name)
    case (.enrol, .enrolled(let new, let name)):
      session.stage = .adopt(new, name: name, key: freshKey)
    case (.adopt(let new, let name, let newKey), .adopted(let parent)):
      let replaced = adopt(
        new, name: name, key: newKey, parent: parent, table: table, mutant: mutant)
      session.stage = .exchange
      return ModelApplied(replaced: replaced)
    case (_, .refused(let refusal)):
      return refused(refusal)
    default:
      return fail("an answer to something else")
    }
    return ModelApplied()
  }

  /// A stretch of this branch's timeline has another name from now on; what was sealed there too.
  private mutating func rename(_ renaming: ModelRenaming) {
    _ = lineage.add(
      LineageLink(
        generation: renaming.new, parent: renaming.generation, fork: renaming.above))
    place = lineage.renamed(place, renaming)
    staged = nil
    for index in tail.indices {
      tail[index].places = tail[index].places.map { lineage.renamed($0, renaming) }
      tail[index].seenBy = lineage.renamed(tail[index].seenBy, renaming)
    }
    let kept = outbox
    outbox = []
    guard let first = kept.first else { return }
    var head = ModelHead(counter: first.dot.counter - 1, hash: first.previous)
    for changeset in kept {
      let changeset = changeset.rechained(
        dot: Dot(replica: replica, counter: head.counter + 1), previous: head.hash,
        context: lineage.renamed(changeset.context, renaming))
      outbox.append(changeset)
      head = ModelHead(counter: head.counter + 1, hash: changeset.hash)
    }
    sealed = head
  }

  private mutating func learn(
    _ sent: ModelHandBack, _ place: CausalContext, _ positions: [LogPosition]
  ) {
    for (handed, position) in zip(sent.entries, positions) where position > .start {
      let name = lineage.canonical(
        CausalContext(generation: place.generation, position: position))
      guard
        let index = tail.firstIndex(where: { $0.changeset.hash == handed.changeset.hash }),
        !tail[index].places.contains(name)
      else { continue }
      tail[index].places.append(name)
    }
  }

  mutating func fail(_ why: String) -> ModelApplied {
    session.stage = .idle
    session.failure = why
    return ModelApplied(failure: why)
  }

  private mutating func refused(_ refusal: ModelRefusal) -> ModelApplied {
    switch (session.stage, refusal) {
    case (.exchange, .unknownPosition)
    where session.relocationCount < ModelSyncLimits.relocationsMax:
      session.relocationCount += 1
      session.stage = .place
    case (.exchange, .chainBroken) where session.adoptionCount < ModelSyncLimits.adoptionsMax:
      session.adoptionCount += 1
      session.stage = .fork
    case (.handBack, .unknownPosition)
    where session.relocationCount < ModelSyncLimits.relocationsMax:
      session.relocationCount += 1
      session.stage = .place
    case (.download, _):
      staged = nil
      session.stage = .exchange
    case (_, .retired):
      isRetiredHere = true
      return fail("retired")
    default:
      return fail("refused: \(refusal)")
    }
    return ModelApplied()
  }

  private mutating func stage(
    _ response: ModelExchanged, table: ModelTable, unbackedMax: Int, mutant: Mutant
  ) -> ModelApplied {
    let name = ModelDeltaName(
      place: response.place, to: response.to, isForAnyone: response.isForAnyone,
      logHash: response.logHash)
    let isSame = staged?.name == name
    if !isSame || staged?.entries.count ?? 0 < response.entries.count {
      staged = ModelStaged(name: name, entries: response.entries)
    }
    return applyStaged(response, table: table, unbackedMax: unbackedMax, mutant: mutant)
  }

  private mutating func applyStaged(
    _ response: ModelExchanged, table: ModelTable, unbackedMax: Int, mutant: Mutant
  ) -> ModelApplied {
    let entries = staged?.entries ?? []
    guard entries.count >= response.entryCount else {
      session.stage = .download
      return ModelApplied()
    }
    staged = nil
    session.response = nil
    let applied = apply(
      response, entries: Array(entries.prefix(response.entryCount)), table: table, mutant: mutant)
    if let failure = applied.failure {
      if applied.lacksOwn, !mutant.neverAsksAnew {
        // Asked once more, for everything.
        wantsAll = true
        session.stage = .exchange
      } else {
        _ = fail(failure)
      }
      return applied
    }
    wantsAll = false
    dropTail(unbackedMax: unbackedMax, mutant: mutant)
    session.exchangeCount += 1
    if session.exchangeCount > ModelSyncLimits.exchangesMax { return fail("no end") }
    if !outbox.isEmpty || !response.isHead {
      session.stage = .exchange
    } else {
      session.stage = compares == nil ? .idle : .compare
    }
    return applied
  }

  /// Goes on under an identity of its own.
  private mutating func adopt(
    _ new: ReplicaID, name newName: String, key newKey: Int, parent: ModelHash,
    table: ModelTable, mutant: Mutant
  ) -> [Int] {
    if mutant == .adoptDropsJournal { journal = [] }
    let replaced = seal(table: table, mutant: mutant)
    let left = mutant == .adoptDropsAll ? [] : outbox
    if mutant == .adoptKeepsIdentity { return replaced }
    var head = ModelHead(counter: 0, hash: parent)
    if mutant != .noNotice {
      notices.append(ModelNotice(number: 0, text: "this is a copy and goes on as \(newName)"))
    }
    replica = new
    name = newName
    key = newKey
    confirmed = head
    outbox = []
    let wasKnown = known
    known = []
    for old in left {
      let changeset = old.rechained(
        dot: Dot(replica: new, counter: head.counter + 1), previous: head.hash,
        keepsOrigin: mutant != .rechainedWithoutOrigin)
      outbox.append(changeset)
      if wasKnown.contains(old.hash) { known.insert(changeset.hash) }
      head = ModelHead(counter: head.counter + 1, hash: changeset.hash)
    }
    sealed = head
    staged = nil
    return replaced
  }
}
