package import Deltas

/// Asks for whole rows by key, to name a difference or to heal it.
package struct FetchRowsRequest: Hashable, Sendable {
  package var table: TableID
  /// Encoded keys.
  package var keys: [[UInt8]]

  package init(table: TableID, keys: [[UInt8]]) {
    self.table = table
    self.keys = keys
  }
}
