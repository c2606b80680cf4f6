package import Basics
package import Clocks
package import Deltas

/// What became of one row at the hub, in the order of its log.
package struct RowHistory: Hashable, Sendable {
  /// The newest of what is known; the oldest first.
  package var entries: [Entry] = []
  /// How many known entries before those were left off.
  package var leftOffCount = 0
  /// What is not known, in the order of positions.
  package var unknown: [Stretch] = []

  /// One changeset's part in it.
  package struct Entry: Hashable, Sendable {
    package var position: LogPosition
    package var dot: Dot
    package var contentHash: ContentHash
    /// Whose it was, by the name that the branch has now.
    package var branch: String
    /// When its author sealed it, by its clock.
    package var sealedMilliseconds: Int64
    package var receivedMilliseconds: Int64
    /// The rows were there before their branch joined.
    package var isBaseline: Bool
    /// The hub had lost it, and somebody gave it back.
    package var isHandedBack: Bool
    /// What was written; empty where the merge of other rows, or an obstacle that is gone, changed
    /// this one.
    package var writes: [Write]
    /// Whether it met something that its author had not seen.
    package var isContested: Bool
    /// The row right after it.
    package var after: PastRow
    /// What the ledger said of the row with this changeset.
    package var conflicts: [Conflict]
  }

  package struct Write: Hashable, Sendable {
    package var kind: ChangeKind
    package var columns: [ColumnID]
    /// Beside `columns`.
    package var values: [Value]
    /// Beside `columns`: what was there before, of those that count; empty if none does.
    package var previous: [Value?]
    /// Corrected wall time; nil for what was there before the branch joined.
    package var milliseconds: Int64?
  }

  /// Positions of which the hub has nothing any more.
  package struct Stretch: Hashable, Sendable {
    package var after: LogPosition
    package var upTo: LogPosition
    /// When the hub received what is known before and after it.
    package var receivedBefore: Int64?
    package var receivedAfter: Int64?
  }
}

/// A row as it was at some time, as far as that is known.
package struct PastRow: Hashable, Sendable {
  package enum Presence: Hashable, Sendable { case unknown, absent, present }
  package var presence: Presence
  /// The columns outside the key that are known. Empty for a row that was not there.
  package var values: [ColumnID: Value]

  package static let unknown = PastRow(presence: .unknown, values: [:])
  package static let absent = PastRow(presence: .absent, values: [:])

  package init(presence: Presence, values: [ColumnID: Value]) {
    self.presence = presence
    self.values = values
  }
}

/// A row's state while its history is read.
struct RowFold {
  private(set) var row: PastRow
  private let columns: [ColumnID]
  private let defaultValue: (ColumnID) -> Value

  /// Of a row that was not there when the log began.
  init(columns: [ColumnID], defaultValue: @escaping (ColumnID) -> Value) {
    row = .absent
    self.columns = columns
    self.defaultValue = defaultValue
  }

  /// Something is not known of here.
  mutating func forget() { row = .unknown }

  /// As a branch applies an author's change.
  mutating func apply(_ change: RowChange) {
    switch change.kind {
    case .insert:
      if row.presence == .absent {
        row.values = Dictionary(uniqueKeysWithValues: columns.map { ($0, defaultValue($0)) })
      }
      row.presence = .present
      set(change)
    case .update:
      // Of a row that is not there it changes nothing.
      if row.presence != .absent { set(change) }
    case .delete: row = .absent
    }
  }

  /// As a branch applies what stands: the whole row, or its absence.
  mutating func apply(outcome change: RowChange) {
    row = .absent
    if change.kind != .delete { apply(change) }
  }

  private mutating func set(_ change: RowChange) {
    for (column, value) in zip(change.columns, change.values) { row.values[column] = value }
  }
}
