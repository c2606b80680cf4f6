import Basics
import Testing

@testable import Merging

/// The laws in random worlds. `TRIBUTARY_MERGE_CASES=10000000 swift test -c release
/// -Xswiftc -enable-testing --filter RulePropertyTests` takes a quarter of an hour or so.
struct RulePropertyTests {
  private static let partCount = 8

  @Test(arguments: 0..<partCount)
  func lawsHoldInRandomWorlds(part: Int) throws {
    let count = Environment.count("TRIBUTARY_MERGE_CASES", 2_400)
    for number in stride(from: part, to: count, by: Self.partCount) {
      if let broken = try Self.broken(number) {
        Issue.record("\(broken)")
        return
      }
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
    return random.broken(&generator).map {
      "Case \(number), \(random.rules.map(\.name)): \($0)\n\(random.world)"
    }
  }
}
