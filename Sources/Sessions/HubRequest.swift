package import Clocks

/// What a branch asks of the hub. Who asks is not in it: that comes from the certificate.
package enum HubRequest: Hashable, Sendable {
  case exchange(ExchangeRequest)
  case upload(UploadRequest)
  case download(DownloadRequest)
  case compare(CompareRequest)
  case fetchRows(FetchRowsRequest)
  case explain(ExplainRequest)
  /// Answered when the log has gone past this position, or after the hub's patience.
  case awaitNews(after: LogPosition)
  /// Whether the hub is there, and its schema.
  case describe
}
