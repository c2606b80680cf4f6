package import Basics
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
  /// What the branch's place is called from now on, and how many positions of the lost timeline
  /// nobody has handed back, as far as the hub knows now.
  case handedBack(place: CausalContext, lossCount: UInt64)
  case forkOffer(ForkOffer)
  /// How many changesets from the beginning of the outbox the log has, and the hash of the one that
  /// the new chain continues; zero if there is none.
  case adopted(matchedCount: Int, parentHash: ContentHash)
  case refused(Refusal)
}
