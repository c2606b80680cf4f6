internal import Clocks
internal import Deltas
package import Merging

/// What a policy says of a table, in words.
package struct PolicySummary: Hashable, Sendable {
  /// The table's name; nil for all that the policy does not name.
  package var table: String?
  /// One thing each, without a full stop.
  package var lines: [String]
}

extension MergePolicy {
  /// In the order of the schema, the other tables last if there are any.
  package func summary(names: PolicyNames) -> [PolicySummary] {
    let known = names.schema.tables.compactMap { table in
      tables[table.id].map {
        PolicySummary(table: table.name, lines: PolicyWords(names, table).lines($0))
      }
    }
    guard known.count < names.schema.tables.count else { return known }
    return known + [PolicySummary(table: nil, lines: PolicyWords(names, nil).lines(others))]
  }
}

/// The words for one table.
private struct PolicyWords {
  let names: PolicyNames
  let table: TableSchema?

  init(_ names: PolicyNames, _ table: TableSchema?) {
    self.names = names
    self.table = table
  }

  func lines(_ policy: TablePolicy) -> [String] {
    var lines = [words(policy.rule), words(policy.deletes)]
    if policy.isAppendOnly { lines[1] = "rows are only added, never changed or deleted" }
    lines += words(policy.direction) + words(policy.authority)
    for column in table?.columns ?? [] {
      let said =
        [policy.rules[column.id].map(words)].compactMap { $0 }
        + (policy.authorities[column.id].map { words($0, or: "everyone writes it") } ?? [])
      if !said.isEmpty { lines.append("\(column.name): \(said.joined(separator: "; "))") }
    }
    for unit in policy.units {
      lines.append("\(enumerated(unit.columns.map(name))), as one: \(words(unit.rule))")
    }
    if let parent = policy.parent {
      let columns = enumerated(parent.columns.map(name))
      lines.append("each row stands and goes with that of \(name(parent.table)) in \(columns)")
    }
    for (column, target) in policy.referencesBesideParent.sorted(by: { $0.key < $1.key }) {
      lines.append("\(name(column)) holds keys of \(name(target))")
    }
    return lines
  }

  private func name(_ column: ColumnID) -> String { table?.column(column)?.name ?? "\(column)" }

  private func name(_ table: TableID) -> String {
    names.schema.table(table)?.name ?? "\(table)"
  }

  private func words(_ rule: RuleReference) -> String {
    switch rule.name {
    case "latest": return "the latest write stands"
    case "first": return "the first write stands"
    case "greatest": return "the greatest value stands"
    case "least": return "the least value stands"
    case "counter": return "what is added and taken away adds up"
    case "set": return "entries are put into the list and taken out one by one"
    case "lines": return "lines of the text are decided one by one"
    case "ask": return "the latest stands until a person decides"
    case "prefer":
      let replicas = rule.arguments.compactMap { argument in
        if case .replica(let replica) = argument { replica } else { nil }
      }
      return "what \(enumerated(names.inOrder(replicas).map(words), with: "or else")) wrote stands"
    default: return "the rule \(rule.name) decides"
    }
  }

  private func words(_ deletes: DeleteRule) -> String {
    switch deletes {
    case .lose: "a change stands over a deletion elsewhere"
    case .win: "a deletion stands over a change elsewhere"
    case .ask: "a change stands over a deletion elsewhere until a person decides"
    }
  }

  private func words(_ direction: SyncDirection) -> [String] {
    switch direction {
    case .both: []
    case .up: ["changes travel from branches to the hub only, and to no other branch"]
    case .down: ["changes travel from the hub to branches only"]
    }
  }

  private func words(_ authority: WriteAuthority, or plain: String? = nil) -> [String] {
    switch authority {
    case .everyone: plain.map { [$0] } ?? []
    case .hub: ["only headquarters writes"]
    case .branches: ["only branches write"]
    case .only(let replicas) where replicas.isEmpty: ["nobody writes"]
    case .only(let replicas): ["only \(enumerated(names.unordered(replicas).map(words))) may write"]
    case .owner(let column): ["only the branch in \(name(column)) writes"]
    }
  }

  private func words(_ caller: PolicyNames.Caller) -> String {
    switch caller {
    case .name(let name): name
    case .replica(let replica): "replica \(replica.rawValue)"
    }
  }
}
