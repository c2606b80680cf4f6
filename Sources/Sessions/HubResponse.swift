package import Basics
package import Clocks
package import Deltas

/// What the hub answers. Every case but a refusal answers the request of its kind.
package enum HubResponse: Hashable, Sendable {
  case exchange(ExchangeResponse)
  /// How many bytes of the changeset the hub has staged.
  case uploaded(byteCount: Int)
  case download(DownloadResponse)
  case compare(CompareResponse)
  case rows(FetchRowsResponse)
  case explanation(ExplainResponse)
  case trace(TraceResponse)
  /// The log's head.
  case news(generation: GenerationID, head: LogPosition)
  case description(HubDescription)
  case path(PathResponse)
  case handedBack(HandBackResponse)
  case forkOffer(ForkOffer)
  /// The changeset that the copy's new chain continues; zero if there is none.
  case adopted(parentHash: ContentHash)
  case policy(PolicyResponse)
  /// What is synced from here on.
  case schema(Schema)
  case refused(Refusal)
}
