import Basics
import Clocks
import Deltas
import Merging

@testable import Policies

/// Policies of any kind for a schema.
struct RandomPolicy {
  var generator: SeededGenerator
  let schema: Schema
  let registry: RuleRegistry

  /// The rules that come along, and two that a program brought.
  static let registry: RuleRegistry = {
    var registry = RuleRegistry.standard
    do {
      try registry.register("rule") { _ in LatestRule() }
      try registry.register("by office: \"hours\"") { _ in FirstRule() }
    } catch {
      fatalError("A rule could not be registered: \(error)")
    }
    return registry
  }()

  mutating func policy() throws -> MergePolicy {
    var tables: [TableID: TablePolicy] = [:]
    for table in schema.tables where chance(2) { tables[table.id] = self.table(table) }
    if chance(6), let table = schema.tables.randomElement(using: &generator) {
      tables[table.id] = TablePolicy()
    }
    var others = general()
    if case .owner = others.authority { others.authority = .hub }
    if chance(3) { tables[Shop.table("order_lines").id] = lines(tables, others) }
    return try MergePolicy(tables: tables, others: others, registry: registry)
  }

  /// True once in so many times.
  private mutating func chance(_ one: Int) -> Bool {
    Int.random(in: 0..<one, using: &generator) == 0
  }

  private mutating func general() -> TablePolicy {
    TablePolicy(
      rule: rule(), deletes: DeleteRule.allCases.randomElement(using: &generator)!,
      isAppendOnly: chance(4), direction: chance(3) ? .down : .both,
      authority: authority([ColumnID(1)]))
  }

  private mutating func table(_ table: TableSchema) -> TablePolicy {
    var policy = general()
    let all = table.columns.map(\.id)
    policy.authority = authority(all)
    if policy.isAppendOnly, chance(2) { policy.direction = .up }
    var columns = table.valueColumns.shuffled(using: &generator)
    while columns.count > 2, chance(2) {
      let count = Int.random(in: 2...columns.count, using: &generator)
      policy.units.append(
        TablePolicy.Unit(columns: columns.prefix(count).sorted(), rule: versionRule()))
      columns.removeFirst(count)
    }
    policy.units.sort { $0.columns.lexicographicallyPrecedes($1.columns) }
    for column in columns where chance(2) { policy.rules[column] = rule() }
    for column in table.valueColumns where chance(3) {
      policy.authorities[column] = authority(all)
    }
    for column in all where chance(5) {
      let target = schema.tables.filter { $0.keyColumns.count == 1 }
        .randomElement(using: &generator)!
      policy.references[column] = target.id
    }
    return policy
  }

  /// The lines of orders, as the policies of other tables let them belong to those.
  private mutating func lines(
    _ tables: [TableID: TablePolicy], _ others: TablePolicy
  ) -> TablePolicy {
    var policy = table(Shop.table("order_lines"))
    let top = tables[Shop.table("orders").id] ?? others
    guard policy.direction != .up, top.direction != .up else { return policy }
    let column = Shop.column("order_id", of: "order_lines")
    policy.parent = TablePolicy.Parent(table: Shop.table("orders").id, columns: [column])
    policy.references[column] = Shop.table("orders").id
    policy.deletes = top.deletes
    policy.isAppendOnly = policy.isAppendOnly && top.isAppendOnly
    return policy
  }

  private mutating func replica() -> ReplicaID {
    ReplicaID(UInt32.random(in: 0...12, using: &generator))
  }

  private mutating func replicas() -> [ReplicaID] {
    var replicas = (0..<Int.random(in: 1...4, using: &generator)).map { _ in replica() }
    if chance(2),
      let branch = Shop.branches.values.sorted(by: { $0[0] < $1[0] })
        .randomElement(using: &generator)
    {
      replicas.insert(contentsOf: branch, at: 0)
    }
    var seen: Set<ReplicaID> = []
    return replicas.filter { seen.insert($0).inserted }
  }

  private mutating func versionRule() -> RuleReference {
    [.latest, .first, .ask, .prefer(replicas())].randomElement(using: &generator)!
  }

  private mutating func rule() -> RuleReference {
    let texts = ["", "7", "nanshan", "no", "a \"b\"\\\n", "客户", "{replica: 7}", "x: y # z"]
    let arguments: [RuleReference.Argument] = (0..<Int.random(in: 0...3, using: &generator)).map {
      _ in
      switch Int.random(in: 0...2, using: &generator) {
      case 0: .replica(replica())
      case 1: .integer([0, -1, .min, .max].randomElement(using: &generator)!)
      default: .text(texts.randomElement(using: &generator)!)
      }
    }
    let own = ["rule", "by office: \"hours\""].randomElement(using: &generator)!
    return [
      .greatest, .least, .counter, .set, .lines, versionRule(), RuleReference(own, arguments),
    ].randomElement(using: &generator)!
  }

  private mutating func authority(_ columns: [ColumnID]) -> WriteAuthority {
    [
      .everyone, .hub, .branches, .only(Set(replicas())), .only([]),
      .owner(columns.randomElement(using: &generator)!),
    ].randomElement(using: &generator)!
  }
}
