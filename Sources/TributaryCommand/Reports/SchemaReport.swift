internal import Deltas

/// What a published schema has changed.
struct SchemaReport {
  let before: Schema
  let after: Schema

  private var changes: [(kind: String, name: String, was: String?)] {
    var result: [(kind: String, name: String, was: String?)] = []
    for table in after.tables {
      guard let old = before.table(table.id) else {
        result.append(("added", table.name, nil))
        continue
      }
      if old.name != table.name { result.append(("renamed", table.name, old.name)) }
      if table.isDropped, !old.isDropped { result.append(("dropped", table.name, nil)) }
      for column in table.columns {
        let name = "\(table.name).\(column.name)"
        guard let was = old.column(column.id) else {
          result.append(("added", name, nil))
          continue
        }
        if was.name != column.name {
          result.append(("renamed", name, "\(old.name).\(was.name)"))
        }
        if column.isDropped, !was.isDropped { result.append(("dropped", name, nil)) }
        if was.affinity != column.affinity || was.collation != column.collation {
          result.append(("retyped", name, was.declaredType))
        }
      }
    }
    return result
  }

  var json: JSONValue {
    [
      "revision": .integer(Int64(clamping: after.revision)),
      "changes": .array(
        changes.map { change in
          [
            "kind": .string(change.kind), "name": .string(change.name),
            "was": change.was.map { .string($0) } ?? .null,
          ]
        }),
    ]
  }

  var lines: [String] {
    guard after != before else { return ["The hub has this schema already."] }
    return ["Migration \(after.revision) is in force; branches learn of it at their next sync."]
      + changes.map { change in
        let was = change.was.map { " (was \(ValueText.escaped($0)))" } ?? ""
        return "  \(change.kind) \(ValueText.escaped(change.name))\(was)"
      }
  }
}
