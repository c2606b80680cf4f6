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
  /// The table with whose rows this one's stand and go: that of an order for its lines. What
  /// becomes of deleted rows is then said by that table's `deletes`.
  package var parent: Parent?
  /// Columns that hold keys of other tables where the schema does not say so. Branches with keys of
  /// their own translate them.
  package var references: [ColumnID: TableID]

  /// The table with whose rows another's stand and go.
  package struct Parent: Hashable, Sendable {
    package var table: TableID
    /// The child's columns that hold the parent's key, in the order of that key. At least one.
    package var columns: [ColumnID]

    package init(table: TableID, columns: [ColumnID]) {
      self.table = table
      self.columns = columns
    }
  }

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
    authority: WriteAuthority = .everyone, authorities: [ColumnID: WriteAuthority] = [:],
    parent: Parent? = nil, references: [ColumnID: TableID] = [:]
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
    self.parent = parent
    self.references = references
  }

  /// Whether it says anything that only holds of one table.
  var namesColumns: Bool {
    if case .owner = authority { return true }
    return !rules.isEmpty || !units.isEmpty || !authorities.isEmpty || parent != nil
      || !references.isEmpty
  }
}
