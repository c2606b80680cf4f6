package import Deltas

/// Asks how far a row's last change has got, and one changeset of the sender's own.
package struct TraceRequest: Hashable, Sendable {
  package var table: TableID
  package var key: [UInt8]
  /// A changeset of the sender's chain; 0 for none.
  package var counter: UInt64

  package init(table: TableID, key: [UInt8], counter: UInt64) {
    self.table = table
    self.key = key
    self.counter = counter
  }
}
