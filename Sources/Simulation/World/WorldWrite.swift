package import Clocks
package import Deltas

/// What one committed statement did to one row at one branch.
package struct WorldWrite: Hashable, Sendable {
  package var branch: ReplicaID
  package var key: RowKey
  /// A replacement is an insertion: it writes every column.
  package var kind: ChangeKind
  /// What the written columns hold now, as SQLite stored it; empty for a deletion.
  package var values: [ColumnID: Value]
  /// Whether the row was there before.
  package var hadRow: Bool
  /// Up to where in the hub's log the author's row had taken everything in.
  package var base: LogPosition
  /// The branch's own clock.
  package var wallMilliseconds: Int64
  /// The changeset that carried it; nil while it is unsealed.
  package var counter: UInt64?
  /// It came to nothing together with others of the same seal, and needs to be found nowhere.
  package var isMoot = false
  /// Whether its table had the triggers that capture it.
  package var isCaptured = true
  /// The row as it stood before the author's eyes; nil if there was none.
  package var before: [Value]?
}

/// One row's part of a changeset, as the world knows it.
package struct WorldChange: Hashable, Sendable {
  package var dot: Dot
  package var position: LogPosition
  package var kind: ChangeKind
  package var values: [ColumnID: Value]
  /// When, by the author's clock corrected by what the hub measured; nil for what was there before
  /// its branch joined.
  package var milliseconds: Int64?
  /// Up to where the author had truly taken in the row.
  package var base: LogPosition
  /// The same as the changeset says it.
  package var claimedBase: LogPosition
  /// It was there before its branch joined, and just what stood already: it adds nothing.
  package var isAbsorbed = false

  /// Whether its author had the other in view.
  package func hasSeen(_ other: WorldChange) -> Bool { hasSeen(other, base: base) }

  /// The engine's verdict.
  package func claimsToHaveSeen(_ other: WorldChange) -> Bool {
    hasSeen(other, base: claimedBase)
  }

  private func hasSeen(_ other: WorldChange, base: LogPosition) -> Bool {
    other.position <= base
      || (other.dot.replica == dot.replica && other.dot.counter < dot.counter)
  }
}

/// A changeset as its author's outbox had it.
package struct SealedChangeset: Hashable, Sendable {
  package var header: ChangesetHeader
  package var trailer: ChangesetTrailer
  package var changes: [RowChange]
  /// The world's own bases, beside `changes`.
  package var bases: [LogPosition]
}

/// An entry of the hub's log.
package struct WorldLogEntry: Hashable, Sendable {
  package var entry: DeltaEntry
  package var conflicts: [Conflict]
  /// The contested rows' outcomes.
  package var outcomes: [RowChange]
}

/// What one branch has done and seen, as the world knows it.
package struct WorldBranch: Sendable {
  package var position = LogPosition.start
  /// Rows that were written here when something came in and had not yet got to the hub: the
  /// position at which they had taken everything in.
  package var bases: [RowKey: LogPosition] = [:]
  /// Indexes of the world's writes.
  package var unsealed: [Int] = []
  /// Those whose changesets the branch has not integrated from the log.
  package var pending: [Int] = []
  package var sealedCounter: UInt64 = 0
  /// What the branch's tables should hold.
  package var rows: Rows = [:]
}
