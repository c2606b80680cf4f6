internal import Clocks
internal import Deltas

/// No value stands that someone replaced or deleted who had it before the eyes, unless the ledger
/// says how that came about, or the hub had let go of the deletion when an older copy inserted the
/// row again, or the deletion was not captured, and somebody wrote the row again before the tables
/// were compared.
package enum NoResurrection: Checker {
  package static let name = "NoResurrection"
  package static let promise =
    "nothing comes back that someone has knowingly replaced or deleted."

  package static func violations(in evidence: Evidence) -> [Violation] {
    guard !evidence.hasRefusals, !evidence.hasLikeRows else { return [] }
    let history = evidence.history
    let remembered = history.surviving.filter { !history.isForgotten($0) }
    let replaced = Kept.replacedCells(history, remembered)
    let ledger = Ledger(evidence.hub.ledger)
    var result: [Violation] = []
    for (key, row) in evidence.hub.rows {
      let columns = history.schema.table(key.table)?.valueColumns ?? []
      for (column, value) in zip(columns, row) {
        let cell = History.Cell(key: key, column: column)
        guard let author = history.author(cell, value),
          replaced.contains(Kept.Replaced(write: author, column: column)), !ledger.has(cell)
        else { continue }
        result.append(
          violation(
            "\(history.schema.name(column, of: key)) is \(value.shown) at the hub, which someone"
              + " had before the eyes and replaced; nothing in the ledger explains it."))
      }
    }
    return result.sorted { $0.sentence < $1.sentence }
  }
}
