internal import Deltas
internal import Merging

/// Tables whose rows stand and go with those of another: the lines of an order.
extension PolicyCompiler {
  /// What is said of a table whose rows belong to those of another, before all tables are read.
  struct Belonging {
    let table: TableSchema
    let place: TextPlace
    /// Where the table has a word of its own for deletions, or is said to only grow.
    let deletes: TextPlace?
    let appendOnly: TextPlace?
  }

  /// `{order_id: orders}`.
  mutating func readBelonging(
    _ entry: YAMLEntry, _ fields: Fields, of columns: ColumnNames, into policy: inout TablePolicy
  ) {
    let example = "order_id: orders"
    guard var entries = entries(of: entry.value, "`belongs-to`", example: example) else { return }
    for one in entries where one.name == "as" && columns.column("as") == nil {
      remarks.refuse(
        at: one.place,
        """
        `as` was not set: this build decides of such rows together whether they stand, and each \
        of their fields by itself. Take it out.
        """)
    }
    entries.removeAll { $0.name == "as" && columns.column("as") == nil }
    guard entries.count == 1 else {
      remarks.refuse(
        at: entry.value.place,
        """
        `belongs-to` was not set: it takes the one column that says to which row of which table \
        a row belongs. Write, for example, {\(example)}.
        """)
      return
    }
    let not = "`belongs-to` was not set for"
    guard let column = column(entries[0].name, at: entries[0].place, of: columns, not: not),
      let (name, place) = word(entries[0].value, entries[0].name, example: "orders"),
      let table = table(name, at: place, not: not),
      canBelong(column, of: columns.table, to: table, name, at: place)
    else { return }
    guard policy.references[column.id] ?? table.id == table.id else {
      remarks.refuse(
        at: place,
        """
        `belongs-to` was not set: `references` says that column \(shown(column.name)) holds keys \
        of another table. Correct one of them.
        """)
      return
    }
    policy.parent = TablePolicy.Parent(table: table.id, columns: [column.id])
    policy.references[column.id] = table.id
    belongings.append(
      Belonging(
        table: columns.table, place: place, deletes: fields["deletes"]?.value.place,
        appendOnly: fields["append-only"]?.value.place))
  }

  private mutating func canBelong(
    _ column: ColumnSchema, of child: TableSchema, to table: TableSchema, _ name: String,
    at place: TextPlace
  ) -> Bool {
    guard table.id != child.id else {
      remarks.refuse(
        at: place,
        """
        `belongs-to` was not set: rows of table \(shown(name)) would belong to rows of their own \
        table. Take it out.
        """)
      return false
    }
    guard table.keyColumns.count == 1, let key = table.column(table.keyColumns[0]) else {
      remarks.refuse(
        at: place,
        """
        `belongs-to` was not set: the key of table \(shown(name)) has \(table.keyColumns.count) \
        columns, and one column holds one. Take it out.
        """)
      return false
    }
    func isNumeric(_ affinity: Affinity) -> Bool { affinity != .text && affinity != .blob }
    let isAlike =
      key.collation == column.collation
      && (key.affinity == column.affinity || isNumeric(key.affinity) && isNumeric(column.affinity))
    guard isAlike else {
      remarks.refuse(
        at: place,
        """
        `belongs-to` was not set: column \(shown(column.name)) is of another type or collation \
        than the key of table \(shown(name)). Take it out, or declare both alike.
        """)
      return false
    }
    return true
  }

  /// Gives such tables what they have from the table at the top, and refuses what contradicts it.
  mutating func settleBelongings(
    _ tables: inout [TableID: TablePolicy], others: TablePolicy
  ) {
    for belonging in belongings {
      guard let parent = tables[belonging.table.id]?.parent else { continue }
      let top = tables[parent.table] ?? others
      let name = shown(names.schema.table(parent.table)?.name ?? "")
      guard top.parent == nil else {
        remarks.refuse(
          at: belonging.place,
          """
          `belongs-to` was not set: rows of table \(name) belong to rows of another table \
          themselves, and that goes one step far only. Take out one of the two.
          """)
        continue
      }
      guard tables[belonging.table.id]?.direction != .up, top.direction != .up else {
        remarks.refuse(
          at: belonging.place,
          """
          `belongs-to` was not set: rows of a table that goes up only are never deleted at the \
          hub, and others do not have them. Take out one of the two.
          """)
        continue
      }
      if let place = belonging.deletes, tables[belonging.table.id]?.deletes != top.deletes {
        remarks.refuse(
          at: place,
          """
          `deletes` was not set: rows of this table stand and go with those of table \(name), by \
          what `deletes` says there. Take it out here.
          """)
      }
      if tables[belonging.table.id]?.isAppendOnly == true, !top.isAppendOnly {
        remarks.refuse(
          at: belonging.appendOnly ?? belonging.place,
          """
          `belongs-to` was not set: rows of an append-only table are never deleted, and these \
          would go with rows of table \(name). Take out one of the two.
          """)
      }
      tables[belonging.table.id]?.deletes = top.deletes
    }
  }
}
