/// A set of marks: the numbers that the world gives to writes, unknown to any replica.
struct Marks: Hashable, Sendable {
  private var words = SIMD8<UInt64>(repeating: 0)

  /// Numbers are below this.
  static let countMax = 512

  init() {}
  init(_ marks: [Int]) { for mark in marks { insert(mark) } }

  mutating func insert(_ mark: Int) { words[mark >> 6] |= 1 << UInt64(mark & 63) }
  mutating func formUnion(_ other: Marks) { words |= other.words }
  func contains(_ mark: Int) -> Bool { words[mark >> 6] >> UInt64(mark & 63) & 1 == 1 }
  func union(_ other: Marks) -> Marks {
    var result = self
    result.formUnion(other)
    return result
  }
  var elements: [Int] {
    var result: [Int] = []
    for word in 0..<8 where words[word] != 0 {
      for bit in 0..<64 where words[word] >> UInt64(bit) & 1 == 1 { result.append(word << 6 | bit) }
    }
    return result
  }
}
