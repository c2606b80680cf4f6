internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// The file beside the hub's store that keeps what pruning takes away from the log.
///
/// An entry is kept under its place, so that a store which is put back to an earlier state never
/// takes another timeline's entry for its own. Of every generation it says which positions it has
/// from end to end.
final class HistoryFile {
  static let name = "history.db"

  let database: Database

  /// Opens the file of a hub's folder, or returns nil if there is none of this hub.
  ///
  /// With `creating` it is made if it is not there; what has its name and is no such file is put
  /// aside then, never deleted.
  init?(folder: String, hub: GenerationID, creating: Bool) throws {
    let path = "\(folder)/\(Self.name)"
    guard creating || DatabaseFile.exists(path) else { return nil }
    if let opened = try Self.open(path, hub: hub, mode: creating ? .create : .readWrite) {
      database = opened
      return
    }
    guard creating else { return nil }
    _ = try HubStore.putAside(path)
    guard let made = try Self.open(path, hub: hub, mode: .create) else { return nil }
    database = made
  }

  /// Nil if the file is none of ours.
  private static func open(
    _ path: String, hub: GenerationID, mode: Database.Mode
  ) throws -> Database? {
    do {
      let database = try Database(path: path, mode: mode)
      if mode == .create, try database.integer(HistorySQL.isEmpty) == 1 {
        try database.executeScript(HistorySQL.connection)
        try make(in: database, hub: hub)
        return database
      }
      guard try database.integer(HistorySQL.isHistory) != nil,
        let row = try database.firstRow(HistorySQL.selectFile), row[1].asText == hub.description
      else { return nil }
      let format = row[0].asInteger
      guard format == HistorySQL.formatVersion else {
        throw HubStoreError.unsupportedFormat(format)
      }
      try database.executeScript(HistorySQL.connection)
      return database
    } catch let error as StorageError {
      switch error {
      case .notADatabase, .corrupt: return nil
      default: throw error
      }
    }
  }

  private static func make(in database: Database, hub: GenerationID) throws {
    try database.transaction {
      // Another process may have made it meanwhile.
      guard try database.integer(HistorySQL.isEmpty) == 1 else { return }
      try database.executeScript(HistorySQL.create)
      try database.execute(
        HistorySQL.insertFile, [.integer(HistorySQL.formatVersion), Value(hub)])
    }
  }

  /// Removes the file of a hub's folder. Nobody may have it open.
  static func remove(from folder: String) {
    for suffix in [""] + BackupTarget.companions {
      DatabaseFile.remove("\(folder)/\(name)\(suffix)")
    }
  }

  // MARK: Numbers

  static let partsMax = 1 << 20
  static func frame(_ entry: Int64, part: Int) -> Int64 { entry << 20 | Int64(part) }

  /// The same for equal keys, whatever they are of.
  static func hash(_ key: [UInt8]) -> Int64 {
    ContentHash(of: key).bytes.prefix(4).reduce(0) { $0 << 8 | Int64($1) }
  }

  /// The keys by which a block's rows are found, if they are few; nil for a block of many.
  static func hashes(ofFew block: BlockReader) -> [Int64]? {
    guard block.rowCount <= HubStoreLimits.historyIndexedRowsMax else { return nil }
    let keys = BlockKeys(block)
    return (0..<block.rowCount).map { hash(keys[$0]) }
  }

  func generation(_ id: GenerationID) throws -> Int64 {
    try database.execute(HistorySQL.insertGeneration, [Value(id)])
    return try database.integer(HistorySQL.selectGeneration, [Value(id)]) ?? 0
  }

  /// The last position of a log up to which all was received before a time, as far as is noted.
  func position(
    receivedBefore milliseconds: Int64, on timeline: HubTimeline
  ) throws -> LogPosition? {
    let rows = try database.rows(HistorySQL.selectTimesBefore, [.integer(milliseconds)])
    guard !rows.isEmpty else { return nil }
    var numbers: [Int64: String] = [:]
    for row in try database.rows(HistorySQL.selectGenerations) {
      numbers[row[0].asInteger] = row[1].asText
    }
    return rows.first { row in
      let place = timeline.place(at: row[1].asPosition)
      return numbers[row[0].asInteger] == place.generation.description
    }.map { $0[1].asPosition }
  }

  /// The bytes that its pages in use have.
  func byteCount() throws -> Int {
    let size = try database.integer(HistorySQL.pageSize) ?? 0
    let count = try database.integer(HistorySQL.pageCount) ?? 0
    let free = try database.integer(HistorySQL.freePageCount) ?? 0
    return Int((count - free) * size)
  }
}
