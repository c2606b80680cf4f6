import Deltas
import Foundation
import Testing

@testable import Merging

/// The laws of every rule, by exhaustion: four writes by three branches, every causal shape, every
/// order of arrival; with every rule for deletions.
struct RuleLawTests {
  private static let column = RuleCase.column

  private static let choices: [RuleWalk.Choice] = [
    (.insert, [column]), (.update, [column]), (.delete, []),
  ]

  private static func walk(
    _ policy: MergePolicy, _ rule: RuleCase, _ choices: [RuleWalk.Choice], changesMax: Int,
    isPlausible: Bool
  ) -> Int {
    var count = 0
    let patterns = Environment.count("TRIBUTARY_MERGE_PATTERNS", 1)
    for pattern in 0..<patterns {
      var walk = RuleWalk(
        RuleWorld(policy), rule, choices, changesMax: changesMax, isPlausible: isPlausible,
        pattern: UInt64(pattern))
      walk.walk()
      if let failure = walk.failures.first {
        Issue.record("TRIBUTARY_MERGE_PATTERNS=\(pattern + 1): \(failure)")
        break
      }
      count = walk.historyCount
    }
    return count
  }

  @Test(arguments: RuleCase.all, DeleteRule.allCases)
  func everyOrderOfFourWrites(rule: RuleCase, deletes: DeleteRule) throws {
    let count = Self.walk(
      try rule.policy(deletes), rule, Self.choices, changesMax: 4, isPlausible: true)
    #expect(count > 1_000)
  }

  @Test(arguments: RuleCase.all, DeleteRule.allCases)
  func everyOrderOfThreeWritesToRowsThatNobodySees(rule: RuleCase, deletes: DeleteRule) throws {
    let count = Self.walk(
      try rule.policy(deletes), rule, Self.choices, changesMax: 3, isPlausible: false)
    #expect(count == 795)
  }

  private static func unitPolicy(
    _ rule: RuleReference, _ deletes: DeleteRule
  ) throws -> MergePolicy {
    try MergePolicy(
      tables: [
        RuleWorld.table: TablePolicy(
          units: [TablePolicy.Unit(columns: [column, RuleCase.other], rule: rule)],
          deletes: deletes)
      ])
  }

  @Test(arguments: RuleCase.all.filter(\.isForUnits), DeleteRule.allCases)
  func everyOrderOfFourWritesToAUnit(rule: RuleCase, deletes: DeleteRule) throws {
    let columns = [Self.column, RuleCase.other]
    let count = Self.walk(
      try Self.unitPolicy(rule.reference, deletes), rule,
      [(.insert, columns), (.update, columns), (.delete, [])], changesMax: 4, isPlausible: true)
    #expect(count > 1_000)
  }

  /// Whoever does not know of the unit writes only some of its columns.
  @Test(arguments: DeleteRule.allCases)
  func everyOrderOfWritesToPartsOfAUnit(deletes: DeleteRule) throws {
    let columns = [Self.column, RuleCase.other]
    let rule = RuleCase.all[0]
    let count = Self.walk(
      try Self.unitPolicy(rule.reference, deletes), rule,
      [
        (.insert, columns), (.update, [columns[0]]), (.update, [columns[1]]), (.delete, []),
      ], changesMax: 3, isPlausible: true)
    #expect(count > 100)
  }
}

/// How often a test repeats itself; more on demand.
enum Environment {
  static func count(_ name: String, _ usual: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
  }

  /// `FIRST-LAST`, or how many from 0 on.
  static func range(_ name: String, _ usual: ClosedRange<Int>) -> ClosedRange<Int> {
    let asked = (ProcessInfo.processInfo.environment[name] ?? "")
      .split(separator: "-").compactMap { Int($0) }
    guard let last = asked.last, last > 0 || asked.count == 2 else { return usual }
    return asked.count == 2 && asked[0] <= last ? asked[0]...last : 0...(last - 1)
  }
}
