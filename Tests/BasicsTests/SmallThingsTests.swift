import Basics
import Testing

@Suite struct HexadecimalTests {
  @Test func bytesComeBack() {
    let all = (0...255).map { UInt8($0) }
    #expect(bytes(hexadecimal: hexadecimal(all)) == all)
    #expect(bytes(hexadecimal: hexadecimal(all).uppercased()) == all)
    #expect(hexadecimal([0x00, 0x0f, 0xf0]) == "000ff0")
  }

  @Test(arguments: ["0", "0g", "g0", " 0", "0x", "é", "00 00"]) func nothingElseIs(text: String) {
    #expect(bytes(hexadecimal: text) == nil)
  }
}

@Suite struct SeededGeneratorTests {
  /// The published test values of SplitMix64 for the seed 1234567.
  @Test func itIsSplitMix64() {
    var generator = SeededGenerator(seed: 1_234_567)
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
      4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
    ]
    #expect((0..<5).map { _ in generator.next() } == expected)
  }

  @Test func chanceKeepsItsBounds() {
    var generator = SeededGenerator(seed: 1)
    #expect((0..<1_000).allSatisfy { _ in !generator.chance(0) })
    #expect((0..<1_000).allSatisfy { _ in generator.chance(1_000) })
    let hits = (0..<10_000).count { _ in generator.chance(250) }
    #expect((2_300...2_700).contains(hits))
  }
}

@Suite struct SaturatingTests {
  static let edges: [Int64] = [.min, .min + 1, -2, -1, 0, 1, 2, .max - 1, .max]

  @Test func sumsAndDifferencesStopAtTheBounds() {
    for left in Self.edges {
      for right in Self.edges {
        let (sum, difference) = (Int128(left) + Int128(right), Int128(left) - Int128(right))
        #expect(Int128(left.addingSaturating(right)) == clamped(sum))
        #expect(Int128(left.subtractingSaturating(right)) == clamped(difference))
      }
    }
  }

  private func clamped(_ value: Int128) -> Int128 {
    min(max(value, Int128(Int64.min)), Int128(Int64.max))
  }
}
