package import Deltas

/// Names in one file that are not synced, although they could be.
package struct UntrackedName: Hashable, Sendable {
  package var table: String
  /// Nil for the whole table.
  package var column: String?

  /// In lower case, as SQLite compares names.
  package init(table: String, column: String?) {
    self.table = SchemaReader.asciiLowercased(table)
    self.column = column.map(SchemaReader.asciiLowercased)
  }
}

/// What tables and columns of a schema are called in one file, as far as that is known otherwise
/// than by their names: triggers go with them when they are renamed.
package struct LocalNames: Hashable, Sendable {
  package var tables: [TableID: String] = [:]
  package var columns: [TableID: [ColumnID: String]] = [:]

  package init() {}
}

/// How a file stands to the schema that is synced: the application's program there may be older or
/// newer than others.
package struct SchemaPlacement: Sendable {
  /// What of the schema the file has, by the file's own names.
  package var placed: Schema
  /// The schema, with what the file has beyond it.
  package var extended: Schema
  /// Tables that the file does not have.
  package var missing: [TableSchema] = []
  /// Columns outside the key that it does not have.
  package var missingColumns: [(table: TableSchema, column: ColumnSchema)] = []
  /// What stands in the way, as sentences.
  package var differences: [String] = []
  /// What was added here in another way than elsewhere, and so is this file's own, as sentences.
  package var unfit: [String] = []

  /// What stands in the way of a file that joins, as sentences: it may lack what was added since
  /// the hub was made, and nothing else.
  package var obstacles: [String] {
    let tables = missing.filter { $0.id.rawValue < Schema.addedNumberMin }
    let columns = missingColumns.filter { $0.column.id.rawValue < Schema.addedNumberMin }
    return tables.map { "Table “\($0.name)” is missing." }
      + columns.map { "Table “\($0.table.name)” has no column “\($0.column.name)”." } + differences
  }
}

extension SchemaPlacement {
  /// Leaves a column out, or its table if the column is part of the key: the file has it for itself
  /// alone, and lacks it if it is known.
  package mutating func leaveOut(
    _ table: TableID, _ column: ColumnID, of known: Schema
  ) {
    guard let index = placed.tables.firstIndex(where: { $0.id == table }) else { return }
    let isWhole = placed.tables[index].keyColumns.contains(column)
    if isWhole {
      placed.tables.remove(at: index)
    } else {
      placed.tables[index].columns.removeAll { $0.id == column }
    }
    guard let place = extended.tables.firstIndex(where: { $0.id == table }) else { return }
    let extendedTable = extended.tables[place]
    if isWhole, known.table(table) == nil {
      extended.tables.remove(at: place)
    } else if isWhole {
      missing.append(extendedTable)
    } else if known.table(table)?.column(column) == nil {
      extended.tables[place].columns.removeAll { $0.id == column }
    } else if let missed = extendedTable.column(column) {
      missingColumns.append((extendedTable, missed))
    }
  }
}

extension Schema {
  /// Without tables and columns that another schema does not have.
  package func restricted(to other: Schema) -> Schema {
    var result = self
    result.tables = tables.compactMap { table in
      guard let known = other.table(table.id) else { return nil }
      var table = table
      table.columns.removeAll { known.column($0.id) == nil }
      return table
    }
    return result
  }
}

extension SchemaReader {
  /// Finds a schema's tables and columns in a file, under the names that they have there, and what
  /// the file has beyond it.
  package static func placement(
    of schema: Schema, in database: Database, besides untracked: Set<UntrackedName>,
    called names: LocalNames = LocalNames()
  ) throws(SchemaError) -> SchemaPlacement {
    let catalog = try Catalog(database)
    var placer = SchemaPlacer(schema, database: database, untracked: untracked, names: names)
    var rest = catalog.tables.filter { $0.kind == .ordinary }
    for table in schema.tables where !table.isDropped {
      guard let index = placer.index(of: table, in: rest) else {
        placer.result.missing.append(table)
        continue
      }
      try placer.place(table, found: rest.remove(at: index))
    }
    // What is left of a table that is not synced any more is nothing new.
    for table in schema.tables where table.isDropped {
      if let index = placer.index(of: table, in: rest) { rest.remove(at: index) }
    }
    for table in rest where !table.key.isEmpty { try placer.add(table) }
    placer.result.placed.tables.sort { $0.id < $1.id }
    placer.result.extended.tables.sort { $0.id < $1.id }
    return placer.result
  }

  /// The names of the tables that could be synced and that a schema does not have.
  package static func otherTables(
    than schema: Schema, in database: Database
  ) throws(SchemaError) -> [String] {
    try Catalog(database).tables.filter { table in
      table.kind == .ordinary && !table.key.isEmpty
        && !schema.tables.contains { $0.isNamed(table.name) }
    }.map(\.name)
  }
}

/// One placement under way.
private struct SchemaPlacer {
  let schema: Schema
  let database: Database
  let untracked: Set<UntrackedName>
  let names: LocalNames
  var result: SchemaPlacement

  init(
    _ schema: Schema, database: Database, untracked: Set<UntrackedName>, names: LocalNames
  ) {
    self.schema = schema
    self.names = names
    self.database = database
    self.untracked = untracked
    result = SchemaPlacement(placed: schema, extended: schema)
    result.placed.tables = []
  }

  /// What is known to be its name here goes before the name that a table has, and that before one
  /// that it had, which may be another's by now.
  func index(of table: TableSchema, in found: [Catalog.Table]) -> Int? {
    if let name = names.tables[table.id],
      let index = found.firstIndex(where: { Schema.sameName($0.name, name) })
    {
      return index
    }
    if let index = found.firstIndex(where: { Schema.sameName($0.name, table.name) }) {
      return index
    }
    return found.firstIndex { other in
      table.formerNames.contains { Schema.sameName($0, other.name) }
        && !schema.tables.contains { Schema.sameName($0.name, other.name) && !$0.isDropped }
    }
  }

  mutating func place(_ table: TableSchema, found: Catalog.Table) throws(SchemaError) {
    let local = try found.schema(id: table.id)
    var placed = local
    var added: [ColumnSchema] = []
    var differences: [String] = []
    var unfitKey: [String] = []
    let isLater = table.id.rawValue >= Schema.addedNumberMin
    placed.columns = []
    var rest = local.columns
    for column in table.columns.filter({ !$0.isDropped }) + table.columns.filter(\.isDropped) {
      guard let index = index(of: column, in: rest, of: table) else {
        if table.keyColumns.contains(column.id) {
          differences.append("Table “\(found.name)” has no column “\(column.name)”.")
        } else if !column.isDropped {
          result.missingColumns.append((table, column))
        }
        continue
      }
      var other = rest.remove(at: index)
      if column.isDropped { continue }
      let unlike =
        column.isRetyped
        ? []
        : SchemaReader.differences(
          of: other, from: column, at: "Column “\(other.name)” of table “\(found.name)”")
      if !unlike.isEmpty, Self.isAdded(column, to: table) {
        result.unfit += unlike
        result.missingColumns.append((table, column))
        continue
      }
      if isLater { unfitKey += unlike } else { differences += unlike }
      other.id = column.id
      placed.columns.append(other)
    }
    for column in rest
    where !untracked.contains(UntrackedName(table: table.name, column: column.name)) {
      var column = column
      column.id = Schema.addedColumn(
        column.name, besides: Set((table.columns + added).map(\.id)))
      column.defaultValue = try constantDefault(of: column.name, in: found)
      added.append(column)
    }
    let keys = placed.columns.filter { table.keyColumns.contains($0.id) }
    placed.keyColumns = local.keyColumns.compactMap { id in
      guard let name = local.column(id)?.name else { return nil }
      return keys.first { $0.name == name }?.id
    }
    let hasKey =
      placed.keyColumns == table.keyColumns && placed.keyColumns.count == local.keyColumns.count
    if isLater, !hasKey || !unfitKey.isEmpty {
      result.unfit.append(
        "Table “\(found.name)” has another key than the hub's table of that name.")
      result.unfit += unfitKey
      result.missing.append(table)
      return
    }
    if !hasKey { differences.append(Self.difference(ofKey: local, from: table)) }
    result.differences += differences
    placed.columns += added
    placed.columns = local.columns.compactMap { column in
      placed.columns.first { $0.name == column.name }
    }
    result.placed.tables.append(placed)
    if !added.isEmpty,
      let index = result.extended.tables.firstIndex(where: { $0.id == table.id })
    {
      result.extended.tables[index].columns += added
    }
  }

  /// Whether the column came later than its table, outside the key.
  private static func isAdded(_ column: ColumnSchema, to table: TableSchema) -> Bool {
    column.id.rawValue >= Schema.addedNumberMin && !table.keyColumns.contains(column.id)
  }

  private func index(
    of column: ColumnSchema, in found: [ColumnSchema], of table: TableSchema
  ) -> Int? {
    if let name = names.columns[table.id]?[column.id],
      let index = found.firstIndex(where: { Schema.sameName($0.name, name) })
    {
      return index
    }
    if let index = found.firstIndex(where: { Schema.sameName($0.name, column.name) }) {
      return index
    }
    return found.firstIndex { other in
      column.formerNames.contains { Schema.sameName($0, other.name) }
        && !table.columns.contains { Schema.sameName($0.name, other.name) && !$0.isDropped }
    }
  }

  private static func difference(ofKey other: TableSchema, from table: TableSchema) -> String {
    let has = other.keyNames.joined(separator: ", ")
    return """
      Table “\(other.name)” has \(has.isEmpty ? "no primary key" : "the key (\(has))") where \
      the key (\(table.keyNames.joined(separator: ", "))) is expected.
      """
  }

  private func constantDefault(
    of name: String, in table: Catalog.Table
  ) throws(SchemaError) -> Value? {
    guard let column = table.columns.first(where: { $0.name == name }) else { return nil }
    do {
      let value = try ColumnDefault(sql: column.defaultSQL, in: database).value
      return value == .null ? nil : value
    } catch {
      throw .storage(error)
    }
  }

  /// A table that the schema does not have.
  mutating func add(_ found: Catalog.Table) throws(SchemaError) {
    guard !untracked.contains(UntrackedName(table: found.name, column: nil)) else { return }
    let id = Schema.addedTable(found.name, besides: Set(result.extended.tables.map(\.id)))
    var table = try found.schema(id: id)
    // Columns of it are numbered by their names, as those are that others add later.
    var numbers: [ColumnID: ColumnID] = [:]
    for index in table.columns.indices {
      let number = Schema.addedColumn(
        table.columns[index].name, besides: Set(numbers.values))
      numbers[table.columns[index].id] = number
      table.columns[index].id = number
      table.columns[index].defaultValue = try constantDefault(
        of: table.columns[index].name, in: found)
    }
    table.keyColumns = table.keyColumns.compactMap { numbers[$0] }
    result.placed.tables.append(table)
    result.extended.tables.append(table)
  }
}
