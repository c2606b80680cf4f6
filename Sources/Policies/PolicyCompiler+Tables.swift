internal import Deltas
internal import Merging

/// What is said of one table.
extension PolicyCompiler {
  mutating func tablePolicy(
    _ entry: YAMLEntry, of columns: ColumnNames, defaults: TablePolicy
  ) -> TablePolicy {
    var policy = defaults
    let known = Self.generalFields + ["columns", "units", "belongs-to", "references"]
    let what = "table \(columns.table.name)"
    guard let fields = Fields(of: entry.value, what, known: known, remarks: &remarks) else {
      return policy
    }
    readGeneral(fields, of: columns, into: &policy)
    var lines: [ColumnID: Int] = [:]
    if let entry = fields["columns"] { readColumns(entry, of: columns, &lines, into: &policy) }
    if let entry = fields["units"] { readUnits(entry, of: columns, &lines, into: &policy) }
    if let entry = fields["references"] { readReferences(entry, of: columns, into: &policy) }
    if let entry = fields["belongs-to"] {
      readBelonging(entry, fields, of: columns, into: &policy)
    }
    warn(of: policy, fields, of: columns)
    return policy
  }

  /// A column of a name, which `not` says what was not done for; nil if there is none, which is
  /// remarked.
  mutating func column(
    _ name: String, at place: TextPlace, of columns: ColumnNames, not: String
  ) -> ColumnSchema? {
    if let column = columns.column(name) { return column }
    remarks.refuse(
      at: place,
      """
      \(not) column \(shown(name)): table \(columns.table.name) has no such column. \
      \(NearNames.advice(
        for: name, among: columns.table.columns.map(\.name),
        otherwise: "Correct the name, or leave it out."))
      """)
    return nil
  }

  /// A column that a rule can be for; nil if there is none, which is remarked.
  private mutating func ruledColumn(
    _ name: String, at place: TextPlace, of columns: ColumnNames
  ) -> ColumnSchema? {
    guard let column = column(name, at: place, of: columns, not: "Nothing was set for") else {
      return nil
    }
    guard !columns.isKey(column) else {
      remarks.refuse(
        at: place,
        """
        Nothing was set for column \(shown(name)): it is part of the key of table \
        \(columns.table.name), and rows with other keys are other rows. Take it out.
        """)
      return nil
    }
    return column
  }

  // MARK: Columns

  private mutating func readColumns(
    _ entry: YAMLEntry, of columns: ColumnNames, _ lines: inout [ColumnID: Int],
    into policy: inout TablePolicy
  ) {
    guard let entries = entries(of: entry.value, "`columns`", example: "points: counter") else {
      return
    }
    var seen: [ColumnID: Int] = [:]
    for entry in entries {
      guard let column = ruledColumn(entry.name, at: entry.place, of: columns) else { continue }
      if let line = seen.updateValue(entry.place.line, forKey: column.id) {
        remarks.refuse(at: entry.place, YAMLReader.Sentences.doubled(entry.name, line: line))
        continue
      }
      readColumn(entry, column, of: columns, into: &policy)
      if policy.rules[column.id] != nil { lines[column.id] = entry.place.line }
    }
  }

  /// `counter`, `{prefer: [nanshan]}`, or `{rule: latest, write: headquarters}`.
  private mutating func readColumn(
    _ entry: YAMLEntry, _ column: ColumnSchema, of columns: ColumnNames,
    into policy: inout TablePolicy
  ) {
    guard Self.isField(entry.value) else {
      readRule(entry.value, column, into: &policy)
      return
    }
    let what = "column \(column.name)"
    let known = ["rule", "write"]
    guard let fields = Fields(of: entry.value, what, known: known, remarks: &remarks) else {
      return
    }
    if fields["rule"] == nil, fields["write"] == nil, fields.isWhole {
      remarks.refuse(
        at: entry.value.place,
        """
        Nothing was set for column \(shown(entry.name)): neither a rule nor who writes it stands \
        here. Write one of them, or take the column out.
        """)
    }
    if let entry = fields["rule"] { readRule(entry.value, column, into: &policy) }
    if let entry = fields["write"], let authority = authority(entry.value, in: columns) {
      policy.authorities[column.id] = authority
    }
  }

  /// Whether a column's value has fields, and is not a rule with arguments.
  private static func isField(_ value: YAMLValue) -> Bool {
    guard case .map(let entries, _) = value.content else { return false }
    return entries.count != 1 || entries[0].name == "rule" || entries[0].name == "write"
  }

  private mutating func readRule(
    _ value: YAMLValue, _ column: ColumnSchema, into policy: inout TablePolicy
  ) {
    guard let rule = rule(value) else { return }
    policy.rules[column.id] = rule
    if let sentence = Self.doubt(rule, for: column) { remarks.warn(at: value.place, sentence) }
  }

  // MARK: Units

  private mutating func readUnits(
    _ entry: YAMLEntry, of columns: ColumnNames, _ lines: inout [ColumnID: Int],
    into policy: inout TablePolicy
  ) {
    guard case .list(let items) = entry.value.content else {
      guard entry.value.content != .broken else { return }
      remarks.refuse(
        at: entry.value.place,
        """
        No unit was made: `units` takes a list. Write, each in a line of its own below, for \
        example `- {columns: [street, city], rule: latest}`.
        """)
      return
    }
    guard items.count <= MergeLimits.unitsMax else {
      remarks.refuse(
        at: entry.value.place,
        "No unit was made: there are more than \(MergeLimits.unitsMax). Leave some out.")
      return
    }
    var units: [TablePolicy.Unit] = []
    for item in items {
      if let unit = unit(item, of: columns, &lines, rule: policy.rule) { units.append(unit) }
    }
    policy.units = units.sorted { $0.columns.lexicographicallyPrecedes($1.columns) }
  }

  private mutating func unit(
    _ value: YAMLValue, of columns: ColumnNames, _ lines: inout [ColumnID: Int],
    rule tableRule: RuleReference
  ) -> TablePolicy.Unit? {
    let known = ["columns", "rule"]
    guard let fields = Fields(of: value, "a unit", known: known, remarks: &remarks) else {
      return nil
    }
    let ruleEntry = fields["rule"]
    guard let rule = ruleEntry.map({ self.rule($0.value) }) ?? tableRule else { return nil }
    if ((try? registry.rule(rule)) as? any VersionRule) == nil {
      remarks.refuse(
        at: ruleEntry?.value.place ?? value.place,
        """
        No unit was made: the rule \(shown(rule.name)) looks at one value, and a unit has several. \
        Give the unit the rule latest, first, prefer or ask.
        """)
      return nil
    }
    guard let entry = fields["columns"] else {
      if fields.isWhole {
        remarks.refuse(
          at: value.place,
          "No unit was made: it names no columns. Write, for example, columns: [street, city].")
      }
      return nil
    }
    let ids = unitColumns(entry.value, of: columns, &lines)
    return ids.map { TablePolicy.Unit(columns: $0.sorted(), rule: rule) }
  }

  private mutating func unitColumns(
    _ value: YAMLValue, of columns: ColumnNames, _ lines: inout [ColumnID: Int]
  ) -> [ColumnID]? {
    guard let words = words(value, "columns", example: "[street, city]") else { return nil }
    guard words.count > 1 else {
      remarks.refuse(
        at: value.place,
        """
        No unit was made: it needs two columns at least, to be decided as one. Add a column, or \
        give the one its rule under `columns`.
        """)
      return nil
    }
    var ids: [ColumnID] = []
    for word in words {
      guard let column = ruledColumn(word.text, at: word.place, of: columns) else { continue }
      if let line = lines.updateValue(word.place.line, forKey: column.id) {
        remarks.refuse(
          at: word.place,
          """
          Column \(shown(word.text)) was not put into the unit: line \(line) decides it already. \
          Leave it in one unit, without a rule of its own.
          """)
        continue
      }
      ids.append(column.id)
    }
    return ids.count == words.count ? ids : nil
  }

  /// A word; nil if it is none, which is remarked.
  mutating func word(
    _ value: YAMLValue, _ what: String, example: String
  ) -> (text: String, place: TextPlace)? {
    guard case .list = value.content else { return words(value, what, example: example)?.first }
    remarks.refuse(
      at: value.place,
      """
      What stands here was not read: \(shown(what)) takes one name. Write it without brackets, \
      for example \(example).
      """)
    return nil
  }

  /// A list of words; nil if it is none, which is remarked. A word alone is a list of one.
  mutating func words(
    _ value: YAMLValue, _ what: String, example: String
  ) -> [(text: String, place: TextPlace)]? {
    let items: [YAMLValue]
    switch value.content {
    case .broken: return nil
    case .list(let all): items = all
    case .word, .map: items = [value]
    }
    var words: [(String, TextPlace)] = []
    for item in items {
      guard case .word(let word, _) = item.content, !item.isNothing else {
        if item.content != .broken {
          remarks.refuse(
            at: item.place,
            """
            What stands here was not read: \(shown(what)) takes names. Write, for example, \
            \(example).
            """)
        }
        return nil
      }
      words.append((word, item.place))
    }
    return words
  }
}
