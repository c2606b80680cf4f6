internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Sessions
internal import Storage

/// What a copy has enrolled as, and what it told the hub of its old chain.
struct Adoption {
  let identity: NewIdentity
  /// Whether the sync begins with it: the database was copied without its key.
  var isFirst = false
  var attemptCount = 0
  /// What it asks before it takes the identity; nil before the hub has said what its chain
  /// continues.
  var inquiry: AdoptionInquiry?
}

/// Handing back, and taking an identity.
extension BranchEngine {
  // MARK: Handing back

  func beginHandBack(_ path: PathResponse) throws -> Step {
    if handBack?.path == path {
      handBack?.interrupted()
    } else {
      handBack = try HandBack(path, store: store)
      // Of a log that is no more.
      staged.removeAll()
    }
    guard let request = try nextHandedBack() else {
      let refusal =
        lastRefusal
        ?? Refusal(
          code: .unknownPosition,
          message: "This hub is not the one that the branch has joined. Nothing was changed.")
      return .inside(.refused(refusal))
    }
    return .outside(.send(request))
  }

  func nextHandedBack() throws -> HubRequest? { try handBack?.request() }

  /// How much of a large changeset is staged at the hub: of the outbox, or of the tail.
  func uploaded(_ byteCount: Int) throws -> BranchSession.Event {
    guard handBack != nil else { return .uploadAnswered(byteCount: byteCount) }
    return handBack?.staged(byteCount: byteCount) == true ? .partHandedBack : .unanswered
  }

  func handedBack(_ answer: HandBackResponse) throws -> BranchSession.Event {
    guard handBack != nil else { return .unanswered }
    guard try handBack?.taken(answer.positions) == true else { return .partHandedBack }
    if let generation = handBack?.generation {
      try store.noteHandedBack(to: generation, place: answer.place)
    }
    handBack = nil
    lossCount = Int(clamping: answer.lossCount)
    return .handedBack(outbox: try outbox())
  }

  // MARK: Copies

  func adoptRequest() throws -> AdoptRequest {
    let confirmed = try store.confirmedHead()
    return AdoptRequest(
      previous: store.identity.replica,
      // Of a chain that has nothing in the log the last of the one before it counts.
      confirmed: confirmed.hash == .zero
        ? .none : ChainHead(counter: max(1, confirmed.counter), hash: confirmed.hash))
  }

  func adopt(parentHash: ContentHash, _ wallMilliseconds: Int64) throws {
    guard let adoption else { return }
    let notice = try store.adopt(
      replica: adoption.identity.replica, branch: adoption.identity.branch,
      parentHash: parentHash, keySpace: KeySpace(replica: adoption.identity.replica.rawValue),
      newRows: adoption.inquiry?.newRows, wallMilliseconds: wallMilliseconds)
    if let notice {
      report.notices.append(
        Notice(number: 0, milliseconds: notice.milliseconds, text: notice.text))
    }
    // Deltas are made for one receiver.
    staged.removeAll()
    staged = StagedDelta(folder: stagingFolder, receiver: store.identity.replica)
    report.newName = store.identity.branch
    self.adoption = nil
  }

  /// A sync of a database that was copied without its key begins here, and then as any other.
  func handleFirstAdoption(_ event: Event, _ wallMilliseconds: Int64) throws -> [Effect] {
    switch event {
    case .start, .waited:
      if case .start = event {
        _ = try store.seal(wallMilliseconds: wallMilliseconds)
      }
      return [.send(.adopt(try adoptRequest()))]
    case .answered(.adopted(let parentHash), _, _):
      try adopt(parentHash: parentHash, wallMilliseconds)
      isStarting = true
      return [.identityChanged(store.identity.replica)]
    case .answered(.refused(let refusal), _, _) where refusal.code != .busy:
      return [.finish(try summary(.refused(refusal)))]
    default:
      return [try retried()]
    }
  }
}
