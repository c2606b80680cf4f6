internal import Basics
package import BranchStore
package import Clocks
internal import Deltas
package import Sessions
internal import Storage

/// One sync of one branch: the session's decisions, carried out on the branch's store.
///
/// Synchronous: each event runs to completion, in whole transactions, and comes back as what is to
/// be done outside. Whoever performs the effects needs to know nothing of syncing. A process that
/// dies at any point starts a new engine on the same files and loses nothing.
///
/// A sync that had nothing left to do goes on to compare the tables that may differ from the hub's
/// without anybody having said so, and heals them.
package final class BranchEngine {
  package enum Event: Sendable {
    case start
    case answered(HubResponse, requestBytes: Int, responseBytes: Int)
    /// No answer, or one that is none.
    case unanswered
    case waited
    /// The copy has enrolled and has a certificate: answers `enrol`. Requests go out with the new
    /// identity from now on.
    case enrolled(NewIdentity)
    /// Answers `identityChanged`.
    case identityNoted
  }

  package enum Effect: Hashable, Sendable {
    case send(HubRequest)
    /// Enrol with a new key; the standing one stays until `identityChanged`. Answered by
    /// `enrolled`, by `unanswered`, or by `answered` with the hub's refusal.
    case enrol(ForkOffer)
    /// The database has the new identity: the new key and certificate become the standing ones.
    /// A process that dies before has a store whose identity says so. Answered by `identityNoted`.
    case identityChanged(ReplicaID)
    case wait(milliseconds: Int64)
    case finish(SyncReport)
  }

  let store: BranchStore
  let stagingFolder: String
  var staged: StagedDelta
  var session: BranchSession
  var report = SyncReport()
  /// The exchange whose delta is being fetched.
  private var fetching: ExchangeResponse?
  /// Where the delta ends of which a part was staged when the exchange was asked for.
  private var resumingTo: LogPosition?
  /// What the last exchange named as synced.
  private var namedSchema: ContentHash?
  var lastRefusal: Refusal?
  var handBack: HandBack?
  /// What the hub knew to be lost when all was handed back.
  var lossCount = 0
  var adoption: Adoption?
  var repairWork: RepairWork?
  /// Whether the session has yet to begin, after the identity was noted.
  var isStarting = false
  /// Whether all tables are to be compared, whatever the store says.
  private var isComparingAll: Bool

  /// `stagingFolder` exists and belongs to this branch alone. `isComparingAll` compares every table
  /// after the sync, and sends what differs. A database that was copied without its key adopts the
  /// identity that it enrolled with first.
  package init(
    store: BranchStore, stagingFolder: String, isComparingAll: Bool = false,
    adopting identity: NewIdentity? = nil
  ) {
    self.store = store
    self.stagingFolder = stagingFolder
    self.isComparingAll = isComparingAll
    staged = StagedDelta(folder: stagingFolder, receiver: store.identity.replica)
    session = Self.session(of: store)
    if let identity, identity.replica != store.identity.replica {
      adoption = Adoption(identity: identity, isFirst: true)
    }
  }

  /// Takes an event and returns the one thing to do next; nothing for an event that answers
  /// nothing.
  ///
  /// Throws what the store or the disk refused. The sync is over then; nothing is half done.
  package func handle(_ event: Event, wallMilliseconds: Int64) throws -> [Effect] {
    if case .answered(let response, _, _) = event {
      report.roundTrips += 1
      if case .refused(let refusal) = response { lastRefusal = refusal }
    }
    if case .start = event { try lookWhoThisIs() }
    if repairWork?.isAsking == true { return try handleRepair(event, wallMilliseconds) }
    if adoption?.isFirst == true { return try handleFirstAdoption(event, wallMilliseconds) }
    if adoption?.inquiry != nil { return try handleInquiry(event, wallMilliseconds) }
    return try run(session.handle(try sessionEvent(event)), wallMilliseconds)
  }

  /// Another process may have given the database another identity since the store was opened.
  /// Whoever performs the effects chooses the credentials by what the database says: before this.
  private func lookWhoThisIs() throws {
    let before = store.identity.replica
    try store.rereadIdentity()
    guard store.identity.replica != before else { return }
    staged = StagedDelta(folder: stagingFolder, receiver: store.identity.replica)
    session = Self.session(of: store)
    if adoption?.identity.replica == store.identity.replica { adoption = nil }
  }

  /// Performs effects until one is for others to do.
  func run(
    _ effects: [BranchSession.Effect], _ wallMilliseconds: Int64
  ) throws -> [Effect] {
    var pending = effects
    // The session counts parts that were handed back; what comes next only the engine knows.
    if pending.isEmpty, let request = try nextHandedBack() { return [.send(request)] }
    while let effect = pending.first {
      switch try perform(effect, wallMilliseconds: wallMilliseconds) {
      case .outside(let effect): return [effect]
      case .inside(let event): pending = session.handle(event)
      case .anew:
        session = Self.session(of: store)
        pending = session.handle(.started)
      }
    }
    return []
  }

  static func session(of store: BranchStore) -> BranchSession {
    BranchSession(
      spread: UInt64(store.identity.replica.rawValue),
      policyHash: (try? store.policy())?.contentHash)
  }

  /// What an event means to the session. Pieces of a delta are staged on the way.
  private func sessionEvent(_ event: Event) throws -> BranchSession.Event {
    switch event {
    case .start: return .started
    case .unanswered: return .unanswered
    case .waited: return .waited
    case .enrolled(let identity):
      adoption = Adoption(identity: identity)
      return .enrolled
    case .identityNoted:
      guard !isStarting else {
        isStarting = false
        return .started
      }
      return .adoptedHere(outbox: try outbox())
    case .answered(let response, _, _):
      switch response {
      case .exchange(let response):
        return .exchanged(response, isResumed: response.to == resumingTo)
      case .uploaded(let byteCount): return try uploaded(byteCount)
      case .download(let piece):
        guard let fetching else { return .unanswered }
        return .staged(byteCount: try staged.append(piece.bytes, at: piece.offset, of: fetching))
      case .path(let path): return .path(path)
      case .handedBack(let answer): return try handedBack(answer)
      case .forkOffer(let offer): return .forkOffered(offer)
      case .adopted(let parentHash): return .adopted(parentHash: parentHash)
      case .refused(let refusal): return .refused(refusal)
      case .policy(let policy): return .policy(policy)
      case .schema(let schema): return .schema(schema)
      case .compare, .rows, .explanation, .trace, .news, .description: return .unanswered
      }
    }
  }

  // MARK: Effects

  /// What an effect of the session came to: something for others to do, or its own next event.
  enum Step {
    case outside(Effect)
    case inside(BranchSession.Event)
    /// The session begins again.
    case anew
  }

  private func perform(
    _ effect: BranchSession.Effect, wallMilliseconds: Int64
  ) throws -> Step {
    switch effect {
    case .seal:
      note(try store.seal(wallMilliseconds: wallMilliseconds))
      return .inside(.sealed(outbox: try outbox()))
    case .upload(let changeset, let offset, let byteCount):
      let bytes =
        byteCount == 0
        ? []
        : try store.outboxBytes(counter: changeset.counter, offset: offset, byteCount: byteCount)
      return .outside(
        .send(.upload(UploadRequest(changeset: changeset, offset: offset, bytes: bytes))))
    case .exchange(let inline, let uploaded):
      return .outside(
        .send(
          .exchange(try request(inline, uploaded: uploaded, wallMilliseconds: wallMilliseconds))))
    case .stage(let response):
      fetching = response
      staged.removeOthers(than: response)
      return .inside(
        .staged(byteCount: try staged.append(response.deltaBytes, at: 0, of: response)))
    case .download(let from, let to, let offset, let byteCount):
      return .outside(
        .send(
          .download(
            DownloadRequest(
              generation: fetching?.generation ?? store.identity.generation, from: from, to: to,
              offset: offset, byteCount: byteCount, isForAnyone: fetching?.isForAnyone ?? false,
              isWholeState: fetching?.isWholeState ?? false))))
    case .apply(let response):
      do {
        return .inside(try apply(response, wallMilliseconds: wallMilliseconds))
      } catch BranchStoreError.ownEntryMissing(let counter) {
        guard try store.noteOwnEntryMissing() else {
          throw BranchStoreError.ownEntryMissing(counter: counter)
        }
        return .anew
      }
    case .askPlace: return .outside(.send(.place))
    case .handBack(let path): return try beginHandBack(path)
    case .askFork: return .outside(.send(.fork(branch: store.identity.branch)))
    case .enrol(let offer): return .outside(.enrol(offer))
    case .askAdopt: return .outside(.send(.adopt(try adoptRequest())))
    case .adopt(let parentHash):
      return .outside(try beginInquiry(parentHash, wallMilliseconds))
    case .askPolicy: return .outside(.send(.policy))
    case .note(let policy):
      do {
        note(
          try store.adopt(
            policy: policy.encoded, version: policy.version, wallMilliseconds: wallMilliseconds))
      } catch let error as BranchStoreError {
        // All else is done: the hub decides by its policy, whatever this branch makes of it.
        guard case .policyNotUsable = error else { throw error }
        report.policyProblem = error.message
      }
      return .inside(.policyNoted)
    case .tellSchema: return .outside(.send(.schema(store.known)))
    case .noteSchema(let schema):
      note(try store.adopt(schema: schema, wallMilliseconds: wallMilliseconds))
      return .inside(.schemaNoted(outbox: try outbox()))
    case .wait(let milliseconds):
      return .outside(.wait(milliseconds: milliseconds))
    case .finish(let outcome):
      return .outside(try finished(outcome, wallMilliseconds))
    }
  }

  private func request(
    _ inline: [UploadedChangeset], uploaded: UploadedChangeset?, wallMilliseconds: Int64
  ) throws -> ExchangeRequest {
    let standing = try store.standing()
    resumingTo = staged.end(from: standing.place.position)
    namedSchema = store.known.fingerprint
    return ExchangeRequest(
      schemaFingerprint: namedSchema ?? store.known.fingerprint, integrated: standing.place,
      wallMilliseconds: wallMilliseconds,
      changesets: try inline.map {
        try store.outboxBytes(counter: $0.counter, offset: 0, byteCount: $0.byteCount)
      },
      uploaded: uploaded, resumeTo: resumingTo, logHash: standing.logHash,
      floor: standing.floor,
      sealed: ChainHead(counter: standing.sealedCounter, hash: standing.sealedHash),
      noticed: standing.noticed, handedTo: standing.handedTo, wantsAll: standing.wantsAll)
  }

  private func apply(
    _ response: ExchangeResponse, wallMilliseconds: Int64
  ) throws -> BranchSession.Event {
    if let namedSchema { try store.noteAgreement(on: namedSchema) }
    let before = try store.outbox()
    let isNew = try store.position() == .start
    do {
      var facts = ExchangeFacts(response)
      facts.lossCount = max(lossCount, facts.lossCount ?? 0)
      let applied = try store.apply(
        facts, delta: staged.source(of: response),
        wallMilliseconds: wallMilliseconds)
      note(applied.seal)
      report.pulled.rows += applied.rowCount
      report.conflictsSettled += applied.conflictsSettledCount
      report.notices += applied.notices.map {
        Notice(number: $0.number, milliseconds: $0.milliseconds, text: $0.text)
      }
      if applied.isRelocated { report.isRelocated = true }
      if applied.isWholeState, response.deltaByteCount > 0, !isNew { report.isRebased = true }
    } catch let error as BranchStoreError {
      // Damaged on its way or on our disk, or of another time: it is fetched anew next time.
      switch error {
      case .delta, .answerDoesNotFit, .ownEntryMissing: staged.removeAll()
      default: break
      }
      throw error
    }
    report.pulled.bytes += response.deltaByteCount
    report.clockOffsetMilliseconds = response.clockOffsetMilliseconds
    staged.removeAll()
    fetching = nil
    let after = try outbox()
    let left = Set(after.map(\.changeset.counter))
    for changeset in before where !left.contains(changeset.counter) {
      report.pushed.changesets += 1
      report.pushed.rows += changeset.rowCount
      report.pushed.bytes += changeset.byteCount
    }
    return .applied(outbox: after)
  }

  func outbox() throws -> [BranchSession.Pending] {
    try store.outbox().map {
      BranchSession.Pending(
        changeset: UploadedChangeset(
          counter: $0.counter, contentHash: $0.contentHash, byteCount: $0.byteCount))
    }
  }

  private func note(_ seal: SealReport) {
    report.repairedTriggers += seal.repairedTriggers
    report.notSynced += seal.notSynced
    report.notices += seal.notices.map {
      Notice(number: $0.number, milliseconds: $0.milliseconds, text: $0.text)
    }
    report.leftOut += seal.leftOut.map {
      "\($0.rowCount) rows of table “\($0.table)” were not sent: \($0.why)."
    }
  }

  /// The end of a sync; or of one part of a repair.
  private func finished(
    _ outcome: BranchSession.Outcome, _ wallMilliseconds: Int64
  ) throws -> Effect {
    guard outcome == .complete else { return .finish(try summary(outcome)) }
    if let repair = repairWork {
      return try effect(of: try repair.repair.synced(), wallMilliseconds)
    }
    var gaps = try store.gaps()
    if isComparingAll {
      let held = Dictionary(uniqueKeysWithValues: gaps.map { ($0.table, $0.held) })
      gaps = store.schema.tables.map {
        Gap(table: $0.id, isSent: true, held: held[$0.id] ?? .start)
      }
    }
    guard !gaps.isEmpty else { return .finish(try summary(outcome)) }
    let work = RepairWork(
      repair: BranchRepair(store: store, gaps: gaps),
      backoff: Backoff(spread: UInt64(store.identity.replica.rawValue)))
    repairWork = work
    let first = try work.repair.start(wallMilliseconds: wallMilliseconds)
    return try effect(of: first, wallMilliseconds)
  }

  func summary(_ outcome: BranchSession.Outcome) throws -> SyncReport {
    let status = try store.status()
    report.outcome = outcome
    report.conflictsOpen = status.openConflictCount
    report.quarantined = status.quarantinedRowCount
    return report
  }
}
