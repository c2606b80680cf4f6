internal import Basics
package import Clocks

/// A block of rows, parsed and checked as a whole; values are then read without copies.
package struct BlockReader: Sendable {
  package let table: TableID
  package let kind: ChangeKind
  /// Ascending, without the key's.
  package let columns: [ColumnID]
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
    guard let kind = ChangeKind(rawValue: code) else {
      throw .malformed("a block has the unknown kind \(code)")
    }
    self.table = TableID(table)
    self.kind = kind
    columns = try Self.readColumns(&cursor)
    switch kind {
    case .insert: break
    case .update: guard !columns.isEmpty else { throw .malformed("an update has no columns") }
    case .delete: guard columns.isEmpty else { throw .malformed("a deletion has columns") }
    }
    keyColumnCount = try cursor.readCount(of: "key columns", atMost: DeltaLimits.keyColumnsMax)
    rowCount = try cursor.readCount(of: "rows", atMost: DeltaLimits.blockRowsMax)
    // Each row has a byte or more of time, so this bounds what is allocated by what is there.
    guard rowCount <= cursor.remaining else { throw .malformed("a block is cut short") }
    guard rowCount * (keyColumnCount + columns.count) <= DeltaLimits.blockCellsMax else {
      throw .tooLarge(what: "number of values in a block", limit: DeltaLimits.blockCellsMax)
    }
    content = try BlockContent(
      raw: raw, cursor: &cursor, rowCount: rowCount, keyColumnCount: keyColumnCount,
      columnCount: columns.count)
    try checkKeys()
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
              rowCount: rowCount, keyColumnCount: keyColumnCount))
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
        milliseconds: milliseconds(row: row), base: base(row: row))
    }
  }
}
