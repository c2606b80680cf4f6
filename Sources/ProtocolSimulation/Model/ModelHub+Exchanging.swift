internal import Clocks
internal import Deltas

/// Bounds of what travels at once. A history has its own: where little travels at once, much
/// happens between.
struct ModelLimits: Sendable {
  var changesetsPerExchangeMax = 3
  var entriesInlineMax = 6
  var entriesPerPieceMax = 4
  var entriesHandedMax = 3
  static let transitMillisecondsMax: Int64 = 2_000
}

extension ModelHub {
  /// Answers one request of a device.
  mutating func handle(
    _ request: ModelRequest, from replica: ReplicaID, key: Int, wallMilliseconds: Int64,
    fresh: GenerationID, mutant: Mutant
  ) -> ModelAnswer {
    switch request {
    case .exchange(let exchange):
      return self.exchange(
        exchange, from: replica, key: key, wallMilliseconds: wallMilliseconds, fresh: fresh, mutant)
    case .download(let download):
      return self.download(download, receiver: replica)
    case .place(let place, let logHash):
      let isAmbiguous =
        lineage.includes(place, in: headPlace)
        ? self.logHash(at: place.position) != logHash
        : ambiguous.contains(lineage.canonical(place).generation)
      return .path(
        ModelPath(
          links: pathLinks, head: headPlace,
          isAmbiguous: isAmbiguous && mutant != .ambiguityIgnored))
    case .handBack(let handBack):
      return self.take(
        handBack, from: isRegistered(replica, key) ? replica : nil,
        wallMilliseconds: wallMilliseconds, mutant)
    case .fork(let name):
      note([replica], mutant)
      return offerFork(name)
    case .enrol(let secret, let key):
      return enrol(secret, key: key, wallMilliseconds: wallMilliseconds)
    case .adopt(let adoption):
      return adopt(adoption, by: replica, key: key, mutant)
    case .compare:
      guard isRegistered(replica, key) else { return .refused(.notAllowed) }
      return .compared(place: canonical(head), rows: table.rowRange.map { standing($0) })
    }
  }

  func isRegistered(_ replica: ReplicaID, _ key: Int) -> Bool {
    registry[replica]?.key == key && registry[replica]?.state == .active
  }

  private mutating func exchange(
    _ request: ModelExchange, from replica: ReplicaID, key: Int, wallMilliseconds: Int64,
    fresh: GenerationID, _ mutant: Mutant
  ) -> ModelAnswer {
    let known = registry[replica]
    let isRetired = known?.key == key && known?.state == .retired
    if isRetired, mutant == .retiredFirst { return salvage(request, of: replica, mutant) }
    if let refusal = check(request.place, logHash: request.logHash, fresh: fresh, mutant) {
      return .refused(refusal)
    }
    guard let place = resolve(request.place) else { return .refused(.unknownPosition) }
    if !isNamed(request, place, mutant) { return .refused(.unknownPosition) }
    // What it sends is put aside only once all that it refers to has a name here.
    if isRetired { return salvage(request, of: replica, mutant) }
    guard let known, known.key == key, known.state == .active
    else { return .refused(.chainBroken) }
    guard isChainKept(request, known, mutant) else { return .refused(.chainBroken) }
    let measured = wallMilliseconds.subtractingReportingOverflow(request.wallMilliseconds)
      .partialValue
    let offset = abs(measured) <= ModelLimits.transitMillisecondsMax ? 0 : measured
    var accepted: [ModelAccepted] = []
    for changeset in request.changesets {
      guard
        let one = accept(
          changeset, from: replica, offset: offset, received: wallMilliseconds, mutant)
      else { return .refused(.chainBroken) }
      accepted.append(one)
    }
    sendLateChanges(mutant)
    registry[replica]?.floor = min(request.floor, place.position)
    registry[replica]?.isFloorTold = true
    registry[replica]?.acknowledged = place.position
    registry[replica]?.lastHeard = wallMilliseconds
    return .exchanged(
      answer(request, from: place, to: replica, accepted: accepted, measured: measured, mutant))
  }

  private mutating func salvage(
    _ request: ModelExchange, of replica: ReplicaID, _ mutant: Mutant
  ) -> ModelAnswer {
    for changeset in request.changesets where mutant != .salvageDropped {
      if byHash[changeset.hash] == nil,
        !salvage.contains(where: { $0.changeset.hash == changeset.hash })
      {
        salvage.append((replica, changeset))
      }
    }
    return .refused(.retired)
  }

  /// Whether all that the branch refers to is in this log under some name, or this device has
  /// handed back what it had.
  private func isNamed(
    _ request: ModelExchange, _ place: (position: LogPosition, isLost: Bool), _ mutant: Mutant
  ) -> Bool {
    if request.handedTo == self.generation { return true }
    let generation = lineage.canonical(request.place).generation
    if place.isLost, ambiguous.contains(generation), mutant != .ambiguityOnce { return false }
    if place.isLost, !isWhole(request.place, above: place.position, mutant) { return false }
    guard mutant != .contextsNotNamed else { return true }
    return request.changesets.allSatisfy { changeset in
      guard byHash[changeset.hash] == nil else { return true }
      guard let context = resolve(changeset.context) else { return false }
      return !context.isLost || isWhole(changeset.context, above: context.position, mutant)
    }
  }

  /// Whether everything on a lost timeline above a position is in this log under another name.
  private func isWhole(
    _ place: CausalContext, above fork: LogPosition, _ mutant: Mutant
  ) -> Bool {
    guard fork < place.position else { return true }
    return (fork.rawValue + 1...place.position.rawValue).allSatisfy { number in
      let name = lineage.canonical(
        CausalContext(generation: place.generation, position: LogPosition(number)))
      return places[name] != nil || mutant == .lossesHideEntries && losses.contains(name)
    }
  }

  /// Whether the place could be of this log; else a refusal. Notices memory that was turned back.
  private mutating func check(
    _ place: CausalContext, logHash: ModelHash, fresh: GenerationID, _ mutant: Mutant
  ) -> ModelRefusal? {
    guard lineage.knows(place.generation) else { return .unknownPosition }
    let isOwn = lineage.includes(place, in: headPlace)
    if isOwn {
      guard mutant != .logHashNotCompared, self.logHash(at: place.position) != logHash else {
        return nil
      }
    } else if lineage.canonical(place).generation != generation || mutant == .headNotCompared {
      return nil
    }
    ambiguous.insert(lineage.canonical(place).generation)
    openGeneration(fresh, mutant: mutant)
    forgetFloors(mutant)
    return .unknownPosition
  }

  private func isChainKept(
    _ request: ModelExchange, _ known: ModelRegistered, _ mutant: Mutant
  ) -> Bool {
    guard mutant != .chainNotChecked else { return true }
    let head = known.chain
    if mutant != .countersNotCompared, head.counter > request.sealed.counter { return false }
    // Of a chain that has nothing yet the branch may know more than a hub that was put back.
    let isBegun = head.counter > 0 || mutant == .adoptionToldOnce
    if head.counter == request.sealed.counter, isBegun, mutant != .headHashNotCompared {
      return head.hash == request.sealed.hash
    }
    for changeset in request.changesets {
      if changeset.dot.counter <= head.counter {
        guard mutant == .dotIsIdentity || byHash[changeset.hash] != nil else { return false }
      } else if changeset.dot.counter == head.counter + 1 {
        guard
          changeset.previous == head.hash || !isBegun && changeset.previous != 0
            || mutant == .dotIsIdentity
        else { return false }
      }
    }
    return true
  }

  private mutating func accept(
    _ changeset: ModelChangeset, from replica: ReplicaID, offset: Int64, received: Int64,
    _ mutant: Mutant
  ) -> ModelAccepted? {
    guard let chain = registry[replica]?.chain else { return nil }
    if mutant != .duplicateAccepted || changeset.dot.counter > chain.counter {
      if let position = byHash[changeset.hash] {
        // In the log as another chain's: its own goes on with it all the same.
        if mutant != .knownEndsChain, continues(changeset, replica, mutant) {
          alias(changeset, at: position, mutant)
        }
        return accepted(changeset, at: position)
      }
      if let position = byHash[changeset.origin], continues(changeset, replica, mutant) {
        alias(changeset, at: position, mutant)
        return accepted(changeset, at: position)
      }
      if mutant == .dotIsIdentity || mutant == .chainNotChecked,
        changeset.dot.counter <= chain.counter
      {
        let index = log.firstIndex { $0.dot == changeset.dot } ?? 0
        return accepted(changeset, at: LogPosition(UInt64(index + 1)))
      }
      guard
        continues(changeset, replica, mutant)
          || changeset.dot.counter == chain.counter + 1
            && (mutant == .dotIsIdentity || mutant == .chainNotChecked)
      else { return nil }
    }
    append(
      changeset, dot: Dot(replica: replica, counter: chain.counter + 1),
      name: registry[replica]?.name ?? "", offset: offset, received: received,
      seen: seen(
        of: changeset, context: mutant == .contextAtPush ? headPlace : nil,
        author: Dot(replica: replica, counter: chain.counter + 1),
        mutant: mutant), mutant: mutant)
    registry[replica]?.chain = ModelHead(counter: chain.counter + 1, hash: changeset.hash)
    let position = head
    link(to: changeset, mutant)
    return accepted(changeset, at: position)
  }

  private func accepted(_ changeset: ModelChangeset, at position: LogPosition) -> ModelAccepted {
    let entry = entry(position)
    return ModelAccepted(
      counter: changeset.dot.counter, hash: changeset.hash, position: position,
      clockOffsetMilliseconds: entry.clockOffsetMilliseconds,
      receivedMilliseconds: entry.receivedMilliseconds)
  }

  private func answer(
    _ request: ModelExchange, from place: (position: LogPosition, isLost: Bool),
    to replica: ReplicaID, accepted: [ModelAccepted], measured: Int64, _ mutant: Mutant
  ) -> ModelExchanged {
    var from = place.position
    if place.isLost, mutant == .deltaFromHeadAfterLoss { from = min(request.place.position, head) }
    var end = head
    if let resume = request.resumeTo, from < resume.position, resume.position <= head,
      canonical(resume.position) == resume || mutant == .resumeByPosition
    {
      end = resume.position
    }
    let isWhole = from < pruned
    if isWhole { end = head }
    let isForAnyone = place.isLost && mutant != .wrongReceiver || request.wantsAll
    let entries =
      isWhole ? [] : deltaEntries(from, end, receiver: isForAnyone ? .hub : replica, mutant)
    return ModelExchanged(
      accepted: accepted, place: request.place, from: from, to: canonical(end),
      isHead: end == head, entryCount: entries.count,
      entries: Array(entries.prefix(limits.entriesInlineMax)), isForAnyone: isForAnyone,
      lossCount: place.isLost
        ? unnamed(on: lineage.canonical(request.place), above: place.position).count : 0,
      whole: isWhole
        ? ModelWholeState(
          rows: mutant == .wholeStateOld && pruned > .start
            ? entry(pruned).rowsAfter : table.rowRange.map { standing($0) }, marks: rowMarks) : nil,
      logHash: logHash(at: end), durable: durable, backupNumber: backupNumber, links: pathLinks,
      notices: notices.filter {
        $0.replicas.contains(replica) && $0.notice.number > request.noticed
      }
      .map(\.notice),
      clockOffsetMilliseconds: measured)
  }

  func deltaEntries(
    _ from: LogPosition, _ to: LogPosition, receiver: ReplicaID, _ mutant: Mutant
  ) -> [ModelDeltaEntry] {
    guard from < to else { return [] }
    return (from.rawValue + 1...to.rawValue).map { number in
      let entry = entry(LogPosition(number))
      return ModelDeltaEntry(
        position: LogPosition(number), dot: entry.dot, changeset: entry.changeset,
        hasBlocks: entry.dot.replica != receiver || entry.isHanded && mutant != .handedWithoutBlocks
          || mutant == .ownBlocksToAuthor,
        outcomes: entry.outcomes,
        clockOffsetMilliseconds: entry.clockOffsetMilliseconds,
        receivedMilliseconds: entry.receivedMilliseconds, name: entry.name,
        prefix: entry.seen.prefix, also: entry.seen.also)
    }
  }

  private func download(_ request: ModelDownload, receiver: ReplicaID) -> ModelAnswer {
    let name = request.name
    guard lineage.includes(name.to, in: headPlace), canonical(name.to.position) == name.to,
      logHash(at: name.to.position) == name.logHash,
      let place = resolve(name.place), place.position < name.to.position,
      place.position >= pruned
    else { return .refused(.unknownPosition) }
    let entries = deltaEntries(
      place.position, name.to.position, receiver: name.isForAnyone ? .hub : receiver, .none)
    let piece = entries.dropFirst(request.offset).prefix(limits.entriesPerPieceMax)
    return .downloaded(offset: request.offset, entries: Array(piece))
  }
}

extension ModelTable {
  var rowRange: Range<Int> { 0..<rowCount }
}
