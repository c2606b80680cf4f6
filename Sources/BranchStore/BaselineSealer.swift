internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Makes changesets of the rows that are there before a branch joins, of a bounded size each, and
/// each of one table: which of them stay at the hub the branch does not know yet.
struct BaselineSealer {
  private let database: Database
  private let fingerprint: ContentHash
  private let wallMilliseconds: Int64
  private var outbox: OutboxHolder?

  /// A changeset that is being written may lie between two blocks.
  private final class OutboxHolder {
    var writer: OutboxWriter?
    init(_ writer: consuming OutboxWriter) { self.writer = consume writer }
  }

  init(database: Database, fingerprint: ContentHash, wallMilliseconds: Int64) {
    self.database = database
    self.fingerprint = fingerprint
    self.wallMilliseconds = wallMilliseconds
  }

  /// Walks a table in the order of its key. Rows that cannot travel are left out.
  mutating func seal(
    _ table: TrackedTable, state: inout BranchState, isKnown: (TableID, [UInt8]) -> Bool
  ) throws {
    let statement = try database.prepare(table.sql.selectAllByKeyOrder)
    var block = BlockBuilder(
      table: table.schema.id, kind: .insert, columns: table.valueColumns,
      keyColumnCount: table.keyCount)
    var encoder = KeyEncoder()
    var key = KeyBuffer()
    var row = RowBuffer()
    while try statement.step() {
      guard !(0..<table.keyCount).contains(where: { statement.isNull($0) }) else { continue }
      encoder.removeAll()
      for index in 0..<table.keyCount { encoder.append(statement.view(index)) }
      guard !isKnown(table.schema.id, encoder.bytes) else { continue }
      key.take(statement, count: table.keyCount)
      let count = table.valueColumns.count
      guard encoder.bytes.count <= DeltaLimits.keyBytesMax,
        let rowBytes = row.take(statement, from: table.keyCount, count: count)
      else {
        // It stays pending, and is said at each seal.
        try database.execute(
          BranchSQL.appendToJournal(table.schema),
          try ownKey(of: key.values, in: table) + [
            .integer(BranchSQL.changeInsert), JournalTime.value(milliseconds: wallMilliseconds),
          ])
        continue
      }
      if rowBytes > DeltaLimits.blockRawBytesTarget { try add(&block, &state) }
      let isFull = row.append(to: &block, key: key, milliseconds: wallMilliseconds, base: nil)
      if isFull { try add(&block, &state) }
    }
    try add(&block, &state)
    try close(&state)
  }

  /// A key as the journal has it.
  private func ownKey(of values: [Value], in table: TrackedTable) throws -> [Value] {
    guard table.sql.isTranslating else { return values }
    return try database.firstRow(table.sql.selectOwnKey, values) ?? values
  }

  private mutating func add(_ block: inout BlockBuilder, _ state: inout BranchState) throws {
    guard block.rowCount > 0 else { return }
    let holder = try outbox ?? open(&state)
    outbox = holder
    holder.writer?.rowCount += block.rowCount
    try holder.writer?.add(&block)
    if holder.writer?.rowCount ?? 0 >= BranchLimits.baselineRowsPerChangeset { try close(&state) }
  }

  private func open(_ state: inout BranchState) throws -> OutboxHolder {
    let header = ChangesetHeader(
      dot: Dot(replica: state.identity.replica, counter: state.nextCounter),
      previous: state.headHash, context: state.context,
      timestamp: state.clock.issue(wallMilliseconds: wallMilliseconds),
      schemaFingerprint: fingerprint, isBaseline: true)
    var writer = try OutboxWriter(database, header: header)
    writer.oldest = wallMilliseconds
    return OutboxHolder(writer)
  }

  /// Ends the changeset that is being written, if there is one.
  private mutating func close(_ state: inout BranchState) throws {
    guard let holder = outbox, let writer = holder.writer.take() else { return }
    outbox = nil
    _ = try writer.finish(&state)
  }
}
