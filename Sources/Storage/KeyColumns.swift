package import Deltas

/// Which columns of a table hold keys that are the branch's own: the statements of such a table
/// take and give shared keys, while the table has its own.
package struct KeyColumns: Hashable, Sendable {
  /// By column: whose keys it holds, its own table's or those of another. Keys and references of
  /// one domain are translated alike.
  package let domains: [ColumnID: TableID]
  /// Of which space the rule makes shared keys; nil if keys without an entry are shared as they
  /// are.
  package let space: KeySpace?
  /// Whether inserts that leave the number to SQLite are marked.
  package let marksNumbers: Bool

  package init(
    domains: [ColumnID: TableID], space: KeySpace?, marksNumbers: Bool = false
  ) {
    self.domains = domains
    self.space = space
    self.marksNumbers = marksNumbers
  }
}
