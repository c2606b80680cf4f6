internal import Clocks
internal import Deltas

/// Every committed write is, cell by cell, visible, or knowingly overwritten, or in the ledger.
///
/// Whether a writer knew what it overwrote is the world's record of what was in view, not the
/// engine's.
package enum LostUpdate: Checker {
  package static let name = "LostUpdate"
  package static let promise =
    "each committed write is visible, knowingly overwritten, or in the ledger."

  package static func violations(in evidence: Evidence) -> [Violation] {
    var result: [Violation] = []
    let world = evidence.world
    var byRow: [RowKey: [Int]] = [:]
    for (index, write) in world.writes.enumerated() { byRow[write.key, default: []].append(index) }
    let ledger = Dictionary(grouping: evidence.hub.ledger, by: \.key)
    for (index, write) in world.writes.enumerated() where !write.isMoot {
      let later = (byRow[write.key] ?? []).filter { $0 != index }
        .filter { world.hasSeen(world.writes[$0], at: $0, index) }.map { world.writes[$0] }
      if isAbsorbed(write, in: world) { continue }
      for column in lost(write, evidence, later, ledger[write.key] ?? []) {
        result.append(violation(sentence(write, column, world)))
      }
    }
    return result
  }

  /// The columns on which a write is nowhere to be found; nil stands for a deletion or, in a table
  /// that is all key, an insertion.
  private static func lost(
    _ write: WorldWrite, _ evidence: Evidence, _ later: [WorldWrite], _ ledger: [Conflict]
  ) -> [ColumnID?] {
    let refused = evidence.quarantine[write.key]
    let row = evidence.hub.rows[write.key] ?? refused
    let dot = write.counter.map { Dot(replica: write.branch, counter: $0) }
    let position = dot.flatMap { evidence.world.positions[$0] }
    // Of a row that was settled the hub does not know any more whose its values were.
    func isWriter(_ other: Dot) -> Bool {
      if other == dot { return true }
      guard other.replica == .hub, let position else { return false }
      return position.rawValue <= other.counter
    }
    func isInLedger(_ column: ColumnID?, _ value: Value?, overruled: Bool = false) -> Bool {
      ledger.contains { conflict in
        conflict.column == column
          && conflict.values.dropFirst(overruled ? 1 : 0)
            .contains { isWriter($0.dot) && $0.value == value }
      }
    }
    if write.kind == .delete {
      let isDone =
        row == nil || !later.isEmpty || isInLedger(nil, nil)
        || isForgotten(write, dot, in: evidence.world)
      return isDone ? [] : [nil]
    }
    if later.contains(where: { $0.kind == .delete }) { return [] }
    guard let row else {
      if write.values.isEmpty { return [nil] }
      // A value that stood and was gone without a word is lost, though it overruled others.
      return write.values.keys.sorted().filter { column in
        !later.contains { $0.values[column] != nil }
          && !isInLedger(column, write.values[column], overruled: true)
      }
    }
    let columns = evidence.world.schema.table(write.key.table)?.valueColumns ?? []
    return write.values.keys.sorted().filter { column in
      guard let place = columns.firstIndex(of: column), let value = write.values[column] else {
        return false
      }
      return row[place] != value && refused?[place] != value
        && !later.contains { $0.values[column] != nil } && !isInLedger(column, value)
    }
  }

  /// Whether the hub had let go of a deletion when somebody wrote the row who had been away too
  /// long, or was never heard of: then nothing is known that could stand against that.
  private static func isForgotten(_ deletion: WorldWrite, _ dot: Dot?, in world: World) -> Bool {
    guard let position = dot.flatMap({ world.positions[$0] }) else { return false }
    return world.forgotten[deletion.key].map { position <= $0 } ?? false
  }

  /// Whether the write was there before its branch joined and added nothing.
  private static func isAbsorbed(_ write: WorldWrite, in world: World) -> Bool {
    guard let counter = write.counter else { return false }
    let dot = Dot(replica: write.branch, counter: counter)
    return (world.changes[write.key] ?? []).contains { $0.dot == dot && $0.isAbsorbed }
  }

  private static func sentence(
    _ write: WorldWrite, _ column: ColumnID?, _ world: World
  ) -> String {
    let name = column.map { world.schema.name($0, of: write.key) } ?? world.schema.name(write.key)
    let value = column.flatMap { write.values[$0]?.shown } ?? write.kind.shown
    let changeset = write.counter.map { "changeset \($0)" } ?? "no changeset"
    return "What \(write.branch) wrote to \(name) (\(value), in \(changeset)) is neither visible,"
      + " nor overwritten by anybody who had seen it, nor in the ledger."
  }
}

extension ChangeKind {
  /// For traces and sentences.
  var shown: String {
    switch self {
    case .insert: "an insertion"
    case .update: "an update"
    case .delete: "a deletion"
    }
  }
}
