package import Deltas

/// Columns of a table that are decided as one: street, city, postcode.
package struct MergeUnit: Sendable {
  /// Ascending, at least two.
  package let columns: [ColumnID]
  package let rule: any VersionRule

  package init(columns: [ColumnID], rule: any VersionRule) {
    self.columns = columns
    self.rule = rule
  }
}
