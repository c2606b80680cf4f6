internal import Clocks
internal import Deltas

/// What any intact database, or any image that was put back, can still know is at the hub: visible,
/// or replaced by someone who had it before the eyes, or in the ledger.
package enum Kept: Checker {
  package static let name = "Kept"
  package static let promise =
    "what an intact database knows is not lost, whatever happened to others."

  /// What became of the rows that changesets in the hub's log have ever carried.
  package struct Counts: Hashable, Sendable {
    package var changesets = 0
    package var writes = 0
    /// Of the writes: those that were looked for.
    package var checked = 0
    package var lost = 0
    /// Those that no intact database knows.
    package var excused = 0

    package init() {}

    package static func + (left: Self, right: Self) -> Self {
      var sum = left
      sum.changesets += right.changesets
      sum.writes += right.writes
      sum.checked += right.checked
      sum.lost += right.lost
      sum.excused += right.excused
      return sum
    }
  }

  package static func violations(in evidence: Evidence) -> [Violation] {
    judge(evidence).violations
  }

  package static func judge(_ evidence: Evidence) -> (counts: Counts, violations: [Violation]) {
    let history = evidence.history
    let acknowledged = history.acknowledged
    let surviving = history.surviving
    var counts = Counts()
    counts.changesets = history.names.count
    counts.writes = acknowledged.count
    counts.excused = acknowledged.subtracting(surviving).count
    guard !evidence.hasRefusals, !evidence.hasLikeRows else {
      // Values do not name their writes then: `LostUpdate` has looked for each.
      counts.checked = counts.writes
      counts.lost = LostUpdate.violations(in: evidence).count
      return (counts, [])
    }
    let replaced = replacedCells(history, surviving)
    let ledger = Ledger(evidence.hub.ledger)
    var result: [Violation] = []
    for index in surviving.sorted() {
      let lost = lostCells(of: index, evidence, replaced, ledger)
      if acknowledged.contains(index) {
        counts.checked += 1
        if !lost.isEmpty { counts.lost += 1 }
      }
      let write = history.writes[index]
      for (cell, value) in lost {
        result.append(
          violation(
            "What \(write.machine) wrote to \(history.schema.name(cell.column, of: write.key))"
              + " (\(value.shown)) is neither visible, nor replaced by anybody who had seen it, nor"
              + " in the ledger, though an intact machine knew it."))
      }
    }
    return (counts, result)
  }

  /// The cells of a write whose values are nowhere.
  private static func lostCells(
    of index: Int, _ evidence: Evidence, _ replaced: Set<Replaced>, _ ledger: Ledger
  ) -> [(cell: History.Cell, value: Value)] {
    let history = evidence.history
    let write = history.writes[index]
    return write.values.sorted { $0.key < $1.key }.compactMap { column, value in
      let cell = History.Cell(key: write.key, column: column)
      guard column != ColumnID(0), history.author(cell, value) != nil,
        !replaced.contains(Replaced(write: index, column: column)),
        !ledger.has(value, of: cell), !isVisible(value, cell, evidence)
      else { return nil }
      return (cell, value)
    }
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

  /// Adds what a change carries, which is to be kept and to stand nowhere.
  mutating func add(_ change: RowChange) {
    for (column, value) in zip(change.columns, change.values) {
      values[History.Cell(key: change.key, column: column), default: []].insert(value)
    }
  }

  func has(_ value: Value, of cell: History.Cell) -> Bool {
    values[cell]?.contains(value) ?? false
  }

  func has(_ cell: History.Cell) -> Bool { values[cell] != nil || rows.contains(cell.key) }
}
