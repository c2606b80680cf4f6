/// One tracked table: its stored columns (generated ones are computed everywhere anew) and key.
package struct TableSchema: Hashable, Sendable {
  package var id: TableID
  package var name: String
  /// In the order of CREATE TABLE. Never empty.
  package var columns: [ColumnSchema]
  /// The primary key's columns in the key's order. Never empty.
  package var keyColumns: [ColumnID]
  package var isWithoutRowID: Bool
  package var isStrict: Bool
  /// The statement that makes the table, as the application wrote it.
  package var createSQL: String
  /// What programs that are not up to date call it.
  package var formerNames: [String] = []
  /// Whether it was declared to be no longer synced. Its number stays its own.
  package var isDropped = false

  package init(
    id: TableID, name: String, columns: [ColumnSchema], keyColumns: [ColumnID],
    isWithoutRowID: Bool, isStrict: Bool, createSQL: String
  ) {
    self.id = id
    self.name = name
    self.columns = columns
    self.keyColumns = keyColumns
    self.isWithoutRowID = isWithoutRowID
    self.isStrict = isStrict
    self.createSQL = createSQL
  }

  /// Whether the first encoding of schemas can say all of it.
  var isPlain: Bool { formerNames.isEmpty && !isDropped && columns.allSatisfy(\.isPlain) }

  /// The column of a number, or nil. Linear.
  package func column(_ id: ColumnID) -> ColumnSchema? { columns.first { $0.id == id } }

  /// The columns outside the key, in the order of their numbers: what an insert carries.
  package var valueColumns: [ColumnID] {
    columns.map(\.id).filter { !keyColumns.contains($0) }.sorted()
  }
}
