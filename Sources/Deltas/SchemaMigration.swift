/// What a migration that is declared at the hub does besides adding: the names before and after it
/// do not say that.
package struct SchemaMigration: Hashable, Sendable {
  /// A table, or a column of one; tables by the names that they have afterwards.
  package struct Name: Hashable, Sendable, CustomStringConvertible {
    package var table: String
    /// Nil for the table itself.
    package var column: String?

    package init(table: String, column: String? = nil) {
      self.table = table
      self.column = column
    }

    package var description: String { column.map { "\(table).\($0)" } ?? table }
  }

  package struct Rename: Hashable, Sendable {
    package var name: Name
    package var newName: String

    package init(_ name: Name, to newName: String) {
      self.name = name
      self.newName = newName
    }
  }

  package var renames: [Rename]
  package var drops: [Name]
  /// How many migrations there are with this one, at least: branches may know of more than a hub
  /// that was restored.
  package var revisionMin: UInt64

  package init(renames: [Rename] = [], drops: [Name] = [], revisionMin: UInt64 = 0) {
    self.renames = renames
    self.drops = drops
    self.revisionMin = revisionMin
  }
}

/// Why a migration cannot be declared.
package enum SchemaMigrationError: Error, Hashable, Sendable {
  case unknown(SchemaMigration.Name)
  /// The new name is not in the new schema, or another thing has it.
  case newNameUnfit(SchemaMigration.Rename)
  /// It is not in the new schema, and nothing says what became of it.
  case unexplained(SchemaMigration.Name)
  /// What is to go is still in the new schema.
  case stillThere(SchemaMigration.Name)
  /// Rows are called by their keys everywhere.
  case keyChanged(table: String)

  /// What was not done, what stopped it, and what to do next.
  package var message: String {
    switch self {
    case .unknown(let name):
      "The hub syncs nothing that is called “\(name)”. Check its spelling."
    case .newNameUnfit(let rename):
      """
      “\(rename.name)” cannot become “\(rename.newName)”: the new schema has no such name, or \
      another column or table has it already.
      """
    case .unexplained(let name):
      """
      “\(name)” is synced and not in the new schema. Say what became of it: \
      --rename \(name)=NEW or --drop \(name).
      """
    case .stillThere(let name):
      "“\(name)” is to be dropped, and is still in the new schema. Take it out of one of the two."
    case .keyChanged(let table):
      """
      Table “\(table)” has another key in the new schema: rows are called by their keys \
      everywhere. Make a table of another name.
      """
    }
  }
}

extension Schema {
  /// This schema after a migration to another one, which an application's database has: that one's
  /// numbers mean nothing.
  package func migrated(
    like other: Schema, by migration: SchemaMigration
  ) throws(SchemaMigrationError) -> Schema {
    var result = self
    for rename in migration.renames where rename.name.column == nil {
      try result.renameTable(rename, like: other)
    }
    for rename in migration.renames where rename.name.column != nil {
      try result.renameColumn(rename, like: other)
    }
    for name in migration.drops { try result.drop(name, like: other) }
    for index in result.tables.indices where !result.tables[index].isDropped {
      let name = result.tables[index].name
      guard let found = other.tables.first(where: { Schema.sameName($0.name, name) }) else {
        throw .unexplained(SchemaMigration.Name(table: name))
      }
      try result.tables[index].take(over: found)
    }
    for table in other.tables { result.takeOver(table) }
    result.tables.sort { $0.id < $1.id }
    if !result.hasSameNames(as: self) { result.revision += 1 }
    result.revision = min(max(result.revision, migration.revisionMin), DeltaLimits.ordinalMax)
    return result
  }

  /// What the tables that are synced are called after a migration.
  package func tableNames(after migration: SchemaMigration) -> [String] {
    tables.filter { !$0.isDropped }.map { table in
      let rename = migration.renames.first {
        $0.name.column == nil && Schema.sameName($0.name.table, table.name)
      }
      return rename?.newName ?? table.name
    }
  }

  private func tableIndex(_ name: String) -> Int? {
    tables.firstIndex { Schema.sameName($0.name, name) && !$0.isDropped }
  }

  private mutating func renameTable(
    _ rename: SchemaMigration.Rename, like other: Schema
  ) throws(SchemaMigrationError) {
    guard let index = tableIndex(rename.name.table) else { throw .unknown(rename.name) }
    guard other.tables.contains(where: { Schema.sameName($0.name, rename.newName) }),
      !tables.contains(where: { Schema.sameName($0.name, rename.newName) })
    else { throw .newNameUnfit(rename) }
    tables[index].formerNames.append(tables[index].name)
    tables[index].name = rename.newName
  }

  private mutating func renameColumn(
    _ rename: SchemaMigration.Rename, like other: Schema
  ) throws(SchemaMigrationError) {
    guard let column = rename.name.column, let index = tableIndex(rename.name.table),
      let place = tables[index].liveIndex(column)
    else { throw .unknown(rename.name) }
    let found = other.tables.first { Schema.sameName($0.name, tables[index].name) }
    guard found?.columns.contains(where: { Schema.sameName($0.name, rename.newName) }) == true,
      !tables[index].columns.contains(where: { Schema.sameName($0.name, rename.newName) })
    else { throw .newNameUnfit(rename) }
    tables[index].columns[place].formerNames.append(tables[index].columns[place].name)
    tables[index].columns[place].name = rename.newName
  }

  private mutating func drop(
    _ name: SchemaMigration.Name, like other: Schema
  ) throws(SchemaMigrationError) {
    guard let index = tableIndex(name.table) else { throw .unknown(name) }
    let found = other.tables.first { Schema.sameName($0.name, tables[index].name) }
    guard let column = name.column else {
      guard found == nil else { throw .stillThere(name) }
      tables[index].isDropped = true
      return
    }
    guard let place = tables[index].liveIndex(column) else { throw .unknown(name) }
    guard !tables[index].keyColumns.contains(tables[index].columns[place].id) else {
      throw .keyChanged(table: tables[index].name)
    }
    guard found?.columns.contains(where: { Schema.sameName($0.name, column) }) != true else {
      throw .stillThere(name)
    }
    tables[index].columns[place].isDropped = true
  }

  /// A table that is not synced yet, or not any more.
  private mutating func takeOver(_ table: TableSchema) {
    if let index = tables.firstIndex(where: { Schema.sameName($0.name, table.name) }) {
      tables[index].isDropped = false
      return
    }
    var added = table
    added.id = Schema.addedTable(table.name, besides: Set(tables.map(\.id)))
    var numbers: [ColumnID: ColumnID] = [:]
    for index in added.columns.indices {
      let column = added.columns[index]
      let number = Schema.addedColumn(column.name, besides: Set(numbers.values))
      numbers[column.id] = number
      added.columns[index].id = number
    }
    added.keyColumns = added.keyColumns.compactMap { numbers[$0] }
    tables.append(added)
  }

  /// Whether the two differ in nothing but additions.
  private func hasSameNames(as other: Schema) -> Bool {
    other.tables.allSatisfy { before in
      guard let now = table(before.id), now.name == before.name,
        now.isDropped == before.isDropped
      else { return false }
      return before.columns.allSatisfy { column in
        guard let after = now.column(column.id) else { return false }
        return after.name == column.name && after.isDropped == column.isDropped
          && after.affinity == column.affinity && after.collation == column.collation
      }
    }
  }
}

extension TableSchema {
  /// Where a column is that is synced.
  fileprivate func liveIndex(_ name: String) -> Int? {
    columns.firstIndex { Schema.sameName($0.name, name) && !$0.isDropped }
  }

  /// Takes over types and new columns from a database's table of this name.
  fileprivate mutating func take(over other: TableSchema) throws(SchemaMigrationError) {
    let key = keyColumns.compactMap { column($0)?.name }
    let otherKey = other.keyColumns.compactMap { other.column($0)?.name }
    guard key.count == otherKey.count,
      zip(key, otherKey).allSatisfy({ Schema.sameName($0, $1) })
    else { throw .keyChanged(table: name) }
    for index in columns.indices where !columns[index].isDropped {
      let before = columns[index]
      guard let found = other.columns.first(where: { Schema.sameName($0.name, before.name) })
      else { throw .unexplained(SchemaMigration.Name(table: name, column: before.name)) }
      let isRetyped = found.affinity != before.affinity || found.collation != before.collation
      guard !isRetyped || !keyColumns.contains(before.id) else { throw .keyChanged(table: name) }
      columns[index].declaredType = found.declaredType
      columns[index].affinity = found.affinity
      columns[index].collation = found.collation
      columns[index].isNotNull = found.isNotNull
      if isRetyped { columns[index].isRetyped = true }
    }
    for column in other.columns {
      if let index = columns.firstIndex(where: { Schema.sameName($0.name, column.name) }) {
        columns[index].isDropped = false
        continue
      }
      var added = column
      added.id = Schema.addedColumn(column.name, besides: Set(columns.map(\.id)))
      columns.append(added)
    }
    createSQL = other.createSQL
    isStrict = other.isStrict
  }
}
