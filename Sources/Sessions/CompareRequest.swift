package import Deltas

/// Asks for digests of the hub's rows, to compare without sending them.
///
/// Rows fall into 2^`bits` buckets by the leading bits of the SHA-256 of their encoded key.
package struct CompareRequest: Hashable, Sendable {
  package var table: TableID
  /// The columns outside the key that count, ascending; all of them if there are none.
  package var columns: [ColumnID]
  package var bits: Int
  /// Empty: the digest of every bucket. Otherwise: every row's key and digest in these buckets.
  package var buckets: [UInt32]

  package init(table: TableID, columns: [ColumnID] = [], bits: Int, buckets: [UInt32]) {
    self.table = table
    self.columns = columns
    self.bits = bits
    self.buckets = buckets
  }
}
