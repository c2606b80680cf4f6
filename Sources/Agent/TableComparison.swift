package import Deltas

/// How one table's rows at the branch stand to the hub's.
package struct TableComparison: Sendable {
  package var table: TableSchema
  package var rowsHere = 0
  package var rowsAtHub = 0
  package var onlyHereCount = 0
  package var onlyAtHubCount = 0
  package var differentCount = 0
  /// Those with a name, in the order of their keys: at most `ComparisonLimits.namedRowsMax` of each
  /// kind.
  package var differences: [RowDifference] = []

  package init(table: TableSchema) { self.table = table }

  /// Rows that are at both places with the same bytes.
  package var identicalCount: Int { rowsHere - onlyHereCount - differentCount }
  package var isEqual: Bool { onlyHereCount + onlyAtHubCount + differentCount == 0 }
}

/// One row that is not the same at branch and hub.
package struct RowDifference: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case onlyHere
    case onlyAtHub
    /// The columns that differ. Empty until the rows themselves were fetched.
    case different([ColumnDifference])
  }

  package var key: RowKey
  package var kind: Kind

  package init(key: RowKey, kind: Kind) {
    self.key = key
    self.kind = kind
  }
}

/// One column of a row that is there at both places.
package struct ColumnDifference: Hashable, Sendable {
  package var column: ColumnID
  package var here: Value
  package var atHub: Value

  package init(column: ColumnID, here: Value, atHub: Value) {
    self.column = column
    self.here = here
    self.atHub = atHub
  }
}

package enum ComparisonLimits {
  /// Rows of each kind that are named for each table; the rest is only counted.
  package static let namedRowsMax = 1_000
  /// Rows fetched at once: large ones must fit a message together.
  static let rowsPerFetch = 16
  /// Rounds of a repair that heal nothing, before it ends with what is left.
  static let idleRoundsMax = 3
  /// About how many rows fall into one bucket.
  static let rowsPerBucket = 64
}
