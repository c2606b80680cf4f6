package import Clocks

/// One row's part of a changeset: one or more columns taking values at one time.
///
/// A row whose columns were written at different times has one row change for each time.
package struct RowChange: Hashable, Sendable {
  package var key: RowKey
  package var kind: ChangeKind
  /// Ascending, without the key's columns. All of them for an insert, none for a delete.
  package var columns: [ColumnID]
  /// Beside `columns`.
  package var values: [Value]
  /// Beside `columns`, of a counted update: what its author had there when it first wrote it since
  /// its last seal. Nil for columns that do not count; empty if none does.
  package var previous: [Value?]
  /// The author's wall clock when it was written, UTC since 1970.
  package var milliseconds: Int64
  /// The position at which the author had integrated this row, where it is not the changeset's
  /// context: `.start` if it never had, nil if the context holds.
  package var base: LogPosition?

  package init(
    key: RowKey, kind: ChangeKind, columns: [ColumnID], values: [Value],
    previous: [Value?] = [], milliseconds: Int64, base: LogPosition?
  ) {
    self.key = key
    self.kind = kind
    self.columns = columns
    self.values = values
    self.previous = previous
    self.milliseconds = milliseconds
    self.base = base
  }
}
