internal import Clocks

/// The rules that policies can name: those that come along, and those of the embedding program.
///
/// All replicas of a hub must know the same ones under the same names.
package struct RuleRegistry: Sendable {
  /// Makes a rule of a policy's arguments; nil if they are not for it.
  package typealias Maker = @Sendable ([RuleReference.Argument]) -> (any MergeRule)?

  private var makers: [String: Maker]

  /// What comes along.
  package static let standard = RuleRegistry(makers: [
    "latest": plain(LatestRule()), "first": plain(FirstRule()),
    "greatest": plain(GreatestRule()), "least": plain(LeastRule()), "ask": plain(AskRule()),
    "prefer": prefer, "counter": plain(CounterRule()), "set": plain(SetRule()),
    "lines": plain(LinesRule()),
  ])

  /// Adds a rule under a name that none has yet.
  package mutating func register(_ name: String, _ maker: @escaping Maker) throws(MergePolicyError)
  {
    guard !name.isEmpty, name.utf8.count <= MergeLimits.ruleNameBytesMax else {
      throw .unfitName(name)
    }
    guard makers[name] == nil else { throw .ruleNameTaken(name) }
    makers[name] = maker
  }

  /// Adds a rule that takes no arguments, under its own name.
  package mutating func register(_ rule: any MergeRule) throws(MergePolicyError) {
    try register(rule.name, Self.plain(rule))
  }

  /// Ascending.
  package var names: [String] { makers.keys.sorted() }

  package func rule(_ reference: RuleReference) throws(MergePolicyError) -> any MergeRule {
    guard let maker = makers[reference.name] else {
      throw .unknownRule(reference.name, known: names)
    }
    guard let rule = maker(reference.arguments) else {
      throw .unfitArguments(rule: reference.name)
    }
    return rule
  }

  private static func plain(_ rule: any MergeRule) -> Maker { { $0.isEmpty ? rule : nil } }

  private static let prefer: Maker = { arguments in
    var replicas: [ReplicaID] = []
    for argument in arguments {
      guard case .replica(let replica) = argument, !replicas.contains(replica) else { return nil }
      replicas.append(replica)
    }
    return replicas.isEmpty ? nil : PreferRule(replicas)
  }
}
