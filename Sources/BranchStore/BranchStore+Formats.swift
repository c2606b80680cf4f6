internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

extension BranchStore {
  /// Brings a file of an earlier format up to this one, in one transaction.
  static func bringUpFormat(_ database: Database) throws {
    let format = try database.integer(BranchSQL.selectFormat) ?? 0
    guard format != BranchSQL.formatVersion, format != BranchSQL.translatingFormatVersion
    else { return }
    let isTranslating = format > BranchSQL.translatingFormatBase
    let base = isTranslating ? BranchSQL.translatingFormatBase : 0
    guard (1..<BranchSQL.formatVersion).contains(format - base) else {
      throw BranchStoreError.unsupportedFormat(format)
    }
    try database.transaction {
      // Another process may have done it meanwhile.
      let before = try (database.integer(BranchSQL.selectFormat) ?? format) - base
      if before < 2 { try bringUpToSecond(database) }
      if before < 3 {
        try database.executeScript(BranchSQL.createThirdFormat)
        try rewriteLedger(database)
        try database.executeScript(BranchSQL.fillThirdFormat)
      }
      if before < 4 { try bringUpToFourth(database) }
      if isTranslating { try database.execute(BranchSQL.setTranslatingFormat) }
    }
  }

  /// Tables that were not synced until then go on not being synced.
  private static func bringUpToFourth(_ database: Database) throws {
    try database.executeScript(BranchSQL.createFourthFormat)
    guard case .blob(let bytes)? = try database.firstRow(BranchSQL.selectSchema)?.first else {
      throw BranchStoreError.damaged("the schema is missing")
    }
    try leaveOthersUntracked(than: try Schema(encoded: bytes), in: database)
    try database.executeScript(BranchSQL.fillFourthFormat)
  }

  /// Conflicts tell all their columns, and their authors' clocks, since the third format.
  private static func rewriteLedger(_ database: Database) throws {
    var last = Value.integer(0)
    while true {
      let page = try database.rows(
        BranchSQL.selectLedgerPage, [last, .integer(BranchLimits.upgradedPageEntries)])
      for row in page {
        guard case .blob(let bytes) = row[1] else {
          throw BranchStoreError.damaged("the ledger has an impossible value")
        }
        let conflicts = try Conflict.list(formerPayload: bytes)
        try database.execute(
          BranchSQL.setConflictBytes, [row[0], .blob(Conflict.payload(of: conflicts))])
        last = row[0]
      }
      guard page.count == BranchLimits.upgradedPageEntries else { return }
    }
  }

  private static func bringUpToSecond(_ database: Database) throws {
    try database.executeScript(BranchSQL.createSecondFormat)
    try database.executeScript(BranchSQL.fillSecondFormat)
    for row in try database.rows(BranchSQL.selectOutgoing) {
      guard case .integer(let counter) = row[0],
        let header = try outboxHeader(UInt64(counter), in: database)
      else { throw BranchStoreError.damaged("the outbox has a changeset without its beginning") }
      let floor = Int64(header.context.position.rawValue)
      try database.execute(BranchSQL.setOutgoingFloor, [row[0], .integer(floor)])
    }
  }

  /// The header of a sealed changeset; nil if it is not in the outbox.
  static func outboxHeader(_ counter: UInt64, in database: Database) throws -> ChangesetHeader? {
    guard
      case .blob(let bytes)? = try database.firstRow(
        BranchSQL.selectPiece, [.integer(Int64(counter)), .integer(0)])?.first
    else { return nil }
    return try header(inBeginning: bytes)
  }

  static func header(inBeginning bytes: [UInt8]) throws -> ChangesetHeader? {
    var frames = FrameReader()
    frames.append(bytes)
    guard let frame = try frames.next(), frame.type == .changesetHeader else { return nil }
    return try ChangesetHeader(payload: frame.payload)
  }
}
