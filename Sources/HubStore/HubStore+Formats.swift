internal import Basics
internal import Deltas
internal import Storage

/// Files of earlier formats.
extension HubStore {
  /// Brings a hub's file up to this format, in one transaction.
  static func bringUpFormat(_ database: Database) throws {
    func format() throws -> Int64 { try database.integer(HubSQL.selectFormat) ?? 0 }
    let found = try format()
    guard found != HubSQL.formatVersion else { return }
    guard (1..<HubSQL.formatVersion).contains(found) else {
      throw HubStoreError.unsupportedFormat(found)
    }
    try database.transaction {
      // Another process may have done it meanwhile.
      if try format() == 1 {
        try database.executeScript(HubSQL.createSecondFormat)
        try rewriteLedger(database)
        // The name was anybody's then.
        try database.execute(HubSQL.numberReplicaName, [.text(headquartersName)])
        try database.execute(HubSQL.updateFormat, [.integer(2)])
      }
      if try format() == 2 {
        try database.executeScript(HubSQL.createThirdFormat)
        try database.execute(HubSQL.updateFormat, [.integer(3)])
      }
      if try format() == 3 {
        try database.executeScript(HubSQL.createFourthFormat)
        try database.executeScript(HubSQL.createGroupTables)
        try database.execute(HubSQL.updateFormat, [.integer(4)])
      }
    }
  }

  /// Conflicts tell all their columns, and their authors' clocks, since the second format.
  private static func rewriteLedger(_ database: Database) throws {
    var last = Value.integer(0)
    while true {
      let page = try database.rows(
        HubSQL.selectLedgerContents, [last, Value(HubStoreLimits.upgradedPageEntries)])
      for row in page {
        let conflicts: [Conflict]
        do {
          conflicts = try Conflict.list(formerPayload: row[1].asBytes)
        } catch {
          throw HubStoreError.damaged("its ledger cannot be read")
        }
        try database.execute(
          HubSQL.updateLedgerContent, [row[0], .blob(Conflict.payload(of: conflicts))])
        last = row[0]
      }
      guard page.count == HubStoreLimits.upgradedPageEntries else { return }
    }
  }
}
