internal import Deltas
internal import Storage

/// Columns of one table by whose values a row of another is found: a foreign key, as the database
/// declares it or the policy names it.
struct Reference: Hashable, Sendable {
  let child: TableSchema
  /// At least one.
  let columns: [ColumnID]
  let parent: TableSchema
  /// Beside `columns`.
  let parentColumns: [ColumnID]

  /// Stays the same as long as it is the same columns that refer to the same.
  var name: String {
    Orphan.name(child: child.id, columns, parent: parent.id, parentColumns)
  }

  /// Whether both sides compare values alike, so that an index of either finds what SQLite would.
  var comparesAlike: Bool {
    zip(columns, parentColumns).allSatisfy { column, other in
      guard let column = child.column(column), let other = parent.column(other) else {
        return false
      }
      return Self.isNumeric(column.affinity) == Self.isNumeric(other.affinity)
        && (Self.isNumeric(other.affinity) || column.affinity == other.affinity)
        && column.collation == other.collation
    }
  }

  private static func isNumeric(_ affinity: Affinity) -> Bool {
    switch affinity {
    case .integer, .real, .numeric: true
    case .text, .blob: false
    }
  }

  /// Whether it is by its key that the parent is found.
  var refersToKey: Bool { Set(parentColumns) == Set(parent.keyColumns) }

  /// The key of the row that some values of `columns` refer to; nil if the reference is not to the
  /// key, or if the key has no such value.
  func parentKey(of values: [Value]) -> RowKey? {
    guard refersToKey else { return nil }
    let held = Dictionary(zip(parentColumns, values)) { first, _ in first }
    let key = parent.keyColumns.map { held[$0] ?? .null }
    let isKept = zip(KeyAffinity.list(of: parent), key).allSatisfy { affinity, value in
      value.withView { affinity.keeps($0) }
    }
    return isKept ? RowKey(table: parent.id, values: key) : nil
  }

  /// Those that a database declares among tables that are synced, and those that a policy names.
  /// Others lead where nobody here can follow.
  static func list(
    of schema: Schema, named references: (TableID) -> [ColumnID: TableID], in database: Database
  ) throws(StorageError) -> [Reference] {
    var result: [Reference] = []
    let tables = schema.tables.filter { !$0.isDropped }
    for child in tables {
      var parts: [[ForeignKeyColumn]] = []
      for part in try SchemaReader.foreignKeyColumns(of: child.name, in: database) {
        if part.place == 0 { parts.append([]) }
        parts[parts.count - 1].append(part)
      }
      for (column, parent) in references(child.id).sorted(by: { $0.key < $1.key }) {
        guard let name = child.column(column)?.name,
          let parent = tables.first(where: { $0.id == parent })
        else { continue }
        parts.append([
          ForeignKeyColumn(column: name, parent: parent.name, parentColumn: nil, place: 0)
        ])
      }
      for part in parts {
        guard let found = Reference(part, of: child, among: tables), !result.contains(found) else {
          continue
        }
        result.append(found)
      }
    }
    return result
  }

  private init?(_ parts: [ForeignKeyColumn], of child: TableSchema, among tables: [TableSchema]) {
    func isSame(_ left: String, _ right: String) -> Bool {
      SchemaReader.asciiLowercased(left) == SchemaReader.asciiLowercased(right)
    }
    func column(_ name: String, of table: TableSchema) -> ColumnID? {
      table.columns.first { !$0.isDropped && isSame($0.name, name) }?.id
    }
    guard let first = parts.first,
      let parent = tables.first(where: { isSame($0.name, first.parent) })
    else { return nil }
    let columns = parts.compactMap { column($0.column, of: child) }
    let others = parts.compactMap { part in
      if let name = part.parentColumn { return column(name, of: parent) }
      return part.place < parent.keyColumns.count ? parent.keyColumns[part.place] : nil
    }
    let namesAll = first.parentColumn != nil || parts.count == parent.keyColumns.count
    guard namesAll, columns.count == parts.count, others.count == parts.count else { return nil }
    self.child = child
    self.columns = columns
    self.parent = parent
    parentColumns = others
  }
}
