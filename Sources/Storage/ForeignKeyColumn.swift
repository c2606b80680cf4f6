package import Deltas

/// A column that refers to a column of a row elsewhere, as a foreign key declares it.
package struct ForeignKeyColumn: Hashable, Sendable {
  package let column: String
  package let parent: String
  /// Nil for the column of the parent's key that has the same place.
  package let parentColumn: String?
  /// From 0 in the foreign key.
  package let place: Int

  package init(column: String, parent: String, parentColumn: String?, place: Int) {
    self.column = column
    self.parent = parent
    self.parentColumn = parentColumn
    self.place = place
  }
}

extension SchemaReader {
  /// The columns of a table's foreign keys.
  package static func foreignKeyColumns(
    of table: String, in database: Database
  ) throws(StorageError) -> [ForeignKeyColumn] {
    var result: [ForeignKeyColumn] = []
    for row in try database.rows(SchemaSQL.foreignKeyParts, [.text(table)]) {
      guard let parent = row[1].text, let column = row[2].text, case .integer(let place) = row[4]
      else { continue }
      result.append(
        ForeignKeyColumn(
          column: column, parent: parent, parentColumn: row[3].text, place: Int(place)))
    }
    return result
  }

  /// Whether SQLite gives the table's rows their numbers, and whether it may give one again.
  package static func numbering(
    of table: TableSchema, in database: Database
  ) throws(StorageError) -> KeyNumbering {
    guard table.keyColumns.count == 1, !table.isWithoutRowID,
      let key = table.column(table.keyColumns[0]), sameName(key.declaredType, "integer")
    else { return .byPrograms }
    let sql = try database.firstRow(SchemaSQL.tableSQL, [.text(table.name)])?[0].text ?? ""
    return asciiLowercased(sql).contains("autoincrement") ? .ascending : .mayRepeat
  }
}

/// Who gives the rows of a table their keys.
package enum KeyNumbering: Hashable, Sendable {
  case byPrograms
  /// SQLite, each number once.
  case ascending
  /// SQLite, and the last ones again once their rows are gone.
  case mayRepeat
}

extension Value {
  fileprivate var text: String? {
    guard case .text(let bytes) = self else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}
