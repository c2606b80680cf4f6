internal import Deltas
internal import Merging

/// Rows that belong to others.
extension PolicyCompiler {
  /// `{table: orders, by: order_id}`.
  mutating func parent(_ value: YAMLValue, of columns: ColumnNames) -> TablePolicy.Parent? {
    let known = ["table", "by"]
    guard let fields = Fields(of: value, "`belongs-to`", known: known, remarks: &remarks) else {
      return nil
    }
    guard let table = fields["table"], let by = fields["by"] else {
      if fields.isWhole {
        remarks.refuse(
          at: value.place,
          """
          Table \(shown(columns.table.name)) got no parent: `belongs-to` needs the parent's table \
          and the columns here that hold its key. Write {table: orders, by: order_id}.
          """)
      }
      return nil
    }
    guard let (name, place) = word(table.value, "table", example: "orders"),
      let parent = self.table(name, at: place, not: "Nothing was made to belong to"),
      let words = words(by.value, "by", example: "order_id")
    else { return nil }
    return self.parent(parent, by: words, at: by.value.place, of: columns)
  }

  private mutating func parent(
    _ parent: TableSchema, by words: [(text: String, place: TextPlace)], at place: TextPlace,
    of columns: ColumnNames
  ) -> TablePolicy.Parent? {
    var ids: [ColumnID] = []
    for word in words {
      let not = "Nothing was made to belong by"
      guard let column = column(word.text, at: word.place, of: columns, not: not) else {
        return nil
      }
      guard !ids.contains(column.id) else {
        remarks.refuse(
          at: word.place,
          """
          Table \(shown(columns.table.name)) got no parent: column \(shown(word.text)) stands \
          twice in `by`. Name each column once.
          """)
        return nil
      }
      ids.append(column.id)
    }
    guard ids.count == parent.keyColumns.count else {
      let key = parent.keyColumns.compactMap { parent.column($0)?.name }
      remarks.refuse(
        at: place,
        """
        Table \(shown(columns.table.name)) got no parent: the key of table \(parent.name) is \
        \(enumerated(key)), and `by` has \(ids.count) \(ids.count == 1 ? "column" : "columns"). \
        Name one column for each of the key's, in the key's order.
        """)
      return nil
    }
    return TablePolicy.Parent(table: parent.id, columns: ids)
  }

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
