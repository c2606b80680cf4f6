internal import Basics
internal import Clocks
internal import Deltas

/// Reads an input as a list of choices: structure comes from bytes, so that a change of a byte is a
/// change of one choice. Zeroes after the end.
struct InputBytes {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }
  init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes) }

  var isAtEnd: Bool { offset >= bytes.count }

  mutating func byte() -> UInt8 {
    guard offset < bytes.count else { return 0 }
    defer { offset += 1 }
    return bytes[offset]
  }

  /// From 0 up to, not including, `bound`, which is at least 1.
  mutating func number(below bound: Int) -> Int {
    guard bound > 256 else { return Int(byte()) % bound }
    return Int(word() % UInt64(bound))
  }

  mutating func flag() -> Bool { byte() & 1 == 1 }

  /// Eight bytes, little-endian.
  mutating func word() -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(byte()) << UInt64(8 * $1) }
  }

  /// Numbers small more often than large, with the largest among them.
  mutating func magnitude() -> UInt64 {
    switch byte() {
    case 255: .max
    case 254: UInt64(Int64.max)
    case 253: DeltaLimits.ordinalMax
    case 224...252: word()
    case 192...223: UInt64(byte()) << 8 | UInt64(byte())
    case let small: UInt64(small)
    }
  }

  /// A few bytes, or everything that is left.
  mutating func bytes(atMost limit: Int) -> [UInt8] {
    let count = min(number(below: limit + 1), bytes.count - min(offset, bytes.count))
    return (0..<count).map { _ in byte() }
  }

  mutating func rest() -> [UInt8] {
    defer { offset = bytes.count }
    return Array(bytes[min(offset, bytes.count)...])
  }
}

// MARK: - Values of the product

extension InputBytes {
  mutating func keyValue() -> Value {
    switch byte() % 6 {
    case 0: .integer(Int64(bitPattern: magnitude()))
    case 1: .integer(-Int64(truncatingIfNeeded: magnitude() >> 1))
    case 2: .real(bits: word())
    case 3: .text(bytes(atMost: 40))
    case 4: .blob(bytes(atMost: 40))
    default: .text(uuid())
    }
  }

  mutating func value() -> Value { byte() % 5 == 0 ? .null : keyValue() }

  /// The text of a UUID, which blocks and keys pack.
  private mutating func uuid() -> [UInt8] {
    var digits = Array(hexadecimal((0..<16).map { _ in byte() }).utf8)
    for place in [8, 13, 18, 23] { digits.insert(UInt8(ascii: "-"), at: place) }
    return digits
  }

  mutating func position() -> LogPosition {
    LogPosition(min(magnitude(), DeltaLimits.ordinalMax))
  }

  mutating func dot() -> Dot {
    Dot(
      replica: ReplicaID(UInt32(truncatingIfNeeded: magnitude())),
      counter: max(1, min(magnitude(), DeltaLimits.ordinalMax)))
  }

  mutating func hash() -> ContentHash { ContentHash(of: [byte()]) }

  mutating func generation() -> GenerationID { GenerationID(high: word(), low: magnitude()) }

  mutating func timestamp() -> HybridTimestamp {
    HybridTimestamp(
      milliseconds: Int64(bitPattern: magnitude()),
      counter: UInt32(truncatingIfNeeded: magnitude()),
      replica: ReplicaID(UInt32(truncatingIfNeeded: magnitude())))
  }

  /// A block's rows in its raw form, of a kind if one is asked for.
  mutating func block(rowsMax: Int = 4, kind wanted: ChangeKind? = nil) -> RawBlock {
    let kinds: [ChangeKind] = [.insert, .update, .delete]
    let kind = wanted ?? kinds[number(below: 3)]
    var columns: [ColumnID] = []
    if kind != .delete {
      var number: UInt16 = 0
      for _ in 0..<self.number(below: 4) + (kind == .update ? 1 : 0) {
        number += 1 + UInt16(byte())
        columns.append(ColumnID(number))
      }
    }
    let keyColumnCount = 1 + number(below: 3)
    var builder = BlockBuilder(
      table: TableID(1 + UInt16(byte())), kind: kind, columns: columns,
      keyColumnCount: keyColumnCount)
    let rowCount = 1 + number(below: rowsMax)
    for _ in 0..<rowCount {
      let milliseconds = Int64(bitPattern: magnitude())
      builder.beginRow(milliseconds: milliseconds, base: flag() ? position() : nil)
      for _ in 0..<keyColumnCount { keyValue().withView { builder.appendKey($0) } }
      for _ in columns { value().withView { builder.append($0) } }
    }
    return RawBlock(raw: builder.finish(), rowCount: rowCount)
  }

  mutating func conflict() -> Conflict {
    let key = RowKey(
      table: TableID(1 + UInt16(byte())),
      values: (0...number(below: 2)).map { _ in keyValue() })
    let columns = Set((0..<number(below: 3)).map { _ in 1 + UInt16(byte()) }).sorted()
    let sides = (0..<2 + number(below: 3)).map { _ in
      ConflictSide(
        dot: dot(), milliseconds: flag() ? Int64(bitPattern: magnitude()) : nil,
        clockOffsetMilliseconds: flag() ? Int64(bitPattern: magnitude()) : nil,
        values: flag() ? columns.map { _ in value() } : nil)
    }
    return Conflict(
      id: min(magnitude(), DeltaLimits.ordinalMax), position: position(), key: key,
      columns: columns.map { ColumnID($0) },
      bases: flag() && !columns.isEmpty ? columns.map { _ in value() } : nil, sides: sides,
      rule: flag() ? "latest" : "", state: flag() ? .open : .settled,
      explanation: String(repeating: "e", count: number(below: 8)))
  }
}

/// A block's raw bytes, and how many rows they hold.
struct RawBlock {
  var raw: [UInt8]
  var rowCount: Int
}
