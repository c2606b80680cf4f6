import TestSupport
import Testing

@testable import HubStore

/// Every case of `Fixtures/Merges` with real databases, from a program's SQL at a branch to
/// everybody's rows and ledgers, in both orders of arrival.
struct MergeStoryTests {
  @Test(arguments: MergeStory.names, [false, true])
  func databasesComeToWhatIsWritten(name: String, isOtherWayRound: Bool) throws {
    let story = try MergeStory(named: name)
    guard !isOtherWayRound || story.hasOtherOrder else { return }
    for difference in try StoryWorld.differences(story, isOtherWayRound: isOtherWayRound) {
      Issue.record("\(name): \(difference)")
    }
  }

  @Test func whereThereIsOneOrderItIsSaidWhy() throws {
    var count = 0
    for name in MergeStory.names {
      let story = try MergeStory(named: name)
      #expect(story.hasOtherOrder == (story.whyOneOrder == nil), "\(name)")
      #expect(!story.isSaidTwice && (story.hasOtherOrder || story.otherOutcome == nil), "\(name)")
      if !story.hasOtherOrder { count += 1 }
    }
    #expect(count <= 24)
  }

  @Test func everyRefusalHasAStory() throws {
    let told = try MergeStory.names.flatMap { try MergeStory(named: $0).outcome.kept.map(\.why) }
    let refusals: [WriteRefusal] = [
      .headquartersOnly, .branchesOnly, .othersOnly, .ownerOnly, .appendOnly, .downOnly,
    ]
    for refusal in refusals { #expect(told.contains(refusal.sentence), "\(refusal)") }
  }

  // MARK: Random cases

  /// Everybody ends with the same, and a decision that is taken back has left no trace.
  @Test(arguments: 1...40 as ClosedRange<UInt64>, [false, true])
  func decisionsTakenBackLeaveNothing(seed: UInt64, isOtherWayRound: Bool) throws {
    let random = RandomStory(seed: seed)
    func outcome(_ more: [String]) throws -> MergeStory.Outcome {
      let outcomes = try StoryWorld.outcomes(
        of: MergeStory(random.text(and: more)), isOtherWayRound: isOtherWayRound)
      #expect(Set(outcomes.map(\.outcome.stands)).count == 1, "\(random.text(and: more))")
      return outcomes[0].outcome
    }
    let before = try outcome([])
    let name = MergeStory.branches[Int(seed % 3)]
    let (meant, back) = seed % 2 == 0 ? ("", "it") : ("all ", "all")
    let decision = "headquarters 21:00 decides \(meant)for \(name)"
    do {
      _ = try outcome([decision])
    } catch HubStoreError.notDecided {
      // It took no part in that, or the row is gone.
      return
    }
    let after = try outcome([decision, "headquarters 22:00 takes \(back) back"])
    #expect(after == before, "\(decision)\n\(random.text())")
  }

  // MARK: The checker

  private static let right = """
    North corrects the number, and so does south, later; the limit is for headquarters.

    write limit headquarters

    north before joining adds name = Li Wei, phone = 100, limit = 500
    south has everything
    north 10:00 sets phone = 200
    south 10:05 sets phone = 300, limit = 900

    stands name = Li Wei, phone = 300, limit = 500
    kept limit = 900 by south
    by rule authority
    why Only headquarters may write this: what stands stays; what was written was undone at its \
    branch, and is kept here.
    refused and put back
    kept phone = 200 by north
    by rule latest
    why Neither branch had seen the other's value; the one written later stands.
    """

  @Test func whatIsWrittenRightIsFoundSo() throws {
    let story = try MergeStory(Self.right)
    #expect(try StoryWorld.differences(story, isOtherWayRound: false) == [])
    #expect(try StoryWorld.differences(story, isOtherWayRound: true) == [])
  }

  @Test(arguments: [
    ("phone = 300, limit = 500", "phone = 200, limit = 500"),
    ("phone = 200 by north", "phone = 200 by south"),
    ("phone = 200 by north", "phone = 201 by north"),
    ("by rule latest", "by rule first"),
    ("by rule authority", "by rule latest"),
    ("written later stands", "written first stands"),
    ("later stands.", "later stands.\nwaits for a person"),
    ("refused and put back\n", ""),
    ("phone = 300, limit = 500\nkept", "phone = 300, limit = 900\nkept"),
    ("write limit headquarters", "write limit south"),
    ("write limit headquarters", "write limit headquarters\nrule phone first"),
    ("south 10:05", "south 09:55"),
    ("north 10:00 sets phone = 200\n", ""),
  ])
  func whatIsWrittenWrongIsFoundEverywhere(right: String, wrong: String) throws {
    let text = Self.right.replacing(right, with: wrong, maxReplacements: 1)
    try #require(text != Self.right)
    let places = try StoryWorld.differences(MergeStory(text), isOtherWayRound: false).map {
      String($0.prefix { $0 != ":" })
    }
    #expect(places == ["At the hub", "At east", "At north", "At south"])
  }
}
