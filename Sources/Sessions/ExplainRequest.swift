package import Deltas

/// Asks where a row's values come from.
package struct ExplainRequest: Hashable, Sendable {
  package var table: TableID
  package var key: [UInt8]

  package init(table: TableID, key: [UInt8]) {
    self.table = table
    self.key = key
  }
}
