/// One stored column of a tracked table.
package struct ColumnSchema: Hashable, Sendable {
  package var id: ColumnID
  package var name: String
  /// As written in CREATE TABLE; may be empty.
  package var declaredType: String
  package var affinity: Affinity
  package var isNotNull: Bool
  /// BINARY, NOCASE, RTRIM or the application's own.
  package var collation: String

  package init(
    id: ColumnID, name: String, declaredType: String, affinity: Affinity, isNotNull: Bool,
    collation: String
  ) {
    self.id = id
    self.name = name
    self.declaredType = declaredType
    self.affinity = affinity
    self.isNotNull = isNotNull
    self.collation = collation
  }
}
