internal import Basics
package import Clocks

/// A block of rows, parsed and checked as a whole; values are then read without copies.
package struct BlockReader: Sendable {
  package let table: TableID
  package let kind: ChangeKind
  /// Ascending, without the key's.
  package let columns: [ColumnID]
  /// Those of an update's columns of which the rows say what was there before: ascending, empty
  /// unless the update is a counted one.
  package let counted: [ColumnID]
  package let keyColumnCount: Int
  package let rowCount: Int
  private let content: BlockContent

  /// Parses a block's raw bytes. Linear; allocates in proportion to the bytes, and never more than
  /// 9 bytes for each of `DeltaLimits.blockCellsMax` cells besides.
  package init(raw: [UInt8]) throws(DeltaDecodingError) {
    guard raw.count <= DeltaLimits.blockRawBytesMax else {
      throw .tooLarge(what: "block in bytes", limit: DeltaLimits.blockRawBytesMax)
    }
    self = try raw.withUnsafeBufferPointer { (bytes) throws(DeltaDecodingError) in
      try BlockReader(raw: raw, bytes: UnsafeRawBufferPointer(bytes))
    }
  }

  private init(raw: [UInt8], bytes: UnsafeRawBufferPointer) throws(DeltaDecodingError) {
    var cursor = RawCursor(bytes)
    guard let table = UInt16(exactly: try cursor.readVarint()), table > 0 else {
      throw .malformed("a block has an impossible table number")
    }
    let code = try cursor.readByte()
    let isCounted = code == ChangeKind.countedUpdateCode
    guard let kind = isCounted ? .update : ChangeKind(rawValue: code) else {
      throw .malformed("a block has the unknown kind \(code)")
    }
    self.table = TableID(table)
    self.kind = kind
    columns = try Self.readColumns(&cursor)
    counted = isCounted ? try Self.readCounted(&cursor, of: columns) : []
    switch kind {
    case .insert: break
    case .update: guard !columns.isEmpty else { throw .malformed("an update has no columns") }
    case .delete: guard columns.isEmpty else { throw .malformed("a deletion has columns") }
    }
    keyColumnCount = try cursor.readCount(of: "key columns", atMost: DeltaLimits.keyColumnsMax)
    rowCount = try cursor.readCount(of: "rows", atMost: DeltaLimits.blockRowsMax)
    // Each row has a byte or more of time, so this bounds what is allocated by what is there.
    guard rowCount <= cursor.remaining else { throw .malformed("a block is cut short") }
    let columnCount = columns.count + counted.count
    guard rowCount * (keyColumnCount + columnCount) <= DeltaLimits.blockCellsMax else {
      throw .tooLarge(what: "number of values in a block", limit: DeltaLimits.blockCellsMax)
    }
    content = try BlockContent(
      raw: raw, cursor: &cursor, rowCount: rowCount, keyColumnCount: keyColumnCount,
      columnCount: columnCount)
    try checkKeys()
  }

  private static func readCounted(
    _ cursor: inout RawCursor, of columns: [ColumnID]
  ) throws(DeltaDecodingError) -> [ColumnID] {
    let counted = try readColumns(&cursor)
    guard !counted.isEmpty else { throw .malformed("a counted update counts nothing") }
    guard Set(counted).isSubset(of: columns) else {
      throw .malformed("a counted update counts what it does not write")
    }
    return counted
  }

  private static func readColumns(
    _ cursor: inout RawCursor
  ) throws(DeltaDecodingError) -> [ColumnID] {
    let count = try cursor.readVarint()
    guard count <= UInt64(DeltaLimits.columnsMax) else {
      throw .tooLarge(what: "number of columns", limit: DeltaLimits.columnsMax)
    }
    var columns: [ColumnID] = []
    var previous: UInt64 = 0
    for _ in 0..<count {
      let step = try cursor.readVarint()
      guard step > 0, step <= UInt64(UInt16.max) - previous else {
        throw .malformed("a block has an impossible column number")
      }
      previous += step
      columns.append(ColumnID(UInt16(previous)))
    }
    return columns
  }

  /// Holds every key to `keyBytesMax`. Nearly always the sum of the longest values, each byte
  /// escaped, is within it already.
  private func checkKeys() throws(DeltaDecodingError) {
    try withValues { (values) throws(DeltaDecodingError) in
      let bound = (0..<keyColumnCount).reduce(0) { $0 + values.keyBytesBound($1) }
      guard bound > DeltaLimits.keyBytesMax else { return }
      var encoder = KeyEncoder()
      for row in 0..<rowCount {
        values.encodeKey(row: row, into: &encoder)
        guard encoder.bytes.count <= DeltaLimits.keyBytesMax else {
          throw .tooLarge(what: "key in bytes", limit: DeltaLimits.keyBytesMax)
        }
      }
    }
  }

  /// Throws if updates are counted where their changeset's header says that none is.
  func expectFit(mayCount: Bool) throws(DeltaDecodingError) {
    guard mayCount || counted.isEmpty else {
      throw .malformed("a changeset has a counted update that its header does not allow")
    }
  }

  /// The author's wall clock when the row was written, UTC since 1970.
  package func milliseconds(row: Int) -> Int64 { content.milliseconds[row] }

  /// The position at which the author had integrated the row; nil if the changeset's context holds.
  package func base(row: Int) -> LogPosition? {
    guard !content.bases.isEmpty, content.bases[row] > 0 else { return nil }
    return LogPosition(content.bases[row] - 1)
  }

  /// Lends access to all rows' values; the views are valid only inside the closure.
  package func withValues<Result, Failure: Error>(
    _ body: (BlockValues) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try content.tags.withUnsafeBufferPointer { (tags) throws(Failure) in
      try content.words.withUnsafeBufferPointer { (words) throws(Failure) in
        try content.storage.withUnsafeBufferPointer { (storage) throws(Failure) in
          try body(
            BlockValues(
              tags: tags, words: words, storage: UnsafeRawBufferPointer(storage),
              rowCount: rowCount, keyColumnCount: keyColumnCount, columnCount: columns.count))
        }
      }
    }
  }

  /// One row as a value of its own: for merging, tests and tools, not for hot loops.
  package func rowChange(_ row: Int) -> RowChange {
    withValues { values in
      RowChange(
        key: RowKey(
          table: table, values: (0..<keyColumnCount).map { Value(values.key($0, row: row)) }),
        kind: kind, columns: columns,
        values: columns.indices.map { Value(values.value($0, row: row)) },
        previous: previous(values, row: row),
        milliseconds: milliseconds(row: row), base: base(row: row))
    }
  }

  private func previous(_ values: BlockValues, row: Int) -> [Value?] {
    guard !counted.isEmpty else { return [] }
    var result = [Value?](repeating: nil, count: columns.count)
    var index = 0
    for (place, column) in columns.enumerated() where index < counted.count {
      guard column == counted[index] else { continue }
      result[place] = Value(values.previous(index, row: row))
      index += 1
    }
    return result
  }
}
