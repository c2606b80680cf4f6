import Agent
import BranchStore
import Clocks
import Deltas
import HubStore
import Merging
import Policies
import Testing

/// A rule that a program brings along: all that takes part in a conflict is told of it once.
struct OwnRuleTests {
  /// The longest text stands, of equally long ones the latest.
  private struct LongestRule: ChoosingRule {
    var name: String { "longest" }

    func stands(_ left: CellVersion, over right: CellVersion) -> Bool {
      let (a, b) = (Self.length(left.value), Self.length(right.value))
      return a == b ? LatestRule.stands(left.version, over: right.version) : a > b
    }

    func explanation(_ standing: CellVersion, over rival: CellVersion) -> MergeExplanation {
      .custom("Neither branch had seen the other's text; the longest stands.")
    }

    private static func length(_ value: Value) -> Int {
      if case .text(let bytes) = value { return bytes.count }
      return 0
    }
  }

  private static let source = """
    policy: 1
    tables:
      item:
        columns:
          name: longest
    """

  private static func registry() throws -> RuleRegistry {
    var registry = RuleRegistry.standard
    try registry.register(LongestRule())
    return registry
  }

  private func world(_ rules: RuleRegistry) throws -> AgentWorld {
    let world = try AgentWorld("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)")
    let hub = world.hubStore
    hub.rules = rules
    try hub.registerHeadquarters(wallMilliseconds: world.wall)
    let file = try PolicyFile(
      compiling: Array(Self.source.utf8), names: try hub.policyNames(), registry: rules)
    _ = try hub.publish(file.policy, source: file.text, wallMilliseconds: world.wall)
    return world
  }

  @Test func aRuleOfTheProgramDecidesFromTheFileToTheLedger() throws {
    let rules = try Self.registry()
    let world = try world(rules)
    let a = try world.attach("a", as: world.enrol("a"), rules: rules)
    let b = try world.attach("b", as: world.enrol("b"), rules: rules)
    _ = try a.sync()
    try a.run("INSERT INTO item VALUES (1, 'Lamp')")
    try world.settle(a, b)
    try a.run("UPDATE item SET name = 'A lamp with a shade' WHERE id = 1")
    try b.run("UPDATE item SET name = 'Red lamp' WHERE id = 1")
    try world.settle(a, b)
    #expect(try b.items() == ["1 A lamp with a shade"])
    #expect(try a.items() == b.items() && expectSame(a, b))
    for ledger in [
      try world.hubStore.conflicts(openOnly: false), try b.store.ledger(openOnly: false),
    ] {
      #expect(ledger.map(\.rule) == ["longest"])
      #expect(ledger[0].explanation.hasSuffix("the longest stands."))
    }
  }

  @Test func whoDoesNotHaveTheRuleSaysSo() throws {
    let rules = try Self.registry()
    let world = try world(rules)
    let refusal = #expect(throws: PolicyFile.Refusal.self) {
      try PolicyFile(
        compiling: Array(Self.source.utf8), names: try world.hubStore.policyNames())
    }
    #expect(refusal?.remarks.first?.place.line == 5)
    let branch = try world.attach("a", as: world.enrol("a"))
    #expect(try branch.sync().policyProblem?.contains("“longest”") == true)
  }
}
