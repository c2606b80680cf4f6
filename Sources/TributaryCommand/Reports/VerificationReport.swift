internal import Agent
internal import Deltas

/// How a branch's rows stand to the hub's, each difference named.
struct VerificationReport {
  let tables: [TableComparison]
  /// What is synced and not in the file, as sentences.
  let notCompared: [String]
  /// What was healed before these were compared, if that was asked for.
  var repaired: RepairReport?

  /// Rows named for each table and kind; the rest is counted.
  private static let linesMax = 50

  var differenceCount: Int {
    tables.reduce(0) { $0 + $1.onlyHereCount + $1.onlyAtHubCount + $1.differentCount }
  }

  // MARK: JSON

  var json: JSONValue {
    [
      "equal": .bool(differenceCount == 0),
      "repaired": repaired.map(json) ?? .null,
      "differences": .array(tables.flatMap { table in table.differences.map { json($0, table) } }),
      "tables": .array(tables.map(json)),
      "notCompared": .array(notCompared.map { .string($0) }),
    ]
  }

  private func json(_ repaired: RepairReport) -> JSONValue {
    func list(_ differences: [RowDifference]) -> JSONValue {
      .array(
        differences.compactMap { difference in
          tables.first { $0.table.id == difference.key.table }.map { json(difference, $0) }
        })
    }
    return ["sent": list(repaired.sent), "taken": list(repaired.taken)]
  }

  private func json(_ table: TableComparison) -> JSONValue {
    [
      "name": .string(table.table.name), "rowsHere": .count(table.rowsHere),
      "rowsAtHub": .count(table.rowsAtHub), "onlyHere": .count(table.onlyHereCount),
      "onlyAtHub": .count(table.onlyAtHubCount), "different": .count(table.differentCount),
    ]
  }

  private func json(_ difference: RowDifference, _ table: TableComparison) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init(name: "table", value: .string(table.table.name)),
      .init(name: "key", value: KeyArgument.json(difference.key.values)),
    ]
    switch difference.kind {
    case .onlyHere: members.append(.init(name: "kind", value: "only-here"))
    case .onlyAtHub: members.append(.init(name: "kind", value: "only-at-hub"))
    case .different(let columns):
      members.append(.init(name: "kind", value: "different"))
      members.append(
        .init(
          name: "columns",
          value: .array(
            columns.map { column in
              [
                "column": .string(name(column.column, table)),
                "here": ValueText.json(column.here), "hub": ValueText.json(column.atHub),
              ]
            })))
    }
    return .object(members)
  }

  // MARK: People

  func lines(style: TextStyle) -> [String] {
    let healed = repairedLines(style: style)
    let found = differenceCount > 0 ? differenceLines(style: style) : equalLines
    return healed + found + notCompared.map { "Not compared: \(ValueText.escaped($0))" }
  }

  private var equalLines: [String] {
    let rows = tables.reduce(0) { $0 + $1.rowsHere }
    return [
      "Equal: \(NumberText.counted(rows, "row")) in"
        + " \(NumberText.counted(tables.count, "table")) here and at the hub."
    ]
  }

  private func repairedLines(style: TextStyle) -> [String] {
    guard let repaired, repaired.healedCount > 0 else { return [] }
    var lines: [String] = []
    for (what, differences) in [
      ("sent to the hub", repaired.sent), ("taken from the hub", repaired.taken),
    ] where !differences.isEmpty {
      let count = NumberText.counted(differences.count, "row")
      lines.append(style.strong("\(count) \(differences.count == 1 ? "was" : "were") \(what)."))
      for difference in differences.prefix(Self.linesMax) {
        guard let table = tables.first(where: { $0.table.id == difference.key.table }) else {
          continue
        }
        lines += self.lines(difference, table).map { "  \(table.table.name)\($0)" }
      }
      lines.append("")
    }
    return lines
  }

  private func differenceLines(style: TextStyle) -> [String] {
    var lines = [
      "\(NumberText.counted(differenceCount, "row")) differ\(differenceCount == 1 ? "s" : "")."
    ]
    for table in tables where !table.isEqual {
      let named = table.differences.prefix(Self.linesMax)
      lines += ["", style.strong(ValueText.escaped(table.table.name))]
      for difference in named { lines += self.lines(difference, table) }
      let total = table.onlyHereCount + table.onlyAtHubCount + table.differentCount
      if total > named.count {
        lines.append("  and \(NumberText.grouped(total - named.count)) more; see them with --json")
      }
    }
    return lines
  }

  private func lines(_ difference: RowDifference, _ table: TableComparison) -> [String] {
    let key = ValueText.escaped(KeyArgument.text(difference.key.values))
    switch difference.kind {
    case .onlyHere: return ["  \(key)  is only here"]
    case .onlyAtHub: return ["  \(key)  is only at the hub"]
    case .different(let columns):
      guard !columns.isEmpty else { return ["  \(key)  differs"] }
      return columns.map { column in
        "  \(key)  \(name(column.column, table)): \(ValueText.shown(column.here)) here,"
          + " \(ValueText.shown(column.atHub)) at the hub"
      }
    }
  }

  private func name(_ column: ColumnID, _ table: TableComparison) -> String {
    table.table.column(column)?.name ?? column.description
  }
}
