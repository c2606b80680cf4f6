internal import Basics
package import Clocks
internal import Deltas
package import HubStore
internal import Merging
package import Sessions

/// A hub's side of the conversation: a request in, an answer out. It knows no sockets, never waits,
/// and looks at no clock.
///
/// Used by one thread at a time. Every answer is given after what it tells is durable.
package final class HubEngine {
  let store: HubStore
  /// Issues the timestamps of answers.
  var clock = HybridLogicalClock(replica: .hub)

  /// Gives that many random bytes: for generations and the secrets of tokens.
  let random: (Int) -> [UInt8]

  /// Branches not heard of for this long are away.
  package var awayMilliseconds = HubEngine.awayMillisecondsDefault
  /// What the log lets go of is kept for this long as the hub's history; 0 keeps none.
  package var historyMilliseconds = HistoryKeeping.millisecondsDefault
  /// The most that the history may hold; its oldest part goes.
  package var historyBytesMax = Int.max

  package init(store: HubStore, random: @escaping (Int) -> [UInt8]) {
    self.store = store
    self.random = random
  }

  /// Answers a branch's request.
  ///
  /// `replica` is who asks, by its certificate; `isStranger` says that the certificate is of our
  /// authority, but not the one that the registry has of the replica. Never throws: what cannot be
  /// done is refused, and nothing of it was done.
  package func handle(
    _ request: HubRequest, from replica: ReplicaID, isStranger: Bool = false,
    wallMilliseconds: Int64
  ) -> HubResponse {
    do {
      try store.noticeReplacement()
      let isStranger = try isUnknown(replica, request) || isStranger
      switch request {
      case .exchange(let request):
        return .exchange(
          try exchange(
            request, from: replica, isStranger: isStranger, wallMilliseconds: wallMilliseconds))
      case .upload(let request):
        return .uploaded(byteCount: try upload(request, from: replica))
      case .place:
        return .path(
          PathResponse(
            steps: try store.path(), head: try store.head(),
            isAmbiguous: try store.isAmbiguous()))
      case .handBack(let request):
        return try handBack(
          request, from: replica, isStranger: isStranger, wallMilliseconds: wallMilliseconds)
      // A hub that was restored may not know who asks; what it lost of its schema it must get
      // before anything else.
      case .schema(let schema) where isStranger: return .schema(try store.extend(by: schema))
      case .fork(let name):
        return .forkOffer(
          try fork(name, replica: replica, wallMilliseconds: wallMilliseconds))
      default:
        guard !isStranger else { throw Self.strangersMayNotAsk }
        return try answer(request, from: replica, wallMilliseconds: wallMilliseconds)
      }
    } catch {
      return .refused(Refusal(error))
    }
  }

  /// Answers who is registered.
  private func answer(
    _ request: HubRequest, from replica: ReplicaID, wallMilliseconds: Int64
  ) throws -> HubResponse {
    switch request {
    case .download(let request):
      return .download(
        try download(request, from: replica, wallMilliseconds: wallMilliseconds))
    case .compare(let request): return .compare(try compare(request))
    case .fetchRows(let request): return .rows(try fetchRows(request))
    case .explain(let request): return .explanation(try explain(request))
    case .trace(let request): return .trace(try trace(request, from: replica))
    case .awaitNews:
      // When to answer is the server's business.
      let head = try store.head()
      return .news(generation: try store.place(at: head).generation, head: head)
    case .describe:
      return .description(try description(names: try replicaNames()))
    case .adopt(let request):
      return try adopt(request, replica: replica, wallMilliseconds: wallMilliseconds)
    case .policy:
      let policy = try store.policyInForce()
      return .policy(
        PolicyResponse(
          version: policy?.version ?? 0, encoded: policy?.encoded ?? MergePolicy().encoded))
    case .schema(let schema): return .schema(try store.extend(by: schema))
    case .exchange, .upload, .place, .handBack, .fork: throw Self.strangersMayNotAsk
    }
  }

  func description(names: [ReplicaName]) throws -> HubDescription {
    let head = try store.head()
    return HubDescription(
      generation: try store.place(at: head).generation, head: head, schema: store.schema,
      names: names)
  }

  /// Throws for a device that may ask nothing; what a retired one sends is looked at first.
  private func isUnknown(_ replica: ReplicaID, _ request: HubRequest) throws -> Bool {
    guard let record = try store.replica(replica) else { return true }
    switch record.state {
    case .active: return false
    case .past, .headquarters: return true
    case .revoked: throw HubStoreError.refused(.revoked)
    case .retired:
      switch request {
      case .exchange, .upload, .place, .handBack: return false
      default: throw HubStoreError.refused(.retired())
      }
    }
  }

  private static let strangersMayNotAsk = Refusal(
    code: .notAllowed,
    message: "The hub did not answer: it knows another device under this number, or none. Sync:"
      + " the device gets an identity of its own.")

  func replicaNames() throws -> [ReplicaName] {
    try store.names().sorted { $0.key < $1.key }
      .map { ReplicaName(replica: $0.key, name: $0.value) }
  }
}
