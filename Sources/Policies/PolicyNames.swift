package import Clocks
package import Deltas

/// What the names in a policy file mean.
package struct PolicyNames: Sendable {
  package let schema: Schema
  /// Whose decisions are called `headquarters`.
  package let headquarters: ReplicaID
  /// Everyone who was ever called so: a branch that was set up anew has another number.
  package let branches: [String: [ReplicaID]]
  private let tables: [String: Int]

  package init(schema: Schema, headquarters: ReplicaID, branches: [String: [ReplicaID]]) {
    self.schema = schema
    self.headquarters = headquarters
    self.branches = branches.filter { !$0.value.isEmpty }
    tables = Dictionary(
      schema.tables.enumerated().map { (foldedName($0.element.name), $0.offset) }
    ) { first, _ in first }
  }

  static let headquartersName = "headquarters"

  /// The table that SQLite would take a name for.
  func table(_ name: String) -> TableSchema? {
    tables[foldedName(name)].map { schema.tables[$0] }
  }

  var tableNames: [String] { schema.tables.map(\.name) }

  /// Those whom a name of a list stands for; empty if nobody is called so yet.
  func replicas(_ name: String) -> [ReplicaID] {
    name == Self.headquartersName ? [headquarters] : branches[name] ?? []
  }

  /// Ascending, without what `headquarters` hides.
  var branchNames: [String] {
    branches.keys.filter { $0 != Self.headquartersName }.sorted()
  }
}

/// A table's columns by their names.
struct ColumnNames: Sendable {
  let table: TableSchema
  private let columns: [String: Int]

  init(_ table: TableSchema) {
    self.table = table
    columns = Dictionary(
      table.columns.enumerated().map { (foldedName($0.element.name), $0.offset) }
    ) { first, _ in first }
  }

  /// The column that SQLite would take a name for.
  func column(_ name: String) -> ColumnSchema? {
    columns[foldedName(name)].map { table.columns[$0] }
  }

  func isKey(_ column: ColumnSchema) -> Bool { table.keyColumns.contains(column.id) }
}
