internal import Clocks
internal import Deltas

extension ModelBranch {
  /// A program writes a row: columns and marks beside each other; one mark for a deletion.
  mutating func write(
    row: Int, kind: ChangeKind, columns: [ColumnID], marks: [Int], values: [Value],
    milliseconds: Int64, table: ModelTable
  ) {
    switch kind {
    case .delete: rows[row] = nil
    case .insert: rows[row] = values
    case .update:
      for (column, value) in zip(columns, values) { rows[row]?[table.index(column)] = value }
    }
    for mark in marks {
      seen[row].insert(mark)
      written.insert(mark)
    }
    journal.append(
      ModelJournalEntry(
        row: row, kind: kind, columns: columns, marks: marks, milliseconds: milliseconds))
  }

  /// Turns the journal into one changeset. Returns the marks of what later writes of the journal
  /// replaced.
  mutating func seal(table: ModelTable, mutant: Mutant) -> [Int] {
    guard !journal.isEmpty else { return [] }
    var changes: [ModelChange] = []
    var replaced: [Int] = []
    let journal = journal
    self.journal = []
    for row in rows.indices {
      let entries = journal.filter { $0.row == row }
      guard !entries.isEmpty else { continue }
      let new = sealed(entries, row: row, table: table, mutant: mutant)
      let kept = Marks(new.flatMap(\.marks))
      replaced += entries.flatMap(\.marks).filter { !kept.contains($0) }
      changes += new
    }
    append(changes)
    return replaced
  }

  /// Puts a changeset into the outbox.
  mutating func append(_ changes: [ModelChange]) {
    guard !changes.isEmpty else { return }
    let changeset = ModelChangeset(
      dot: Dot(replica: replica, counter: sealed.counter + 1), previous: sealed.hash,
      context: lineage.canonical(place), changes: changes)
    sealed = ModelHead(counter: changeset.dot.counter, hash: changeset.hash)
    outbox.append(changeset)
  }

  private func sealed(
    _ entries: [ModelJournalEntry], row: Int, table: ModelTable, mutant: Mutant
  ) -> [ModelChange] {
    var columnMarks = [Int?](repeating: nil, count: table.columns.count)
    var walls = [Int64](repeating: 0, count: table.columns.count)
    var touched: [ColumnID] = []
    var isWhole = false
    var deletionMark: Int?
    var lastWall = Int64.min
    for entry in entries {
      lastWall = entry.milliseconds
      switch entry.kind {
      case .delete:
        isWhole = true
        deletionMark = entry.marks.first
        touched = []
      case .insert, .update:
        if entry.kind == .insert {
          isWhole = true
          touched = []
        }
        for (column, mark) in zip(entry.columns, entry.marks) {
          columnMarks[table.index(column)] = mark
          walls[table.index(column)] = entry.milliseconds
          if !touched.contains(column) { touched.append(column) }
        }
      }
    }
    let base = mutant == .contextIgnoresDeferral ? nil : deferred[row]?.base
    func change(_ kind: ChangeKind, _ columns: [ColumnID], _ wall: Int64, _ marks: [Int])
      -> ModelChange
    {
      ModelChange(
        row: row,
        change: RowChange(
          key: table.key(row), kind: kind, columns: columns,
          values: columns.map { rows[row]?[table.index($0)] ?? .null }, milliseconds: wall,
          base: base), marks: marks)
    }
    if isWhole {
      guard rows[row] != nil else {
        return [change(.delete, [], lastWall, deletionMark.map { [$0] } ?? [])]
      }
      return [change(.insert, table.columns, lastWall, columnMarks.map { $0 ?? 0 })]
    }
    var result: [ModelChange] = []
    for wall in Set(touched.map { walls[table.index($0)] }).sorted() {
      let columns = touched.filter { walls[table.index($0)] == wall }.sorted()
      result.append(
        change(.update, columns, wall, columns.map { columnMarks[table.index($0)] ?? 0 }))
    }
    return result
  }
}
