internal import Basics

/// What a block's bytes say, laid out flat: one tag and one word for each cell, column by column.
struct BlockContent: Sendable {
  /// The storage class of each cell; a UUID's is text.
  private(set) var tags: [UInt8] = []
  /// An integer, a real's bits, or where a text or blob lies in `storage`: offset × 2³² + length.
  private(set) var words: [UInt64] = []
  /// The raw bytes, and after them the texts of the UUIDs.
  private(set) var storage: [UInt8]
  private(set) var milliseconds: [Int64] = []
  /// For each row 0 for none or the position + 1; empty if no row has a base.
  private(set) var bases: [UInt64] = []

  private var runs: [(storageClass: UInt8, count: Int)] = []

  init(
    raw: [UInt8], cursor: inout RawCursor, rowCount: Int, keyColumnCount: Int, columnCount: Int
  ) throws(DeltaDecodingError) {
    let cells = rowCount * (keyColumnCount + columnCount)
    storage = raw
    tags = [UInt8](repeating: StorageClass.null, count: cells)
    words = [UInt64](repeating: 0, count: cells)
    for column in 0..<keyColumnCount {
      try readSection(&cursor, firstCell: column * rowCount, rowCount: rowCount, isKey: true)
    }
    try readTimes(&cursor, rowCount: rowCount)
    try readBases(&cursor, rowCount: rowCount)
    for column in keyColumnCount..<keyColumnCount + columnCount {
      try readSection(&cursor, firstCell: column * rowCount, rowCount: rowCount, isKey: false)
    }
    guard cursor.remaining == 0 else { throw .malformed("a block has bytes after its end") }
    runs = []
  }

  private mutating func readTimes(
    _ cursor: inout RawCursor, rowCount: Int
  ) throws(DeltaDecodingError) {
    var previous: Int64 = 0
    milliseconds.reserveCapacity(rowCount)
    for _ in 0..<rowCount {
      previous &+= try cursor.readSignedVarint()
      milliseconds.append(previous)
    }
  }

  private mutating func readBases(
    _ cursor: inout RawCursor, rowCount: Int
  ) throws(DeltaDecodingError) {
    var covered = 0
    var previous: UInt64?
    while covered < rowCount {
      let count = try cursor.readCount(of: "rows with a base", atMost: rowCount - covered)
      let code = try cursor.readVarint()
      guard code <= DeltaLimits.ordinalMax + 1 else {
        throw .malformed("a block has an impossible base")
      }
      guard code != previous else { throw .malformed("a block has a run of bases in two parts") }
      if covered == 0, count == rowCount, code == 0 { return }
      bases.append(contentsOf: repeatElement(code, count: count))
      previous = code
      covered += count
    }
  }

  private mutating func readSection(
    _ cursor: inout RawCursor, firstCell: Int, rowCount: Int, isKey: Bool
  ) throws(DeltaDecodingError) {
    try readRuns(&cursor, rowCount: rowCount, isKey: isKey)
    var present = (integers: false, reals: false, contents: false, uuids: false)
    var cell = firstCell
    for run in runs {
      switch run.storageClass {
      case StorageClass.integer: present.integers = true
      case StorageClass.real: present.reals = true
      case StorageClass.text, StorageClass.blob: present.contents = true
      case StorageClass.uuid: present.uuids = true
      default: break
      }
      let tag = run.storageClass == StorageClass.uuid ? StorageClass.text : run.storageClass
      if tag != StorageClass.null {
        for index in cell..<cell + run.count { tags[index] = tag }
      }
      cell += run.count
    }
    if present.integers { try readIntegers(&cursor, firstCell: firstCell) }
    if present.reals { try readReals(&cursor, firstCell: firstCell) }
    if present.contents {
      let limit = isKey ? DeltaLimits.keyBytesMax : DeltaLimits.valueBytesMax
      try readLengths(&cursor, firstCell: firstCell, limit: limit)
      try readContents(&cursor, firstCell: firstCell)
    }
    if present.uuids { try readUUIDs(&cursor, firstCell: firstCell) }
  }

  private mutating func readRuns(
    _ cursor: inout RawCursor, rowCount: Int, isKey: Bool
  ) throws(DeltaDecodingError) {
    runs.removeAll(keepingCapacity: true)
    var covered = 0
    var previous = StorageClass.none
    while covered < rowCount {
      let storageClass = try cursor.readByte()
      guard storageClass <= StorageClass.uuid else {
        throw .malformed("a block has values of the unknown class \(storageClass)")
      }
      guard storageClass != previous else {
        throw .malformed("a block has a run of values in two parts")
      }
      guard !isKey || storageClass != StorageClass.null else {
        throw .malformed("a block has a null in a key")
      }
      let count = try cursor.readCount(of: "values in a run", atMost: rowCount - covered)
      runs.append((storageClass, count))
      previous = storageClass
      covered += count
    }
  }

  private mutating func readIntegers(
    _ cursor: inout RawCursor, firstCell: Int
  ) throws(DeltaDecodingError) {
    var cell = firstCell
    var previous: Int64 = 0
    for run in runs {
      if run.storageClass == StorageClass.integer {
        for index in cell..<cell + run.count {
          previous &+= try cursor.readSignedVarint()
          words[index] = UInt64(bitPattern: previous)
        }
      }
      cell += run.count
    }
  }

  private mutating func readReals(
    _ cursor: inout RawCursor, firstCell: Int
  ) throws(DeltaDecodingError) {
    var cell = firstCell
    for run in runs {
      if run.storageClass == StorageClass.real {
        for index in cell..<cell + run.count { words[index] = try cursor.readFixed64() }
      }
      cell += run.count
    }
  }

  private mutating func readLengths(
    _ cursor: inout RawCursor, firstCell: Int, limit: Int
  ) throws(DeltaDecodingError) {
    var cell = firstCell
    for run in runs {
      if run.storageClass == StorageClass.text || run.storageClass == StorageClass.blob {
        for index in cell..<cell + run.count {
          let length = try cursor.readVarint()
          guard length <= UInt64(limit) else {
            throw .tooLarge(what: "value in bytes", limit: limit)
          }
          words[index] = length
        }
      }
      cell += run.count
    }
  }

  private mutating func readContents(
    _ cursor: inout RawCursor, firstCell: Int
  ) throws(DeltaDecodingError) {
    var cell = firstCell
    for run in runs {
      if run.storageClass == StorageClass.text || run.storageClass == StorageClass.blob {
        for index in cell..<cell + run.count {
          let offset = cursor.offset
          let length = words[index]
          let content = try cursor.readBytes(Int(length))
          if run.storageClass == StorageClass.text, PackedUUID(text: content) != nil {
            throw .malformed("a block has a UUID that is not packed")
          }
          words[index] = UInt64(offset) << 32 | length
        }
      }
      cell += run.count
    }
  }

  private mutating func readUUIDs(
    _ cursor: inout RawCursor, firstCell: Int
  ) throws(DeltaDecodingError) {
    var cell = firstCell
    for run in runs {
      if run.storageClass == StorageClass.uuid {
        guard cursor.remaining / PackedUUID.byteCount >= run.count else {
          throw .malformed("a block is cut short")
        }
        var offset = storage.count
        let added = run.count * PackedUUID.textBytes
        storage.append(contentsOf: repeatElement(0, count: added))
        for index in cell..<cell + run.count {
          let packed = PackedUUID(
            first: try cursor.readFixed64(), second: try cursor.readFixed64())
          storage.withUnsafeMutableBytes { bytes in
            packed.write(
              to: UnsafeMutableRawBufferPointer(
                rebasing: bytes[offset..<offset + PackedUUID.textBytes]))
          }
          words[index] = UInt64(offset) << 32 | UInt64(PackedUUID.textBytes)
          offset += PackedUUID.textBytes
        }
      }
      cell += run.count
    }
  }
}
