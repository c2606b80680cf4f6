import Basics
import Deltas
import TestSupport
import Testing

@testable import Merging

/// Every case of `Fixtures/Merges` that needs no hub, through the merge core.
struct MergeFixtureTests {
  private static let cases = MergeStory.names

  @Test func thereAreCases() throws {
    let forTheHubAlone = try Self.cases.filter { try MergeStory(named: $0).isForTheHubAlone }
    #expect(Self.cases.count - forTheHubAlone.count >= 120)
  }

  @Test func noTwoAreAlike() throws {
    var seen: [String: String] = [:]
    for name in Self.cases {
      let story = try MergeStory(named: name)
      let twin = seen.updateValue(name, forKey: "\(story.policy) \(story.events)")
      #expect(twin == nil, "\(name) is \(twin ?? "")")
    }
  }

  @Test func everyRuleAndEveryReasonHasAStory() throws {
    let kept = try Self.cases.flatMap { name in
      let story = try MergeStory(named: name)
      return story.outcome.kept + (story.otherOutcome?.kept ?? [])
    }
    let rules = Set(kept.map(\.rule))
    for name in RuleRegistry.standard.names + [DeleteRule.lose, .win, .ask].map(\.name) {
      #expect(rules.contains(name), "\(name)")
    }
    let reasons = Set(kept.map(\.why))
    for explanation in MergeExplanationTests.all.dropLast() {
      #expect(reasons.contains(explanation.sentence), "\(explanation)")
    }
  }

  @Test(arguments: cases, [false, true])
  func theCoreDecidesAsWritten(name: String, isOtherWayRound: Bool) throws {
    let story = try MergeStory(named: name)
    guard !story.isForTheHubAlone else { return }
    let fixture = try MergeFixture(story, isOtherWayRound: isOtherWayRound)
    for difference in story.differences(
      of: fixture.outcome(), isOtherWayRound: isOtherWayRound, at: "the core")
    {
      Issue.record("\(name): \(difference)")
    }
    var generator = SeededGenerator(seed: 1)
    let stands = story.expected(isOtherWayRound: isOtherWayRound).stands
    for _ in 0..<10 {
      let order = fixture.world.history.indices.shuffled(using: &generator)
      #expect(fixture.shown(fixture.world.state(order)) == stands)
    }
  }
}
