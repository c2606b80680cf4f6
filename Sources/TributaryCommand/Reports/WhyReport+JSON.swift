internal import BranchStore
internal import Clocks
internal import Deltas
internal import Sessions

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
      "last": json(trace?.last),
      "branches": trace.map { .array($0.branches.map(json)) } ?? .null,
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
    let changeset = progress.changeset
    let kind: String? =
      switch progress.kind {
      case .insert: "insert"
      case .update: "update"
      case .delete: "delete"
      case nil: nil
      }
    return [
      "state": changeset == nil ? "captured" : "sealed",
      "at": .time(progress.milliseconds),
      "changeset": .optional(changeset.map { Int64(clamping: $0.counter) }),
      "kind": .optional(kind),
      "columns": .array(progress.columns.compactMap(name).map { .string($0) }),
      "sealed": .time(changeset?.sealedMilliseconds),
      "accepted": json(arrival(of: progress)),
    ]
  }

  private func json(_ arrival: TraceResponse.Arrival?) -> JSONValue {
    guard let arrival else { return .null }
    return [
      "position": .integer(Int64(clamping: arrival.position.rawValue)),
      "received": .time(arrival.receivedMilliseconds),
    ]
  }

  private func json(_ branch: TraceResponse.Branch) -> JSONValue {
    [
      "name": .string(branch.name),
      "has": has(branch).map { .bool($0) } ?? .null,
      "acknowledged": .integer(Int64(clamping: branch.acknowledged.rawValue)),
      "lastContact": .time(branch.lastContactMilliseconds),
    ]
  }
}
