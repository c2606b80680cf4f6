package import Basics
package import Clocks
package import Deltas

/// One sync as a branch sees it, as a value: events in, effects out. It never waits and never
/// looks at a clock; what it wants done it returns.
///
/// seal → (upload pieces) → exchange → (stage, download pieces) → apply → … until neither side has
/// anything for the other; then the merge policy, if it is another. There is at most one effect
/// under way; an event that does not answer it is ignored.
///
/// A hub that does not know the branch's place gets back what it may have lost: ask for its path →
/// hand back → exchange. A branch that is a copy of another takes an identity of its own: ask for a
/// token → enrol → adopt → exchange. A branch that was retired goes on pushing until the hub keeps
/// all of its outbox.
package struct BranchSession: Sendable {
  /// A sealed changeset that the hub has not confirmed.
  package struct Pending: Hashable, Sendable {
    package var changeset: UploadedChangeset
    package init(changeset: UploadedChangeset) { self.changeset = changeset }
  }

  package enum Event: Sendable {
    case started
    /// The journal was sealed; this is the whole outbox, in the order of the counters.
    case sealed(outbox: [Pending])
    /// How much of the changeset the hub has staged.
    case uploadAnswered(byteCount: Int)
    /// `isResumed` says that the delta goes only as far as one that was begun before, of which a
    /// part was staged.
    case exchanged(ExchangeResponse, isResumed: Bool)
    /// How much of the delta's beginning is staged on disk: answers `stage` and `download`.
    case staged(byteCount: Int)
    /// The delta was applied; this is the whole outbox now.
    case applied(outbox: [Pending])
    /// The generations of the hub's log.
    case path(PathResponse)
    /// The hub took a part of what is handed back; more follows.
    case partHandedBack
    /// The hub took all of it, and the branch's place has the name that the hub gave it. This is
    /// the whole outbox now.
    case handedBack(outbox: [Pending])
    case forkOffered(ForkOffer)
    /// The copy has a new certificate.
    case enrolled
    /// What the new chain continues.
    case adopted(parentHash: ContentHash)
    /// The database has its new identity; this is the whole outbox now.
    case adoptedHere(outbox: [Pending])
    /// The merge policy in force at the hub.
    case policy(PolicyResponse)
    /// The branch's database has it.
    case policyNoted
    /// What is synced, as the hub has it now.
    case schema(Schema)
    /// The branch's database has it; this is the whole outbox now.
    case schemaNoted(outbox: [Pending])
    /// The request was not answered: connection, timeout, damaged answer.
    case unanswered
    case waited
    case refused(Refusal)
  }

  package enum Effect: Hashable, Sendable {
    case seal
    /// Send the bytes of a changeset from an offset on; with 0 bytes it asks what is there.
    case upload(UploadedChangeset, offset: Int, byteCount: Int)
    case exchange(inline: [UploadedChangeset], uploaded: UploadedChangeset?)
    /// Keep the response's piece of the delta on disk, unless more of the same delta (generation,
    /// from, to) is there already from an interrupted session. Answered by `staged`.
    case stage(ExchangeResponse)
    /// Fetch a piece of the delta and add it to what is staged. Answered by `staged`.
    case download(from: LogPosition, to: LogPosition, offset: Int, byteCount: Int)
    /// Apply the staged delta (none if its `deltaByteCount` is 0), forget accepted changesets,
    /// move the position: one transaction.
    case apply(ExchangeResponse)
    /// Ask which generations the hub's log has. Answered by `path`.
    case askPlace
    /// Hand back what the hub may have lost: as many requests as it takes, one after the other.
    /// Answered by `partHandedBack` for each but the last, and `handedBack`. After an interruption
    /// it is asked for again; what the hub has already need not be sent again, but may be.
    case handBack(PathResponse)
    /// Ask for a token with which this copy can enrol. Answered by `forkOffered`.
    case askFork
    /// Enrol with a new key. Answered by `enrolled`.
    case enrol(ForkOffer)
    /// Tell the hub, under the new identity, what the copy has of its old chain. Answered by
    /// `adopted`.
    case askAdopt
    /// Put the outbox into the chain of the new identity: one transaction. Answered by
    /// `adoptedHere`.
    case adopt(parentHash: ContentHash)
    /// Ask for the merge policy in force. Answered by `policy`.
    case askPolicy
    /// What is written from now on is captured as this policy asks: one transaction. Answered by
    /// `policyNoted`.
    case note(PolicyResponse)
    /// Tell what the branch knows to be synced, and what its application has added, to a hub that
    /// knows something else. Answered by `schema`.
    case tellSchema
    /// What is synced from now on: one transaction. Answered by `schemaNoted`.
    case noteSchema(Schema)
    case wait(milliseconds: Int64)
    case finish(Outcome)
  }

  package enum Outcome: Hashable, Sendable {
    /// Neither side has anything for the other, except what was written during the session.
    case complete
    /// The hub could not be reached, or did not get on; nothing was lost.
    case unreachable
    case refused(Refusal)
  }

  /// What the next event answers.
  enum Stage: Hashable, Sendable {
    case idle
    case sealing
    /// Something that the network has a part in.
    case requesting(Effect)
    case staging(ExchangeResponse)
    case applying
    case adopting
    case notingPolicy
    case notingSchema
    case waiting(toSend: Effect)
    case finished
  }

  private let backoff: Backoff
  var stage = Stage.idle
  var outbox: [UploadedChangeset] = []
  /// Whether the log may go on behind the delta that is being applied.
  private var isResumed = false
  /// The exchange whose delta is being downloaded.
  private var response: ExchangeResponse?
  /// Requests without an answer, or with one that brought nothing on, since the last progress.
  var attemptCount = 0
  /// The most of the changeset under way that the hub was known to have staged.
  private var uploadedBytesMax = 0
  /// Exchanges after which the outbox began with the same changeset as before.
  private var stallCount = 0
  /// The last changeset that was sealed when the session began. Later ones are written while it
  /// runs, and could keep it going for ever.
  private var counterAtStart: UInt64 = 0
  private var extraRoundCount = 0
  var relocationCount = 0
  var adoptionCount = 0
  var schemaCount = 0

  /// The hash of the merge policy that the branch has; nil if it is not to ask for another.
  private var policyHash: ContentHash?
  /// What the hub said last of the one in force.
  private var policyTold: PolicyMark?

  /// `spread` makes this branch's waits its own; `policyHash` names the merge policy that it has.
  package init(spread: UInt64 = 0, policyHash: ContentHash? = nil) {
    backoff = Backoff(spread: spread)
    self.policyHash = policyHash
  }

  package mutating func handle(_ event: Event) -> [Effect] {
    switch (stage, event) {
    case (.idle, .started):
      stage = .sealing
      return [.seal]
    case (.sealing, .sealed(let pending)):
      outbox = pending.map(\.changeset)
      counterAtStart = outbox.last?.counter ?? 0
      return push()
    case (.requesting(.upload(let changeset, let offset, let asked)), .uploadAnswered(let count)):
      return uploadAnswered(changeset, offset: offset, isAsking: asked == 0, byteCount: count)
    case (.requesting(.exchange), .exchanged(let response, let isResumed)):
      self.isResumed = isResumed
      return exchanged(response)
    case (.staging(let response), .staged(let byteCount)):
      return pull(response, staged: byteCount)
    case (.requesting(.download(_, _, let offset, _)), .staged(let byteCount)):
      return downloaded(from: offset, staged: byteCount)
    case (.applying, .applied(let pending)):
      return applied(outbox: pending.map(\.changeset))
    case (.requesting(.askPolicy), .policy(let policy)):
      stage = .notingPolicy
      return [.note(policy)]
    case (.notingPolicy, .policyNoted):
      policyHash = nil
      return finish(.complete)
    case (.requesting(.tellSchema), .schema(let schema)):
      stage = .notingSchema
      return [.noteSchema(schema)]
    case (.notingSchema, .schemaNoted(let outbox)):
      return pushAnew(outbox)
    case (.requesting(let request), .unanswered):
      return retry(request, else: .unreachable)
    case (.requesting(let request), .refused(let refusal)):
      return refused(request, refusal)
    case (.waiting(let request), .waited):
      return send(request)
    default:
      return handleIdentity(event)
    }
  }

  /// Goes on with an outbox that is not what it was: other names, other hashes.
  mutating func pushAnew(_ pending: [Pending]) -> [Effect] {
    attemptCount = 0
    outbox = pending.map(\.changeset)
    counterAtStart = outbox.last?.counter ?? 0
    return push()
  }

  /// Asks again what the exchange brings. For a delta that the hub does not know any more.
  mutating func startOver(_ refusal: Refusal) -> [Effect] {
    stallCount += 1
    guard stallCount < SessionLimits.stallsMax else { return finish(.refused(refusal)) }
    response = nil
    return push()
  }

  // MARK: Push

  /// Sends what comes next: as many small changesets as fit, or one large one, or nothing but the
  /// question what is new.
  mutating func push() -> [Effect] {
    guard let first = outbox.first else { return send(.exchange(inline: [], uploaded: nil)) }
    guard first.byteCount <= SessionLimits.inlineBytesMax else {
      uploadedBytesMax = 0
      return send(.upload(first, offset: 0, byteCount: 0))
    }
    var inline: [UploadedChangeset] = []
    var byteCount = 0
    for changeset in outbox.prefix(SessionLimits.changesetsPerExchangeMax) {
      byteCount += changeset.byteCount
      guard byteCount <= SessionLimits.inlineBytesMax else { break }
      inline.append(changeset)
    }
    return send(.exchange(inline: inline, uploaded: nil))
  }

  private mutating func uploadAnswered(
    _ changeset: UploadedChangeset, offset: Int, isAsking: Bool, byteCount: Int
  ) -> [Effect] {
    // The number comes from the network: it is held to what it can be.
    let staged = min(max(byteCount, 0), changeset.byteCount)
    guard staged < changeset.byteCount else {
      attemptCount = 0
      return send(.exchange(inline: [], uploaded: changeset))
    }
    let piece = Effect.upload(
      changeset, offset: staged,
      byteCount: min(SessionLimits.pieceBytesMax, changeset.byteCount - staged))
    if staged > uploadedBytesMax {
      uploadedBytesMax = staged
      attemptCount = 0
    } else if !isAsking {
      return retry(piece, else: .unreachable)
    }
    return send(piece)
  }

  // MARK: Pull

  private mutating func exchanged(_ response: ExchangeResponse) -> [Effect] {
    attemptCount = 0
    policyTold = response.policy
    guard response.deltaByteCount > 0 else { return apply(response) }
    stage = .staging(response)
    return [.stage(response)]
  }

  private mutating func downloaded(from offset: Int, staged: Int) -> [Effect] {
    guard let response else { return [] }
    guard staged > offset else {
      return retry(download(response, from: staged), else: .unreachable)
    }
    attemptCount = 0
    return pull(response, staged: staged)
  }

  private mutating func pull(_ response: ExchangeResponse, staged: Int) -> [Effect] {
    guard staged < response.deltaByteCount else { return apply(response) }
    self.response = response
    return send(download(response, from: staged))
  }

  private func download(_ response: ExchangeResponse, from staged: Int) -> Effect {
    let offset = max(staged, 0)
    return .download(
      from: response.from, to: response.to, offset: offset,
      byteCount: min(SessionLimits.pieceBytesMax, response.deltaByteCount - offset))
  }

  private mutating func apply(_ response: ExchangeResponse) -> [Effect] {
    self.response = nil
    stage = .applying
    return [.apply(response)]
  }

  private mutating func applied(outbox pending: [UploadedChangeset]) -> [Effect] {
    let before = outbox.first?.counter ?? 0
    outbox = pending
    guard let first = outbox.first else { return isResumed ? push() : complete() }
    if first.counter > counterAtStart {
      extraRoundCount += 1
      guard extraRoundCount <= SessionLimits.extraRoundsMax else { return complete() }
    }
    if first.counter <= before {
      stallCount += 1
      guard stallCount < SessionLimits.stallsMax else { return finish(.unreachable) }
    }
    return push()
  }

  // MARK: Effects

  mutating func send(_ request: Effect) -> [Effect] {
    stage = .requesting(request)
    return [request]
  }

  /// Waits and sends again, or ends the session once that was done often enough.
  mutating func retry(_ request: Effect, else outcome: Outcome) -> [Effect] {
    attemptCount += 1
    guard attemptCount < SessionLimits.attemptsMax else { return finish(outcome) }
    if case .upload(let changeset, _, _) = request {
      // How much of the piece arrived is not known.
      stage = .waiting(toSend: .upload(changeset, offset: 0, byteCount: 0))
    } else {
      stage = .waiting(toSend: request)
    }
    return [.wait(milliseconds: backoff.milliseconds(afterAttempt: attemptCount))]
  }

  /// Neither side has anything for the other; the merge policy may be another than the branch's.
  private mutating func complete() -> [Effect] {
    guard let policyTold, let policyHash, policyTold.contentHash != policyHash else {
      return finish(.complete)
    }
    attemptCount = 0
    return send(.askPolicy)
  }

  mutating func finish(_ outcome: Outcome) -> [Effect] {
    stage = .finished
    return [.finish(outcome)]
  }
}
