internal import Basics
package import Clocks
package import Deltas

/// The world's own record of what was written, by whom, with what in view, and what must come of
/// it: computed plainly from the whole history, without the engine.
package struct World: Sendable {
  package let schema: Schema
  /// Of the tables that have another than the latest.
  let rules: [TableID: SimulatedPolicy.Rule]
  package var writes: [WorldWrite] = []
  package var branches: [ReplicaID: WorldBranch] = [:]
  package var sealed: [Dot: SealedChangeset] = [:]
  /// In the order of the positions, from 1.
  package var log: [WorldLogEntry] = []
  package var positions: [Dot: LogPosition] = [:]
  /// Each row's changes in the order of the log.
  package var changes: [RowKey: [WorldChange]] = [:]
  /// Up to where the hub has let go of what branches had that were heard of lately.
  package var stable = LogPosition.start
  /// Rows that met a change of a branch which was away for longer: what the hub has let go of they
  /// are not judged by.
  package var lateRows: Set<RowKey> = []
  /// Up to where the hub had let go of deletions when such a change of a row came last.
  package var forgotten: [RowKey: LogPosition] = [:]
  /// What was found wrong while recording.
  package var violations: [Violation] = []

  package init(schema: Schema, rules: [TableID: SimulatedPolicy.Rule] = [:]) {
    self.schema = schema
    self.rules = rules
  }

  package var head: LogPosition { LogPosition(UInt64(log.count)) }

  mutating func complain(_ checker: String, _ sentence: String) {
    if violations.count < SimulationLimits.violationsMax {
      violations.append(Violation(checker, sentence))
    }
  }

  // MARK: Writing

  /// Records a committed transaction.
  mutating func commit(_ transaction: [WorldWrite]) {
    for write in transaction {
      guard var branch = branches[write.branch] else { continue }
      var write = write
      write.base = branch.bases[write.key] ?? branch.position
      branch.unsealed.append(writes.count)
      switch write.kind {
      case .delete: branch.rows[write.key] = nil
      case .insert, .update:
        let columns = schema.table(write.key.table)?.valueColumns ?? []
        let before = branch.rows[write.key]
        branch.rows[write.key] = columns.enumerated().map { index, column in
          write.values[column] ?? before?[index] ?? .null
        }
      }
      branches[write.branch] = branch
      writes.append(write)
    }
  }

  /// Whether the author of a write had another one in view.
  package func hasSeen(_ write: WorldWrite, at index: Int, _ other: Int) -> Bool {
    let earlier = writes[other]
    guard earlier.key == write.key else { return false }
    if earlier.branch == write.branch { return other < index }
    guard let counter = earlier.counter,
      let position = positions[Dot(replica: earlier.branch, counter: counter)]
    else { return false }
    return position <= write.base
  }
}
