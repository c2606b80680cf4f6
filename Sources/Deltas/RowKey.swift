internal import Basics

/// Which row, the same on all replicas: a table and the values of its primary key.
package struct RowKey: Hashable, Sendable {
  package let table: TableID
  /// In the key's order; never empty; none of them null.
  package let values: [Value]

  package init(table: TableID, values: [Value]) {
    self.table = table
    self.values = values
  }
}
