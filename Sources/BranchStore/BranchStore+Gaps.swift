package import Clocks
package import Deltas
internal import Merging
internal import Storage

/// A table whose rows may not be the hub's, and must be compared.
package struct Gap: Hashable, Sendable {
  package var table: TableID
  /// Whether what differs is sent: it was written while capture was off, or nobody else has it.
  /// Else the hub's rows are taken.
  package var isSent: Bool
  /// Where the branch had integrated the rows that it kept although a whole state lacks them: what
  /// happened to them since, the hub has forgotten. The start if there are none.
  package var held: LogPosition

  package init(table: TableID, isSent: Bool, held: LogPosition = .start) {
    self.table = table
    self.isSent = isSent
    self.held = held
  }
}

extension BranchStore {
  /// The tables that must be compared with the hub's, after a sync that had nothing left to do.
  package func gaps() throws -> [Gap] {
    try performing {
      try database.rows(BranchSQL.selectGaps).compactMap { row in
        guard let table = row[0].number else { return nil }
        return Gap(
          table: TableID(UInt16(truncatingIfNeeded: table)), isSent: row[1] != .integer(0),
          held: LogPosition(UInt64(clamping: row[2].number ?? 0)))
      }
    }
  }

  /// Notes that tables were compared, and what differed was healed.
  package func closeGaps(_ tables: [TableID]) throws {
    try performing {
      guard try !gaps().isEmpty else { return }
      try database.transaction {
        for table in tables {
          try database.execute(BranchSQL.deleteGap, [.integer(Int64(table.rawValue))])
        }
      }
    }
  }

  /// The same, where rows still differ because they wait for changes that SQLite refuses: these
  /// overwrite them some day, when nothing is compared any more. What the rows hold until then, and
  /// perhaps nobody else has, is sealed for the hub's ledger. One transaction.
  package func closeGaps(
    _ tables: [TableID], leaving keys: [RowKey], wallMilliseconds: Int64
  ) throws {
    try performing {
      try database.transaction {
        var state = try BranchState(database)
        let reopened = try seal(&state, wallMilliseconds: wallMilliseconds).gapTables
        if let rows = try OverwrittenRows(self) {
          for key in keys where rows.concerns(key.table) {
            try rows.note(key.table, key.encoded)
          }
          try rows.seal(self, &state, wallMilliseconds: wallMilliseconds, isWhole: true)
        }
        try state.save(to: database)
        for table in tables where !reopened.contains(table) {
          try database.execute(BranchSQL.deleteGap, [.integer(Int64(table.rawValue))])
        }
      }
    }
  }

  /// Whether a table's rows go to the hub only, which tells nobody of them and compares none.
  package func withholds(_ table: TableID) throws -> Bool {
    try performing {
      try refreshPolicy()
      return rules.withholds(table)
    }
  }

  /// Seals all rows of some tables again, as if they had been there before the branch joined, and
  /// notes that nothing has to be looked at there any more: where the hub compares nothing, it
  /// takes what it lacks. One transaction.
  package func sendAgain(_ tables: [TableID], wallMilliseconds: Int64) throws {
    try performing {
      try database.transaction {
        var state = try BranchState(database)
        let reopened = try seal(&state, wallMilliseconds: wallMilliseconds).gapTables
        var sealer = BaselineSealer(
          database: database, fingerprint: known.fingerprint, wallMilliseconds: wallMilliseconds)
        for id in tables {
          guard let table = table(id) else { continue }
          try sealer.seal(table, state: &state) { _, _ in false }
        }
        try state.save(to: database)
        for table in tables where !reopened.contains(table) {
          try database.execute(BranchSQL.deleteGap, [.integer(Int64(table.rawValue))])
        }
      }
    }
  }

  /// Notes that all tables must be compared, and that the hub's rows are taken where they differ:
  /// what nobody wrote, a damaged disk did.
  package func distrustRows() throws {
    try performing {
      try database.transaction { try openGaps(comparedTables(), isSent: false) }
    }
  }

  /// The tables that can be compared with the hub's.
  func comparedTables() throws -> [TableID] {
    try refreshPolicy()
    return tables.filter { !$0.isWithheld }.map(\.schema.id)
  }

  /// Notes that tables must be compared, in the caller's transaction.
  func openGaps(_ tables: [TableID], isSent: Bool) throws {
    for table in tables {
      try database.execute(
        BranchSQL.putGap, [.integer(Int64(table.rawValue)), .integer(isSent ? 1 : 0)])
    }
  }

  /// The tables whose writes some triggers capture; all of them if a name says nothing.
  func tables(of triggers: [BranchSQL.Trigger]) -> [TableID] {
    var result: Set<TableID> = []
    for trigger in triggers where !trigger.followsIndexes && !trigger.onlyRefines {
      let number = trigger.name.dropFirst("tributary_".count).prefix { $0.isNumber }
      guard let id = UInt16(number), table(TableID(id)) != nil else {
        return schema.tables.map(\.id)
      }
      result.insert(TableID(id))
    }
    return result.sorted { $0.rawValue < $1.rawValue }
  }
}
