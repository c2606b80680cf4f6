internal import Deltas
internal import Merging

/// What may be said, and is hardly meant.
extension PolicyCompiler {
  /// Why a rule does little for a column; nil if it does what it is for.
  static func doubt(_ rule: RuleReference, for column: ColumnSchema) -> String? {
    let isText = column.affinity == .text || column.affinity == .blob
    switch rule {
    case .counter where column.affinity == .text:
      return """
        Column \(shown(column.name)) holds texts, and a counter adds numbers: what is no number \
        is decided by latest. Choose another rule if it counts nothing.
        """
    case .set where !isText, .lines where !isText:
      let wanted = rule == .set ? "a JSON list, such as [\"vip\"]" : "a text of several lines"
      return """
        Column \(shown(column.name)) holds numbers, and the rule \(rule.name) is for \(wanted): \
        what is none is decided by latest. Choose another rule.
        """
    default: return nil
    }
  }

  mutating func warn(of policy: TablePolicy, _ fields: Fields, of columns: ColumnNames) {
    if policy.isAppendOnly, let entry = fields["deletes"], policy.deletes != .lose {
      remarks.warn(
        at: entry.place,
        """
        `deletes` does nothing here: rows of an append-only table are never deleted. Take out one \
        of the two.
        """)
    }
    if let entry = fields["direction"] ?? fields["write"] { warn(ofWay: policy, at: entry.place) }
    guard let entry = fields["rule"] else { return }
    let decided = Set(policy.rules.keys).union(policy.units.flatMap(\.columns))
    let doubtful = columns.table.columns.filter { column in
      !columns.isKey(column) && !decided.contains(column.id)
        && Self.doubt(policy.rule, for: column) != nil
    }
    guard !doubtful.isEmpty else { return }
    remarks.warn(
      at: entry.value.place,
      """
      The rule \(policy.rule.name) is not for what these columns hold, so latest decides there: \
      \(enumerated(doubtful.prefix(PolicyLimits.listedNamesMax).map { shown($0.name) })). Give \
      them rules of their own.
      """)
  }

  /// Only headquarters write at a place, and no branch does as headquarters. Said once.
  mutating func warnOfHeadquarters(at place: TextPlace) {
    guard headquartersBranches == nil, !hasWarnedOfHeadquarters else { return }
    hasWarnedOfHeadquarters = true
    remarks.warn(
      at: place,
      """
      Nobody can write here yet: only headquarters may, and headquarters only decide conflicts. \
      Name at the top of the file the branches whose programs write as headquarters: \
      `headquarters: [office]`.
      """)
  }

  private mutating func warn(ofWay policy: TablePolicy, at place: TextPlace) {
    switch (policy.direction, policy.authority) {
    case (.down, .branches), (.down, .owner):
      remarks.warn(
        at: place,
        """
        Nothing can be written here: only branches may, and with `direction: down` nothing of \
        theirs leaves them. Change `write` or `direction`.
        """)
    default: break
    }
  }
}
