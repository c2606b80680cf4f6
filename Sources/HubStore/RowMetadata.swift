internal import Basics
internal import Clocks
internal import Deltas

/// A version as a row's record keeps it: whose it is follows from the position.
struct StoredVersion: Hashable, Sendable {
  var position: LogPosition
  /// Corrected wall time; nil for a row that was there before its branch joined.
  var milliseconds: Int64?
  /// Where the author had integrated the row, if it was not the changeset's context.
  var base: LogPosition?
  /// The time and the base were not copied from the log: the inserted row's block there has them.
  var isInLog = false
  /// Whose it was is forgotten: everybody had seen it at its position.
  var isSettled = false
}

/// What the hub keeps of a row beside its values: which version each column has.
///
/// Normally one version for all columns, which then needs no detail. A row without any record has
/// all its columns from the block in the log that covers its key.
struct RowMetadata: Hashable, Sendable {
  /// Where the standing values are.
  enum Place: UInt8 {
    /// In the consolidated table, as far as `groups` does not have them.
    case table = 0
    /// The row does not stand; what it last held is in `groups`.
    case gone = 1
    /// The row stands, but the table's constraints refuse it; its values are in `groups`.
    case quarantine = 2
    /// The row was changed and never inserted, as far as the hub knows: it is not shown before the
    /// rest of it comes. Its values are in `groups`.
    case partial = 3
  }

  /// Columns that have the same versions.
  struct Group: Hashable, Sendable {
    var columns: ColumnSet
    /// In the order of the log; empty for columns that were never written.
    var versions: [StoredVersion]
    /// For each column in order its versions' values; empty where the one value is in the table.
    var values: [[Value]]
    /// For each column in order what its versions' authors had there before, where the writes
    /// count as operations on that; empty where none does.
    var previous: [[Value?]] = []
  }

  /// What the row's life has to do with other rows of its group.
  struct GroupVersions: Hashable, Sendable {
    var uses: [StoredVersion] = []
    var taking: [StoredVersion] = []
    var spared: [StoredVersion] = []

    var isEmpty: Bool { uses.isEmpty && taking.isEmpty && spared.isEmpty }
    var all: [StoredVersion] { uses + taking + spared }
  }

  /// The version with the highest position. What `groups` does not name is its.
  var latest: StoredVersion
  var place: Place = .table
  /// False only for a row that was changed without ever having been inserted.
  var isComplete = true
  var groups: [Group] = []
  var deletions: [StoredVersion] = []
  var group = GroupVersions()

  init(latest: StoredVersion) { self.latest = latest }

  /// Whether `latest` says it all.
  var isPlain: Bool {
    place == .table && groups.isEmpty && deletions.isEmpty && isComplete && group.isEmpty
      && latest.base == nil && !latest.isInLog && !latest.isSettled
  }

  /// All versions, some perhaps twice.
  var versions: [StoredVersion] {
    [latest] + groups.flatMap(\.versions) + deletions + group.all
  }

  /// The columns that `groups` names.
  var groupedColumns: ColumnSet {
    groups.reduce(into: ColumnSet()) { $0.formUnion($1.columns) }
  }
}
