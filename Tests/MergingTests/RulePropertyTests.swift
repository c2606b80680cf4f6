import Basics
import Testing

@testable import Merging

/// The laws in random worlds. `TRIBUTARY_MERGE_CASES=10000000 swift test -c release
/// -Xswiftc -enable-testing --filter RulePropertyTests` takes a quarter of an hour or so.
struct RulePropertyTests {
  private static let partCount = 8

  @Test(arguments: 0..<partCount)
  func lawsHoldInRandomWorlds(part: Int) throws {
    let count = Environment.count("TRIBUTARY_MERGE_CASES", 4_000)
    for number in stride(from: part, to: count, by: Self.partCount) {
      var generator = SeededGenerator(seed: UInt64(number))
      let random = try RandomRuleWorld(&generator)
      guard let broken = random.broken(&generator) else { continue }
      Issue.record("Case \(number), \(random.rules.map(\.name)): \(broken)\n\(random.world)")
      return
    }
  }
}
