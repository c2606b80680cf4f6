package import Clocks
package import Deltas

/// What a branch asks of the hub. Who asks is not in it: that comes from the certificate.
package enum HubRequest: Hashable, Sendable {
  case exchange(ExchangeRequest)
  case upload(UploadRequest)
  case download(DownloadRequest)
  case compare(CompareRequest)
  case fetchRows(FetchRowsRequest)
  case explain(ExplainRequest)
  case trace(TraceRequest)
  /// Answered when the log has gone past this position, or after the hub's patience.
  case awaitNews(after: LogPosition)
  /// Whether the hub is there, and its schema.
  case describe
  /// Which generations the hub's log has, and how far it goes: asked when it does not know the
  /// branch's place.
  case place
  /// What the hub may have lost.
  case handBack(HandBackRequest)
  /// A token for a copy of this branch, which is called so.
  case fork(branch: String)
  /// Asked by a copy under its new identity.
  case adopt(AdoptRequest)
  /// The merge policy in force.
  case policy
  /// What a branch knows to be synced, with what its application has added: the hub takes over what
  /// it does not have.
  case schema(Schema)
}
