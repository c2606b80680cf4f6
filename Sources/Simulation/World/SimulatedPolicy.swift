internal import Basics
internal import Deltas
internal import Merging

/// The merge policy of a seed: of each table the rule, and whether a person decides about rows that
/// one deleted and another changed. Only rules that choose one of the values: what stands names its
/// write.
package struct SimulatedPolicy: Hashable, Sendable {
  /// A rule as the world writes it out; one that asks a person lets the latest stand for now.
  package enum Rule: String, Hashable, Sendable, CaseIterable {
    case latest, first, greatest, least, ask
  }

  /// By the table's name; the others have the latest.
  package var rules: [String: Rule] = [:]
  package var tablesAsking: Set<String> = []

  package init() {}

  /// A rule for each table but those whose rows belong together.
  init(_ generator: inout SeededGenerator) {
    for table in SimulatedSchema.tables where table != SimulatedSchema.accountTable {
      rules[table] = Rule.allCases.randomElement(using: &generator) ?? .latest
      if generator.chance(300) { tablesAsking.insert(table) }
    }
  }

  package var isEmpty: Bool { rules.isEmpty }

  /// Of each table that has one.
  func rules(_ schema: Schema) -> [TableID: Rule] {
    var result: [TableID: Rule] = [:]
    for table in schema.tables { result[table.id] = rules[table.name] }
    return result
  }

  /// As the hub publishes it.
  func compiled(
    _ schema: Schema, _ references: SimulatedReferences? = nil
  ) throws -> MergePolicy {
    var tables: [TableID: TablePolicy] = [:]
    for table in schema.tables {
      if let references, SimulatedReferences.tables.contains(table.name) {
        tables[table.id] = TablePolicy(
          deletes: table.name == "person"
            ? references.deletesOfPersons : references.deletesOfDeeds)
      }
      if table.name == SimulatedSchema.visitTable, let count = table.valueColumns.first {
        tables[table.id] = TablePolicy(rules: [count: .counter])
      }
      guard let rule = rules[table.name] else { continue }
      tables[table.id] = TablePolicy(
        rule: RuleReference(rule.rawValue),
        deletes: tablesAsking.contains(table.name) ? .ask : .lose)
    }
    return try MergePolicy(tables: tables)
  }
}
