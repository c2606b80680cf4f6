import Basics
import Clocks
import Deltas
import Foundation
import Merging
import TestSupport
import Testing

@testable import Policies

struct PolicyFileTests {
  private func policy(_ text: String, names: PolicyNames = Shop.names) throws -> PolicyFile {
    try PolicyFile(compiling: Array(text.utf8), names: names)
  }

  @Test func whatIsPrintedIsTheSamePolicy() throws {
    let registry = RandomPolicy.registry
    var schema = Shop.schema
    schema.tables[0].name = "no"
    schema.tables[1].name = "the \"lines\" of: orders"
    schema.tables[2].columns[1].name = "客户 #"
    schema.tables[3].columns[1].name = "Rule"
    var branches = Shop.branches
    branches["headquarters"] = [ReplicaID(10)]
    branches["[x]"] = [ReplicaID(11), ReplicaID(3)]
    let names = PolicyNames(schema: schema, headquarters: ReplicaID(1), branches: branches)
    for seed in 1...400 as ClosedRange<UInt64> {
      var random = RandomPolicy(
        generator: SeededGenerator(seed: seed), schema: schema, registry: registry)
      let policy = try random.policy()
      let text = policy.yaml(names: names)
      do {
        let file = try PolicyFile(compiling: Array(text.utf8), names: names, registry: registry)
        guard file.policy == policy, file.policy.contentHash == policy.contentHash else {
          Issue.record("Seed \(seed) comes to another policy:\n\(text)")
          return
        }
        #expect(file.policy.yaml(names: names) == text)
        #expect(file.absentBranches == [])
        guard seed.isMultiple(of: 10) else { continue }
        #expect(YAMLTree.others(Array(text.utf8)) == YAMLTree.ours(Array(text.utf8)))
      } catch {
        Issue.record("Seed \(seed): \(error)\n\(text)")
        return
      }
    }
  }

  @Test func theDefaultIsShort() throws {
    let text = MergePolicy().yaml(names: Shop.names)
    #expect(text == "policy: 1\n\ndefaults:\n  rule: latest\n  deletes: lose\n")
    #expect(try policy(text).policy == MergePolicy())
    #expect(try policy("policy: 1").policy == MergePolicy())
  }

  @Test func whatTheSchemaDoesNotHaveIsSaid() throws {
    let policy = try MergePolicy(tables: [TableID(99): TablePolicy(rule: .first)])
    let text = policy.yaml(names: Shop.names)
    #expect(text.hasSuffix("# Table t99, which this schema does not have, is left out.\n"))
    #expect(try self.policy(text).policy == MergePolicy())
  }

  @Test func everyWordComesToWhatItSays() throws {
    let file = try policy(
      """
      policy: 1
      headquarters: [futian, "no"]
      defaults: {rule: first, direction: down}
      tables:
        Customers:
          rule: latest
          deletes: ask
          direction: both
          write: branches
          columns:
            POINTS: counter
            tier: {prefer: [headquarters, luohu]}
            credit_limit: {rule: latest, write: headquarters}
            phone: {write: {owner: home_branch}}
            notes: {rule: lines, write: [nanshan, luohu, headquarters]}
          units:
            - {columns: [postcode, street, city], rule: ask}
        order_lines:
          deletes: win
        payments:
          append-only: true
          direction: both
          write: headquarters
          references: {customer: customers}
      """)
    func column(_ name: String) -> ColumnID { Shop.column(name, of: "customers") }
    let unit = ["street", "city", "postcode"].map(column).sorted()
    let headquarters = WriteAuthority.only([ReplicaID(1), ReplicaID(4), ReplicaID(5)])
    let customers = TablePolicy(
      rule: .latest,
      rules: [
        column("points"): .counter,
        column("tier"): .prefer([1, 4, 5, 3, 7, 9].map { ReplicaID($0) }),
        column("credit_limit"): .latest, column("notes"): .lines,
      ], units: [TablePolicy.Unit(columns: unit, rule: .ask)], deletes: .ask, direction: .both,
      authority: .branches,
      authorities: [
        column("credit_limit"): headquarters, column("phone"): .owner(column("home_branch")),
        column("notes"): .only(Set([1, 2, 3, 4, 5, 7, 9].map { ReplicaID($0) })),
      ])
    let expected = try MergePolicy(
      tables: [
        Shop.table("customers").id: customers,
        Shop.table("order_lines").id: TablePolicy(
          rule: .first, deletes: .win, direction: .down, authority: headquarters),
        Shop.table("payments").id: TablePolicy(
          rule: .first, isAppendOnly: true, authority: headquarters,
          references: [Shop.column("customer", of: "payments"): Shop.table("customers").id]),
      ], others: TablePolicy(rule: .first, direction: .down, authority: headquarters))
    #expect(file.policy == expected)
    #expect(file.warnings == [])
    #expect(try policy(file.policy.yaml(names: Shop.names)).policy == file.policy)
  }

  @Test func whoWritesAsHeadquartersIsNamedOnce() throws {
    let tables = "tables: {settings: {write: headquarters}, products: {direction: down}}"
    let open = try policy("policy: 1\n\(tables)")
    #expect(open.warnings.map { "\($0.place)" } == ["2:28"])
    #expect(open.warnings[0].sentence.hasPrefix("Nobody can write here yet: only headquarters"))
    let settings = Shop.table("settings").id
    #expect(open.policy.table(settings).authority == .hub)
    let named = try policy("policy: 1\nheadquarters: nanshan\n\(tables)")
    #expect(named.warnings == [])
    let writers = WriteAuthority.only([ReplicaID(1), ReplicaID(2)])
    #expect(named.policy.table(settings).authority == writers)
    #expect(named.policy.table(Shop.table("products").id).authority == writers)
    let absent = try policy("policy: 1\nheadquarters: [office]\n\(tables)")
    #expect(absent.absentBranches == ["office"] && absent.warnings.count == 1)
    #expect(absent.policy == open.policy)
    #expect(throws: PolicyFile.Refusal.self) { try policy("policy: 1\nheadquarters: headquarters") }
  }

  /// The file in deploy/ is a policy of the tables beside it, without a word to say against it but
  /// that its branches have not joined; and it shows everything there is.
  @Test func theExampleIsAPolicy() throws {
    let bytes = Array(try Data(contentsOf: Shop.projectFile("deploy/policy.example.yaml")))
    let file = try PolicyFile(compiling: bytes, names: Shop.names)
    #expect(file.warnings == [])
    #expect(file.text == String(decoding: bytes, as: UTF8.self))
    #expect(file.policy.tables.count == Shop.schema.tables.count)
    let nobody = PolicyNames(schema: Shop.schema, headquarters: Shop.headquarters, branches: [:])
    let early = try PolicyFile(compiling: bytes, names: nobody)
    #expect(early.absentBranches == ["head-office", "nanshan"])
    #expect(early.warnings.count == 2)
    #expect(early.policy != file.policy)
    for name in RuleRegistry.standard.names { #expect(file.text.contains(name), "\(name)") }
    let printed = file.policy.yaml(names: Shop.names)
    #expect(try policy(printed).policy == file.policy)
  }

  /// What docs/policy.md shows is a policy, and it tells of every rule.
  @Test func theGuideShowsWhatThereIs() throws {
    let guide = try String(contentsOf: Shop.projectFile("docs/policy.md"), encoding: .utf8)
    let blocks = guide.split(separator: "```yaml\n").dropFirst().compactMap {
      $0.split(separator: "```").first
    }
    #expect(blocks.count > 3)
    for block in blocks {
      // A piece stands under its table, or under its column's.
      let top = "policy: 1\nheadquarters: nanshan\n"
      let start = ["policy: 1\n", "\(top)tables:\n", "\(top)tables:\n  customers:\n"]
      let texts = block.hasPrefix("policy") ? [String(block)] : start.map { $0 + block }
      #expect(texts.contains { (try? policy($0))?.warnings == [] }, "\(block)")
    }
    let headings = guide.split(separator: "\n").filter { $0.hasPrefix("### ") }
      .flatMap { $0.dropFirst(4).split(separator: ", ") }.map(String.init)
    for name in RuleRegistry.standard.names { #expect(headings.contains(name), "\(name)") }
  }

  @Test func whoJoinsCountsThen() throws {
    let text = "policy: 1\ntables: {customers: {columns: {tier: {prefer: [baoan, nanshan]}}}}"
    let tier = Shop.column("tier", of: "customers")
    let customers = Shop.table("customers").id
    let before = try policy(text)
    #expect(before.absentBranches == ["baoan"])
    #expect(before.policy.tables[customers]?.rules[tier] == .prefer([ReplicaID(2)]))
    let joined = PolicyNames(
      schema: Shop.schema, headquarters: Shop.headquarters,
      branches: Shop.branches.merging(["baoan": [ReplicaID(12)]]) { first, _ in first })
    let after = try policy(text, names: joined)
    #expect(after.absentBranches == [])
    #expect(after.policy.tables[customers]?.rules[tier] == .prefer([ReplicaID(12), ReplicaID(2)]))
  }

  @Test func aProgramsRulesAreKnown() throws {
    let text = """
      policy: 1
      tables:
        customers:
          columns:
            name: {rule: {rule: [7, "7", {branch: luohu}, -1, 007, nanshan]}}
            phone: {'by office: "hours"': {replica: 4}}
      """
    #expect(throws: PolicyFile.Refusal.self) { try policy(text) }
    let file = try PolicyFile(
      compiling: Array(text.utf8), names: Shop.names, registry: RandomPolicy.registry)
    let rules = file.policy.tables[Shop.table("customers").id]?.rules
    let arguments: [RuleReference.Argument] = [
      .integer(7), .text("7"), .replica(ReplicaID(3)), .replica(ReplicaID(7)),
      .replica(ReplicaID(9)), .integer(-1), .text("007"), .text("nanshan"),
    ]
    #expect(
      rules?[Shop.column("name", of: "customers")] == RuleReference("rule", arguments))
    #expect(
      rules?[Shop.column("phone", of: "customers")]
        == RuleReference("by office: \"hours\"", [.replica(ReplicaID(4))]))
  }

  /// Whatever is cut off or spoilt: an answer, and never one that is told outside the file.
  @Test func everyRemarkHasAPlaceInTheFile() throws {
    let text = Array(try Data(contentsOf: Shop.projectFile("deploy/policy.example.yaml")))
    let lineCount = text.count { $0 == UInt8(ascii: "\n") } + 1
    for count in stride(from: 0, to: text.count, by: 7) {
      var spoilt = text
      spoilt[count] = UInt8(ascii: ":")
      for bytes in [Array(text[..<count]), spoilt] {
        do throws(PolicyFile.Refusal) {
          _ = try PolicyFile(compiling: bytes, names: Shop.names)
        } catch {
          #expect(!error.remarks.isEmpty)
          #expect(error.remarks.allSatisfy { 1...lineCount ~= $0.place.line })
        }
      }
    }
  }
}
