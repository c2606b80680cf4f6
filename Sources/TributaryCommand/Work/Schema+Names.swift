internal import Deltas
internal import Storage

/// Tables and columns by the names that people give, which SQLite compares without case.
extension Schema {
  func table(called name: String, undone: String) throws(CommandFailure) -> TableSchema {
    if let found = tables.first(where: { SchemaReader.sameName($0.name, name) }) { return found }
    let names = tables.map(\.name).joined(separator: ", ")
    throw CommandFailure(
      .noSuchTable, undone: undone, why: "No table “\(ValueText.escaped(name))” is tracked.",
      next: "Tracked are: \(names).")
  }
}

extension TableSchema {
  func column(called name: String, undone: String) throws(CommandFailure) -> ColumnSchema {
    if let found = columns.first(where: { SchemaReader.sameName($0.name, name) }) { return found }
    let names = columns.map(\.name).joined(separator: ", ")
    throw CommandFailure(
      .noSuchColumn, undone: undone,
      why: "\(self.name) has no column “\(ValueText.escaped(name))”.", next: "It has: \(names).")
  }
}
