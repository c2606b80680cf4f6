internal import Clocks
internal import Deltas
internal import Storage

/// Brings columns and tables that the application has just made up to date: what others have
/// written to them meanwhile was carried and takes its place; what the application has written to
/// them before anything was captured is journaled.
///
/// Where both have written, what was carried stands, since it has a time, and what the application
/// wrote goes to the hub's ledger. In the caller's transaction.
struct SchemaSettler {
  private let store: BranchStore
  private let database: Database
  private let carrier: Carrier
  private let wallMilliseconds: Int64
  /// Where what was carried has a place now: a column of a table, or all of it.
  private var places: [(table: TableID, column: ColumnID?)] = []
  /// What the application had written instead.
  private var overruled: [RowChange] = []
  private var encoder = KeyEncoder()

  init(_ store: BranchStore, wallMilliseconds: Int64) throws {
    self.store = store
    database = store.database
    carrier = Carrier(store)
    self.wallMilliseconds = wallMilliseconds
  }

  // MARK: Columns

  mutating func settle(_ column: ColumnID, of table: TrackedTable) throws {
    let place: [Value] = [
      .integer(Int64(table.schema.id.rawValue)), .integer(Int64(column.rawValue)),
    ]
    try journalOthers(than: column, of: table)
    places.append((table.schema.id, column))
    if try store.hasOtherDefault(column, of: table.schema) {
      try store.openGaps([table.schema.id], isSent: false)
    }
    guard try database.integer(BranchSQL.isMissed, place) == 1 else { return }
    // It was here before: what it held then went with it.
    try database.execute(BranchSQL.deleteMissed, place)
    try store.openGaps([table.schema.id], isSent: false)
  }

  /// Rows in which the column has something else than by default: the application has written it
  /// before it was captured.
  private mutating func journalOthers(than column: ColumnID, of table: TrackedTable) throws {
    let schema = table.schema
    guard let name = schema.column(column)?.name else { return }
    let byDefault = try SchemaReader.defaultValue(of: name, in: schema.name, in: database)
    let sql =
      byDefault == nil
      ? BranchSQL.selectAll(table, column) : BranchSQL.selectOthers(table, than: column)
    let rows = try database.prepare(sql)
    if let byDefault { try rows.bind([byDefault]) }
    let change = BranchSQL.changeUpdateBase + Int64(column.rawValue)
    while try rows.step() {
      guard let key = key(rows, of: table) else { continue }
      let value = rows.value(2 * table.keyCount)
      let carried = try carrier.value(schema.id, encoder.bytes, column)
      if let carried, carried != byDefault {
        guard carried != value else { continue }
        overruled.append(update(key.shared, [column], [value]))
        continue
      }
      // What a row has by default nobody has written.
      if carried != nil {
        try database.execute(
          BranchSQL.deleteCarriedCell,
          [
            .integer(Int64(schema.id.rawValue)), .blob(encoder.bytes),
            .integer(Int64(column.rawValue)),
          ])
      }
      if table.counted.contains(column) {
        try database.execute(
          BranchSQL.appendCounted(schema),
          key.own + [
            .integer(change), JournalTime.value(milliseconds: wallMilliseconds),
            byDefault ?? .null, value,
          ])
      } else {
        try store.append(key.own, change, milliseconds: wallMilliseconds, to: table)
      }
    }
  }

  private func update(_ key: RowKey, _ columns: [ColumnID], _ values: [Value]) -> RowChange {
    RowChange(
      key: key, kind: .update, columns: columns, values: values, milliseconds: wallMilliseconds,
      base: .start)
  }

  /// The key at the beginning of a row, as the table has it, and as others know it; nil if it has a
  /// NULL in it.
  private mutating func key(
    _ row: Statement, of table: TrackedTable
  ) -> (own: [Value], shared: RowKey)? {
    let own = 0..<table.keyCount
    let shared = table.keyCount..<2 * table.keyCount
    guard !own.contains(where: { row.isNull($0) }) else { return nil }
    encoder.removeAll()
    for index in shared { encoder.append(row.view(index)) }
    return (
      own: own.map { row.value($0) },
      shared: RowKey(table: table.schema.id, values: shared.map { row.value($0) })
    )
  }

  // MARK: Tables

  mutating func settle(_ table: TrackedTable) throws {
    try journalRows(of: table)
    places.append((table.schema.id, nil))
  }

  /// Rows that the application wrote before anything was captured.
  private mutating func journalRows(of table: TrackedTable) throws {
    let rows = try database.prepare(BranchSQL.selectRows(table))
    while try rows.step() {
      guard let key = key(rows, of: table) else { continue }
      let id = table.schema.id
      guard try carrier.value(id, encoder.bytes, RowPresence.column) != nil else {
        try store.append(
          key.own, BranchSQL.changeInsert, milliseconds: wallMilliseconds, to: table)
        continue
      }
      var columns: [ColumnID] = []
      var values: [Value] = []
      for (index, column) in table.valueColumns.enumerated() {
        let value = rows.value(2 * table.keyCount + index)
        guard let carried = try carrier.value(id, encoder.bytes, column), carried != value else {
          continue
        }
        columns.append(column)
        values.append(value)
      }
      if !columns.isEmpty { overruled.append(update(key.shared, columns, values)) }
    }
  }

  // MARK: The end

  /// Writes what was carried. A row that SQLite refuses waits.
  mutating func finish(from position: LogPosition) throws {
    let isNeeded = try places.contains { place in
      let table = Value.integer(Int64(place.table.rawValue))
      return try database.integer(BranchSQL.hasCarriedOfTable, [table]) == 1
    }
    guard isNeeded else { return }
    let applier = try Applier(store, from: position, replicas: try store.replicas())
    try applier.installGuards()
    for place in places { try write(place.table, place.column, by: applier) }
    try applier.removeGuards()
    places = []
  }

  /// Page by page, since there may be any number of rows.
  private func write(_ table: TableID, _ column: ColumnID?, by applier: Applier) throws {
    let id = Value.integer(Int64(table.rawValue))
    var last: [UInt8] = []
    while true {
      let page: [RowChange]
      if let column {
        page = try changes(of: column, table, after: last)
      } else {
        page = try changes(of: table, after: last)
      }
      guard let next = page.last?.key.encoded else { break }
      // What of these rows has no place yet is carried on, by their being written.
      if column == nil {
        try database.execute(BranchSQL.deleteCarriedRows, [id, .blob(last), .blob(next)])
      }
      for change in page { try write(change, by: applier) }
      last = next
    }
    guard let column else { return }
    try database.execute(
      BranchSQL.deleteCarriedColumn, [id, .integer(Int64(column.rawValue))])
  }

  private func write(_ change: RowChange, by applier: Applier) throws {
    guard case .refused(let reason) = try applier.apply(change) else { return }
    let block = try BlockReader(raw: change.block)
    try block.withValues { values in
      try applier.wait(block, values, row: 0, key: change.key.encoded, reason: reason)
    }
  }

  /// The cells of a page: more than a row can have.
  private static let pageCellsMax = 4_096

  private func changes(
    of column: ColumnID, _ table: TableID, after last: [UInt8]
  ) throws -> [RowChange] {
    let rows = try database.rows(
      BranchSQL.selectCarriedOfColumn,
      [
        .integer(Int64(table.rawValue)), .integer(Int64(column.rawValue)), .blob(last),
        .integer(Int64(Self.pageCellsMax)),
      ])
    return try rows.compactMap { row in
      guard case .blob(let key) = row[0] else { return nil }
      return RowChange(
        key: try RowKey(table: table, encoded: key), kind: .update, columns: [column],
        values: [row[1]], milliseconds: wallMilliseconds, base: nil)
    }
  }

  /// Rows of a table of which all that is carried is in the page.
  private func changes(of table: TableID, after last: [UInt8]) throws -> [RowChange] {
    var cells = try database.rows(
      BranchSQL.selectCarriedOfTable,
      [.integer(Int64(table.rawValue)), .blob(last), .integer(Int64(Self.pageCellsMax))])
    if cells.count == Self.pageCellsMax, let cut = cells.last?[0] {
      cells.removeAll { $0[0] == cut }
    }
    var result: [RowChange] = []
    var key: Value?
    for cell in cells {
      guard case .blob(let bytes) = cell[0], let number = cell[1].number else { continue }
      if key != cell[0] {
        key = cell[0]
        result.append(
          RowChange(
            key: try RowKey(table: table, encoded: bytes), kind: .insert, columns: [], values: [],
            milliseconds: wallMilliseconds, base: nil))
      }
      // Column 0 says only that the row is there.
      guard number > 0 else { continue }
      result[result.count - 1].columns.append(ColumnID(UInt16(clamping: number)))
      result[result.count - 1].values.append(cell[2])
    }
    return result
  }

  /// Sends what was overruled, for the ledger.
  mutating func sealOverruled(_ state: inout BranchState) throws {
    guard !overruled.isEmpty else { return }
    var outbox = try store.openOutbox(
      &state, wallMilliseconds: wallMilliseconds, isBaseline: true)
    outbox.oldest = wallMilliseconds
    for change in overruled {
      var builder = BlockBuilder(
        table: change.key.table, kind: .update, columns: change.columns,
        keyColumnCount: change.key.values.count)
      builder.beginRow(milliseconds: change.milliseconds, base: change.base)
      for value in change.key.values { value.withView { builder.appendKey($0) } }
      for value in change.values { value.withView { builder.append($0) } }
      outbox.rowCount += 1
      try outbox.add(&builder)
    }
    _ = try outbox.finish(&state)
    overruled = []
  }
}
