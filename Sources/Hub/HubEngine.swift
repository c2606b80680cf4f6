internal import Basics
package import Clocks
internal import Deltas
package import HubStore
package import Sessions

/// A hub's side of the conversation: a request in, an answer out. It knows no sockets, never waits,
/// and looks at no clock.
///
/// Used by one thread at a time. Every answer is given after what it tells is durable.
package final class HubEngine {
  let store: HubStore
  /// Issues the timestamps of answers.
  var clock = HybridLogicalClock(replica: .hub)

  package init(store: HubStore) { self.store = store }

  /// Answers a branch's request.
  ///
  /// `replica` is who asks, by its certificate. Never throws: what cannot be done is refused, and
  /// nothing of it was done.
  package func handle(
    _ request: HubRequest, from replica: ReplicaID, wallMilliseconds: Int64
  ) -> HubResponse {
    do {
      try checkMayAsk(replica)
      switch request {
      case .exchange(let request):
        return .exchange(
          try exchange(request, from: replica, wallMilliseconds: wallMilliseconds))
      case .upload(let request):
        return .uploaded(byteCount: try upload(request, from: replica))
      case .download(let request):
        return .download(
          try download(request, from: replica, wallMilliseconds: wallMilliseconds))
      case .compare(let request): return .compare(try compare(request))
      case .fetchRows(let request): return .rows(try fetchRows(request))
      case .explain(let request): return .explanation(try explain(request))
      case .awaitNews:
        // When to answer is the server's business.
        return .news(generation: store.generation, head: try store.head())
      case .describe:
        return .description(
          HubDescription(
            generation: store.generation, head: try store.head(), schema: store.schema,
            names: try replicaNames()))
      case .place, .handBack, .fork, .adopt:
        return .refused(
          Refusal(
            code: .malformed,
            message: "The hub did not answer: it does not know how to do that yet."))
      }
    } catch {
      return .refused(Refusal(error))
    }
  }

  private func checkMayAsk(_ replica: ReplicaID) throws {
    guard let record = try store.replica(replica) else {
      throw HubStoreError.refused(.unknownReplica)
    }
    guard record.state == .active else { throw HubStoreError.refused(.revoked) }
  }

  func replicaNames() throws -> [ReplicaName] {
    try store.names().sorted { $0.key < $1.key }
      .map { ReplicaName(replica: $0.key, name: $0.value) }
  }
}
