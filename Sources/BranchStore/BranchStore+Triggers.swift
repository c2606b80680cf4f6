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
    return BranchSQL.captureTriggers(table) + BranchSQL.removalTriggers(table.schema, indexes)
  }

  func restore(_ trigger: BranchSQL.Trigger) throws {
    try database.executeScript(BranchSQL.dropTriggerIfExists(trigger.name))
    try database.executeScript(trigger.sql)
  }
}
