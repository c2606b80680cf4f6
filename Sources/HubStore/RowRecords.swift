internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// What the hub has of a row besides its values.
enum RowRecord: Hashable {
  /// Neither a record nor a cover: the row was never heard of.
  case unknown
  /// No record. If the row is in the table, all its columns are as the block inserted them.
  case covered(position: LogPosition, part: Int)
  case stored(StoredRecord)
}

/// A row's record as the file has it.
struct StoredRecord: Hashable {
  let position: LogPosition
  let milliseconds: Int64?
  let detail: [UInt8]?

  func metadata() throws(DeltaDecodingError) -> RowMetadata {
    try RowMetadata(position: position, milliseconds: milliseconds, detail: detail)
  }
}

/// Reads and writes the rows' records and covers. Prepared once, used for every row.
final class RowRecords {
  /// A block of inserted rows which need no records of their own. Covers of one table do not
  /// overlap.
  struct Cover {
    let table: TableID
    let keyMin: [UInt8]
    let keyMax: [UInt8]
    let position: LogPosition
    let part: Int
  }

  private let database: Database
  private let selectStatement: Statement
  private let insertStatement: Statement
  private let updateStatement: Statement
  private let coverStatement: Statement
  /// The first cover at or after `from`; nil if there is none.
  private var near: (table: TableID, from: [UInt8], cover: Cover?)?

  init(_ database: Database) throws(StorageError) {
    self.database = database
    selectStatement = try database.prepare(HubSQL.selectRow)
    insertStatement = try database.prepare(HubSQL.insertRow)
    updateStatement = try database.prepare(HubSQL.updateRow)
    coverStatement = try database.prepare(HubSQL.selectCover)
  }

  /// Forgets what may have changed: a new transaction has begun.
  func forget() { near = nil }

  // MARK: Records

  func record(_ table: TableID, _ key: UnsafeRawBufferPointer) throws -> RowRecord {
    if let stored = try stored(table, key) { return .stored(stored) }
    if let cover = try cover(table, key), BlockKeys.order(key, cover.keyMin) >= 0 {
      return .covered(position: cover.position, part: cover.part)
    }
    return .unknown
  }

  private func stored(
    _ table: TableID, _ key: UnsafeRawBufferPointer
  ) throws(StorageError) -> StoredRecord? {
    defer { selectStatement.reset() }
    try bind(selectStatement, table, key)
    guard try selectStatement.step() else { return nil }
    return StoredRecord(
      position: LogPosition(UInt64(clamping: selectStatement.integer(0))),
      milliseconds: selectStatement.isNull(1) ? nil : selectStatement.integer(1),
      detail: selectStatement.isNull(2) ? nil : selectStatement.bytes(2))
  }

  /// Adds a record with one version for all columns, unless the row has a record.
  func insertPlain(
    _ table: TableID, _ key: UnsafeRawBufferPointer, _ position: LogPosition,
    _ milliseconds: Int64?
  ) throws(StorageError) -> Bool {
    try bind(insertStatement, table, key)
    try bindVersion(insertStatement, position, milliseconds)
    defer { insertStatement.reset() }
    _ = try insertStatement.step()
    return database.changes == 1
  }

  func insert(
    _ table: TableID, _ key: UnsafeRawBufferPointer, _ metadata: RowMetadata
  ) throws(StorageError) {
    try insert(table, key, metadata.latest, detail: metadata.detail)
  }

  func insert(
    _ table: TableID, _ key: UnsafeRawBufferPointer, _ latest: StoredVersion, detail: [UInt8]?
  ) throws(StorageError) {
    try write(insertStatement, table, key, latest, detail)
    invariant(database.changes == 1, "A row without a record gets one.")
  }

  func update(
    _ table: TableID, _ key: UnsafeRawBufferPointer, _ metadata: RowMetadata
  ) throws(StorageError) {
    try update(table, key, metadata.latest, detail: metadata.detail)
  }

  func update(
    _ table: TableID, _ key: UnsafeRawBufferPointer, _ latest: StoredVersion, detail: [UInt8]?
  ) throws(StorageError) {
    try write(updateStatement, table, key, latest, detail)
    invariant(database.changes == 1, "A row's record is there to be changed.")
  }

  /// Writes a record whether there was one or not.
  func upsert(
    _ table: TableID, _ key: UnsafeRawBufferPointer, _ metadata: RowMetadata
  ) throws(StorageError) {
    try write(updateStatement, table, key, metadata.latest, metadata.detail)
    if database.changes == 0 { try insert(table, key, metadata) }
  }

  private func write(
    _ statement: Statement, _ table: TableID, _ key: UnsafeRawBufferPointer,
    _ latest: StoredVersion, _ detail: [UInt8]?
  ) throws(StorageError) {
    try bind(statement, table, key)
    try bindVersion(statement, latest.position, latest.milliseconds)
    defer { statement.reset() }
    guard let detail else {
      _ = try statement.step()
      return
    }
    try Value.blob(detail).withView { (view) throws(StorageError) in
      try statement.bind(5, view, copying: false)
      _ = try statement.step()
    }
  }

  private func bind(
    _ statement: Statement, _ table: TableID, _ key: UnsafeRawBufferPointer
  ) throws(StorageError) {
    try statement.bind(1, .integer(Int64(table.rawValue)), copying: false)
    try statement.bind(2, .blob(key), copying: false)
  }

  private func bindVersion(
    _ statement: Statement, _ position: LogPosition, _ milliseconds: Int64?
  ) throws(StorageError) {
    try statement.bind(3, .integer(Int64(clamping: position.rawValue)), copying: false)
    if let milliseconds { try statement.bind(4, .integer(milliseconds), copying: false) }
  }

  // MARK: Covers

  /// Whether any row between two keys has a record or a cover.
  func hasAny(_ table: TableID, from least: [UInt8], to greatest: [UInt8]) throws -> Bool {
    if try isCovered(table, from: least, to: greatest) { return true }
    let parameters = [Value(table), .blob(least), .blob(greatest)]
    return try database.integer(HubSQL.selectAnyRowBetween, parameters) != nil
  }

  /// Whether a cover and the keys between two overlap.
  func isCovered(_ table: TableID, from least: [UInt8], to greatest: [UInt8]) throws -> Bool {
    guard let cover = try least.withUnsafeBytes({ try cover(table, $0) }) else { return false }
    return greatest.withUnsafeBytes { BlockKeys.order($0, cover.keyMin) >= 0 }
  }

  func add(_ cover: Cover) throws {
    near = nil
    try database.execute(
      HubSQL.insertCover,
      [
        Value(cover.table), .blob(cover.keyMax), .blob(cover.keyMin), Value(cover.position),
        Value(cover.part),
      ])
  }

  /// The first cover that ends at a key or after it. Keys that ascend ask SQLite rarely.
  private func cover(_ table: TableID, _ key: UnsafeRawBufferPointer) throws -> Cover? {
    if let near, near.table == table, BlockKeys.order(key, near.from) >= 0 {
      guard let cover = near.cover else { return nil }
      if BlockKeys.order(key, cover.keyMax) <= 0 { return cover }
    }
    defer { coverStatement.reset() }
    try bind(coverStatement, table, key)
    var found: Cover?
    if try coverStatement.step() {
      found = Cover(
        table: table, keyMin: coverStatement.bytes(0), keyMax: coverStatement.bytes(1),
        position: LogPosition(UInt64(clamping: coverStatement.integer(2))),
        part: Int(coverStatement.integer(3)))
    }
    near = (table, Array(key), found)
    return found
  }
}
