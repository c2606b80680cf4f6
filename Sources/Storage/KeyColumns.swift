package import Deltas

/// Which columns of a table hold keys that are the branch's own: the statements of such a table
/// take and give shared keys, while the table has its own.
package struct KeyColumns: Hashable, Sendable {
  /// By column: whose keys it holds, its own table's or those of another. Keys and references of
  /// one domain are translated alike.
  package let domains: [ColumnID: TableID]
  /// What rows made here are called by others.
  package let space: KeySpace

  package init(domains: [ColumnID: TableID], space: KeySpace) {
    self.domains = domains
    self.space = space
  }
}
