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
      "columns": .array(conflict.columns.map { .string(name($0, conflict)) }),
      "base": conflict.base.map(ValueText.json) ?? .null,
      "bases": conflict.bases.map { json($0, conflict) } ?? .null,
      "values": .array(zip(conflict.values, conflict.sides).map { json($0, $1, conflict) }),
      "standing": conflict.values.first?.value.map(ValueText.json) ?? .null,
      "rule": .string(conflict.rule),
      "state": .string(Self.word(conflict.state)),
      "explanation": .string(conflict.explanation),
      "position": .integer(Int64(clamping: conflict.position.rawValue)),
    ]
  }

  private func json(
    _ value: ConflictValue, _ side: ConflictSide, _ conflict: Conflict
  ) -> JSONValue {
    let isNobodys = Self.standsByNobody(conflict) && side == conflict.sides.first
    var members: [JSONValue.Member] = [
      .init(
        name: "branch", value: isNobodys ? .null : .string(branchName(value.dot.replica))),
      .init(name: "value", value: value.value.map(ValueText.json) ?? .null),
      .init(name: "at", value: .time(value.milliseconds)),
      .init(
        name: "clockCorrectionMilliseconds",
        value: side.clockOffsetMilliseconds.map { .integer($0) } ?? .null),
    ]
    if conflict.columns.count > 1, let values = side.values {
      members.append(.init(name: "values", value: json(values, conflict)))
    }
    if value.value == nil { members.append(.init(name: "deleted", value: .bool(true))) }
    return .object(members)
  }

  /// Values beside a conflict's columns, by the columns' names.
  private func json(_ values: [Value], _ conflict: Conflict) -> JSONValue {
    .object(
      zip(conflict.columns, values).map {
        .init(name: name($0, conflict), value: ValueText.json($1))
      })
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
    let what =
      conflict.isOfRow
      ? "(the row)" : conflict.columns.map { name($0, conflict) }.joined(separator: ", ")
    let key = ValueText.escaped(KeyArgument.text(conflict.key.values))
    let state = style.faint("\(Self.word(conflict.state)), rule: \(conflict.rule)")
    let head =
      "#\(conflict.id)  "
      + style.strong("\(ValueText.escaped(tableName(conflict))) \(key)  \(what)")
    var table = TextTable([
      .init(""), .init("value", isFlexible: true), .init("branch"), .init("written"),
    ])
    for (index, side) in conflict.sides.enumerated() {
      if index == 0, Self.standsByNobody(conflict) {
        let value = side.values == nil ? "nothing" : shown(side, in: conflict)
        table.append(["stands", value, "nobody", ""])
        continue
      }
      table.append([
        index == 0 ? "stands" : "overruled", shown(side, in: conflict),
        branchName(side.dot.replica), Self.time(side),
      ])
    }
    if let bases = conflict.bases { table.append(["before", shown(bases), "", ""]) }
    let width = Console.outputWidth
    let explanation = DisplayWidth.wrapped(
      conflict.explanation, to: min(width ?? .max, Console.paragraphWidthMax) - 2)
    return ["\(head)  \(state)"]
      + table.lines(style: .plain, indent: "  ", width: width).dropFirst()
      + explanation.map { "  " + style.faint($0) }
  }

  private func shown(_ side: ConflictSide, in conflict: Conflict) -> String {
    guard let values = side.values else { return "deleted" }
    guard conflict.isOfRow else { return shown(values) }
    let row = zip(conflict.columns, values).map { "\(name($0, conflict)) \(ValueText.shown($1))" }
    guard row.isEmpty else { return row.joined(separator: ", ") }
    return values.isEmpty ? "referred to" : "changed"
  }

  private func shown(_ values: [Value]) -> String {
    values.map(ValueText.shown).joined(separator: ", ")
  }

  /// When a side was written, and by how much its clock was off where that is worth a word.
  private static func time(_ side: ConflictSide) -> String {
    let offset = side.clockOffsetMilliseconds ?? 0
    guard offset.magnitude >= Self.clockOffsetShownMillisecondsMin else {
      return time(side.milliseconds)
    }
    return "\(time(side.milliseconds)) (clock corrected by "
      + "\(TimeText.offset(milliseconds: offset)))"
  }

  /// Whether what stands instead of a refused change was written by nobody: no row, or what its
  /// columns have by default.
  private static func standsByNobody(_ conflict: Conflict) -> Bool {
    conflict.state == .refused && conflict.sides.count > 1
      && conflict.sides[0].dot == conflict.sides[1].dot
  }

  /// Clocks that were less wrong than this are not worth a word.
  private static let clockOffsetShownMillisecondsMin: UInt64 = 60_000

  /// A time of a write; rows that were there before their branch joined have none.
  static func time(_ milliseconds: Int64?) -> String {
    milliseconds.map { TimeText.iso8601(milliseconds: $0) } ?? "before joining"
  }

  static func word(_ state: ConflictState) -> String {
    switch state {
    case .open: "open"
    case .settled: "settled"
    case .decided: "decided"
    case .refused: "refused"
    }
  }

  // MARK: Names

  private func tableName(_ conflict: Conflict) -> String {
    schema.table(conflict.key.table)?.name ?? conflict.key.table.description
  }

  private func columnName(_ conflict: Conflict) -> String? {
    conflict.column.map { name($0, conflict) }
  }

  private func name(_ column: ColumnID, _ conflict: Conflict) -> String {
    schema.table(conflict.key.table)?.column(column)?.name ?? column.description
  }

  private func branchName(_ replica: ReplicaID) -> String {
    replica == .hub ? "hub" : names[replica] ?? "branch \(replica.rawValue)"
  }
}
