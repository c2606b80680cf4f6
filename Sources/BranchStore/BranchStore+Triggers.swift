internal import Deltas
internal import Storage

extension BranchStore {
  /// Makes missing and altered capture triggers anew; returns their names.
  ///
  /// What was written while they were off is not in the journals; comparing with the hub finds it.
  package func repairTriggers() throws -> [String] {
    try performing {
      guard try !damagedTriggers().isEmpty else { return [] }
      return try database.transaction {
        let damaged = try damagedTriggers()
        for trigger in damaged { try restore(trigger) }
        try openGaps(tables(of: damaged), isSent: true)
        return damaged.map(\.name)
      }
    }
  }

  /// Capture triggers whose SQL in the file is not what we would write.
  func damagedTriggers() throws -> [BranchSQL.Trigger] {
    try refreshPolicy()
    var found: [String: String] = [:]
    let statement = try database.cached(BranchSQL.ownTriggers)
    while try statement.step() { found[statement.text(0)] = statement.text(1) }
    statement.reset()
    return try tables.flatMap { try Self.triggers(of: $0, in: database) }
      .filter { found[$0.name] != $0.sql }
  }

  /// Every trigger of ours that a table needs in this file, whose unique indexes may be its own.
  static func triggers(
    of table: TrackedTable, in database: Database
  ) throws -> [BranchSQL.Trigger] {
    let indexes = try SchemaReader.uniqueIndexes(of: table.schema.name, in: database)
    var result =
      BranchSQL.captureTriggers(table) + BranchSQL.removalTriggers(table.schema, indexes)
    if try table.isCounting || comparesReplacements(in: table.schema.id, database) {
      result.append(BranchSQL.replacementTrigger(table))
    }
    return result
  }

  /// Whether the file has the trigger that says what an insertion changes of a row that is there.
  private static func comparesReplacements(in table: TableID, _ database: Database) throws -> Bool {
    try database.integer(BranchSQL.hasReplacementTrigger(table)) == 1
  }

  /// Programs have replaced rows of these tables: from now on capture compares, in the caller's
  /// transaction. Elsewhere it does not, since that costs every insertion.
  func compareReplacements(in ids: Set<TableID>) throws {
    for table in tables where ids.contains(table.schema.id) {
      guard try !Self.comparesReplacements(in: table.schema.id, database) else { continue }
      try restore(BranchSQL.replacementTrigger(table))
    }
  }

  /// Of some tables those whose replacements are not compared.
  func withoutComparison(_ ids: Set<TableID>) throws -> Set<TableID> {
    try ids.filter { try !Self.comparesReplacements(in: $0, database) }
  }

  func restore(_ trigger: BranchSQL.Trigger) throws {
    try database.executeScript(BranchSQL.dropTriggerIfExists(trigger.name))
    try database.executeScript(trigger.sql)
  }
}
