internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Reads what the log holds, and keeps what was read last: entries never change.
final class LogReader {
  private let database: Database
  private var entries: [LogPosition: LogEntry] = [:]
  private var blocks: [LogBlock] = []

  init(_ database: Database) { self.database = database }

  /// The log's head: 0 while it is empty.
  func head() throws -> LogPosition {
    LogPosition(UInt64(try database.integer(HubSQL.selectHead) ?? 0))
  }

  /// The hash of the log up to a position; nil if the log does not have it.
  func logHash(_ position: LogPosition) throws -> ContentHash? {
    if position == .start { return .zero }
    return try database.firstRow(HubSQL.selectLogHash, [Value(position)])?.first?.asHash
  }

  /// What an entry says; nil if the log does not have the position.
  func facts(_ position: LogPosition) throws -> EntryFacts? {
    guard let row = try database.firstRow(HubSQL.selectEntryFacts, [Value(position)]),
      let hash = row[0].asHash
    else { return nil }
    return EntryFacts(
      contentHash: hash, clockOffsetMilliseconds: row[1].asInteger,
      receivedMilliseconds: row[2].asInteger)
  }

  /// Forgets what a rolled back transaction may have brought in.
  func forget() {
    entries.removeAll(keepingCapacity: true)
    blocks.removeAll()
  }

  /// An entry, or nil if the log has none at the position.
  func entry(_ position: LogPosition) throws -> LogEntry? {
    if let known = entries[position] { return known }
    guard let row = try database.firstRow(HubSQL.selectLogEntry, [Value(position)]) else {
      return nil
    }
    let entry = LogEntry(
      dot: Dot(replica: row[0].asReplica, counter: row[1].asCounter),
      seen: try SeenEntries(upTo: row[2].asPosition, encoded: row[3].asOptionalBytes),
      isElsewhere: row[7].asInteger != 0, isBaseline: row[4].asInteger != 0,
      clockOffsetMilliseconds: row[5].asInteger, receivedMilliseconds: row[6].asInteger)
    remember(entry, at: position)
    return entry
  }

  /// Makes an entry known that is being written.
  func remember(_ entry: LogEntry, at position: LogPosition) {
    if entries.count >= HubStoreLimits.cachedLogEntriesMax { entries.removeAll() }
    entries[position] = entry
  }

  /// A block or outcome frame, decoded.
  func block(_ position: LogPosition, part: Int) throws -> LogBlock {
    if let index = blocks.lastIndex(where: { $0.position == position && $0.part == part }) {
      return blocks[index]
    }
    let parameters = [Value(position), Value(part)]
    guard case .blob(let bytes)? = try database.firstRow(HubSQL.selectFrameBytes, parameters)?.first
    else { throw HubStoreError.damaged("the log lacks frame \(part) of position \(position)") }
    var reader = FrameReader()
    reader.append(bytes)
    guard let frame = try reader.next() else {
      throw HubStoreError.damaged("frame \(part) of position \(position) is cut short")
    }
    let block = LogBlock(
      position: position, part: part,
      block: try BlockReader(raw: try decompressedBlock(payload: frame.payload)))
    if blocks.count >= HubStoreLimits.cachedBlocksMax { blocks.removeFirst() }
    blocks.append(block)
    return block
  }

  /// What an entry's author wrote at its beginning; nil once the log has let go of it.
  func header(_ position: LogPosition) throws -> ChangesetHeader? {
    let parameters = [Value(position), Value(0)]
    guard case .blob(let bytes)? = try database.firstRow(HubSQL.selectFrameBytes, parameters)?.first
    else { return nil }
    var reader = FrameReader()
    reader.append(bytes)
    guard let frame = try reader.next(), frame.type == .changesetHeader else { return nil }
    return try ChangesetHeader(payload: frame.payload)
  }

  /// The parts of one entry's blocks that may hold a row.
  func parts(of table: TableID, key: [UInt8], at position: LogPosition) throws -> [Int] {
    let parameters = [Value(table), Value(position), .blob(key)]
    return try database.rows(HubSQL.selectFramesOfRowAt, parameters).map { Int($0[0].asInteger) }
  }
}

/// A decoded block of the log, with its keys.
struct LogBlock {
  let position: LogPosition
  let part: Int
  let block: BlockReader
  private let keys: BlockKeys

  init(position: LogPosition, part: Int, block: BlockReader) {
    self.position = position
    self.part = part
    self.block = block
    keys = BlockKeys(block)
  }

  /// A row's place in the block, or nil if the block does not have it.
  func row(_ key: [UInt8]) -> Int? { keys.row(of: key) }
}
