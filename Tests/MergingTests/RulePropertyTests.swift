import Basics
import Testing

@testable import Merging

/// The laws in random worlds: `scripts/laws` tries ten million, and `scripts/laws FIRST-LAST`
/// those from one number to another, some minutes for each million.
struct RulePropertyTests {
  private static let partCount = 8

  @Test(arguments: 0..<partCount)
  func lawsHoldInRandomWorlds(part: Int) throws {
    let cases = Environment.range("TRIBUTARY_MERGE_CASES", 0...2_399)
    var count = 0
    for number in stride(from: cases.lowerBound + part, through: cases.upperBound, by: 8) {
      count += 1
      if let broken = try Self.broken(number) {
        Issue.record("\(broken)")
        return
      }
    }
    if cases.count > 2_400 {
      print("Part \(part + 1) of \(Self.partCount): \(count) worlds of \(cases) keep every law.")
    }
  }

  /// Operations that a deletion had seen came back with those that outlived it, once who had seen
  /// both went on.
  @Test(arguments: [
    802_639, 99_617, 80_338, 170_539, 278_572, 936_528, 892_917, 93_159, 536_726,
  ])
  func worldsThatOnceFailed(number: Int) throws {
    let broken = try Self.broken(number)
    #expect(broken == nil)
  }

  private static func broken(_ number: Int) throws -> String? {
    var generator = SeededGenerator(seed: UInt64(number))
    let random = try RandomRuleWorld(&generator)
    guard let broken = random.broken(&generator) else { return nil }
    let least = random.shrunk() ?? (random, broken)
    return "Case \(number), \(random.rules.map(\.name)): \(broken)\n\(random.world)\n"
      + "Less of it: \(least.broken)\n\(least.random.world)\n"
      + "Again: scripts/laws \(number)-\(number)"
  }
}
