internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Sessions
internal import Storage

/// What a copy asks the hub before it takes its identity: which of the rows that SQLite numbered
/// both databases have.
struct AdoptionInquiry {
  /// What the chain continues, as the hub said.
  let parentHash: ContentHash
  /// Changesets of which the hub is still to say whether it knows them, the first first.
  var doubtful: [OutgoingChangeset]
  /// The last changeset that there is. What is sealed after it was made here.
  let last: UInt64
  var newRows: NewRows
  /// Looks for rows that the hub has out of other changesets; nil before that.
  var comparison: BranchComparison?
  /// What it waits for an answer to.
  var request: HubRequest?
}

extension BranchEngine {
  /// Asks which changesets the hub knows, before the identity is taken: the other database may have
  /// sent what it has in common with this one. Then it compares what is left.
  ///
  /// The hub refused the chain, so it has something behind the last changeset that both have: what
  /// it does not know was sealed here, after the copy was made.
  func beginInquiry(_ parentHash: ContentHash, _ wallMilliseconds: Int64) throws -> Effect {
    let last = try store.standing().sealedCounter
    adoption?.attemptCount = 0
    adoption?.inquiry = AdoptionInquiry(
      parentHash: parentHash, doubtful: try store.doubtfulOutbox(), last: last,
      newRows: NewRows(first: last + 1))
    return try inquire(wallMilliseconds)
  }

  /// Asks the next question; takes the identity once there is none.
  private func inquire(_ wallMilliseconds: Int64) throws -> Effect {
    guard let inquiry = adoption?.inquiry else { return .finish(try summary(.unreachable)) }
    if let first = inquiry.doubtful.first {
      let changeset = UploadedChangeset(
        counter: first.counter, contentHash: first.contentHash, byteCount: first.byteCount)
      return ask(.upload(UploadRequest(changeset: changeset, offset: 0, bytes: [])))
    }
    if inquiry.comparison == nil, inquiry.newRows.first <= inquiry.last {
      let tables = try store.tablesWithNewRows(in: inquiry.newRows.first...inquiry.last)
      let comparison = BranchComparison(
        database: store.database,
        schema: Schema(tables: store.known.tables.filter { tables.contains($0.id) }, otherSQL: []),
        synced: store.schema, keys: store.keyColumns, isNaming: false,
        called: try store.localNames())
      adoption?.inquiry?.comparison = comparison
      return try take(try comparison.start(), wallMilliseconds)
    }
    try adopt(parentHash: inquiry.parentHash, wallMilliseconds)
    return .identityChanged(store.identity.replica)
  }

  private func ask(_ request: HubRequest) -> Effect {
    adoption?.inquiry?.request = request
    return .send(request)
  }

  func handleInquiry(_ event: Event, _ wallMilliseconds: Int64) throws -> [Effect] {
    guard let inquiry = adoption?.inquiry, let request = inquiry.request else { return [] }
    switch event {
    // Of rows that stay at the hub nothing is known here, and the comparison goes on without them.
    case .answered(.refused(let refusal), _, _)
    where refusal.code != .busy && refusal.code != .withheld:
      return [.finish(try summary(.refused(refusal)))]
    case .answered(.uploaded(let byteCount), _, _):
      guard let first = inquiry.doubtful.first else { return [try retried()] }
      take(isKnown: byteCount == first.byteCount, first)
      return [try inquire(wallMilliseconds)]
    case .answered(let response, _, _):
      guard let comparison = inquiry.comparison else { return [try retried()] }
      do {
        let next = try comparison.handle(response)
        adoption?.attemptCount = 0
        return [try take(next, wallMilliseconds)]
      } catch is BranchComparison.UnexpectedAnswer {
        return [try retried()]
      }
    case .unanswered: return [try retried()]
    case .waited: return [.send(request)]
    case .start, .enrolled, .identityNoted: return []
    }
  }

  /// A chain's changesets are known up to one.
  private func take(isKnown: Bool, _ changeset: OutgoingChangeset) {
    adoption?.attemptCount = 0
    if isKnown {
      adoption?.inquiry?.doubtful.removeFirst()
    } else {
      adoption?.inquiry?.newRows.first = changeset.counter
      adoption?.inquiry?.doubtful = []
    }
  }

  private func take(
    _ effect: BranchComparison.Effect, _ wallMilliseconds: Int64
  ) throws -> Effect {
    switch effect {
    case .send(let request): return ask(request)
    case .finish:
      if let inquiry = adoption?.inquiry, let comparison = inquiry.comparison {
        adoption?.inquiry?.newRows.known = try store.knownNumbers(
          in: inquiry.newRows.first...inquiry.last, isKnown: comparison.isKnown)
      }
      return try inquire(wallMilliseconds)
    }
  }

  /// Waits and asks again, some times.
  func retried() throws -> Effect {
    adoption?.attemptCount += 1
    let count = adoption?.attemptCount ?? 0
    guard count < SessionLimits.attemptsMax else { return .finish(try summary(.unreachable)) }
    let backoff = Backoff(spread: UInt64(store.identity.replica.rawValue))
    return .wait(milliseconds: backoff.milliseconds(afterAttempt: count))
  }
}
