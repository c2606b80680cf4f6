package import Deltas

/// Which rule each column has, and what becomes of rows. The same on all replicas.
///
/// What it says is data, with one canonical spelling; the rules that it names are looked up when it
/// is made.
package struct MergePolicy: Sendable {
  /// Of the tables that have one of their own.
  package let tables: [TableID: TablePolicy]
  /// Of all other tables. Without columns or units.
  package let others: TablePolicy
  private let compiled: [TableID: CompiledTable]
  private let compiledOthers: CompiledTable

  /// The latest write stands everywhere, and changes stand over deletions.
  package init() {
    tables = [:]
    others = TablePolicy()
    compiled = [:]
    compiledOthers = CompiledTable(rule: LatestRule())
  }

  /// Throws where it names rules that the registry does not know, or contradicts itself.
  package init(
    tables: [TableID: TablePolicy], others: TablePolicy = TablePolicy(),
    registry: RuleRegistry = .standard
  ) throws(MergePolicyError) {
    guard !others.namesColumns else { throw .columnsOfNoTable }
    try Self.checkParents(tables)
    self.tables = tables
    self.others = others
    var compiled: [TableID: CompiledTable] = [:]
    for table in tables.keys.sorted() {
      compiled[table] = try tables[table].map { (policy) throws(MergePolicyError) in
        try CompiledTable(policy, registry)
      }
    }
    let compiledOthers = try CompiledTable(others, registry)
    for table in tables.keys {
      var top = table
      while let parent = tables[top]?.parent { top = parent.table }
      let deletes = (compiled[top] ?? compiledOthers).deletes
      compiled[table]?.deletes = deletes
    }
    self.compiled = compiled
    self.compiledOthers = compiledOthers
  }

  /// Throws where a table's rows would be decided with themselves.
  private static func checkParents(
    _ tables: [TableID: TablePolicy]
  ) throws(MergePolicyError) {
    var sound: Set<TableID> = []
    for first in tables.keys.sorted() {
      var table = first
      var path: Set<TableID> = []
      while !sound.contains(table), let parent = tables[table]?.parent {
        guard !parent.columns.isEmpty, Set(parent.columns).count == parent.columns.count else {
          throw .malformedParent(of: table)
        }
        guard path.insert(table).inserted else { throw .ownParent(table) }
        table = parent.table
      }
      sound.formUnion(path)
    }
  }

  /// What is said of a table.
  package func table(_ table: TableID) -> TablePolicy { tables[table] ?? others }

  /// Whether what branches write in a table goes to the hub and to no other branch.
  package func withholds(_ table: TableID) -> Bool { self.table(table).direction == .up }

  /// The rule of a column, of a unit's columns that of the unit.
  package func rule(table: TableID, column: ColumnID) -> any MergeRule {
    guard !compiled.isEmpty, let table = compiled[table] else { return compiledOthers.rule }
    return table.rules[column] ?? table.rule
  }

  package func units(of table: TableID) -> [MergeUnit] {
    compiled.isEmpty ? [] : compiled[table]?.units ?? []
  }

  package func deletes(of table: TableID) -> DeleteRule {
    compiled.isEmpty ? compiledOthers.deletes : compiled[table]?.deletes ?? compiledOthers.deletes
  }

  /// Whether rows of the table stand and go with those of another, or those of another with them.
  package func livesTogether(_ table: TableID) -> Bool {
    tables[table]?.parent != nil || tables.values.contains { $0.parent?.table == table }
  }

  /// Whether updates of the column are to say what its author had there before.
  package func countsOperations(table: TableID, column: ColumnID) -> Bool {
    rule(table: table, column: column).memory == .operations
  }
}

extension MergePolicy: Hashable {
  /// Two that say the same are the same.
  package static func == (left: Self, right: Self) -> Bool {
    left.tables == right.tables && left.others == right.others
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(tables)
    hasher.combine(others)
  }
}

/// A table's policy with its rules looked up.
private struct CompiledTable: Sendable {
  var rule: any MergeRule
  var rules: [ColumnID: any MergeRule] = [:]
  var units: [MergeUnit] = []
  var deletes = DeleteRule.lose

  init(rule: any MergeRule) { self.rule = rule }

  init(_ policy: TablePolicy, _ registry: RuleRegistry) throws(MergePolicyError) {
    rule = try registry.rule(policy.rule)
    deletes = policy.deletes
    for column in policy.rules.keys.sorted() {
      if let reference = policy.rules[column] { rules[column] = try registry.rule(reference) }
    }
    for unit in policy.units {
      guard unit.columns.count > 1, zip(unit.columns, unit.columns.dropFirst()).allSatisfy(<)
      else { throw .malformedUnit(unit.columns) }
      guard let rule = try registry.rule(unit.rule) as? any VersionRule else {
        throw .unfitForUnit(rule: unit.rule.name)
      }
      for column in unit.columns {
        guard rules.updateValue(rule, forKey: column) == nil else { throw .decidedTwice(column) }
      }
      units.append(MergeUnit(columns: unit.columns, rule: rule))
    }
  }
}
