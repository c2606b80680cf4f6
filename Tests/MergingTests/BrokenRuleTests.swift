import Clocks
import Deltas
import Testing

@testable import Merging

/// Rules that break a law each: the walk through all small histories notices.
struct BrokenRuleTests {
  /// A rule of any making.
  private struct Planted: MergeRule {
    let name = "planted"
    var memory = RuleMemory.maximal
    let made: @Sendable ([CellVersion]) -> CellOutcome

    func resolve(_ versions: [CellVersion]) -> CellOutcome { made(versions) }
  }

  /// One that chooses by versions, for units too; its order is none.
  private struct Circle: VersionRule {
    let name = "planted"

    func stands(_ left: Version, over right: Version) -> Bool {
      (left.dot.replica.rawValue + 1) % 3 == right.dot.replica.rawValue % 3
    }

    func explanation(_ standing: Version, over rival: Version) -> MergeExplanation { .laterWrite }
  }

  enum Fault: String, CaseIterable {
    case earliest, silent, loud, byNumber, overwriting, addingTwice, circle

    /// The rule that it is a bad copy of.
    var original: String {
      switch self {
      case .overwriting, .addingTwice: "counter"
      default: "latest"
      }
    }

    /// What is said of it.
    var finding: String {
      switch self {
      case .earliest: "shows"
      case .silent: "nobody says so"
      case .loud: "conflicts"
      case .byNumber, .circle, .overwriting, .addingTwice: ""
      }
    }
  }

  private func rule(_ fault: Fault) -> any MergeRule {
    switch fault {
    case .earliest:
      return Planted { versions in
        let index = versions.indices.min {
          LatestRule.stands(versions[$1].version, over: versions[$0].version)
        }
        return Self.choosing(index ?? 0, of: versions)
      }
    case .silent:
      return Planted { versions in
        var outcome = LatestRule().resolve(versions)
        outcome.overruled = []
        return outcome
      }
    case .loud:
      return Planted { versions in
        var outcome = LatestRule().resolve(versions)
        outcome.overruled = versions.indices.filter { $0 != outcome.standing }
        return outcome
      }
    case .byNumber:
      return Planted { Self.choosing($0.count == 2 ? 0 : $0.count - 1, of: $0) }
    case .overwriting:
      return Planted { LatestRule().resolve($0) }
    case .addingTwice:
      return Planted(memory: .operations) { versions in
        CounterRule().resolve(versions + versions.filter { $0.previous != nil }.suffix(1))
      }
    case .circle: return Circle()
    }
  }

  private static func choosing(_ index: Int, of versions: [CellVersion]) -> CellOutcome {
    CellOutcome(
      value: versions[index].value, standing: index,
      overruled: versions.indices.filter { versions[$0].value != versions[index].value },
      explanation: .laterWrite)
  }

  @Test(arguments: Fault.allCases) func aBrokenRuleIsNoticed(fault: Fault) throws {
    let original = try #require(RuleCase.all.first { $0.name == fault.original })
    let planted = RuleCase(
      name: original.name, reference: RuleReference("planted"), next: original.next,
      isRight: original.isRight, overruled: original.overruled)
    var registry = RuleRegistry.standard
    try registry.register(rule(fault))
    let column = RuleCase.column
    var walk = RuleWalk(
      RuleWorld(try planted.policy(.lose, registry: registry)), planted,
      [(.insert, [column]), (.update, [column]), (.delete, [])], changesMax: 4,
      isPlausible: true, pattern: 0)
    walk.walk()
    let found = try #require(walk.failures.first, "\(fault) went by unnoticed")
    #expect(fault.finding.isEmpty || found.contains(fault.finding), "\(found)")
  }
}
