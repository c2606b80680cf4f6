internal import Deltas

/// What a table demands to be unique besides its primary key: for each of its columns, with which
/// collation.
package struct UniqueIndex: Hashable, Sendable {
  package struct Part: Hashable, Sendable {
    package let column: String
    package let collation: String

    package init(column: String, collation: String) {
      self.column = column
      self.collation = collation
    }
  }

  /// Never empty. Expressions are left out: rows that are equal in these columns are then more than
  /// the index demands, never fewer.
  package let parts: [Part]

  package init(parts: [Part]) { self.parts = parts }
}

extension SchemaReader {
  /// A table's unique constraints and indexes beside the key's, partial ones too, in the order of
  /// their names. One that has expressions only is left out.
  package static func uniqueIndexes(
    of table: String, in database: Database
  ) throws(StorageError) -> [UniqueIndex] {
    var names: [Value] = []
    var parts: [[UniqueIndex.Part]] = []
    for row in try database.rows(SchemaSQL.uniqueIndexParts, [.text(table)]) {
      guard case .text(let column) = row[1], case .text(let collation) = row[2] else { continue }
      if names.last != row[0] {
        names.append(row[0])
        parts.append([])
      }
      parts[parts.count - 1].append(
        UniqueIndex.Part(
          column: String(decoding: column, as: UTF8.self),
          collation: String(decoding: collation, as: UTF8.self)))
    }
    return parts.map { UniqueIndex(parts: $0) }
  }
}
