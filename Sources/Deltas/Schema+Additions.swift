internal import Basics

/// How a schema grows: with columns and tables that some branch's application has added.
///
/// Their numbers follow from their names. So replicas that never heard of each other give the same
/// addition the same number, and a hub that was restored gives it the one it had.
extension Schema {
  /// The least number of what was added after the hub was made. Below are those it was made with.
  package static let addedNumberMin: UInt16 = 1 << 15

  /// Whether two names name one thing: ASCII letters' case does not count.
  package static func sameName(_ left: String, _ right: String) -> Bool {
    left == right || key(left) == key(right)
  }

  private static func key(_ name: String) -> [UInt8] {
    name.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }
  }

  /// The number of an added column of this name, where some numbers are others' already.
  package static func addedColumn(_ name: String, besides taken: Set<ColumnID>) -> ColumnID {
    ColumnID(number("column", name, besides: Set(taken.map(\.rawValue))))
  }

  /// The number of an added table of this name, where some numbers are others' already.
  package static func addedTable(_ name: String, besides taken: Set<TableID>) -> TableID {
    TableID(number("table", name, besides: Set(taken.map(\.rawValue))))
  }

  private static func number(_ kind: String, _ name: String, besides taken: Set<UInt16>) -> UInt16 {
    var writer = ByteWriter()
    writer.writeLengthPrefixed("tributary added \(kind)")
    writer.writeLengthPrefixed(key(name))
    let hash = ContentHash(of: writer.bytes).bytes
    var number = addedNumberMin | UInt16(hash[0]) << 8 | UInt16(hash[1])
    while taken.contains(number) { number = number == .max ? addedNumberMin : number + 1 }
    return number
  }

  /// What only another schema has: columns and tables that were added after the hub was made.
  /// What both have stays as it is here, whatever the other says of it.
  ///
  /// What cannot be had beside the rest is left out: another thing under the same number or name,
  /// or with another key.
  package func additions(in other: Schema) -> [SchemaAddition] {
    var result: [SchemaAddition] = []
    var added: [TableSchema] = []
    for table in other.tables {
      if let own = self.table(table.id) {
        guard own.isSame(as: table) else { continue }
        let columns = own.additions(in: table)
        if !columns.isEmpty { result.append(.columns(columns, of: own.id)) }
      } else if table.isAdded, !(tables + added).contains(where: { $0.isNamed(table.name) }) {
        added.append(table)
        result.append(.table(table))
      }
    }
    return result
  }

  package mutating func add(_ addition: SchemaAddition) {
    switch addition {
    case .table(let table):
      tables.append(table)
      tables.sort { $0.id < $1.id }
    case .columns(let columns, let id):
      guard let index = tables.firstIndex(where: { $0.id == id }) else { return }
      tables[index].columns += columns
    }
  }

  /// Whether another schema has seen a migration that this one has not: it knows of more, and has
  /// something otherwise that both have.
  package func lacksMigration(of other: Schema) -> Bool {
    guard other.revision > revision else { return false }
    return other.tables.contains { table in
      guard let own = self.table(table.id) else { return false }
      guard own.name == table.name, own.isDropped == table.isDropped else { return true }
      return table.columns.contains { column in
        guard let before = own.column(column.id) else { return false }
        return before.name != column.name || before.isDropped != column.isDropped
          || before.affinity != column.affinity || before.collation != column.collation
      }
    }
  }
}

/// What one schema has beyond another, in one table.
package enum SchemaAddition: Hashable, Sendable {
  case table(TableSchema)
  /// Never empty.
  case columns([ColumnSchema], of: TableID)
}

extension TableSchema {
  /// Whether it is called so, or was.
  package func isNamed(_ other: String) -> Bool {
    Schema.sameName(name, other) || formerNames.contains { Schema.sameName($0, other) }
  }

  fileprivate func isSame(as other: TableSchema) -> Bool {
    (isNamed(other.name) || other.isNamed(name)) && keyColumns == other.keyColumns
      && keyColumns.allSatisfy { id in
        guard let here = column(id), let there = other.column(id) else { return false }
        return here.isNamed(there.name) || there.isNamed(here.name)
      }
  }

  /// Whether its number and its columns' are such as follow from names.
  fileprivate var isAdded: Bool {
    id.rawValue >= Schema.addedNumberMin && columns.allSatisfy(\.isAdded)
  }

  fileprivate func additions(in other: TableSchema) -> [ColumnSchema] {
    var result: [ColumnSchema] = []
    for column in other.columns where column.isAdded && self.column(column.id) == nil {
      let isTaken = (columns + result).contains { Schema.sameName($0.name, column.name) }
      if !isTaken { result.append(column) }
    }
    return result
  }
}

extension ColumnSchema {
  /// Whether it is called so, or was.
  package func isNamed(_ other: String) -> Bool {
    Schema.sameName(name, other) || formerNames.contains { Schema.sameName($0, other) }
  }

  fileprivate var isAdded: Bool { id.rawValue >= Schema.addedNumberMin }
}
