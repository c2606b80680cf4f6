internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// Reads what is known of one row, position by position: from the history first, then from the log.
///
/// Holds one entry of the row at a time, and of each frame only the row.
final class HistoryReader {
  /// What one entry has of the row.
  struct Found {
    var position: LogPosition
    var entry: KeptEntry
    /// In the order in which they were written, with whether they added nothing.
    var changes: [(change: RowChange, isSilent: Bool)] = []
    /// What stood after it, in the order in which it was told.
    var outcomes: [RowChange] = []
    var conflicts: [Conflict] = []

    /// The changes that did something to the row: what a comparison found to have been overwritten
    /// uncaptured is for the ledger only.
    var effects: [RowChange] {
      changes.lazy
        .filter { !$0.isSilent && !(entry.isBaseline && $0.change.kind == .update) }
        .map(\.change)
    }
  }

  enum Item {
    case found(Found)
    case unknown(RowHistory.Stretch)
  }

  /// A stretch of the log's path whose entries the history may have.
  private struct PathStretch {
    var generation: Int64
    var after: LogPosition
    var upTo: LogPosition
  }

  private let store: HubStore
  private let file: HistoryFile?
  private let table: TableID
  private let key: [UInt8]
  private let head: LogPosition
  /// Where the log's own frames begin: past its end if it has none.
  private let logFirst: (position: LogPosition, part: Int)
  private let stretches: [PathStretch]
  /// What is not known, ascending.
  private(set) var unknown: [RowHistory.Stretch] = []

  /// Inside transactions of the store and, begun after it, of the history.
  init(_ store: HubStore, _ file: HistoryFile?, table: TableID, key: [UInt8]) throws {
    self.store = store
    self.file = file
    self.table = table
    self.key = key
    head = try store.log.head()
    let first = try store.database.firstRow(HubSQL.selectFirstFrame)
    if let first {
      logFirst = (first[0].asPosition, Int(first[1].asInteger))
    } else {
      logFirst = (head.next, 0)
    }
    if let file {
      stretches = try Self.stretches(of: store, file, upTo: head)
    } else {
      stretches = []
    }
    unknown = try findUnknown()
  }

  private static func stretches(
    of store: HubStore, _ file: HistoryFile, upTo head: LogPosition
  ) throws -> [PathStretch] {
    var numbers: [String: Int64] = [:]
    for row in try file.database.rows(HistorySQL.selectGenerations) {
      numbers[row[1].asText] = row[0].asInteger
    }
    let path = try store.timeline().path
    return path.indices.compactMap { index in
      let end = index + 1 < path.count ? path[index + 1].fork : head
      return numbers[path[index].generation.description].map {
        PathStretch(generation: $0, after: path[index].fork, upTo: min(end, head))
      }
    }
  }

  private func stretch(_ generation: Int64, _ position: LogPosition) -> PathStretch? {
    stretches.first {
      $0.generation == generation && $0.after < position && position <= $0.upTo
    }
  }

  private func generation(of position: LogPosition) -> Int64? {
    stretches.first { $0.after < position && position <= $0.upTo }?.generation
  }

  // MARK: What is not known

  private func findUnknown() throws -> [RowHistory.Stretch] {
    var end = LogPosition.start
    var found: [RowHistory.Stretch] = []
    func reach(_ first: LogPosition, _ last: LogPosition) {
      if first > end.next {
        found.append(RowHistory.Stretch(after: end, upTo: LogPosition(first.rawValue - 1)))
      }
      end = max(end, last)
    }
    let beforeLog = LogPosition(logFirst.position.rawValue - 1)
    for (first, last) in try spans() where first <= beforeLog {
      reach(first, min(last, beforeLog))
    }
    // Of the first entry the log may have only the rest.
    let isBeginning = try logFirst.part == 0 || partCount(logFirst.position) >= logFirst.part
    let known = isBeginning ? logFirst.position : logFirst.position.next
    if known <= head.next { reach(known, head) }
    return try found.map { stretch in
      var stretch = stretch
      stretch.receivedBefore = try received(stretch.after)
      stretch.receivedAfter = try received(stretch.upTo == head ? head : stretch.upTo.next)
      return stretch
    }
  }

  /// What the history has of the log's path from end to end, ascending.
  private func spans() throws -> [(LogPosition, LogPosition)] {
    guard let file else { return [] }
    var result: [(LogPosition, LogPosition)] = []
    for row in try file.database.rows(HistorySQL.selectSpans) {
      for stretch in stretches where stretch.generation == row[0].asInteger {
        let first = max(row[1].asPosition, stretch.after.next)
        let last = min(row[2].asPosition, stretch.upTo)
        if first <= last { result.append((first, last)) }
      }
    }
    return result.sorted { $0.0 < $1.0 }
  }

  private func partCount(_ position: LogPosition) throws -> Int {
    guard let file, let generation = generation(of: position) else { return 0 }
    let row = try file.database.firstRow(
      HistorySQL.selectParts, [.integer(generation), Value(position)])
    return Int(row?[1].asInteger ?? 0)
  }

  private func received(_ position: LogPosition) throws -> Int64? {
    if let facts = try store.log.facts(position) { return facts.receivedMilliseconds }
    return try kept(position)?.entry.receivedMilliseconds
  }

  private func isKnown(_ position: LogPosition) -> Bool {
    !unknown.contains { $0.after < position && position <= $0.upTo }
  }

  // MARK: Entries

  /// Hands over what is known and what is not, in the order of positions.
  func read(_ body: (Item) throws -> Void) throws {
    var rest = unknown[...]
    func hand(_ found: Found) throws {
      while let stretch = rest.first, stretch.upTo < found.position {
        rest.removeFirst()
        try body(.unknown(stretch))
      }
      try body(.found(found))
    }
    var pending: Found?
    func at(_ position: LogPosition, _ facts: () throws -> KeptEntry?) throws -> Bool {
      if pending?.position == position { return true }
      if let pending { try hand(pending) }
      pending = try facts().map { Found(position: position, entry: $0) }
      return pending != nil
    }
    try readFile { position, block, type, isSilent in
      guard try at(position, { try self.facts(position) }) else { return }
      take(block, type, isSilent, into: &pending)
    }
    try readLog { position, block, type, isSilent in
      guard try at(position, { try self.facts(position) }) else { return }
      take(block, type, isSilent, into: &pending)
    }
    if let pending { try hand(pending) }
    for stretch in rest { try body(.unknown(stretch)) }
  }

  private func take(
    _ change: RowChange, _ type: FrameType?, _ isSilent: Bool, into found: inout Found?
  ) {
    if type == .outcome {
      found?.outcomes.append(change)
    } else {
      found?.changes.append((change, isSilent))
    }
  }

  private typealias Taker = (LogPosition, RowChange, FrameType?, Bool) throws -> Void

  private func readFile(_ body: Taker) throws {
    guard let file else { return }
    let frames = try file.database.prepare(HistorySQL.selectFramesOfRow)
    try frames.bind([Value(table), .integer(HistoryFile.hash(key)), .blob(key)])
    while try frames.step() {
      let position = frames.value(1).asPosition
      let id = frames.integer(2)
      let part = Int(id & Int64(HistoryFile.partsMax - 1))
      guard (position, part) < logFirst, stretch(frames.integer(0), position) != nil,
        isKnown(position),
        let row = try file.database.firstRow(HistorySQL.selectFrame, [.integer(id)])
      else { continue }
      let block = try BlockReader(raw: try decompressedBlock(payload: row[2].asBytes))
      let found = LogBlock(position: position, part: part, block: block)
      guard let index = found.row(key) else { continue }
      try body(
        position, block.rowChange(index), FrameType(rawValue: UInt8(clamping: row[0].asInteger)),
        row[1].asInteger != 0)
    }
  }

  private func readLog(_ body: Taker) throws {
    let frames = try store.database.prepare(HubSQL.selectHistoryFrames)
    try frames.bind([Value(table), .blob(key)])
    while try frames.step() {
      let position = frames.value(0).asPosition
      guard isKnown(position) else { continue }
      let found = try store.log.block(position, part: Int(frames.integer(1)))
      guard let index = found.row(key) else { continue }
      try body(
        position, found.block.rowChange(index),
        FrameType(rawValue: UInt8(clamping: frames.integer(3))), frames.integer(2) != 0)
    }
  }

  /// What is known of an entry beside its frames.
  private func facts(_ position: LogPosition) throws -> KeptEntry? {
    try store.entryToKeep(position) ?? kept(position)?.entry
  }

  private func kept(_ position: LogPosition) throws -> (id: Int64, entry: KeptEntry)? {
    guard let file, let generation = generation(of: position) else { return nil }
    let row = try file.database.firstRow(
      HistorySQL.selectFacts, [.integer(generation), Value(position)])
    guard let row, let hash = row[2].asHash else { return nil }
    let entry = KeptEntry(
      dot: Dot(replica: row[0].asReplica, counter: row[1].asCounter), contentHash: hash,
      sealedMilliseconds: row[3].asInteger, clockOffsetMilliseconds: row[4].asInteger,
      receivedMilliseconds: row[5].asInteger, isBaseline: row[6].asInteger != 0,
      isHandedBack: row[7].asInteger != 0)
    return (row[8].asInteger, entry)
  }

  /// What an entry said of the row's conflicts, as it said it.
  func conflicts(at position: LogPosition) throws -> [Conflict] {
    var result: [Conflict] = []
    func take(_ type: Int64, _ payload: [UInt8]) throws {
      let isFormer = type == Int64(FrameType.conflicts.rawValue)
      let list =
        try isFormer ? Conflict.list(formerPayload: payload) : Conflict.list(payload: payload)
      result += list.filter { $0.key.table == table && $0.key.encoded == key }
    }
    if let file, position <= logFirst.position, let kept = try kept(position) {
      let end =
        position == logFirst.position
        ? HistoryFile.frame(kept.id, part: logFirst.part) : HistoryFile.frame(kept.id + 1, part: 0)
      let frames = try file.database.prepare(HistorySQL.selectConflicts)
      try frames.bind(
        [.integer(HistoryFile.frame(kept.id, part: 0)), .integer(end)])
      while try frames.step() { try take(frames.integer(0), frames.bytes(1)) }
    }
    let part = position == logFirst.position ? logFirst.part : 0
    let frames = try store.database.prepare(HubSQL.selectConflictFrames)
    try frames.bind([Value(position), Value(part)])
    while try frames.step() {
      var reader = FrameReader()
      reader.append(frames.bytes(1))
      guard let frame = try reader.next() else { continue }
      try take(frames.integer(0), frame.payload)
    }
    return result
  }
}
