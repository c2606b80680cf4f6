package import BranchStore
internal import Clocks
internal import Deltas
package import Sessions
internal import Storage

/// One sync of one branch: the session's decisions, carried out on the branch's store.
///
/// Synchronous: each event runs to completion, in whole transactions, and comes back as what is to
/// be done outside. Whoever performs the effects needs to know nothing of syncing. A process that
/// dies at any point starts a new engine on the same files and loses nothing.
package final class BranchEngine {
  package enum Event: Sendable {
    case start
    case answered(HubResponse, requestBytes: Int, responseBytes: Int)
    /// No answer, or one that is none.
    case unanswered
    case waited
  }

  package enum Effect: Hashable, Sendable {
    case send(HubRequest)
    case wait(milliseconds: Int64)
    case finish(SyncReport)
  }

  private let store: BranchStore
  private let staged: StagedDelta
  private var session: BranchSession
  private var report = SyncReport()
  /// The exchange whose delta is being fetched.
  private var fetching: ExchangeResponse?
  /// Where the delta ends of which a part was staged when the exchange was asked for.
  private var resumingTo: LogPosition?
  private var lastRefusal: Refusal?

  /// `stagingFolder` exists and belongs to this branch alone.
  package init(store: BranchStore, stagingFolder: String) {
    self.store = store
    staged = StagedDelta(folder: stagingFolder)
    session = BranchSession(spread: UInt64(store.identity.replica.rawValue))
  }

  /// Takes an event and returns the one thing to do next; nothing for an event that answers
  /// nothing.
  ///
  /// Throws what the store or the disk refused. The sync is over then; nothing is half done.
  package func handle(_ event: Event, wallMilliseconds: Int64) throws -> [Effect] {
    var pending = session.handle(try sessionEvent(event))
    while let effect = pending.first {
      switch try perform(effect, wallMilliseconds: wallMilliseconds) {
      case .outside(let effect): return [effect]
      case .inside(let event): pending = session.handle(event)
      }
    }
    return []
  }

  /// What an event means to the session. Pieces of a delta are staged on the way.
  private func sessionEvent(_ event: Event) throws -> BranchSession.Event {
    switch event {
    case .start: return .started
    case .unanswered: return .unanswered
    case .waited: return .waited
    case .answered(let response, _, _):
      report.roundTrips += 1
      switch response {
      case .exchange(let response):
        return .exchanged(response, isResumed: response.to == resumingTo)
      case .uploaded(let byteCount): return .uploadAnswered(byteCount: byteCount)
      case .download(let piece):
        guard let fetching else { return .unanswered }
        return .staged(byteCount: try staged.append(piece.bytes, at: piece.offset, of: fetching))
      case .refused(let refusal):
        lastRefusal = refusal
        return .refused(refusal)
      case .compare, .rows, .explanation, .news, .description, .path, .handedBack, .forkOffer,
        .adopted:
        return .unanswered
      }
    }
  }

  // MARK: Effects

  /// What an effect of the session came to: something for others to do, or its own next event.
  private enum Step {
    case outside(Effect)
    case inside(BranchSession.Event)
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
      return .inside(try apply(response, wallMilliseconds: wallMilliseconds))
    case .askPlace, .handBack, .askFork, .enrol, .askAdopt, .adopt:
      // Not done yet: the sync ends as the hub's refusal says.
      return .inside(lastRefusal.map { .refused($0) } ?? .unanswered)
    case .wait(let milliseconds):
      return .outside(.wait(milliseconds: milliseconds))
    case .finish(let outcome):
      return .outside(.finish(try finished(outcome, wallMilliseconds: wallMilliseconds)))
    }
  }

  private func request(
    _ inline: [UploadedChangeset], uploaded: UploadedChangeset?, wallMilliseconds: Int64
  ) throws -> ExchangeRequest {
    let generation = store.identity.generation
    let position = try store.position()
    resumingTo = staged.end(generation: generation.description, from: position.description)
      .map { LogPosition($0) }
    return ExchangeRequest(
      schemaFingerprint: store.schema.fingerprint,
      integrated: CausalContext(generation: generation, position: position),
      wallMilliseconds: wallMilliseconds,
      changesets: try inline.map {
        try store.outboxBytes(counter: $0.counter, offset: 0, byteCount: $0.byteCount)
      },
      uploaded: uploaded, resumeTo: resumingTo)
  }

  private func apply(
    _ response: ExchangeResponse, wallMilliseconds: Int64
  ) throws -> BranchSession.Event {
    let before = try store.outbox()
    do {
      let applied = try store.apply(
        ExchangeFacts(response), delta: staged.source(of: response),
        wallMilliseconds: wallMilliseconds)
      note(applied.seal)
      report.pulled.rows += applied.rowCount
      report.conflictsSettled += applied.conflictsSettledCount
    } catch let error as BranchStoreError {
      // Damaged on its way or on our disk: it is fetched anew next time.
      if case .delta = error { staged.removeAll() }
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

  private func outbox() throws -> [BranchSession.Pending] {
    try store.outbox().map {
      BranchSession.Pending(
        changeset: UploadedChangeset(
          counter: $0.counter, contentHash: $0.contentHash, byteCount: $0.byteCount))
    }
  }

  private func note(_ seal: SealReport) {
    report.repairedTriggers += seal.repairedTriggers
    report.leftOut += seal.leftOut.map {
      "\($0.rowCount) rows of table “\($0.table)” were not sent: \($0.why)."
    }
  }

  private func finished(
    _ outcome: BranchSession.Outcome, wallMilliseconds: Int64
  ) throws -> SyncReport {
    let status = try store.status()
    report.outcome = outcome
    report.conflictsOpen = status.openConflictCount
    report.quarantined = status.quarantinedRowCount
    return report
  }
}
