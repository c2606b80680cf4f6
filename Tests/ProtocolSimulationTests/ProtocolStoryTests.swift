import ProtocolSimulation
import Testing

/// Histories that failed once, written down: they stay what they are when the draws of a seed
/// change. Each fails again with the planted bug that undoes what was mended.
@Suite struct ProtocolStoryTests {
  struct Story: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let mutant: Mutant
    let options: HistoryOptions
    let events: [HistoryEvent]
  }

  @Test(arguments: [
    tailAboveTheFork, oldNameOfASharedEntry, predecessorIsLost, aliasOfALostChain,
    retiredOnALostStretch,
    floorOfALeftTimeline,
  ])
  func isMended(_ story: Story) {
    let outcome = ProtocolRunner.run(
      seed: 0, keepsTrace: true, options: story.options, events: story.events)
    #expect(outcome.violations.isEmpty, "\(outcome.traceLines.joined(separator: "\n"))")
    let planted = ProtocolRunner.run(
      seed: 0, mutant: story.mutant, keepsTrace: true, options: story.options,
      events: story.events)
    #expect(!planted.violations.isEmpty, "\(planted.traceLines.joined(separator: "\n"))")
  }

  /// The hub's memory goes back. A branch whose tail begins above where the histories part names
  /// its stretch from there on: what is below counted as shared, and as seen.
  static let tailAboveTheFork = Story(
    testDescription: "tail above the fork", mutant: .sharedBelowTail,
    options: HistoryOptions(rowCount: 3, deviceCount: 3, unbackedMax: 2),
    events: [
      .copyHub, edit(0, row: 1), sync(0), edit(0, row: 2), sync(0), edit(2, row: 0), sync(2),
      .turnBackHub(age: 0), edit(1, row: 2), sync(1), .edit(device: 2, row: 2, columns: 0),
    ])

  /// The hub goes back to before it heard what an entry was called on a lost timeline. The entry is
  /// on the path of both, so it was not handed back, and its old name said nothing.
  static let oldNameOfASharedEntry = Story(
    testDescription: "old name of a shared entry", mutant: .namesBelowForkKept,
    options: HistoryOptions(rowCount: 2, deviceCount: 2),
    events: [
      edit(1, row: 0), .backUpHub, sync(1), sync(0), .restoreHub(age: 0), edit(0, row: 1), sync(0),
      .restoreHub(age: 0), sync(1), .backUpHub, sync(0, messages: 3), edit(0, row: 0),
      sync(0, messages: 1), .restoreHub(age: 0),
    ])

  /// An entry is handed back whose predecessor in its chain is lost. Its chain began anew, and what
  /// came before in it, which the hub has, counted as concurrent.
  static let predecessorIsLost = Story(
    testDescription: "predecessor is lost", mutant: .lostParentIsNone,
    options: HistoryOptions(rowCount: 2, deviceCount: 2),
    events: [0, 1, 1, 1, 1, 1, 0].flatMap { row in
      [edit(0, row: row), sync(0, messages: 0), .crash(device: 0)]
    } + [
      sync(0, messages: 1), .backUpHub, sync(0, messages: 1), .backUpHub, sync(0),
      .restoreHub(age: 2),
    ])

  /// A copy's chain goes on behind an entry that the log has under another name. The hub that knew
  /// so is lost; one entry of the chain says it, and the chain that continues it did not ask.
  static let aliasOfALostChain = Story(
    testDescription: "alias of a lost chain", mutant: .chainsToldOnce,
    options: HistoryOptions(rowCount: 2, deviceCount: 2),
    events: [
      edit(0, row: 0), sync(0, messages: 0), .cloneBranch(device: 0), edit(0, row: 1), sync(0),
      .backUpHub, edit(2, row: 0), sync(2, messages: 4), edit(2, row: 0), sync(2, messages: 1),
      .restoreHub(age: 0),
    ])

  /// What a retired branch sends was put aside before it had handed back what it refers to.
  static let retiredOnALostStretch = Story(
    testDescription: "retired on a lost stretch", mutant: .retiredFirst,
    options: HistoryOptions(rowCount: 2, deviceCount: 3),
    events: [
      .copyHub, edit(1, row: 0), sync(1), .turnBackHub(age: 0), edit(0, row: 1), sync(0),
      .retire(device: 1), edit(1, row: 1), sync(1), .replaySalvage,
    ])

  /// A branch leaves its timeline for one that forks earlier, and the hub goes back to a backup of
  /// the former: what it was told there about what the branch has is no longer so.
  static let floorOfALeftTimeline = Story(
    testDescription: "floor of a left timeline", mutant: .oldFloorsCount,
    options: HistoryOptions(rowCount: 1, deviceCount: 2),
    events: [
      .backUpHub, edit(0, row: 0), sync(0), sync(1), sync(0), sync(1), .backUpHub,
      .restoreHub(age: 2), sync(0), .restoreHub(age: 0), sync(0, messages: 3), .prune,
    ])

  private static func edit(_ device: Int, row: Int) -> HistoryEvent {
    .edit(device: device, row: row, columns: 1)
  }

  private static func sync(_ device: Int, messages: Int = 20) -> HistoryEvent {
    .sync(device: device, messages: messages, chance: 0)
  }
}
