internal import Clocks
internal import Deltas
internal import Storage

/// Rows of tables that were written while nothing was captured, as they were before a delta wrote
/// them: what was written to them meanwhile nobody else has.
///
/// Kept in a temporary table: memory does not grow with them. Inside the caller's transaction.
final class OverwrittenRows {
  private let database: Database
  private let tables: [TableID: TrackedTable]
  private let insert: Statement

  /// Nil if no table's differences are to be sent. Rows that stay at the hub nobody else writes.
  init?(_ store: BranchStore) throws {
    let compared = try store.gaps().filter(\.isSent).compactMap { store.table($0.table) }
      .filter { !$0.isWithheld }
    guard !compared.isEmpty else { return nil }
    database = store.database
    tables = Dictionary(uniqueKeysWithValues: compared.map { ($0.schema.id, $0) })
    try database.executeScript(BranchSQL.createOverwritten)
    insert = try database.prepare(BranchSQL.insertOverwritten)
  }

  func concerns(_ table: TableID) -> Bool { tables[table] != nil }

  /// Notes a row as it stands, unless that was done before.
  func note(_ id: TableID, _ key: [UInt8]) throws {
    guard let table = tables[id], !table.valueColumns.isEmpty else { return }
    let rowKey = try RowKey(table: id, encoded: key)
    let row = try database.firstRow(table.sql.selectByKey(table.valueColumns), rowKey.values)
    let change = row.map {
      RowChange(
        key: rowKey, kind: .insert, columns: table.valueColumns, values: $0, milliseconds: 0,
        base: nil)
    }
    insert.rewind()
    try insert.bind([
      .integer(Int64(id.rawValue)), .blob(key), change.map { .blob($0.block) } ?? .null,
    ])
    try insert.run()
  }

  /// Puts what the rows held, and do not hold any more, into a changeset without times of its own:
  /// what came in stands, and the hub's ledger has the rest. `isWhole` puts in all that they held.
  func seal(
    _ store: BranchStore, _ state: inout BranchState, wallMilliseconds: Int64,
    isWhole: Bool = false
  ) throws {
    insert.reset()
    var outbox = try store.openOutbox(
      &state, wallMilliseconds: wallMilliseconds, isBaseline: true)
    outbox.oldest = wallMilliseconds
    let statement = try database.prepare(BranchSQL.selectOverwritten)
    while try statement.step() {
      let before = try BlockReader(raw: statement.bytes(0)).rowChange(0)
      guard
        let lost = try lost(
          before, isWhole: isWhole, wallMilliseconds: wallMilliseconds)
      else { continue }
      var builder = BlockBuilder(
        table: lost.key.table, kind: .update, columns: lost.columns,
        keyColumnCount: lost.key.values.count)
      builder.beginRow(milliseconds: lost.milliseconds, base: lost.base)
      for value in lost.key.values { value.withView { builder.appendKey($0) } }
      for value in lost.values { value.withView { builder.append($0) } }
      outbox.rowCount += 1
      try outbox.add(&builder)
    }
    _ = try outbox.finish(&state)
    try database.executeScript(BranchSQL.dropOverwritten)
  }

  /// The part of a row that is not there any more; nil if all of it is.
  private func lost(
    _ before: RowChange, isWhole: Bool, wallMilliseconds: Int64
  ) throws -> RowChange? {
    guard let table = tables[before.key.table] else { return nil }
    let now = try database.firstRow(
      table.sql.selectByKey(before.columns), before.key.values)
    let kept = before.columns.indices.filter {
      isWhole || now?[$0] != before.values[$0]
    }
    guard !kept.isEmpty else { return nil }
    return RowChange(
      key: before.key, kind: .update, columns: kept.map { before.columns[$0] },
      values: kept.map { before.values[$0] }, milliseconds: wallMilliseconds, base: .start)
  }
}
