package import Clocks
package import Deltas
internal import Storage

/// How a branch stands. Everything in it is known here, without the hub.
package struct BranchStatus: Hashable, Sendable {
  package var identity: BranchIdentity
  package var position: LogPosition
  /// The position with the name of its generation, which a restored hub changes.
  package var place: CausalContext
  /// What the hub's last backup has of the log, and that backup's number; 0 if there is none.
  package var durable: LogPosition
  package var backupNumber: UInt64
  /// Log entries that are kept until a later backup has them.
  package var tailEntryCount: Int
  package var tailByteCount: Int
  /// What the hub has told the people of this branch, newest first.
  package var notices: [BranchNotice]
  /// Tables that must be compared with the hub's, with the next complete sync.
  package var gapTables: [TableID]
  /// Rows written here that the hub has not confirmed, and the oldest write among them.
  package var pendingRowCount: Int
  package var pendingOldestMilliseconds: Int64?
  /// Changesets that were sealed and not confirmed.
  package var pendingChangesetCount: Int
  package var lastContactMilliseconds: Int64?
  /// The last time that neither side had anything left for the other.
  package var lastCompleteMilliseconds: Int64?
  package var openConflictCount: Int
  package var settledConflictCount: Int
  package var quarantinedRowCount: Int
  /// How far the hub's clock was ahead of this branch's.
  package var clockOffsetMilliseconds: Int64
}

extension BranchStore {
  struct Pending {
    var rowCount: Int
    var oldest: Int64?
    var changesetCount: Int
  }

  /// How the branch stands, at one moment. Writes nothing.
  package func status() throws -> BranchStatus {
    try performing {
      try database.readTransaction {
        let state = try BranchState(database)
        var pending = try pendingOutgoing()
        for table in tables {
          let row = try database.firstRow(BranchSQL.pendingInJournal(table.schema)) ?? []
          guard row.count == 2, case .integer(let count) = row[0], count > 0 else { continue }
          pending.rowCount += Int(count)
          pending.oldest = min(pending.oldest ?? .max, JournalTime.milliseconds(row[1]))
        }
        let tail = try tailSize()
        return BranchStatus(
          identity: state.identity, position: state.position, place: state.place,
          durable: state.durable, backupNumber: state.backupNumber,
          tailEntryCount: tail.entryCount, tailByteCount: tail.byteCount,
          notices: try notices(), gapTables: try gaps().map(\.table),
          pendingRowCount: pending.rowCount,
          pendingOldestMilliseconds: pending.oldest,
          pendingChangesetCount: pending.changesetCount,
          lastContactMilliseconds: state.lastContact, lastCompleteMilliseconds: state.lastComplete,
          openConflictCount: try ledger.count(.open),
          settledConflictCount: try ledger.count(.settled),
          quarantinedRowCount: try quarantinedRowCount(),
          clockOffsetMilliseconds: state.clockOffsetMilliseconds)
      }
    }
  }

  func pendingOutgoing() throws -> Pending {
    let row = try database.firstRow(BranchSQL.pendingOutgoing) ?? []
    guard row.count == 3, case .integer(let rows) = row[0], case .integer(let count) = row[2]
    else { throw BranchStoreError.damaged("the outbox cannot be counted") }
    var oldest: Int64?
    if case .integer(let milliseconds) = row[1] { oldest = milliseconds }
    return Pending(rowCount: Int(rows), oldest: oldest, changesetCount: Int(count))
  }

  private func quarantinedRowCount() throws -> Int {
    Int(try database.integer(BranchSQL.countQuarantined) ?? 0)
  }
}
