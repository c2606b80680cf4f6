internal import Deltas
internal import Storage

/// Capture of what SQLite removes without telling: `OR REPLACE` takes rows out of the way of a new
/// one and fires no DELETE trigger, unless the program has set `recursive_triggers`.
///
/// Before such a write the rows that could have to go are journaled as rows to look at; sealing
/// sees whether they are still there. Only tables pay that have something unique besides a key of
/// plain bytes.
extension BranchSQL {
  static func removalTriggers(_ table: TableSchema, _ indexes: [UniqueIndex]) -> [Trigger] {
    var result: [Trigger] = []
    for (number, parts) in (keyRival(table) + indexes.map(\.parts)).enumerated() {
      let own = "tributary_\(table.id.rawValue)"
      let equal = parts.map { part in
        let name = quoted(part.column)
        return "\(name) = NEW.\(name) COLLATE \(quoted(part.collation))"
      }
      let rivals = equal.joined(separator: " AND ")
      let body = lookAgain(table, where: rivals)
      // A row whose own key is inserted is journaled with that.
      let others = lookAgain(table, where: "\(rivals) AND (\(isOtherRow(table)))")
      let names = parts.map { quoted($0.column) }
      let changed = names.map { "NEW.\($0) COLLATE BINARY IS NOT OLD.\($0)" }
      result.append(
        Trigger(
          name: "\(own)_r\(number)",
          sql: "CREATE TRIGGER \(own)_r\(number) BEFORE INSERT ON \(quoted(table.name))"
            + " BEGIN \(others); END",
          followsIndexes: true))
      result.append(
        Trigger(
          name: "\(own)_s\(number)",
          sql: "CREATE TRIGGER \(own)_s\(number) BEFORE UPDATE OF"
            + " \(names.joined(separator: ", ")) ON \(quoted(table.name))"
            + " WHEN \(changed.joined(separator: " OR ")) BEGIN \(body); END",
          followsIndexes: true))
    }
    return result
  }

  private static func isOtherRow(_ table: TableSchema) -> String {
    table.keyColumns.compactMap { table.column($0) }.map { differs($0, from: "") }
      .joined(separator: " OR ")
  }

  /// The key itself, where SQLite calls keys equal whose bytes differ.
  private static func keyRival(_ table: TableSchema) -> [[UniqueIndex.Part]] {
    let keys = table.keyColumns.compactMap { table.column($0) }
    let isPlain = keys.allSatisfy {
      SchemaReader.sameName($0.collation, "binary") && $0.affinity != .blob
    }
    guard !isPlain else { return [] }
    return [keys.map { UniqueIndex.Part(column: $0.name, collation: $0.collation) }]
  }
}
