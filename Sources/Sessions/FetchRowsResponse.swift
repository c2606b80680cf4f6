package import Deltas

/// Whole rows of the hub.
package struct FetchRowsResponse: Hashable, Sendable {
  /// Beside the keys asked for: all columns in the order of their numbers, or nil if the hub has
  /// no such row.
  package var rows: [[Value]?]

  package init(rows: [[Value]?]) { self.rows = rows }
}
