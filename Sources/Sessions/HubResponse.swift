package import Clocks

/// What the hub answers. Every case but a refusal answers the request of its kind.
package enum HubResponse: Hashable, Sendable {
  case exchange(ExchangeResponse)
  /// How many bytes of the changeset the hub has staged.
  case uploaded(byteCount: Int)
  case download(DownloadResponse)
  case compare(CompareResponse)
  case rows(FetchRowsResponse)
  case explanation(ExplainResponse)
  /// The log's head.
  case news(generation: GenerationID, head: LogPosition)
  case description(HubDescription)
  case path(PathResponse)
  /// What the branch's place is called from now on.
  case handedBack(place: CausalContext)
  case forkOffer(ForkOffer)
  /// How many changesets from the beginning of the outbox the log has.
  case adopted(matchedCount: Int)
  case refused(Refusal)
}
