internal import Clocks
internal import Deltas
internal import Merging

/// Makes a policy of what a file says, and remarks what cannot be meant.
struct PolicyCompiler {
  let names: PolicyNames
  let registry: RuleRegistry
  var remarks: PolicyRemarks
  var absentBranches: Set<String> = []
  /// The branches whose programs write as headquarters; nil where the file names none.
  var headquartersBranches: [ReplicaID]?
  var hasWarnedOfHeadquarters = false
  var belongings: [Belonging] = []

  /// The format that this build reads.
  static let version = "1"

  init(names: PolicyNames, registry: RuleRegistry, remarks: PolicyRemarks) {
    self.names = names
    self.registry = registry
    self.remarks = remarks
  }

  /// Nil only if an error was remarked.
  mutating func compile(_ value: YAMLValue?) -> MergePolicy? {
    guard let value else {
      if !remarks.hasErrors {
        remarks.refuse(
          at: .start,
          "The policy was not read: nothing stands in the file. Begin with the line `policy: 1`.")
      }
      return nil
    }
    guard let fields = Fields(of: value, "the policy", known: Self.known, remarks: &remarks) else {
      return nil
    }
    guard checkVersion(fields) else { return nil }
    headquartersBranches = fields["headquarters"].map { branches(named: $0.value) }
    let others = defaults(fields["defaults"])
    var tables = self.tables(fields["tables"], defaults: others)
    settleBelongings(&tables, others: others)
    guard !remarks.hasErrors else { return nil }
    do throws(MergePolicyError) {
      return try MergePolicy(
        tables: tables.mapValues(comingDown), others: comingDown(others), registry: registry)
    } catch {
      remarks.refuse(at: value.place, "The policy was not made. \(error.message)")
      return nil
    }
  }

  private static let known = ["policy", "headquarters", "defaults", "tables"]

  /// What comes down comes from headquarters, unless somebody is named.
  private func comingDown(_ policy: TablePolicy) -> TablePolicy {
    guard policy.direction == .down, policy.authority == .everyone else { return policy }
    var policy = policy
    if let authority = headquartersAuthority { policy.authority = authority }
    return policy
  }

  private mutating func checkVersion(_ fields: Fields) -> Bool {
    guard let entry = fields["policy"] else {
      guard fields.isWhole else { return true }
      remarks.refuse(
        at: fields.place,
        """
        The policy was not read: it does not say which format it has. Begin with the line \
        `policy: \(Self.version)`.
        """)
      return false
    }
    guard case .word(let version, _) = entry.value.content, version == Self.version else {
      if entry.value.content == .broken { return true }
      remarks.refuse(
        at: entry.value.place,
        """
        The policy was not read: this build knows format \(Self.version) only. Write \
        `policy: \(Self.version)`, or upgrade the program.
        """)
      return false
    }
    return true
  }

  // MARK: Defaults

  private mutating func defaults(_ entry: YAMLEntry?) -> TablePolicy {
    var policy = TablePolicy()
    guard let entry else { return policy }
    let known = Self.generalFields
    guard let fields = Fields(of: entry.value, "`defaults`", known: known, remarks: &remarks)
    else { return policy }
    readGeneral(fields, of: nil, into: &policy)
    return policy
  }

  /// What can be said of one table and of all.
  static let generalFields = ["rule", "deletes", "direction", "append-only", "write"]

  /// Reads what can be said of all tables; of one, if it is given.
  mutating func readGeneral(
    _ fields: Fields, of columns: ColumnNames?, into policy: inout TablePolicy
  ) {
    if let entry = fields["rule"], let rule = self.rule(entry.value) { policy.rule = rule }
    if let entry = fields["deletes"] {
      let words: [(String, DeleteRule)] = [("lose", .lose), ("win", .win), ("ask", .ask)]
      if let deletes = choice(entry, words) { policy.deletes = deletes }
    }
    if let entry = fields["direction"] {
      let words: [(String, SyncDirection)] = [("both", .both), ("up", .up), ("down", .down)]
      if let direction = choice(entry, words) { policy.direction = direction }
    }
    if let entry = fields["append-only"] {
      if let isAppendOnly = choice(entry, [("true", true), ("false", false)]) {
        policy.isAppendOnly = isAppendOnly
      }
    }
    if let entry = fields["write"], let authority = self.authority(entry.value, in: columns) {
      policy.authority = authority
    }
    if let entry = fields["direction"], policy.direction == .down, policy.authority == .everyone {
      warnOfHeadquarters(at: entry.value.place)
    }
    checkUp(policy, of: columns, fields)
  }

  /// Rows that stay at the hub are its own matter: nobody is told what a merge comes to, so there
  /// is to be none.
  private mutating func checkUp(_ policy: TablePolicy, of columns: ColumnNames?, _ fields: Fields) {
    guard policy.direction == .up,
      let entry = fields["direction"] ?? fields["append-only"]
    else { return }
    if columns == nil {
      remarks.refuse(
        at: entry.value.place,
        """
        `direction: up` was not set for all tables: what should reach other branches could not any \
        more. Write it under the tables whose rows only the hub is to have.
        """)
    } else if !policy.isAppendOnly {
      remarks.refuse(
        at: entry.value.place,
        """
        `direction: up` was not set: the hub keeps each row as it first comes, and tells nobody \
        what became of later changes. Write `append-only: true` beside it, or let the table travel \
        both ways.
        """)
    }
  }

  /// One of a few words; nil if it is another, which is remarked.
  private mutating func choice<Choice>(_ entry: YAMLEntry, _ words: [(String, Choice)]) -> Choice? {
    guard entry.value.content != .broken else { return nil }
    let known = words.map(\.0)
    guard case .word(let word, _) = entry.value.content, !entry.value.isNothing else {
      remarks.refuse(
        at: entry.value.place,
        """
        `\(entry.name)` was not set: it takes one word. Write \
        \(enumerated(known, with: "or")).
        """)
      return nil
    }
    if let choice = words.first(where: { $0.0 == word }) { return choice.1 }
    remarks.refuse(
      at: entry.value.place,
      """
      `\(entry.name)` was not set: \(shown(word)) is not a word for it. Write \
      \(enumerated(known, with: "or")).
      """)
    return nil
  }

  // MARK: Tables

  private mutating func tables(
    _ entry: YAMLEntry?, defaults: TablePolicy
  ) -> [TableID: TablePolicy] {
    guard let entry else { return [:] }
    guard
      let entries = self.entries(of: entry.value, "`tables`", example: "customers: {rule: latest}")
    else { return [:] }
    var policies: [TableID: TablePolicy] = [:]
    var lines: [TableID: Int] = [:]
    for entry in entries {
      let not = "Nothing was decided for"
      guard let table = self.table(entry.name, at: entry.place, not: not) else { continue }
      if let line = lines[table.id] {
        remarks.refuse(at: entry.place, YAMLReader.Sentences.doubled(entry.name, line: line))
        continue
      }
      lines[table.id] = entry.place.line
      policies[table.id] = tablePolicy(entry, of: ColumnNames(table), defaults: defaults)
    }
    return policies
  }

  /// A table of a name, which `not` says what was not done for; nil if there is none, which is
  /// remarked.
  mutating func table(_ name: String, at place: TextPlace, not: String) -> TableSchema? {
    if let table = names.table(name) { return table }
    remarks.refuse(
      at: place,
      """
      \(not) table \(shown(name)): no table that is synced has this name. \
      \(NearNames.advice(
        for: name, among: names.tableNames, otherwise: "Correct the name, or leave it out."))
      """)
    return nil
  }
}
