internal import Clocks
package import Deltas
internal import Storage

/// The conflicts that the hub told of.
///
/// What was said of one before is kept below what was said last: a hub that is put back to before
/// it said that has the former again, and does not say so.
struct BranchLedger {
  let database: Database

  /// The rule's name in what is noted of conflicts that were open before a whole state which does
  /// not have them: somebody decided them, and what they came to is not told. Nobody is shown it.
  private static let endedRule = "whole state"

  /// All that is shown, the newest first.
  func conflicts(openOnly: Bool) throws -> [Conflict] {
    let rows =
      openOnly
      ? try database.rows(BranchSQL.selectConflictsInState, [Self.number(.open)])
      : try database.rows(BranchSQL.selectConflicts)
    return try rows.compactMap { try said($0[0]).first }
  }

  func count(_ state: ConflictState) throws -> Int {
    Int(try database.integer(BranchSQL.countConflictsInState, [Self.number(state)]) ?? 0)
  }

  /// Takes what the hub says of a conflict, for the first time or anew.
  func put(_ conflict: Conflict) throws {
    let row = try database.firstRow(BranchSQL.selectConflict, [Self.number(conflict.id)])
    let former = try row.map { try said($0[0]) } ?? []
    try put(
      conflict.over(
        former, countMax: BranchLimits.saidOfConflictMax,
        bytesMax: BranchLimits.saidOfConflictBytesMax))
  }

  /// Forgets what was said above a position: of a timeline that the hub does not have any more.
  func forget(above fork: LogPosition) throws {
    for row in try database.rows(BranchSQL.selectLedger) {
      let said = try said(row[1])
      let kept = said.filter { $0.position <= fork }
      guard kept.count < said.count else { continue }
      if kept.isEmpty {
        // The hub counts on from where it was, and tells its own under these numbers.
        try database.execute(BranchSQL.deleteConflict, [row[0]])
      } else {
        try put(kept)
      }
    }
  }

  /// Notes that nothing is open at a position but what is told next.
  func endOpen(at position: LogPosition) throws {
    for conflict in try conflicts(openOnly: true) {
      var ended = conflict
      ended.position = position
      ended.rule = Self.endedRule
      ended.state = .settled
      try put(ended)
    }
  }

  /// All that was said of one conflict, the last first.
  private func put(_ said: [Conflict]) throws {
    let isShown = said[0].rule != Self.endedRule
    try database.execute(
      BranchSQL.putConflict,
      [
        Self.number(said[0].id), isShown ? Self.number(said[0].state) : .integer(0),
        .blob(Conflict.payload(of: said)),
      ])
  }

  private func said(_ value: Value) throws -> [Conflict] {
    guard case .blob(let bytes) = value else {
      throw BranchStoreError.damaged("the ledger has an impossible value")
    }
    return try Conflict.list(payload: bytes)
  }

  private static func number(_ state: ConflictState) -> Value { .integer(Int64(state.rawValue)) }
  private static func number(_ id: UInt64) -> Value { .integer(Int64(bitPattern: id)) }
}

extension BranchStore {
  var ledger: BranchLedger { BranchLedger(database: database) }

  /// The conflicts that the hub told this branch of, newest first.
  package func ledger(openOnly: Bool) throws -> [Conflict] {
    try performing { try ledger.conflicts(openOnly: openOnly) }
  }
}
