internal import BranchStore
internal import Clocks
internal import Deltas

extension WhyReport {
  var json: JSONValue {
    [
      "table": .string(table.name),
      "key": KeyArgument.json(shownKey.values),
      "column": .optional(name(column)),
      "exists": .bool(exists),
      "cells": .array(shownCells.map(json)),
      "conflicts": .array(shownConflicts.map { ledger.json($0) }),
      "pending": .array(pending.map(json)),
      "waiting": .bool(isWaiting),
      "quarantine": .optional(quarantineReason),
      "hubAsked": .bool(failure == nil),
    ]
  }

  private func json(_ cell: Cell) -> JSONValue {
    [
      "column": .optional(name(cell.column)),
      "value": cell.value.map(ValueText.json) ?? .null,
      "branch": .string(cell.branch),
      "at": .time(cell.milliseconds),
      "received": .time(cell.receivedMilliseconds),
      "position": .integer(Int64(clamping: cell.position.rawValue)),
      "changeset": .integer(Int64(clamping: cell.dot.counter)),
      "rule": .optional(rule(of: cell)),
    ]
  }

  /// The rule by which the value stands, if it was contested.
  func rule(of cell: Cell) -> String? {
    conflicts.first { $0.column == cell.column && $0.values.first?.dot == cell.dot }?.rule
  }

  private func json(_ progress: RowProgress) -> JSONValue {
    switch progress {
    case .captured(let milliseconds):
      ["state": "captured", "at": .time(milliseconds), "changeset": .null]
    case .sealed(let counter, let milliseconds):
      [
        "state": "sealed", "at": .time(milliseconds),
        "changeset": .integer(Int64(clamping: counter)),
      ]
    }
  }
}
