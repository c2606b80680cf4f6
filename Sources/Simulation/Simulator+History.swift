internal import Clocks
internal import Deltas
internal import HubStore

/// The hub's history, of a seed whose hub keeps all that its log lets go of.
extension Simulator {
  /// How much of what pruning takes away the hub keeps.
  var historyKeeping: HistoryKeeping? { plan.keepsHistory ? .all : nil }

  /// Of every row the history is whole, its last word is what stands, and every write of the log is
  /// in it.
  func checkHistory() throws {
    guard plan.keepsHistory, isSound, let hubStore, let hubReader else { return }
    let rows = try hubReader.rows()
    var known: [RowKey: [RowHistory.Entry]] = [:]
    let keys = Set(rows.keys).union(history.writes.map(\.key))
    for key in Convergence.sorted(Array(keys)) {
      let found = try hubStore.history(of: key.table, key: key.encoded, atMost: 1_000_000)
      known[key] = found.entries
      for stretch in found.unknown {
        complain(key, "is not known from position \(stretch.after) to \(stretch.upTo)")
      }
      // What a constraint refuses stands nowhere.
      guard found.unknown.isEmpty, !plan.hasUniqueColumn else { continue }
      let last = found.entries.last?.after ?? .absent
      let columns = schema.table(key.table)?.valueColumns ?? []
      let row = last.presence == .present ? columns.map { last.values[$0] ?? .null } : nil
      if last.presence == .unknown || row != rows[key] {
        complain(
          key,
          "ends with \(Convergence.shown(row)), and the hub has \(Convergence.shown(rows[key]))")
      }
    }
    for entry in history.log {
      for index in entry.writes.sorted() {
        let write = history.writes[index]
        let isThere = (known[write.key] ?? []).contains {
          $0.contentHash == entry.contentHash && Self.has(write, $0)
        }
        if !isThere { complain(write.key, "lacks what \(write.machine) wrote as \(entry.dot)") }
      }
    }
  }

  /// Whether a changeset's part in a row has something of a write.
  private static func has(_ write: History.Write, _ entry: RowHistory.Entry) -> Bool {
    entry.writes.contains { told in
      if write.kind == .delete { return told.kind == .delete }
      return write.values.isEmpty
        || zip(told.columns, told.values).contains { write.values[$0] == $1 }
    }
  }

  private func complain(_ key: RowKey, _ what: String) {
    world.complain("History", "The history of \(schema.name(key)) \(what).")
  }
}
