internal import Basics
internal import Clocks
internal import Deltas
internal import HubStore

/// What became of a row, for people and for scripts.
struct HistoryReport {
  let table: TableSchema
  let key: RowKey
  /// Only this one was asked for.
  let column: ColumnID?
  let history: RowHistory
  let names: [ReplicaID: String]

  /// What became of one written value.
  enum Fate: Hashable {
    case stands
    /// Merged with what others did.
    case counted(Value)
    case overruled(by: Value)
    case refused(Value?)
    /// The row itself does not stand.
    case rowGone
    /// It was deleted, and stands all the same.
    case rowStands
    case unknown
  }

  // MARK: What became of it

  func fate(
    of index: Int, _ write: RowHistory.Write, in entry: RowHistory.Entry
  ) -> Fate {
    guard let value = entry.after.values[write.columns[index]] else {
      return entry.after.presence == .absent ? .rowGone : .unknown
    }
    if value == write.values[index] { return .stands }
    if conflict(write.columns[index], entry)?.state == .refused { return .refused(value) }
    let isCounted = index < write.previous.count && write.previous[index] != nil
    return isCounted ? .counted(value) : .overruled(by: value)
  }

  func fateOfRow(_ write: RowHistory.Write, in entry: RowHistory.Entry) -> Fate {
    switch (write.kind, entry.after.presence) {
    case (_, .unknown): .unknown
    case (.delete, .absent), (.insert, .present), (.update, .present): .stands
    case (.delete, .present):
      entry.conflicts.contains { $0.state == .refused } ? .refused(nil) : .rowStands
    case (_, .absent): .rowGone
    }
  }

  /// What the ledger said of a column, or else of the row, with an entry.
  func conflict(_ column: ColumnID?, _ entry: RowHistory.Entry) -> Conflict? {
    entry.conflicts.last { conflict in
      column.map { conflict.columns.contains($0) } ?? conflict.columns.isEmpty
    } ?? entry.conflicts.last { $0.columns.isEmpty }
  }

  func isShown(_ column: ColumnID) -> Bool { self.column.map { $0 == column } ?? true }

  func name(_ column: ColumnID) -> String { table.column(column)?.name ?? column.description }

  // MARK: People

  func lines(style: TextStyle) -> [String] {
    let what = column.map { " \(name($0))" } ?? ""
    let key = ValueText.escaped(KeyArgument.text(key.values))
    var lines = [style.strong("\(ValueText.escaped(table.name)) \(key)\(what)")]
    lines += history.unknown.map(Self.sentence)
    if history.leftOffCount > 0 {
      lines.append(
        "\(NumberText.counted(history.leftOffCount, "earlier changeset")) left out: --limit.")
    }
    var cells = TextTable([
      .init("written"), .init("branch"), .init("changeset", isNumber: true), .init("column"),
      .init("value", isFlexible: true), .init("then", isFlexible: true), .init("received"),
      .init("position", isNumber: true),
    ])
    for entry in history.entries { append(entry, to: &cells) }
    if cells.isEmpty {
      let isKnown = history.unknown.isEmpty
      return lines + [isKnown ? "The hub never had such a row." : "Nothing is known."]
    }
    return lines + cells.lines(style: style, width: Console.outputWidth)
  }

  private func append(_ entry: RowHistory.Entry, to cells: inout TextTable) {
    func append(
      _ written: Int64?, _ column: String, _ value: String, _ then: String, isBaseline: Bool
    ) {
      cells.append([
        isBaseline ? LedgerReport.time(written) : written.map(Self.time) ?? "",
        entry.branch.isEmpty ? "hub" : ValueText.escaped(entry.branch),
        NumberText.grouped(Int(clamping: entry.dot.counter)), column, value, then,
        Self.time(entry.receivedMilliseconds),
        NumberText.grouped(Int(clamping: entry.position.rawValue)),
      ])
    }
    for write in entry.writes {
      var isTold = false
      for (index, column) in write.columns.enumerated() where isShown(column) {
        isTold = true
        append(
          write.milliseconds, name(column), ValueText.shown(write.values[index]),
          text(fate(of: index, write, in: entry), conflict(column, entry)),
          isBaseline: entry.isBaseline)
      }
      guard !isTold, write.kind != .update || column == nil else { continue }
      append(
        write.milliseconds, "(row)", write.kind == .delete ? "deleted" : "written",
        text(fateOfRow(write, in: entry), conflict(nil, entry)), isBaseline: entry.isBaseline)
    }
    guard entry.writes.isEmpty else { return }
    append(nil, "(row)", "merged anew", Self.text(entry.after, column), isBaseline: false)
  }

  private func text(_ fate: Fate, _ conflict: Conflict?) -> String {
    let why = conflict.map { " (\($0.rule), #\($0.id))" } ?? ""
    switch fate {
    case .stands: return "stands" + why
    case .counted(let value): return "counted: \(ValueText.shown(value))" + why
    case .overruled(let value): return "overruled: \(ValueText.shown(value))" + why
    case .refused: return "refused" + why
    case .rowGone: return "the row does not stand" + why
    case .rowStands: return "overruled: the row stands" + why
    case .unknown: return "not known"
    }
  }

  private static func text(_ row: PastRow, _ column: ColumnID?) -> String {
    switch row.presence {
    case .unknown: "not known"
    case .absent: "not there"
    case .present: column.flatMap { row.values[$0] }.map(ValueText.shown) ?? "stands"
    }
  }

  private static func time(_ milliseconds: Int64) -> String {
    TimeText.iso8601(milliseconds: milliseconds)
  }

  static func sentence(_ stretch: RowHistory.Stretch) -> String {
    let first = NumberText.grouped(Int(clamping: stretch.after.rawValue + 1))
    let last = NumberText.grouped(Int(clamping: stretch.upTo.rawValue))
    let positions = "positions \(first) to \(last)"
    let after = stretch.receivedAfter.map(time) ?? "now"
    guard stretch.after > .start else {
      return "Of what the hub received before \(after) nothing is known (\(positions))."
    }
    let before = stretch.receivedBefore.map(time) ?? "then"
    return "Of what it received from \(before) to \(after) nothing is known (\(positions))."
  }

  // MARK: JSON

  var json: JSONValue {
    [
      "table": .string(table.name),
      "key": KeyArgument.json(key.values),
      "column": .optional(column.map(name)),
      "entries": .array(history.entries.map(json)),
      "leftOut": .count(history.leftOffCount),
      "unknown": .array(history.unknown.map(Self.json)),
    ]
  }

  private func json(_ entry: RowHistory.Entry) -> JSONValue {
    let ledger = LedgerReport(
      conflicts: entry.conflicts, schema: Schema(tables: [table], otherSQL: []), names: names)
    return [
      "position": .integer(Int64(clamping: entry.position.rawValue)),
      "branch": .string(entry.branch),
      "changeset": .integer(Int64(clamping: entry.dot.counter)),
      "hash": .string(entry.contentHash.description),
      "sealed": .time(entry.sealedMilliseconds),
      "received": .time(entry.receivedMilliseconds),
      "beforeJoining": .bool(entry.isBaseline),
      "handedBack": .bool(entry.isHandedBack),
      "contested": .bool(entry.isContested),
      "writes": .array(entry.writes.map { json($0, entry) }),
      "after": Self.json(entry.after, of: table),
      "conflicts": .array(ledger.conflicts.map { ledger.json($0) }),
    ]
  }

  private func json(_ write: RowHistory.Write, _ entry: RowHistory.Entry) -> JSONValue {
    let cells = write.columns.indices.filter { isShown(write.columns[$0]) }.map { index in
      [
        "column": .string(name(write.columns[index])),
        "value": ValueText.json(write.values[index]),
        "stands": .bool(fate(of: index, write, in: entry) == .stands),
      ] as JSONValue
    }
    let kind =
      switch write.kind {
      case .insert: "insert"
      case .update: "update"
      case .delete: "delete"
      }
    return [
      "kind": .string(kind),
      "at": .time(write.milliseconds),
      "stands": .bool(fateOfRow(write, in: entry) == .stands),
      "cells": .array(cells),
    ]
  }

  static func json(_ row: PastRow, of table: TableSchema) -> JSONValue {
    [
      "exists": row.presence == .unknown ? .null : .bool(row.presence == .present),
      "values": .object(
        table.columns.compactMap { column in
          row.values[column.id].map { .init(name: column.name, value: ValueText.json($0)) }
        }),
    ]
  }

  static func json(_ stretch: RowHistory.Stretch) -> JSONValue {
    [
      "after": .integer(Int64(clamping: stretch.after.rawValue)),
      "upTo": .integer(Int64(clamping: stretch.upTo.rawValue)),
      "from": .time(stretch.receivedBefore),
      "to": .time(stretch.receivedAfter),
    ]
  }
}
