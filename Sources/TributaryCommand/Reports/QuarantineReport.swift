internal import Clocks
internal import Deltas
internal import HubStore

/// What waits at a hub, for people and for scripts, oldest first.
struct QuarantineReport {
  let rows: [Quarantine.Entry]
  let schema: Schema
  let names: [ReplicaID: String]
  let folder: String

  // MARK: JSON

  var json: JSONValue { ["quarantine": entries] }

  var entries: JSONValue { .array(rows.map(json)) }

  func json(_ key: RowKey) -> JSONValue {
    ["table": .string(tableName(key)), "key": KeyArgument.json(key.values)]
  }

  private func json(_ entry: Quarantine.Entry) -> JSONValue {
    var conflict: JSONValue = .null
    var kind = "orphan"
    if case .refused(_, let id) = entry.kind {
      kind = "refused"
      conflict = id.map { .integer(Int64(clamping: $0)) } ?? .null
    }
    return [
      "table": .string(tableName(entry.key)),
      "key": KeyArgument.json(entry.key.values),
      "kind": .string(kind),
      "since": .time(entry.sinceMilliseconds),
      "branch": .optional(entry.author.map(branchName)),
      "reason": .string(reason(entry)),
      "row": .object(
        cells(entry).map { .init(name: $0.name, value: ValueText.json($0.value)) }),
      "conflict": conflict,
      "position": .integer(Int64(clamping: entry.position.rawValue)),
    ]
  }

  // MARK: People

  func lines(style: TextStyle) -> [String] {
    guard let first = rows.first else { return ["No row is in quarantine."] }
    var lines = ["\(NumberText.counted(rows.count, "row")) in quarantine."]
    let width = min(Console.outputWidth ?? .max, Console.paragraphWidthMax) - 2
    for entry in rows {
      let key = ValueText.escaped(KeyArgument.text(entry.key.values))
      let since = entry.sinceMilliseconds.map { "since \(TimeText.iso8601(milliseconds: $0))" }
      let from = entry.author.map { "from \(ValueText.escaped(branchName($0)))" }
      lines += [
        "",
        style.strong("\(ValueText.escaped(tableName(entry.key))) \(key)") + "  "
          + style.faint([since, from].compactMap { $0 }.joined(separator: ", ")),
      ]
      lines += DisplayWidth.wrapped("\(reason(entry)).", to: width).map { "  " + $0 }
      let row = cells(entry).map { "\(ValueText.escaped($0.name)) = \(ValueText.shown($0.value))" }
      lines += DisplayWidth.wrapped(row.joined(separator: ", "), to: width).map {
        "  " + style.faint($0)
      }
    }
    let name = "\(ValueText.escaped(tableName(first.key)))"
    return lines + ["", "Give a row up: tributary quarantine \(folder) drop \(name) KEY"]
  }

  private func reason(_ entry: Quarantine.Entry) -> String {
    switch entry.kind {
    case .refused(let reason, _): "a constraint of its table refuses it: \(reason)"
    case .orphan(let orphan):
      orphan.reason(
        in: schema, names: names, value: ValueText.shown,
        time: { TimeText.iso8601(milliseconds: $0) })
    }
  }

  private func cells(_ entry: Quarantine.Entry) -> [(name: String, value: Value)] {
    guard let table = schema.table(entry.key.table) else { return [] }
    return zip(table.valueColumns, entry.values).map {
      (table.column($0)?.name ?? $0.description, $1)
    }
  }

  private func tableName(_ key: RowKey) -> String {
    schema.table(key.table)?.name ?? key.table.description
  }

  private func branchName(_ replica: ReplicaID) -> String {
    names[replica] ?? "branch \(replica.rawValue)"
  }
}
