internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// What is kept of an entry beside its frames.
struct KeptEntry: Hashable {
  var dot: Dot
  var contentHash: ContentHash
  var sealedMilliseconds: Int64
  var clockOffsetMilliseconds: Int64
  var receivedMilliseconds: Int64
  var isBaseline: Bool
  var isHandedBack: Bool
}

/// A frame as the log has it.
struct LoggedFrame {
  var position: LogPosition
  var part: Int
  var type: Int64
  var isSilent: Bool
  var table: Value
  var keyMin: Value
  var keyMax: Value
  var bytes: [UInt8]

  /// What is kept: what authors wrote, what it came to, what it stood against. Headers and stubs
  /// are for those who check hashes.
  fileprivate var isKept: Bool {
    switch FrameType(rawValue: UInt8(clamping: type)) {
    case .block, .outcome, .conflicts, .ledger: true
    default: false
    }
  }
}

extension HistoryFile {
  /// Takes frames of the log, in its order, in one durable transaction. What is here already stays.
  ///
  /// Of an entry whose beginning was never here, nothing is kept.
  final class Keeper {
    private let file: HistoryFile
    private let place: (LogPosition) throws -> CausalContext
    private let entry: (LogPosition) throws -> KeptEntry?
    private let isWhole: (_ position: LogPosition, _ partCount: Int) throws -> Bool

    private struct Open {
      let position: LogPosition
      let generation: Int64
      let id: Int64
      let receivedMilliseconds: Int64
      var partCount: Int
      /// Whether what comes follows what is here.
      var isContinued = true
    }
    private var open: Open?

    init(
      _ file: HistoryFile, place: @escaping (LogPosition) throws -> CausalContext,
      entry: @escaping (LogPosition) throws -> KeptEntry?,
      isWhole: @escaping (_ position: LogPosition, _ partCount: Int) throws -> Bool
    ) {
      self.file = file
      self.place = place
      self.entry = entry
      self.isWhole = isWhole
    }

    func take(_ frame: LoggedFrame) throws {
      if open?.position != frame.position {
        try finish()
        open = try begin(frame)
      }
      guard var open, open.isContinued, frame.part >= open.partCount else { return }
      guard frame.part == open.partCount, frame.part < HistoryFile.partsMax else {
        self.open?.isContinued = false
        return
      }
      if frame.isKept { try write(frame, as: HistoryFile.frame(open.id, part: frame.part)) }
      open.partCount += 1
      self.open = open
    }

    /// To be called at the end, too.
    func finish() throws {
      guard let open else { return }
      self.open = nil
      try file.database.execute(
        HistorySQL.updateParts, [.integer(open.id), Value(open.partCount)])
      guard open.isContinued, try isWhole(open.position, open.partCount) else { return }
      let place = [Value.integer(open.generation), Value(open.position)]
      try file.database.execute(
        HistorySQL.insertTime,
        place + [
          .integer(open.receivedMilliseconds),
          .integer(HubStoreLimits.historyTimeMillisecondsMin),
        ])
      if try file.database.integer(HistorySQL.selectSpanOf, place) != nil { return }
      try file.database.execute(HistorySQL.extendSpan, place)
      if file.database.changes == 0 { try file.database.execute(HistorySQL.insertSpan, place) }
    }

    private func begin(_ frame: LoggedFrame) throws -> Open? {
      let position = frame.position
      guard let entry = try entry(position) else { return nil }
      let generation = try file.generation(place(position).generation)
      let place = [Value.integer(generation), Value(position)]
      if let known = try file.database.firstRow(HistorySQL.selectParts, place) {
        return Open(
          position: position, generation: generation, id: known[0].asInteger,
          receivedMilliseconds: entry.receivedMilliseconds,
          partCount: Int(known[1].asInteger))
      }
      guard frame.part == 0 else { return nil }
      try file.database.execute(
        HistorySQL.insertEntry,
        place + [
          Value(entry.dot.replica), Value(counter: entry.dot.counter), Value(entry.contentHash),
          .integer(entry.sealedMilliseconds), .integer(entry.clockOffsetMilliseconds),
          .integer(entry.receivedMilliseconds), Value(entry.isBaseline),
          Value(entry.isHandedBack),
        ])
      return Open(
        position: position, generation: generation, id: file.database.lastInsertRowID,
        receivedMilliseconds: entry.receivedMilliseconds, partCount: 0)
    }

    private func write(_ frame: LoggedFrame, as id: Int64) throws {
      var reader = FrameReader()
      reader.append(frame.bytes)
      guard let payload = try reader.next()?.payload else { return }
      var hashes: [Int64]?
      if frame.keyMin != .null {
        hashes = HistoryFile.hashes(
          ofFew: try BlockReader(raw: try decompressedBlock(payload: payload)))
      }
      for hash in hashes ?? [] {
        try file.database.execute(
          HistorySQL.insertRow, [frame.table, .integer(hash), .integer(id)])
      }
      let isByRange = hashes == nil
      try file.database.execute(
        HistorySQL.insertFrame,
        [
          .integer(id), .integer(frame.type), Value(frame.isSilent), frame.table,
          isByRange ? frame.keyMin : .null, isByRange ? frame.keyMax : .null, .blob(payload),
        ])
    }
  }

  /// Lets go of the oldest entries, as long as they were received before a time or the file holds
  /// more than so many bytes, in one transaction. Returns whether there is more to do.
  func dropOldest(_ keeping: HistoryKeeping, framesAtMost limit: Int) throws -> Bool {
    try database.transaction {
      var left = limit
      while left > 0 {
        guard let row = try database.firstRow(HistorySQL.selectOldest),
          try row[3].asInteger < keeping.sinceMilliseconds ?? .max
            || byteCount() > keeping.bytesMax
        else { return false }
        let entry = row[0].asInteger
        try shorten(spanOf: row[1].asInteger, after: row[2].asInteger)
        let dropped = try dropFrames(of: entry, atMost: left)
        if dropped < left { try database.execute(HistorySQL.deleteEntry, [.integer(entry)]) }
        left -= max(1, dropped)
      }
      return true
    }
  }

  /// Everything up to a position of a generation is no longer known from end to end.
  private func shorten(spanOf generation: Int64, after position: Int64) throws {
    let place: [Value] = [.integer(generation), .integer(position)]
    guard let first = try database.integer(HistorySQL.selectSpanOf, place) else { return }
    let last = try database.integer(
      HistorySQL.deleteSpan, [.integer(generation), .integer(first)])
    guard let last, last > position else { return }
    try database.execute(
      HistorySQL.insertWholeSpan,
      [.integer(generation), .integer(position + 1), .integer(last)])
  }

  private func dropFrames(of entry: Int64, atMost limit: Int) throws -> Int {
    let begin = Self.frame(entry, part: 0)
    let statement = try database.prepare(HistorySQL.selectFramesToDrop)
    try statement.bind(
      [.integer(begin), .integer(Self.frame(entry + 1, part: 0)), Value(limit)])
    var count = 0
    var last = begin
    while try statement.step() {
      count += 1
      last = statement.integer(0)
      guard !statement.isNull(1), statement.integer(2) == 1 else { continue }
      let block = try BlockReader(raw: try decompressedBlock(payload: statement.bytes(3)))
      for hash in Self.hashes(ofFew: block) ?? [] {
        try database.execute(
          HistorySQL.deleteRow,
          [Value(block.table), .integer(hash), .integer(last)])
      }
    }
    statement.reset()
    if count > 0 {
      try database.execute(HistorySQL.deleteFrames, [.integer(begin), .integer(last)])
    }
    return count
  }
}
