package import Deltas

/// What a policy says of one table.
package struct TablePolicy: Hashable, Sendable {
  /// Of the columns that have none of their own.
  package var rule: RuleReference
  package var rules: [ColumnID: RuleReference]
  /// In the order of their first columns. No column is in two, or has a rule of its own besides.
  package var units: [Unit]
  package var deletes: DeleteRule
  /// Whether rows are only ever added.
  package var isAppendOnly: Bool
  package var direction: SyncDirection
  /// Who may write the columns that are not in `authorities`, insert rows and delete them.
  package var authority: WriteAuthority
  package var authorities: [ColumnID: WriteAuthority]

  /// Columns that are decided as one.
  package struct Unit: Hashable, Sendable {
    /// Ascending, at least two.
    package var columns: [ColumnID]
    package var rule: RuleReference

    package init(columns: [ColumnID], rule: RuleReference = .latest) {
      self.columns = columns
      self.rule = rule
    }
  }

  package init(
    rule: RuleReference = .latest, rules: [ColumnID: RuleReference] = [:], units: [Unit] = [],
    deletes: DeleteRule = .lose, isAppendOnly: Bool = false, direction: SyncDirection = .both,
    authority: WriteAuthority = .everyone, authorities: [ColumnID: WriteAuthority] = [:]
  ) {
    self.rule = rule
    self.rules = rules
    self.units = units.sorted { left, right in
      left.columns.lexicographicallyPrecedes(right.columns)
    }
    self.deletes = deletes
    self.isAppendOnly = isAppendOnly
    self.direction = direction
    self.authority = authority
    self.authorities = authorities
  }
}
