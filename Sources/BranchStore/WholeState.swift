internal import Clocks
internal import Deltas
internal import Storage

/// The rows that a whole state has, noted while it is applied, so that the others can go.
///
/// Kept in a temporary table: memory does not grow with them. Inside the caller's transaction.
final class WholeState {
  private let database: Database
  private let insert: Statement
  private let exists: Statement

  init(_ database: Database) throws {
    self.database = database
    try database.executeScript(BranchSQL.createKept)
    insert = try database.prepare(BranchSQL.insertKept)
    exists = try database.prepare(BranchSQL.isKept)
  }

  func note(_ table: TableID, _ key: [UInt8]) throws {
    insert.rewind()
    try insert.bind([.integer(Int64(table.rawValue)), .blob(key)])
    try insert.run()
  }

  func has(_ table: TableID, _ key: [UInt8]) throws -> Bool {
    defer { exists.reset() }
    try exists.bind([.integer(Int64(table.rawValue)), .blob(key)])
    return try exists.step()
  }

  /// The keys of a table's rows that the whole state does not have.
  func missing(_ table: TrackedTable) throws -> [[UInt8]] {
    var result: [[UInt8]] = []
    let statement = try database.prepare(table.sql.selectAllByKeyOrder)
    var encoder = KeyEncoder()
    while try statement.step() {
      guard !(0..<table.keyCount).contains(where: { statement.isNull($0) }) else { continue }
      encoder.removeAll()
      for index in 0..<table.keyCount { encoder.append(statement.view(index)) }
      if try !has(table.schema.id, encoder.bytes) { result.append(encoder.bytes) }
    }
    return result
  }

  func close() throws {
    insert.reset()
    exists.reset()
    try database.executeScript(BranchSQL.dropKept)
  }
}

extension Applier {
  /// Deletes the rows that the whole state does not have. For rows with changes of this branch
  /// that the hub has not confirmed, here or deleted here, and rows that wait, the deletion waits
  /// too; `keepingHeld` leaves these as they are, for a branch that has integrated nothing which
  /// could be gone.
  ///
  /// Tables whose differences are to be sent keep theirs: perhaps nobody else has those rows. What
  /// becomes of them the comparison decides. So do tables that the whole state leaves out.
  func removeOthers(than wholeState: WholeState, keepingHeld: Bool) throws {
    let compared = Set(try store.gaps().filter(\.isSent).map(\.table))
    for table in store.tables
    where !compared.contains(table.schema.id) && !withheld.contains(table.schema.id) {
      let id = table.schema.id
      for encoded in try wholeState.missing(table) {
        let key = try RowKey(table: id, encoded: encoded)
        if keepingHeld, try held().mustWait(HeldRows.hash(key)) { continue }
        try remove(key)
      }
    }
    for row in try store.deferredRows()
    where !keepingHeld && !withheld.contains(row.key.table) {
      let encoded = row.key.encoded
      if try !wholeState.has(row.key.table, encoded) { try remove(row.key) }
    }
    guard !keepingHeld else { return }
    for key in try deletedHere(without: wholeState)
    where !compared.contains(key.table) && !withheld.contains(key.table) {
      if try !held().isDeferred(HeldRows.hash(key)) { try remove(key) }
    }
  }

  /// The rows that this branch has deleted, which the hub has not confirmed, and that the whole
  /// state does not have either. Nothing comes for them, and still what is written there from now
  /// on has not seen who else deleted them.
  private func deletedHere(without wholeState: WholeState) throws -> [RowKey] {
    var result: [RowKey] = []
    for changeset in try store.outbox()
    where !changeset.isLogged && !accepted.contains(changeset.counter) {
      try store.forEachOutboxBlock(counter: changeset.counter) { block in
        guard block.kind == .delete else { return }
        var encoder = KeyEncoder()
        try block.withValues { values in
          for row in 0..<block.rowCount {
            values.encodeKey(row: row, into: &encoder)
            guard try !wholeState.has(block.table, encoder.bytes) else { continue }
            result.append(try RowKey(table: block.table, encoded: encoder.bytes))
          }
        }
      }
    }
    return result
  }

  private func remove(_ key: RowKey) throws {
    let hash = HeldRows.hash(key)
    let deletion = RowChange(
      key: key, kind: .delete, columns: [], values: [], milliseconds: 0, base: nil)
    var refusal: String?
    if try !held().mustWait(hash) {
      guard case .refused(let reason) = try apply(deletion) else { return }
      refusal = reason
    }
    let block = try BlockReader(raw: deletion.block)
    try block.withValues { values in
      try wait(block, values, row: 0, key: key.encoded, reason: refusal)
    }
    heldRows?.noteWaiting(hash)
  }
}
