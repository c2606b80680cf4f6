internal import Clocks
internal import Deltas

extension ModelHub {
  /// Takes back a part of a tail.
  mutating func take(
    _ request: ModelHandBack, from replica: ReplicaID?, wallMilliseconds: Int64, _ mutant: Mutant
  ) -> ModelAnswer {
    guard request.toward == generation || mutant == .handBackToOldPath else {
      return .refused(.unknownPosition)
    }
    note([replica].compactMap(\.self) + request.entries.map(\.dot.replica), mutant)
    if request.links.contains(where: { !lineage.knows($0.generation) }) { forgetFloors(mutant) }
    for link in request.links { _ = lineage.add(link) }
    guard lineage.common(request.place, headPlace) != nil else { return .refused(.anotherHub) }
    let renaming = request.isAmbiguous ? renaming(for: request, from: replica, mutant) : nil
    let place = renamed(request.place, renaming)
    if let replica, mutant != .oldFloorsCount, let common = lineage.common(place, headPlace) {
      let floor = registry[replica]?.floor ?? common.position
      registry[replica]?.floor = min(floor, common.position)
      registry[replica]?.isFloorTold = false
      registry[replica]?.lastHeard = wallMilliseconds
    }
    let entries = request.entries.map { renamed($0, renaming) }
    if mutant != .namesInTurn { noteNames(entries, mutant) }
    for handed in entries { take(handed, mutant) }
    noteLatePlaces(mutant: mutant)
    let positions = request.entries.map { byHash[$0.changeset.hash] ?? .start }
    if request.isLast { sendLateChanges(mutant) }
    guard request.isLast else {
      return .handedBack(
        place: headPlace, positions: positions, lossCount: 0, renaming: renaming)
    }
    let common = lineage.common(place, headPlace)?.position ?? .start
    let unnamed = unnamed(on: place, above: common)
    let lossCount = unnamed.count
    if mutant != .lossesSilent { losses.formUnion(unnamed) }
    return .handedBack(
      place: headPlace, positions: positions, lossCount: lossCount, renaming: renaming)
  }

  // MARK: Generations that named two histories

  /// Finds the first entry that is another here under the same name, and names its stretch anew.
  private mutating func renaming(
    for request: ModelHandBack, from replica: ReplicaID?, _ mutant: Mutant
  ) -> ModelRenaming? {
    let key = mixed(request.logHash, request.place.position.rawValue)
    var first: (place: CausalContext, hash: ModelHash)?
    for handed in request.entries {
      let hash = ModelLogEntry.hash(
        handed.changeset.hash, offset: handed.clockOffsetMilliseconds,
        received: handed.receivedMilliseconds)
      for place in handed.places {
        let place = lineage.canonical(place)
        if lineage.includes(place, in: headPlace) {
          if isSame(entry(place.position), as: handed, by: place, mutant) {
            handedEqual[key, default: []].insert(place)
            continue
          }
        } else if !ambiguous.contains(place.generation) || mutant == .ambiguityOnce {
          continue
        }
        if first.map({ place.position < $0.place.position }) ?? true {
          first = (place, hash)
        }
      }
    }
    let isNamed = lineage.includes(request.place, in: headPlace)
    let generation = lineage.canonical(request.place).generation
    if first == nil, request.isLast, isNamed || ambiguous.contains(generation) {
      // What differs is not in the tail.
      first = (lineage.canonical(request.place), request.logHash)
    }
    guard let first else { return nil }
    let old = first.place.generation
    // Only what is known to be the same right below it is shared: the tail may begin above.
    var fork = LogPosition(first.place.position.rawValue - 1)
    let below = CausalContext(generation: old, position: fork)
    let told = replica.flatMap { registry[$0]?.acknowledged } ?? .start
    let start = max(lineage.path(to: old).last?.fork ?? .start, min(told, fork))
    if fork > start, handedEqual[key]?.contains(below) != true, mutant != .sharedBelowTail {
      fork = start
    }
    let new = GenerationID(high: old.low, low: mixed(old.low, first.hash) | 1 << 63)
    _ = lineage.add(LineageLink(generation: new, parent: old, fork: fork))
    return ModelRenaming(generation: old, above: fork, new: new)
  }

  /// Whether the log has the same changes under a name, with the same clock facts: a hub that was
  /// turned back may log what is sent twice with others.
  private func isSame(
    _ entry: ModelLogEntry, as handed: ModelHanded, by name: CausalContext, _ mutant: Mutant
  ) -> Bool {
    let (here, there) = (entry.changeset, handed.changeset)
    guard here.hash == there.hash || here.origin == there.origin else { return false }
    // Under a name that means one thing, other clock facts are of another place of the entry.
    guard ambiguous.contains(name.generation), mutant != .logHashOfContents else {
      return true
    }
    return entry.clockOffsetMilliseconds == handed.clockOffsetMilliseconds
      && entry.receivedMilliseconds == handed.receivedMilliseconds
  }

  private func renamed(_ place: CausalContext, _ renaming: ModelRenaming?) -> CausalContext {
    lineage.renamed(place, renaming)
  }

  private func renamed(_ handed: ModelHanded, _ renaming: ModelRenaming?) -> ModelHanded {
    var result = handed
    result.places = handed.places.map { renamed($0, renaming) }
    result.seenBy = renamed(handed.seenBy, renaming)
    return result
  }

  /// An entry of a stretch that was named anew has contexts of that stretch.
  private func context(of handed: ModelHanded) -> CausalContext {
    let context = lineage.canonical(handed.changeset.context)
    for place in handed.places {
      let steps = lineage.path(to: place.generation)
      for index in steps.indices.dropFirst()
      where steps[index].generation.low >> 63 == 1
        && steps[index - 1].generation == context.generation
        && context.position > steps[index].fork && place.position > context.position
      {
        return CausalContext(generation: steps[index].generation, position: context.position)
      }
    }
    return context
  }

  /// The positions of a lost timeline that this log does not have.
  func unnamed(on place: CausalContext, above fork: LogPosition) -> [CausalContext] {
    guard fork < place.position else { return [] }
    return (fork.rawValue + 1...place.position.rawValue).map {
      lineage.canonical(CausalContext(generation: place.generation, position: LogPosition($0)))
    }.filter { places[$0] == nil }
  }

  /// An entry of the hub's own for rows that late facts changed when no entry carries them.
  mutating func sendLateChanges(_ mutant: Mutant) {
    guard !changedLate.isEmpty, mutant != .lateChangesSilent else { return }
    let changeset = ModelChangeset(
      dot: Dot(replica: .hub, counter: UInt64(log.count + 1)), previous: logHash,
      context: headPlace, changes: [])
    append(
      changeset, dot: changeset.dot, name: "hub", offset: 0,
      received: log.last?.receivedMilliseconds ?? 0, seen: ModelSeen(prefix: head), isHanded: true,
      mutant: mutant)
  }

  /// What is here goes by all its names before anything is merged: they may be behind what else is
  /// new, and that is put into the ledger with whom it meets.
  private mutating func noteNames(_ entries: [ModelHanded], _ mutant: Mutant) {
    var isNews = false
    for handed in entries {
      guard let position = position(of: handed) else { continue }
      isNews = noteNames(handed, of: position) || isNews
    }
    if isNews { noteLatePlaces(mutant: mutant) }
  }

  /// Whether one is new.
  private mutating func noteNames(_ handed: ModelHanded, of position: LogPosition) -> Bool {
    var isNews = false
    for place in handed.places {
      let name = lineage.canonical(place)
      guard !lineage.includes(name, in: headPlace) else { continue }
      isNews = isNews || places[name] == nil
      places[name] = position
      losses.remove(name)
    }
    return isNews
  }

  private func position(of handed: ModelHanded) -> LogPosition? {
    byHash[handed.changeset.hash] ?? byHash[handed.changeset.origin]
  }

  private mutating func take(_ handed: ModelHanded, _ mutant: Mutant) {
    let hash = handed.changeset.hash
    let known = position(of: handed)
    let position = known ?? head.next
    let isNews = noteNames(handed, of: position)
    if isNews, mutant != .placesAfterMerge { noteLatePlaces(mutant: mutant) }
    if known != nil {
      // The same rows, sealed once and sent under two headers by two copies.
      let author = handed.changeset.dot.replica
      if byHash[hash] == nil, isSame(author, as: handed.name, mutant) {
        _ = continues(handed.changeset, author, mutant)
        alias(handed.changeset, at: position, mutant)
      } else if byHash[hash] == nil {
        byHash[hash] = position
        link(to: handed.changeset, mutant)
      }
    } else if let chain = chain(for: handed, mutant) {
      append(handed, to: chain, mutant)
    }
  }

  private mutating func append(_ handed: ModelHanded, to chain: ReplicaID, _ mutant: Mutant) {
    let counter = (registry[chain]?.chain.counter ?? 0) + 1
    let context = mutant == .ambiguousContexts ? handed.changeset.context : context(of: handed)
    var seen = seen(
      of: handed.changeset, context: context,
      author: Dot(replica: chain, counter: counter), mutant: mutant)
    if mutant != .seenNotTold { add(told: handed, to: &seen) }
    let isAnew = mutant == .clockFactsAnew
    append(
      handed.changeset, dot: Dot(replica: chain, counter: counter), name: handed.name,
      offset: isAnew ? 0 : handed.clockOffsetMilliseconds,
      received: isAnew ? (log.last?.receivedMilliseconds ?? 0) : handed.receivedMilliseconds,
      seen: seen, context: context, isHanded: true, mutant: mutant)
    registry[chain]?.chain = ModelHead(counter: counter, hash: handed.changeset.hash)
    link(to: handed.changeset, mutant)
  }

  /// A changeset that the log has under another header: its chain goes on, the log does not.
  mutating func alias(_ changeset: ModelChangeset, at position: LogPosition, _ mutant: Mutant) {
    byHash[changeset.hash] = position
    defer { link(to: changeset, mutant) }
    let author = changeset.dot.replica
    // The number may be another device's by now: only the hash says whose chain it is.
    guard let chain = registry[author]?.chain, chain.hash == changeset.previous,
      chain.counter + 1 == changeset.dot.counter,
      chain.hash != 0 || registry[author]?.state == .active
    else { return }
    aliases[author, default: []].append((changeset.dot.counter, position))
    registry[author]?.chain = ModelHead(counter: changeset.dot.counter, hash: changeset.hash)
  }

  /// Chains that began with a changeset whose predecessor comes only now, under whatever header.
  mutating func link(to changeset: ModelChangeset, _ mutant: Mutant) {
    guard mutant != .parentLinkedOnce, let position = byHash[changeset.hash] else { return }
    let parent = entry(position).dot
    let waiting = registry.keys.filter {
      guard let known = registry[$0], known.parent != parent else { return false }
      return known.wanted == changeset.hash || known.wanted == changeset.origin
    }
    guard !waiting.isEmpty else { return }
    for replica in waiting {
      registry[replica]?.parent = parent
      if mutant != .knownEndsChain { goOn(changeset.dot.replica, with: replica) }
    }
    noteLatePlaces(mutant: mutant)
  }

  /// What the log has as another chain's, because the one before it was missing, is of its author's
  /// chain all the same.
  private mutating func goOn(_ author: ReplicaID, with other: ReplicaID) {
    guard registry[other]?.state == .past else { return }
    for (index, entry) in log.enumerated() where entry.dot.replica == other {
      let changeset = entry.changeset
      guard let chain = registry[author]?.chain, changeset.dot.replica == author,
        changeset.previous == chain.hash, changeset.dot.counter == chain.counter + 1
      else { return }
      aliases[author, default: []].append(
        (changeset.dot.counter, LogPosition(UInt64(index + 1))))
      registry[author]?.chain = ModelHead(counter: changeset.dot.counter, hash: changeset.hash)
      for next in registry.keys.sorted() where registry[next]?.wanted == changeset.hash {
        goOn(author, with: next)
      }
    }
  }

  /// The chain that an entry continues, or one of its own.
  private mutating func chain(for handed: ModelHanded, _ mutant: Mutant) -> ReplicaID? {
    let changeset = handed.changeset
    let author = changeset.dot.replica
    let parent =
      byHash[changeset.previous].map { entry($0).dot }
      ?? (mutant == .lostParentIsNone ? nil : lastShared(ofChainOf: handed))
    if registry[author] != nil {
      if isSame(author, as: handed.name, mutant), continues(changeset, author, mutant) {
        return author
      }
    } else if changeset.dot.counter == 1 {
      registry[author] = ModelRegistered(state: .past, key: 0, name: handed.name)
      registry[author]?.parent = parent
      registry[author]?.wanted = changeset.previous
      registry[author]?.chain = ModelHead(counter: 0, hash: changeset.previous)
      return author
    }
    let others = registry.filter {
      $0.value.state == .past && $0.value.chain.hash == changeset.previous
        && $0.value.chain.counter > 0
    }
    if let other = others.keys.min() { return other }
    guard mutant != .secondChainSwallowed else { return nil }
    let new = nextReplica
    registry[new] = ModelRegistered(
      state: .past, key: 0, name: "\(handed.name) (lost \(changeset.dot.counter))")
    registry[new]?.parent = parent
    registry[new]?.wanted = changeset.previous
    registry[new]?.chain = ModelHead(counter: 0, hash: changeset.previous)
    return new
  }

  /// Where nothing went before, only the name tells a replica from another that had its number in a
  /// state of the hub that is lost.
  private func isSame(_ replica: ReplicaID, as name: String, _ mutant: Mutant) -> Bool {
    guard let known = registry[replica], known.chain.counter == 0 else { return true }
    return known.name == name || mutant == .numberIsName
  }

  /// Whether a changeset is the next of a chain. The first may say which chain its own continues,
  /// if that was told to a state of the hub that is lost.
  mutating func continues(
    _ changeset: ModelChangeset, _ replica: ReplicaID, _ mutant: Mutant
  ) -> Bool {
    guard let known = registry[replica], known.chain.counter + 1 == changeset.dot.counter else {
      return false
    }
    if known.chain.hash == changeset.previous { return true }
    guard known.chain.counter == 0, changeset.previous != 0, mutant != .adoptionToldOnce else {
      return false
    }
    let parent = byHash[changeset.previous].map { entry($0).dot }
    registry[replica]?.parent = parent
    registry[replica]?.wanted = changeset.previous
    registry[replica]?.chain.hash = changeset.previous
    return true
  }

  /// The last entry before it in its chain that both logs have, where the one right before is
  /// lost: the chain goes by the same name in both as far as they share it.
  private func lastShared(ofChainOf handed: ModelHanded) -> Dot? {
    guard let common = lineage.common(handed.seenBy, headPlace) else { return nil }
    return log.prefix(Int(common.position.rawValue)).map(\.dot)
      .filter { $0.replica == handed.dot.replica && $0.counter < handed.dot.counter }
      .max { $0.counter < $1.counter }
  }

  /// What the log that sent an entry knew of its author's knowledge, in positions of this log.
  private func add(told handed: ModelHanded, to seen: inout ModelSeen) {
    guard let common = lineage.common(handed.seenBy, headPlace) else { return }
    func here(_ position: LogPosition) -> LogPosition? {
      if position <= common.position { return position }
      return places[
        lineage.canonical(
          CausalContext(generation: handed.seenBy.generation, position: position))]
    }
    seen.prefix = max(seen.prefix, min(handed.prefix, common.position))
    if handed.prefix > common.position {
      for number in common.position.rawValue + 1...handed.prefix.rawValue {
        let position = LogPosition(number)
        guard let here = here(position) else { continue }
        let pair = ModelPair(since: position, here: here)
        if !seen.also.contains(pair) { seen.also.append(pair) }
      }
    }
    for pair in handed.also {
      guard let here = here(pair.here) else { continue }
      let pair = ModelPair(since: pair.since, here: here)
      if !seen.also.contains(pair) { seen.also.append(pair) }
    }
    seen.also.removeAll { $0.here <= seen.prefix && $0.since > .start }
    seen.also.sort { ($0.here, $0.since) < ($1.here, $1.since) }
  }

  // MARK: Identities

  var nextReplica: ReplicaID {
    ReplicaID(max(registry.keys.map(\.rawValue).max() ?? 0, replicaMax) + 1)
  }

  /// A hub that was put back may not know that it gave these numbers out.
  mutating func note(_ replicas: [ReplicaID], _ mutant: Mutant) {
    guard mutant != .numberIsName else { return }
    replicaMax = max(replicaMax, replicas.map(\.rawValue).max() ?? 0)
  }

  mutating func offerFork(_ name: String) -> ModelAnswer {
    let secret = nextSecret
    nextSecret += 1
    let old = name.firstIndex(of: "(").map { String(name[..<$0].dropLast()) } ?? name
    let names = Set(registry.values.map(\.name) + offers.values)
    var number = 2
    while names.contains("\(old) (\(number))") { number += 1 }
    offers[secret] = "\(old) (\(number))"
    return .forkOffer(secret: secret, name: "\(old) (\(number))")
  }

  mutating func enrol(_ secret: UInt64, key: Int, wallMilliseconds: Int64) -> ModelAnswer {
    guard let name = offers.removeValue(forKey: secret) else { return .refused(.tokenUnknown) }
    let new = nextReplica
    registry[new] = ModelRegistered(key: key, name: name)
    return .enrolled(replica: new, name: name)
  }

  mutating func adopt(
    _ request: ModelAdoption, by replica: ReplicaID, key: Int, _ mutant: Mutant
  ) -> ModelAnswer {
    guard isRegistered(replica, key), let known = registry[replica], known.chain.counter == 0
    else { return .refused(.notAllowed) }
    let parentDot = byHash[request.confirmed.hash].map { entry($0).dot }
    // What the log lacks it may get back later.
    let isForgotten = parentDot == nil && mutant == .missingParentForgotten
    let parent = isForgotten ? 0 : request.confirmed.hash
    registry[replica]?.parent = parentDot
    registry[replica]?.wanted = parent
    registry[replica]?.chain = ModelHead(counter: 0, hash: parent)
    if mutant != .noNotice {
      let text = "\(registry[request.previous]?.name ?? "?") was copied; the copy is \(known.name)"
      if !notices.contains(where: { $0.notice.text == text }) {
        notices.append(
          (ModelNotice(number: notices.count + 1, text: text), [request.previous, replica]))
      }
    }
    return .adopted(parent: parent)
  }
}

extension Lineage {
  func renamed(_ place: CausalContext, _ renaming: ModelRenaming?) -> CausalContext {
    let name = canonical(place)
    guard let renaming, name.generation == renaming.generation, name.position > renaming.above
    else { return name }
    return CausalContext(generation: renaming.new, position: name.position)
  }
}
