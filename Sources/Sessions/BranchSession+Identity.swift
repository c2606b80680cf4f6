internal import Clocks

/// What a session does when the hub has lost the branch's timeline, and when the branch is a copy.
extension BranchSession {
  mutating func refused(_ request: Effect, _ refusal: Refusal) -> [Effect] {
    switch (request, refusal.code) {
    case (_, .busy):
      return retry(request, else: .refused(refusal))
    case (.exchange, .unknownPosition), (.handBack, .unknownPosition):
      // The hub may be put back while it is handed something: what it took may be lost with that.
      guard relocationCount < SessionLimits.relocationsMax else { return finish(.refused(refusal)) }
      relocationCount += 1
      attemptCount = 0
      return send(.askPlace)
    case (.exchange, .schemaMismatch):
      guard schemaCount < SessionLimits.schemasMax else { return finish(.refused(refusal)) }
      schemaCount += 1
      attemptCount = 0
      return send(.tellSchema)
    case (.exchange, .chainBroken):
      guard adoptionCount < SessionLimits.adoptionsMax else { return finish(.refused(refusal)) }
      adoptionCount += 1
      attemptCount = 0
      return send(.askFork)
    case (.exchange, .retired):
      return salvaged(refusal)
    case (.download, .unknownPosition):
      return startOver(refusal)
    case (.enrol, .tokenUnknown), (.enrol, .tokenUsed), (.enrol, .tokenExpired):
      // The hub was restored, or the answer to an enrolment was lost with the key.
      return retry(.askFork, else: .refused(refusal))
    default:
      return finish(.refused(refusal))
    }
  }

  /// The hub keeps what was sent, and more of the chain perhaps from before. Sends what follows.
  private mutating func salvaged(_ refusal: Refusal) -> [Effect] {
    let counter = refusal.salvage?.counter ?? 0
    let rest = outbox.filter { $0.counter > counter }
    guard !rest.isEmpty, rest.count < outbox.count else { return finish(.refused(refusal)) }
    attemptCount = 0
    outbox = rest
    return push()
  }

  mutating func handleIdentity(_ event: Event) -> [Effect] {
    switch (stage, event) {
    case (.requesting(.askPlace), .path(let path)):
      attemptCount = 0
      return send(.handBack(path))
    case (.requesting(.handBack), .partHandedBack):
      attemptCount = 0
      return []
    case (.requesting(.handBack), .handedBack(let outbox)):
      return pushAnew(outbox)
    case (.requesting(.askFork), .forkOffered(let offer)):
      // The count goes on: a hub that offers tokens which it then does not take must not keep the
      // session going.
      return send(.enrol(offer))
    case (.requesting(.enrol), .enrolled):
      attemptCount = 0
      return send(.askAdopt)
    case (.requesting(.askAdopt), .adopted(let parentHash)):
      stage = .adopting
      return [.adopt(parentHash: parentHash)]
    case (.adopting, .adoptedHere(let outbox)):
      return pushAnew(outbox)
    default:
      return []
    }
  }
}
