internal import Clocks
internal import Deltas

/// What any intact database, or any image that was put back, can still know is at the hub: visible,
/// or replaced by someone who had it before the eyes, or in the ledger.
package enum Kept: Checker {
  package static let name = "Kept"
  package static let promise =
    "what an intact database knows is not lost, whatever happened to others."

  package static func violations(in evidence: Evidence) -> [Violation] {
    guard !evidence.hasRefusals, !evidence.hasLikeRows else { return [] }
    let history = evidence.history
    let surviving = history.surviving
    let replaced = replacedCells(history, surviving)
    let ledger = Ledger(evidence.hub.ledger)
    var result: [Violation] = []
    for index in surviving.sorted() {
      let write = history.writes[index]
      for (column, value) in write.values.sorted(by: { $0.key < $1.key }) {
        let cell = History.Cell(key: write.key, column: column)
        guard column != ColumnID(0), history.author(cell, value) != nil else { continue }
        if replaced.contains(Replaced(write: index, column: column)) { continue }
        if ledger.has(value, of: cell) { continue }
        if isVisible(value, cell, evidence) { continue }
        result.append(
          violation(
            "What \(write.machine) wrote to \(history.schema.name(column, of: write.key))"
              + " (\(value.shown)) is neither visible, nor replaced by anybody who had seen it, nor"
              + " in the ledger, though an intact machine knew it."))
      }
    }
    return result
  }

  struct Replaced: Hashable {
    var write: Int
    var column: ColumnID
  }

  /// Cells that a write which survives has replaced, or deleted.
  static func replacedCells(_ history: History, _ surviving: Set<Int>) -> Set<Replaced> {
    var result: Set<Replaced> = []
    for index in surviving {
      for (column, earlier) in history.writes[index].replaced {
        for write in earlier { result.insert(Replaced(write: write, column: column)) }
      }
    }
    return result
  }

  static func isVisible(_ value: Value, _ cell: History.Cell, _ evidence: Evidence) -> Bool {
    let columns = evidence.history.schema.table(cell.key.table)?.valueColumns ?? []
    guard let place = columns.firstIndex(of: cell.column) else { return true }
    return evidence.hub.rows[cell.key]?[place] == value
      || evidence.quarantine[cell.key]?[place] == value
  }
}

/// The hub's ledger, to be asked about cells.
struct Ledger {
  private(set) var values: [History.Cell: Set<Value>] = [:]
  private var rows: Set<RowKey> = []

  init(_ conflicts: [Conflict]) {
    for conflict in conflicts {
      guard let column = conflict.column else {
        rows.insert(conflict.key)
        continue
      }
      let cell = History.Cell(key: conflict.key, column: column)
      values[cell, default: []].formUnion(conflict.values.compactMap(\.value))
    }
  }

  func has(_ value: Value, of cell: History.Cell) -> Bool {
    values[cell]?.contains(value) ?? false
  }

  func has(_ cell: History.Cell) -> Bool { values[cell] != nil || rows.contains(cell.key) }
}
