internal import Clocks
internal import Deltas
internal import Merging

/// The engine's verdict on each pair of changes of one cell is what truly happened.
///
/// False causality loses data: the engine takes a change for seen that its author had not in view.
/// A spurious conflict annoys: it takes a change for unseen that was.
package enum Causality: Checker {
  package static let name = "Causality"
  package static let promise =
    "the engine takes a change for seen exactly if its author had it in view, and the ledger has"
    + " exactly the true conflicts."

  /// How many pairs were judged, and how many wrongly.
  package struct Counts: Hashable, Sendable {
    package var pairs = 0
    package var falseCausality = 0
    package var spuriousConflicts = 0

    package init() {}

    package static func + (left: Self, right: Self) -> Self {
      var sum = left
      sum.pairs += right.pairs
      sum.falseCausality += right.falseCausality
      sum.spuriousConflicts += right.spuriousConflicts
      return sum
    }
  }

  package static func violations(in evidence: Evidence) -> [Violation] {
    judge(evidence).violations
  }

  package static func judge(_ evidence: Evidence) -> (counts: Counts, violations: [Violation]) {
    var counts = Counts()
    var found: [Violation] = []
    let world = evidence.world
    for (key, all) in world.changes where !world.lateRows.contains(key) {
      let history = all.filter { !$0.isAbsorbed }
      for (index, later) in history.enumerated() {
        for earlier in history[..<index] where meets(earlier, later) {
          counts.pairs += 1
          let truth = later.hasSeen(earlier)
          let verdict = later.claimsToHaveSeen(earlier)
          guard truth != verdict else { continue }
          // A refused row waits, and its author has not taken in what the world says it has.
          if evidence.hasRefusals, truth { continue }
          if verdict { counts.falseCausality += 1 } else { counts.spuriousConflicts += 1 }
          found.append(
            violation(
              "\(later.dot) says of \(world.schema.name(key)) that it had taken in everything up to"
                + " \(later.claimedBase), where its author had in view what lies up to"
                + " \(later.base); \(earlier.dot) at \(earlier.position) is judged wrongly."))
        }
      }
    }
    if !evidence.hasRefusals { ledger(evidence, &counts, &found) }
    return (counts, found.sorted { $0.sentence < $1.sentence })
  }

  /// Whether two changes of a row are about one cell, or one is the row's deletion.
  private static func meets(_ left: WorldChange, _ right: WorldChange) -> Bool {
    guard left.dot != right.dot else { return false }
    return left.kind == .delete || right.kind == .delete
      || left.values.keys.contains { right.values[$0] != nil }
  }

  private struct Cell: Hashable {
    var position: LogPosition
    var key: RowKey
    var column: ColumnID?
  }

  /// The ledger has an entry for each true conflict, and no other.
  private static func ledger(
    _ evidence: Evidence, _ counts: inout Counts, _ found: inout [Violation]
  ) {
    let world = evidence.world
    var expected: Set<Cell> = []
    for (key, history) in world.changes where !world.lateRows.contains(key) {
      let history = history.filter { !$0.isAbsorbed }
      for (index, last) in history.enumerated() {
        // A changeset's changes of one row are taken in one after the other.
        for column in World.conflicts(ofLast: last, in: Array(history[...index])) {
          expected.insert(Cell(position: last.position, key: key, column: column))
        }
      }
    }
    let told = Set(
      evidence.hub.ledger
        .filter { !world.lateRows.contains($0.key) && world.schema.table($0.key.table) != nil }
        .map { Cell(position: finding(of: $0, in: world), key: $0.key, column: $0.column) })
    for cell in expected.subtracting(told) {
      counts.falseCausality += 1
      found.append(
        violation(
          "A conflict on \(name(cell, world)) at position \(cell.position) is not in the ledger."))
    }
    for cell in told.subtracting(expected) {
      counts.spuriousConflicts += 1
      found.append(
        violation(
          "The ledger has a conflict on \(name(cell, world)) at position \(cell.position), where"
            + " there was none."))
    }
  }

  /// Where a conflict was found. One that somebody has answered tells where that was; then it is
  /// the last of what stood against each other.
  private static func finding(of conflict: Conflict, in world: World) -> LogPosition {
    let isAnswered = conflict.state == .decided
    guard isAnswered || conflict.explanation == MergeExplanation.goneWithRow.sentence else {
      return conflict.position
    }
    let sides = conflict.sides.dropFirst(isAnswered ? 1 : 0)
    return sides.compactMap { world.positions[$0.dot] }.max() ?? conflict.position
  }

  private static func name(_ cell: Cell, _ world: World) -> String {
    cell.column.map { world.schema.name($0, of: cell.key) } ?? world.schema.name(cell.key)
  }
}
