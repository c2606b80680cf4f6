internal import Basics
internal import Deltas

/// A set of one table's columns, as bits. Tables with fewer than 64 columns allocate nothing. Added
/// columns have large numbers, so only words that are not zero are kept.
struct ColumnSet: Hashable, Sendable {
  private struct Word: Hashable, Sendable {
    var index: UInt16
    /// Never zero.
    var bits: UInt64
  }

  private var low: UInt64 = 0
  /// The words after the first that are not zero, ascending.
  private var high: [Word] = []

  init() {}

  init(_ columns: some Sequence<ColumnID>) {
    for column in columns { insert(column) }
  }

  var isEmpty: Bool { low == 0 && high.isEmpty }

  func contains(_ column: ColumnID) -> Bool {
    let (word, bit) = Int(column.rawValue).quotientAndRemainder(dividingBy: 64)
    if word == 0 { return low >> UInt64(bit) & 1 == 1 }
    return high.contains { Int($0.index) == word && $0.bits >> UInt64(bit) & 1 == 1 }
  }

  mutating func insert(_ column: ColumnID) {
    let (word, bit) = Int(column.rawValue).quotientAndRemainder(dividingBy: 64)
    if word == 0 {
      low |= 1 << UInt64(bit)
    } else {
      insert(Word(index: UInt16(word), bits: 1 << UInt64(bit)))
    }
  }

  private mutating func insert(_ word: Word) {
    guard word.bits != 0 else { return }
    let place = high.firstIndex { $0.index >= word.index } ?? high.endIndex
    if place < high.endIndex, high[place].index == word.index {
      high[place].bits |= word.bits
    } else {
      high.insert(word, at: place)
    }
  }

  func isDisjoint(with other: ColumnSet) -> Bool {
    guard low & other.low == 0 else { return false }
    return high.isEmpty || other.high.isEmpty
      || !high.contains { word in
        other.high.contains { $0.index == word.index && $0.bits & word.bits != 0 }
      }
  }

  func isSubset(of other: ColumnSet) -> Bool {
    var rest = self
    rest.subtract(other)
    return rest.isEmpty
  }

  mutating func formUnion(_ other: ColumnSet) {
    low |= other.low
    for word in other.high { insert(word) }
  }

  mutating func subtract(_ other: ColumnSet) {
    low &= ~other.low
    guard !high.isEmpty, !other.high.isEmpty else { return }
    for index in high.indices {
      for word in other.high where word.index == high[index].index {
        high[index].bits &= ~word.bits
      }
    }
    high.removeAll { $0.bits == 0 }
  }

  /// In the order of their numbers.
  var columns: [ColumnID] {
    var result: [ColumnID] = []
    func add(_ word: UInt64, at index: Int) {
      var rest = word
      while rest != 0 {
        result.append(ColumnID(UInt16(index * 64 + rest.trailingZeroBitCount)))
        rest &= rest - 1
      }
    }
    add(low, at: 0)
    for word in high { add(word.bits, at: Int(word.index)) }
    return result
  }

  /// A count of words, then the words, least significant first. Where most would be zeroes: a
  /// zero, the first word, a count, and for each other word its index and its bits.
  func write(to writer: inout ByteWriter) {
    let count = 1 + Int(high.last?.index ?? 0)
    guard count <= Self.denseWordsMax else {
      writer.writeVarint(0)
      writer.writeVarint(low)
      writer.writeVarint(high.count)
      for word in high {
        writer.writeVarint(Int(word.index))
        writer.writeVarint(word.bits)
      }
      return
    }
    writer.writeVarint(count)
    writer.writeVarint(low)
    var rest = high[...]
    for index in 1..<max(1, count) {
      let isThere = rest.first.map { Int($0.index) == index } ?? false
      writer.writeVarint(isThere ? rest.removeFirst().bits : 0)
    }
  }

  init(reading reader: inout FieldReader) throws(DeltaDecodingError) {
    let count = try reader.readCount(of: "column words", atMost: Self.wordsMax)
    low = try reader.readVarint()
    guard count > 0 else {
      for _ in 0..<(try reader.readCount(of: "column words", atMost: Self.wordsMax)) {
        let index = try reader.readCount(of: "column words", atMost: Self.wordsMax - 1)
        insert(Word(index: UInt16(index), bits: try reader.readVarint()))
      }
      return
    }
    for index in 1..<max(1, count) {
      insert(Word(index: UInt16(index), bits: try reader.readVarint()))
    }
  }

  /// From there on words are counted one by one.
  private static let denseWordsMax = 32
  /// Column numbers have 16 bits.
  private static let wordsMax = 1 << 10
}
