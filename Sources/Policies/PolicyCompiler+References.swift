internal import Deltas
internal import Merging

/// Columns that hold keys of other tables.
extension PolicyCompiler {
  /// `{customer_id: customers}`.
  mutating func readReferences(
    _ entry: YAMLEntry, of columns: ColumnNames, into policy: inout TablePolicy
  ) {
    let example = "customer_id: customers"
    guard let entries = entries(of: entry.value, "`references`", example: example) else { return }
    for entry in entries {
      let not = "No reference was noted for"
      guard let column = column(entry.name, at: entry.place, of: columns, not: not),
        let (name, place) = word(entry.value, entry.name, example: "customers"),
        let table = table(name, at: place, not: "No reference was noted to")
      else { continue }
      guard table.keyColumns.count == 1 else {
        remarks.refuse(
          at: place,
          """
          No reference was noted to table \(shown(name)): its key has \
          \(table.keyColumns.count) columns, and one column holds one. Declare a FOREIGN KEY in \
          the schema instead.
          """)
        continue
      }
      guard policy.references.updateValue(table.id, forKey: column.id) == nil else {
        remarks.refuse(
          at: entry.place,
          """
          No reference was noted for column \(shown(entry.name)): it has one already. Keep one \
          of them.
          """)
        continue
      }
    }
  }
}
