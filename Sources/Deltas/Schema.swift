/// The tables that are synced, and what else a new branch database is made of.
package struct Schema: Hashable, Sendable {
  /// In the order of their numbers.
  package var tables: [TableSchema]
  /// Everything else of the application's schema that a new file gets, in the order in which it
  /// must be created: untracked tables, indexes, views, triggers.
  package var otherSQL: [String]
  /// How many migrations were declared at the hub: what renames, drops or retypes. Additions do
  /// not count.
  package var revision: UInt64 = 0

  package init(tables: [TableSchema], otherSQL: [String]) {
    self.tables = tables
    self.otherSQL = otherSQL
  }

  /// The table of a number, or nil. Linear.
  package func table(_ id: TableID) -> TableSchema? { tables.first { $0.id == id } }
  /// The table of a name, spelled as the schema spells it, or nil. Linear.
  package func table(named name: String) -> TableSchema? { tables.first { $0.name == name } }
}
