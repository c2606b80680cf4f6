internal import Clocks
package import Deltas
internal import Storage

extension BranchStore {
  /// Seals what differs from the hub's rows as an ordinary change made now, that has never seen the
  /// hub's row: where somebody else wrote that, it is a conflict, and nothing is silently
  /// overwritten. Of a column that counts it says that the hub's value was there before.
  ///
  /// One transaction, in which what was captured meanwhile is sealed first. Rows that are not as
  /// they were compared, have changes that the hub has not confirmed, or wait for incoming ones,
  /// are left to the next comparison. Returns the keys of the rows that were sealed.
  package func capture(
    _ differences: [Difference], wallMilliseconds: Int64
  ) throws -> [RowKey] {
    try performing {
      try database.transaction {
        var state = try BranchState(database)
        _ = try seal(&state, wallMilliseconds: wallMilliseconds)
        let held = try HeldRows(self, accepted: [])
        var sealer = DifferenceSealer(database: database, milliseconds: wallMilliseconds)
        let ordered = differences.filter { !held.mustWait(HeldRows.hash($0.key)) }
          .sorted(by: DifferenceSealer.precedes)
        let mayCount = ordered.contains { table($0.key.table)?.isCounting == true }
        var outbox = try openOutbox(
          &state, wallMilliseconds: wallMilliseconds, isBaseline: false, mayCount: mayCount)
        outbox.oldest = wallMilliseconds
        for difference in ordered {
          guard let table = table(difference.key.table),
            difference.key.values.count == table.keyCount
          else { continue }
          try sealer.add(difference, of: table, to: &outbox)
        }
        try sealer.close(&outbox)
        _ = try outbox.finish(&state)
        try state.save(to: database)
        return sealer.sealed
      }
    }
  }
}

/// Writes rows that differ into a changeset, each with a base.
private struct DifferenceSealer {
  let database: Database
  let milliseconds: Int64
  private(set) var sealed: [RowKey] = []
  private var block: BlockBuilder?
  private var shape: Shape?

  private struct Shape: Hashable {
    let table: TableID
    let kind: ChangeKind
    let columns: [ColumnID]
    let counted: [ColumnID]
  }

  init(database: Database, milliseconds: Int64) {
    self.database = database
    self.milliseconds = milliseconds
  }

  /// Deletions first, as in every seal; then rows of one shape together, in the order of keys.
  static func precedes(_ left: Difference, _ right: Difference) -> Bool {
    let ranks = (rank(left), rank(right))
    if ranks.0 != ranks.1 { return ranks.0.lexicographicallyPrecedes(ranks.1) }
    return left.key.encoded.lexicographicallyPrecedes(right.key.encoded)
  }

  private static func rank(_ difference: Difference) -> [UInt16] {
    let table = difference.key.table.rawValue
    switch difference.kind {
    case .onlyAtHub: return [0, table]
    case .columns(let columns): return [1, table] + columns.map(\.id.rawValue)
    case .onlyHere: return [2, table]
    }
  }

  /// Adds the row as it is now, if it still differs in the way that was found.
  mutating func add(
    _ difference: Difference, of table: TrackedTable, to outbox: inout OutboxWriter
  ) throws {
    var found: [Difference.Column] = []
    let columns: [ColumnID]
    let kind: ChangeKind
    switch difference.kind {
    case .onlyAtHub: (kind, columns) = (.delete, [])
    case .onlyHere: (kind, columns) = (.insert, table.valueColumns)
    case .columns(let differing):
      found = differing
      (kind, columns) = (.update, table.columns(with: differing.map(\.id)))
      guard !columns.isEmpty else { return }
    }
    let row = try database.firstRow(table.sql.selectByKey(columns), difference.key.values)
    guard (row == nil) == (kind == .delete) else { return }
    // A table without columns outside the key answers with a 1.
    let values = columns.isEmpty ? [] : row ?? []
    let counted = found.filter { table.counted.contains($0.id) }.sorted { $0.id < $1.id }
    for (column, value) in zip(columns, values) {
      // Somebody has written it since: what lies between is not the difference that was found.
      guard counted.first(where: { $0.id == column })?.here ?? value == value else { return }
    }
    guard let byteCount = Self.byteCount(values + counted.map(\.atHub)) else { return }
    let shape = Shape(
      table: table.schema.id, kind: kind, columns: columns, counted: counted.map(\.id))
    if shape != self.shape || byteCount > DeltaLimits.blockRawBytesTarget {
      try close(&outbox)
      self.shape = shape
    }
    var builder =
      block
      ?? BlockBuilder(
        table: shape.table, kind: kind, columns: columns, counted: shape.counted,
        keyColumnCount: table.keyCount)
    // Only one of the two may hold the bytes, or they would be copied.
    block = nil
    builder.beginRow(milliseconds: milliseconds, base: difference.base)
    outbox.refer(to: difference.base)
    for value in difference.key.values { value.withView { builder.appendKey($0) } }
    for value in values + counted.map(\.atHub) { value.withView { builder.append($0) } }
    outbox.rowCount += 1
    sealed.append(difference.key)
    let isFull = builder.isFull
    block = consume builder
    if isFull { try close(&outbox) }
  }

  /// Ends the block that is being filled.
  mutating func close(_ outbox: inout OutboxWriter) throws {
    guard var builder = block else { return }
    block = nil
    try outbox.add(&builder)
  }

  /// Nil if the values are more than can travel.
  private static func byteCount(_ values: [Value]) -> Int? {
    var sum = 0
    for value in values {
      switch value {
      case .text(let bytes), .blob(let bytes):
        guard bytes.count <= DeltaLimits.valueBytesMax else { return nil }
        sum += bytes.count
      case .null, .integer, .real: break
      }
    }
    return sum <= DeltaLimits.blockRawBytesMax - (2 << 20) ? sum : nil
  }
}
