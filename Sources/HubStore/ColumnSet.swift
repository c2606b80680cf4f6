internal import Basics
internal import Deltas

/// A set of one table's columns, as bits. Tables with fewer than 64 columns allocate nothing.
struct ColumnSet: Hashable, Sendable {
  private var low: UInt64 = 0
  /// The words after the first; never ends with a zero.
  private var high: [UInt64] = []

  init() {}

  init(_ columns: some Sequence<ColumnID>) {
    for column in columns { insert(column) }
  }

  var isEmpty: Bool { low == 0 && high.isEmpty }

  func contains(_ column: ColumnID) -> Bool {
    let (word, bit) = Int(column.rawValue).quotientAndRemainder(dividingBy: 64)
    if word == 0 { return low >> UInt64(bit) & 1 == 1 }
    return word <= high.count && high[word - 1] >> UInt64(bit) & 1 == 1
  }

  mutating func insert(_ column: ColumnID) {
    let (word, bit) = Int(column.rawValue).quotientAndRemainder(dividingBy: 64)
    if word == 0 {
      low |= 1 << UInt64(bit)
    } else {
      while high.count < word { high.append(0) }
      high[word - 1] |= 1 << UInt64(bit)
    }
  }

  func isDisjoint(with other: ColumnSet) -> Bool {
    low & other.low == 0 && zip(high, other.high).allSatisfy { $0 & $1 == 0 }
  }

  func isSubset(of other: ColumnSet) -> Bool {
    var rest = self
    rest.subtract(other)
    return rest.isEmpty
  }

  mutating func formUnion(_ other: ColumnSet) {
    low |= other.low
    while high.count < other.high.count { high.append(0) }
    for (index, word) in other.high.enumerated() { high[index] |= word }
  }

  mutating func subtract(_ other: ColumnSet) {
    low &= ~other.low
    for (index, word) in other.high.enumerated() where index < high.count {
      high[index] &= ~word
    }
    while high.last == 0 { high.removeLast() }
  }

  /// In the order of their numbers.
  var columns: [ColumnID] {
    var result: [ColumnID] = []
    for (index, word) in ([low] + high).enumerated() {
      var rest = word
      while rest != 0 {
        result.append(ColumnID(UInt16(index * 64 + rest.trailingZeroBitCount)))
        rest &= rest - 1
      }
    }
    return result
  }

  /// A count of words, then the words, least significant first.
  func write(to writer: inout ByteWriter) {
    writer.writeVarint(1 + high.count)
    writer.writeVarint(low)
    for word in high { writer.writeVarint(word) }
  }

  init(reading reader: inout FieldReader) throws(DeltaDecodingError) {
    let count = try reader.readCount(of: "column words", atMost: Self.wordsMax)
    guard count > 0 else { return }
    low = try reader.readVarint()
    for _ in 1..<max(1, count) { high.append(try reader.readVarint()) }
    while high.last == 0 { high.removeLast() }
  }

  /// Column numbers have 16 bits.
  private static let wordsMax = 1 << 10
}
