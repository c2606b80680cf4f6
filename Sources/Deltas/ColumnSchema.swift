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
  /// What rows have in a column that was added later, if their insertion says nothing of it. Nil
  /// for NULL, for what is not a constant, and for columns that were there from the start.
  package var defaultValue: Value?
  /// What programs that are not up to date call it.
  package var formerNames: [String] = []
  /// Whether it was declared to be no longer synced. Its number stays its own.
  package var isDropped = false
  /// Whether it was declared with another type before: files may still have that.
  package var isRetyped = false

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

  /// Whether the first encoding of schemas can say all of it.
  var isPlain: Bool {
    defaultValue == nil && formerNames.isEmpty && !isDropped && !isRetyped
  }
}
