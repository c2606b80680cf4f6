internal import Clocks
internal import Deltas
internal import HubStore
internal import Transport

/// What `conflicts DIR resolve` is asked to do.
struct ConflictDecision {
  enum Choice {
    case branch(String)
    /// As a person gives a value.
    case text(String)
    case null
    case undo
  }

  var place: String
  var ids: [UInt64]
  /// Whether all that `filter` leaves are meant instead of `ids`.
  var all: Bool
  var filter: ConflictFilter
  var choice: Choice
  var person: String

  /// What was done.
  struct Outcome {
    var ids: [UInt64]
    var position: UInt64?
    var isUndo: Bool

    var json: JSONValue {
      [
        "decided": .array(ids.map { .integer(Int64(clamping: $0)) }),
        "undone": .bool(isUndo),
        "position": position.map { .integer(Int64(clamping: $0)) } ?? .null,
      ]
    }

    var line: String {
      guard !ids.isEmpty else { return "No conflict is left by the filters; nothing was decided." }
      let what = isUndo ? "decision" : "conflict"
      let done = isUndo ? "taken back" : "decided"
      return "\(NumberText.counted(ids.count, what)) \(done): every branch hears of it at its next"
        + " sync."
    }
  }

  /// All or nothing.
  func perform(undone: String) throws -> Outcome {
    guard case .hub(let store) = try Place(place, undone: undone) else {
      throw CommandFailure(
        .notAHub, undone: undone, why: "\(place) is a branch's database.",
        next: "People decide at the hub: name its folder. Or write the value you want here and "
          + "sync: it stands, because its author has seen the others.")
    }
    let ledger = LedgerReport(
      conflicts: try store.conflicts(openOnly: false), schema: store.schema,
      names: try store.names())
    let entries =
      try all
      ? filter.selected(ledger, undone: undone) : ledger.entries(ids, undone: undone)
    // The oldest first: of two about one cell the newer decides.
    let chosen = entries.map(\.id).sorted()
    guard !chosen.isEmpty else { return Outcome(ids: [], position: nil, isUndo: false) }
    let now = WallClock.systemMilliseconds()
    if case .undo = choice {
      let position = try store.undoDecisions(chosen, person: person, wallMilliseconds: now)
      return Outcome(ids: chosen, position: position.rawValue, isUndo: true)
    }
    let position = try store.decide(
      chosen, try storeChoice(for: entries, store.schema, undone: undone), person: person,
      wallMilliseconds: now)
    return Outcome(ids: chosen, position: position.rawValue, isUndo: false)
  }

  private func storeChoice(
    for entries: [Conflict], _ schema: Schema, undone: String
  ) throws -> ConflictChoice {
    switch choice {
    case .branch(let name): return .branch(name)
    case .null, .undo: return .value(.null)
    case .text(let text):
      let columns = entries.compactMap { entry in
        entry.column.flatMap { schema.table(entry.key.table)?.column($0) }
      }
      guard let column = columns.first, columns.allSatisfy({ $0.affinity == column.affinity })
      else {
        throw CommandFailure(
          .notDecided, undone: undone, why: "One value cannot stand in columns of several types.",
          next: "Decide those of one column at a time, or use --take.")
      }
      return .value(KeyArgument.value(text, for: column))
    }
  }
}

extension LedgerReport {
  /// The entries of some numbers, in the ledger's order.
  func entries(_ ids: [UInt64], undone: String) throws -> [Conflict] {
    let known = Set(conflicts.map(\.id))
    if let missing = ids.first(where: { !known.contains($0) }) {
      throw CommandFailure(
        .notDecided, undone: undone, why: "The ledger has no conflict \(missing).",
        next: "See `tributary conflicts` for those it has.")
    }
    let wanted = Set(ids)
    return conflicts.filter { wanted.contains($0.id) }
  }
}
