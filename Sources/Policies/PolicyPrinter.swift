internal import Clocks
internal import Deltas
package import Merging

extension MergePolicy {
  /// The policy as a file, in the order of the schema, that comes to the same policy again. What
  /// the schema does not have is left out, and said in a comment.
  package func yaml(names: PolicyNames) -> String {
    PolicyPrinter(names: names).text(of: self)
  }
}

/// Writes a policy as a file.
struct PolicyPrinter {
  let names: PolicyNames

  func text(of policy: MergePolicy) -> String {
    var lines = ["policy: \(PolicyCompiler.version)", "", "defaults:"]
    lines += generalLines(policy.others, besides: nil, of: nil).map { "  \($0)" }
    let known = names.schema.tables.filter { policy.tables[$0.id] != nil }
    if !known.isEmpty { lines += ["", "tables:"] }
    for table in known {
      guard let tablePolicy = policy.tables[table.id] else { continue }
      let body = tableLines(tablePolicy, of: table, besides: policy.others)
      let name = YAMLWords.written(table.name)
      lines.append(body.isEmpty ? "  \(name): {}" : "  \(name):")
      lines += body.map { "    \($0)" }
    }
    let strange = Set(policy.tables.keys).subtracting(known.map(\.id)).sorted()
    lines += strange.map { "# Table \($0), which this schema does not have, is left out." }
    return lines.map { "\($0)\n" }.joined()
  }

  // MARK: Tables

  /// What differs from `defaults`; all that is not said by saying nothing, without them.
  private func generalLines(
    _ policy: TablePolicy, besides defaults: TablePolicy?, of table: TableSchema?
  ) -> [String] {
    let plain = TablePolicy()
    var lines: [String] = []
    if policy.rule != defaults?.rule { lines.append("rule: \(written(policy.rule))") }
    if policy.deletes != defaults?.deletes {
      lines.append("deletes: \(Self.word(policy.deletes))")
    }
    if policy.direction != (defaults ?? plain).direction {
      lines.append("direction: \(Self.word(policy.direction))")
    }
    if policy.isAppendOnly != (defaults ?? plain).isAppendOnly {
      lines.append("append-only: \(policy.isAppendOnly)")
    }
    if policy.authority != (defaults ?? plain).authority {
      lines.append("write: \(written(policy.authority, of: table))")
    }
    return lines
  }

  private func tableLines(
    _ policy: TablePolicy, of table: TableSchema, besides defaults: TablePolicy
  ) -> [String] {
    var lines = generalLines(policy, besides: defaults, of: table)
    let columns = table.columns.compactMap { column in
      columnText(policy, column.id, of: table).map { "  \(YAMLWords.written(column.name)): \($0)" }
    }
    if !columns.isEmpty { lines += ["columns:"] + columns }
    if !policy.units.isEmpty { lines.append("units:") }
    for unit in policy.units {
      let columns = unit.columns.map { name($0, of: table) }.joined(separator: ", ")
      lines.append("  - {columns: [\(columns)], rule: \(written(unit.rule))}")
    }
    if let parent = policy.parent {
      let column = parent.columns.map { name($0, of: table) }.joined(separator: ", ")
      lines.append("belongs-to: {\(column): \(name(parent.table))}")
    }
    let references = policy.referencesBesideParent
    if !references.isEmpty { lines.append("references:") }
    for (column, target) in references.sorted(by: { $0.key < $1.key }) {
      lines.append("  \(name(column, of: table)): \(name(target))")
    }
    return lines
  }

  /// Nil if nothing is said of the column.
  private func columnText(
    _ policy: TablePolicy, _ column: ColumnID, of table: TableSchema
  ) -> String? {
    let rule = policy.rules[column]
    let writers = policy.authorities[column].map { "write: \(written($0, of: table))" }
    // A rule of its own could be called as a field is.
    let isField = rule.map { !$0.arguments.isEmpty && ["rule", "write"].contains($0.name) }
    switch (rule, writers) {
    case (nil, nil): return nil
    case (nil, let writers?): return "{\(writers)}"
    case (let rule?, nil): return isField == true ? "{rule: \(written(rule))}" : written(rule)
    case (let rule?, let writers?): return "{rule: \(written(rule)), \(writers)}"
    }
  }

  // MARK: Words

  static func word(_ deletes: DeleteRule) -> String {
    switch deletes {
    case .lose: "lose"
    case .win: "win"
    case .ask: "ask"
    }
  }

  static func word(_ direction: SyncDirection) -> String {
    switch direction {
    case .both: "both"
    case .up: "up"
    case .down: "down"
    }
  }

  private func name(_ column: ColumnID, of table: TableSchema?) -> String {
    YAMLWords.written(table?.column(column)?.name ?? "\(column)")
  }

  private func name(_ table: TableID) -> String {
    YAMLWords.written(names.schema.table(table)?.name ?? "\(table)")
  }

  private func written(_ rule: RuleReference) -> String {
    let name = YAMLWords.written(rule.name)
    guard !rule.arguments.isEmpty else { return name }
    var words: [String] = []
    var replicas: [ReplicaID] = []
    func endBranches() {
      let isPrefer = rule.name == "prefer"
      words += names.inOrder(replicas).map { caller in
        guard case .name(let name) = caller, !isPrefer else { return written(caller) }
        return "{branch: \(YAMLWords.written(name))}"
      }
      replicas = []
    }
    for argument in rule.arguments {
      if case .replica(let replica) = argument {
        replicas.append(replica)
        continue
      }
      endBranches()
      if case .integer(let integer) = argument { words.append("\(integer)") }
      if case .text(let text) = argument { words.append(YAMLWords.quoted(text)) }
    }
    endBranches()
    return "{\(name): [\(words.joined(separator: ", "))]}"
  }

  private func written(_ authority: WriteAuthority, of table: TableSchema?) -> String {
    switch authority {
    case .everyone: "everyone"
    case .hub: PolicyNames.headquartersName
    case .branches: "branches"
    case .only(let replicas): "[\(names.unordered(replicas).map(written).joined(separator: ", "))]"
    case .owner(let column): "{owner: \(name(column, of: table))}"
    }
  }

  private func written(_ caller: PolicyNames.Caller) -> String {
    switch caller {
    case .name(let name): YAMLWords.written(name)
    case .replica(let replica): "{replica: \(replica.rawValue)}"
    }
  }
}

extension TablePolicy {
  /// Of the columns that do not say what a row belongs to.
  var referencesBesideParent: [ColumnID: TableID] {
    references.filter { column, target in
      !(parent?.columns == [column] && parent?.table == target)
    }
  }
}
