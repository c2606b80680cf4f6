extension MergeStory {
  /// A rule with the branches that it names.
  package struct Rule: Hashable, Sendable {
    package var name: String
    package var branches: [String]

    init(_ text: Substring) {
      let (name, list) = MergeStory.cut(text)
      self.name = String(name)
      branches = list.split(separator: ", ").map(String.init)
    }

    fileprivate var yaml: String {
      branches.isEmpty ? name : "{\(name): [\(branches.joined(separator: ", "))]}"
    }
  }

  /// What a policy says of the table. A column is nil where it stands for all that say nothing
  /// else: `everything`.
  package enum PolicyLine: Hashable, Sendable {
    case rule(column: String?, Rule)
    case unit([String], Rule)
    case deletes(String)
    /// Who may write, in the words of the policy file, or `owner COLUMN`.
    case write(column: String?, String)
    case appendOnly
    case direction(String)
    /// What a program's foreign key does to the orders of a customer that is deleted.
    case orders(String)
    /// Orders stand and go with their customer.
    case belonging

    init(_ line: Substring) throws {
      let (word, rest) = MergeStory.cut(line)
      let (first, others) = MergeStory.cut(rest)
      let column = first == "everything" ? nil : String(first)
      switch word {
      case "rule": self = .rule(column: column, Rule(others))
      case "unit":
        let (names, rule) = MergeStory.cut(rest, at: " by ")
        self = .unit(
          names.split(separator: ", ").map(String.init), Rule(rule.isEmpty ? "latest" : rule))
      case "deletes": self = .deletes(String(rest))
      case "write": self = .write(column: column, String(others))
      case "append-only" where rest.isEmpty: self = .appendOnly
      case "direction": self = .direction(String(rest))
      case "orders" where rest == "go with the customer": self = .orders("CASCADE")
      case "orders" where rest == "belong to the customer": self = .belonging
      case "orders" where rest == "lose the customer": self = .orders("SET NULL")
      default: throw MergeStory.Malformed(line: String(line))
      }
    }

    var columns: [String] {
      switch self {
      case .rule(let column, _): column.map { [$0] } ?? []
      case .unit(let columns, _): columns
      case .write(let column, let who):
        (column.map { [$0] } ?? []) + (Self.owner(who).map { [$0] } ?? [])
      case .deletes, .appendOnly, .direction, .orders, .belonging: []
      }
    }

    var isForTheHubAlone: Bool {
      switch self {
      case .write, .appendOnly, .direction, .orders, .belonging: true
      case .rule, .unit, .deletes: false
      }
    }

    /// The column with the branch that a row belongs to.
    static func owner(_ who: String) -> String? {
      who.hasPrefix("owner ") ? String(who.dropFirst("owner ".count)) : nil
    }
  }

  /// The policy as a file, for a table.
  package func policyFile(table: String) -> String {
    var fields: [String] = []
    var units: [String] = []
    var columns: [String: [String]] = [:]
    for line in policy {
      switch line {
      case .rule(let column?, let rule): columns[column, default: []].append("rule: \(rule.yaml)")
      case .rule(nil, let rule): fields.append("rule: \(rule.yaml)")
      case .unit(let names, let rule):
        units.append("- {columns: [\(names.joined(separator: ", "))], rule: \(rule.yaml)}")
      case .deletes(let word): fields.append("deletes: \(word)")
      case .write(let column, let who):
        let field = "write: \(Self.yaml(who: who))"
        if let column { columns[column, default: []].append(field) } else { fields.append(field) }
      case .appendOnly: fields.append("append-only: true")
      case .direction(let word): fields.append("direction: \(word)")
      case .orders, .belonging: break
      }
    }
    // Headquarters write at the hub here, whatever a program at a branch may.
    var text = "policy: 1\nheadquarters: []\n"
    let isOfOrders = policy.allSatisfy { line in
      if case .orders = line { return true }
      return line == .belonging
    }
    if policy.contains(.belonging) {
      text += "tables:\n  orders:\n    belongs-to: {customer: \(table)}\n"
    } else if !isOfOrders {
      text += "tables:\n"
    }
    guard !isOfOrders else { return text }
    text += "  \(table):\n"
    text += fields.map { "    \($0)\n" }.joined()
    if !columns.isEmpty { text += "    columns:\n" }
    for (name, fields) in columns.sorted(by: { $0.key < $1.key }) {
      text += "      \(name): {\(fields.joined(separator: ", "))}\n"
    }
    if !units.isEmpty { text += "    units:\n" }
    return text + units.map { "      \($0)\n" }.joined()
  }

  /// What the programs' foreign keys do; nil if they are not on.
  package var ordersAction: String? {
    for case .orders(let action) in policy { return action }
    return nil
  }

  private static func yaml(who: String) -> String {
    if let column = PolicyLine.owner(who) { return "{owner: \(column)}" }
    return ["headquarters", "branches", "everyone"].contains(who) ? who : "[\(who)]"
  }
}
