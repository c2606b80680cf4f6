internal import Deltas
internal import HubStore

/// A row as of a date, for people and for scripts.
struct PastRowReport {
  let table: TableSchema
  let key: RowKey
  /// Only this one was asked for.
  let column: ColumnID?
  let milliseconds: Int64
  let row: PastRow
  let unknown: [RowHistory.Stretch]

  private var shownColumns: [ColumnSchema] {
    table.columns.filter { shown in
      !table.keyColumns.contains(shown.id) && !shown.isDropped
        && column.map { $0 == shown.id } ?? true
    }
  }

  func lines(style: TextStyle) -> [String] {
    let key = ValueText.escaped(KeyArgument.text(key.values))
    let time = TimeText.iso8601(milliseconds: milliseconds)
    let head = style.strong("\(ValueText.escaped(table.name)) \(key)") + " as of \(time)"
    switch row.presence {
    case .absent: return [head, "There was no such row."]
    case .unknown:
      return [head, "What it was then is not known."] + unknown.map(HistoryReport.sentence)
    case .present: break
    }
    var cells = TextTable([.init("column"), .init("value", isFlexible: true)])
    for column in shownColumns {
      cells.append([column.name, row.values[column.id].map(ValueText.shown) ?? "(not known)"])
    }
    let isPartial = shownColumns.contains { row.values[$0.id] == nil }
    return [head] + cells.lines(style: style, width: Console.outputWidth)
      + (isPartial ? unknown.map(HistoryReport.sentence) : [])
  }

  var json: JSONValue {
    let shown = shownColumns
    return [
      "table": .string(table.name),
      "key": KeyArgument.json(key.values),
      "asOf": .time(milliseconds),
      "exists": row.presence == .unknown ? .null : .bool(row.presence == .present),
      "values": .object(
        shown.compactMap { column in
          row.values[column.id].map { .init(name: column.name, value: ValueText.json($0)) }
        }),
      "notKnown": .array(
        row.presence == .absent
          ? [] : shown.filter { row.values[$0.id] == nil }.map { .string($0.name) }),
      "unknown": .array(unknown.map(HistoryReport.json)),
    ]
  }
}
