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

  /// This schema with what only another has. What both have is as the one says that knows of more
  /// declared migrations; this one, if both know of as many.
  ///
  /// What cannot be had beside the rest is left out: another thing under the same number or name,
  /// or with another key.
  package func extended(by other: Schema) -> Schema {
    let isBehind = other.revision > revision
    var result = isBehind ? other : self
    let additions = isBehind ? self : other
    for table in additions.tables {
      if let index = result.tables.firstIndex(where: { $0.id == table.id }) {
        guard result.tables[index].isSame(as: table) else { continue }
        result.tables[index].extend(by: table)
      } else if !result.tables.contains(where: { $0.isNamed(table.name) }) {
        result.tables.append(table)
      }
    }
    result.tables.sort { $0.id < $1.id }
    return result
  }
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

  fileprivate mutating func extend(by other: TableSchema) {
    for column in other.columns where self.column(column.id) == nil {
      guard !columns.contains(where: { Schema.sameName($0.name, column.name) }) else { continue }
      columns.append(column)
    }
  }
}

extension ColumnSchema {
  /// Whether it is called so, or was.
  package func isNamed(_ other: String) -> Bool {
    Schema.sameName(name, other) || formerNames.contains { Schema.sameName($0, other) }
  }
}
