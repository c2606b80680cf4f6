internal import Clocks
internal import Deltas

/// Conflicts for people and for scripts, newest first.
struct LedgerReport {
  var conflicts: [Conflict]
  let schema: Schema
  let names: [ReplicaID: String]

  var openCount: Int { conflicts.count { $0.state == .open } }
  var hasOpen: Bool { openCount > 0 }

  // MARK: JSON

  var json: JSONValue { ["conflicts": .array(conflicts.map(json))] }

  func json(_ conflict: Conflict) -> JSONValue {
    [
      "id": .integer(Int64(clamping: conflict.id)),
      "table": .string(tableName(conflict)),
      "key": KeyArgument.json(conflict.key.values),
      "column": .optional(columnName(conflict)),
      "base": conflict.base.map(ValueText.json) ?? .null,
      "values": .array(conflict.values.map(json)),
      "standing": conflict.values.first?.value.map(ValueText.json) ?? .null,
      "rule": .string(conflict.rule),
      "state": .string(Self.word(conflict.state)),
      "explanation": .string(conflict.explanation),
      "position": .integer(Int64(clamping: conflict.position.rawValue)),
    ]
  }

  private func json(_ value: ConflictValue) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "branch", value: .string(branchName(value.dot.replica))),
      .init(name: "value", value: value.value.map(ValueText.json) ?? .null),
      .init(name: "at", value: .time(value.milliseconds)),
    ]
    if value.value == nil { members.append(.init(name: "deleted", value: .bool(true))) }
    return .object(members)
  }

  // MARK: People

  func lines(style: TextStyle) -> [String] {
    guard !conflicts.isEmpty else { return ["No conflicts."] }
    let open = openCount == 0 ? "none waits for a person" : "\(openCount) wait for a person"
    var lines = ["\(NumberText.counted(conflicts.count, "conflict")), \(open)."]
    for conflict in conflicts {
      lines.append("")
      lines += self.lines(conflict, style: style)
    }
    return lines
  }

  func lines(_ conflict: Conflict, style: TextStyle) -> [String] {
    let what = columnName(conflict) ?? "(the row)"
    let key = ValueText.escaped(KeyArgument.text(conflict.key.values))
    let state = style.faint("\(Self.word(conflict.state)), rule: \(conflict.rule)")
    let head =
      "#\(conflict.id)  "
      + style.strong("\(ValueText.escaped(tableName(conflict))) \(key)  \(what)")
    var table = TextTable([
      .init(""), .init("value", isFlexible: true), .init("branch"), .init("written"),
    ])
    for (index, value) in conflict.values.enumerated() {
      table.append([
        index == 0 ? "stands" : "overruled", shown(value, in: conflict),
        branchName(value.dot.replica), Self.time(value.milliseconds),
      ])
    }
    if let base = conflict.base {
      table.append(["before", ValueText.shown(base), "", ""])
    }
    let width = Console.outputWidth
    let explanation = DisplayWidth.wrapped(
      conflict.explanation, to: min(width ?? .max, Console.paragraphWidthMax) - 2)
    return ["\(head)  \(state)"]
      + table.lines(style: .plain, indent: "  ", width: width).dropFirst()
      + explanation.map { "  " + style.faint($0) }
  }

  private func shown(_ value: ConflictValue, in conflict: Conflict) -> String {
    guard let shown = value.value else { return "deleted" }
    return conflict.column == nil ? "changed" : ValueText.shown(shown)
  }

  /// A time of a write; rows that were there before their branch joined have none.
  static func time(_ milliseconds: Int64?) -> String {
    milliseconds.map { TimeText.iso8601(milliseconds: $0) } ?? "before joining"
  }

  static func word(_ state: ConflictState) -> String {
    switch state {
    case .open: "open"
    case .settled: "settled"
    case .decided: "decided"
    }
  }

  // MARK: Names

  private func tableName(_ conflict: Conflict) -> String {
    schema.table(conflict.key.table)?.name ?? conflict.key.table.description
  }

  private func columnName(_ conflict: Conflict) -> String? {
    conflict.column.map { id in
      schema.table(conflict.key.table)?.column(id)?.name ?? id.description
    }
  }

  private func branchName(_ replica: ReplicaID) -> String {
    replica == .hub ? "hub" : names[replica] ?? "branch \(replica.rawValue)"
  }
}
