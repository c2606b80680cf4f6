internal import Clocks
internal import Deltas

/// What an application came to, for the world.
struct ModelApplied {
  var replaced: [Int] = []
  /// Why nothing was applied.
  var failure: String?
  /// The delta left out an entry of the branch's own that it does not have.
  var lacksOwn = false
}

extension ModelBranch {
  /// Makes an exchange's result visible, whole, or changes nothing.
  mutating func apply(
    _ answer: ModelExchanged, entries: [ModelDeltaEntry], table: ModelTable, mutant: Mutant
  ) -> ModelApplied {
    guard answer.place == place else { return ModelApplied(failure: "another sync has moved it") }
    var result = ModelApplied()
    let before = self
    if mutant != .sealNotInApply { result.replaced = seal(table: table, mutant: mutant) }
    for link in answer.links { _ = lineage.add(link) }
    var covered: Set<UInt64> = []
    for accepted in answer.accepted {
      let isCovered = accepted.position <= answer.to.position
      guard isCovered || mutant == .outboxDroppedBehindEnd else { continue }
      guard let own = outbox.first(where: { $0.dot.counter == accepted.counter }) else { continue }
      guard own.hash == accepted.hash else {
        self = before
        return ModelApplied(failure: "it confirms another changeset than was sent")
      }
      covered.insert(accepted.counter)
    }
    // An entry of one's own may come from a log that anyone may read.
    for entry in entries where entry.hasBlocks {
      guard let own = outbox.first(where: { $0.origin == entry.changeset.origin }) else { continue }
      if own.hash == entry.changeset.hash || mutant == .aliasesNotPushed {
        covered.insert(own.dot.counter)
      } else {
        known.insert(own.hash)
      }
    }
    var applier = ModelApplier(
      branch: self, from: answer.from, isForAnyone: answer.isForAnyone, covered: covered,
      table: table, mutant: mutant)
    if let whole = answer.whole {
      applier.take(whole, isNew: place.position == .start)
    } else if let failure = applier.take(entries) {
      self = before
      return ModelApplied(failure: failure, lacksOwn: true)
    }
    applier.finish()
    let isOther = lineage.canonical(answer.to).generation != lineage.canonical(place).generation
    self = applier.branch
    keep(entries, of: answer, covered: applier.covered, mutant: mutant)
    let isOtherPath =
      isOther && lineage.common(place, answer.to) != lineage.canonical(place)
    place = lineage.canonical(answer.to)
    logHash = answer.logHash
    if isOtherPath, mutant != .confirmedNotRaised {
      for index in tail.indices { tail[index].backupNumber = answer.backupNumber }
    }
    if answer.lossCount > 0, mutant != .noCompareAfterLoss { compares = true }
    durable = answer.durable
    backupNumber = answer.backupNumber
    for notice in answer.notices where notice.number > noticed {
      noticed = notice.number
      notices.append(notice)
    }
    return result
  }

  /// Own changesets leave the outbox for the tail; what was received goes there too.
  private mutating func keep(
    _ entries: [ModelDeltaEntry], of answer: ModelExchanged, covered: Set<UInt64>, mutant: Mutant
  ) {
    let to = lineage.canonical(answer.to)
    for own in outbox where covered.contains(own.dot.counter) {
      if own.dot.counter > confirmed.counter {
        // The log may know it by another header than the chain's.
        confirmed = ModelHead(
          counter: own.dot.counter, hash: mutant == .confirmedByHeader ? own.hash : own.origin)
      }
      // A delta has it, or what the log has in its stead; a whole state has no entries.
      guard answer.whole != nil || mutant == .secondHeadersKept,
        !entries.contains(where: { $0.changeset.hash == own.hash }),
        let accepted = answer.accepted.first(where: { $0.hash == own.hash })
      else { continue }
      let place = lineage.canonical(
        CausalContext(generation: to.generation, position: accepted.position))
      note(
        ModelTailEntry(
          changeset: own, places: [place], dot: own.dot, name: name,
          clockOffsetMilliseconds: mutant == .clockFactsMadeUp
            ? 0 : accepted.clockOffsetMilliseconds,
          receivedMilliseconds: mutant == .clockFactsMadeUp ? 0 : accepted.receivedMilliseconds,
          seenBy: place,
          prefix: .start, also: [], backupNumber: answer.backupNumber, isOwn: true), mutant)
    }
    outbox.removeAll { covered.contains($0.dot.counter) }
    known.formIntersection(outbox.map(\.hash))
    for entry in entries {
      let place = lineage.canonical(
        CausalContext(generation: to.generation, position: entry.position))
      note(
        ModelTailEntry(
          changeset: entry.changeset, places: [place], dot: entry.dot, name: entry.name,
          clockOffsetMilliseconds: entry.clockOffsetMilliseconds,
          receivedMilliseconds: entry.receivedMilliseconds, seenBy: to, prefix: entry.prefix,
          also: entry.also, backupNumber: answer.backupNumber, isOwn: entry.dot.replica == replica),
        mutant)
    }
  }

  private mutating func note(_ entry: ModelTailEntry, _ mutant: Mutant) {
    if mutant == .tailOwnOnly, !entry.isOwn { return }
    if mutant == .tailReceivedOnly, entry.isOwn { return }
    guard let index = tail.firstIndex(where: { $0.changeset.hash == entry.changeset.hash }) else {
      tail.append(entry)
      return
    }
    var known = tail[index]
    if mutant == .tailLastPlaceOnly { known.places = [] }
    for place in entry.places where !known.places.contains(place) { known.places.append(place) }
    known.dot = entry.dot
    known.name = entry.name
    known.clockOffsetMilliseconds = entry.clockOffsetMilliseconds
    known.receivedMilliseconds = entry.receivedMilliseconds
    known.seenBy = entry.seenBy
    known.prefix = entry.prefix
    known.also = entry.also
    known.backupNumber = entry.backupNumber
    tail[index] = known
  }

  /// Drops what backups have. `unbackedMax` bounds what is kept while there is none.
  mutating func dropTail(unbackedMax: Int, mutant: Mutant) {
    if mutant == .tailDroppedAtOnce {
      tail = []
      return
    }
    if backupNumber == 0 {
      if tail.count > unbackedMax { tail.removeFirst(tail.count - unbackedMax) }
      return
    }
    let dropped = tail.map { entry in
      guard let position = position(of: entry), position <= durable else { return false }
      return backupNumber > entry.backupNumber || mutant == .tailDroppedAtDurable
    }
    tail = zip(tail, dropped).filter { !$0.1 }.map(\.0)
  }

  /// Where an entry lies on the path to this branch's place.
  func position(of entry: ModelTailEntry) -> LogPosition? {
    entry.places.first { lineage.includes($0, in: place) }?.position
  }

  /// The least position still used by a context or a row that waits, in positions of the hub's log
  /// as far as it is known here.
  func floor(mutant: Mutant) -> LogPosition {
    var result = place.position
    guard mutant != .pruneIgnoresFloor else { return result }
    for changeset in outbox {
      var position = changeset.context.position
      if mutant != .floorRaw {
        position = lineage.common(changeset.context, place)?.position ?? .start
      }
      result = min(result, position)
      for change in changeset.changes { result = min(result, change.change.base ?? position) }
    }
    for waiting in deferred { if let waiting { result = min(result, waiting.base) } }
    return result
  }
}
