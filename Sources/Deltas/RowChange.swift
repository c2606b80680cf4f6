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
  /// The author's wall clock when it was written, UTC since 1970.
  package var milliseconds: Int64
  /// The position at which the author had integrated this row, where it is not the changeset's
  /// context: `.start` if it never had, nil if the context holds.
  package var base: LogPosition?

  package init(
    key: RowKey, kind: ChangeKind, columns: [ColumnID], values: [Value], milliseconds: Int64,
    base: LogPosition?
  ) {
    self.key = key
    self.kind = kind
    self.columns = columns
    self.values = values
    self.milliseconds = milliseconds
    self.base = base
  }
}
