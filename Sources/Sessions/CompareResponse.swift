package import Clocks
package import Deltas

/// Digests of the hub's rows.
package struct CompareResponse: Hashable, Sendable {
  /// The position whose state was digested.
  package var position: LogPosition
  /// One for each bucket, or empty when rows were asked for.
  package var buckets: [StateDigest]
  /// The rows of the buckets asked for.
  package var rows: [KeyedDigest]

  package init(position: LogPosition, buckets: [StateDigest], rows: [KeyedDigest]) {
    self.position = position
    self.buckets = buckets
    self.rows = rows
  }
}
