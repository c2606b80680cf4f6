import Foundation
import ProtocolSimulation
import Testing

/// Each checker finds what it is for: bugs planted into the model are caught.
@Suite struct MutantTests {
  /// Those that take a few hundred histories at most; `--mutants` plants the others too.
  @Test(arguments: [
    Mutant.contextAtPush, .contextIgnoresDeferral, .foreignContextIsOurs, .foreignContextIsNothing,
    .alsoForgotten, .noReplay, .replayOverPending, .outcomeForOthersOnly, .outcomeOfChangeOnly,
    .noOutcomes, .deferralForgotten, .deferralBaseMoves, .deferralReleasedEarly,
    .ownBlocksToAuthor, .pendingOverwritten, .wrongReceiver, .duplicateAccepted, .sealNotInApply,
    .chainNotChecked, .countersNotCompared, .dotIsIdentity, .adoptKeepsIdentity, .adoptDropsAll,
    .adoptDropsJournal, .rechainedWithoutOrigin, .aliasesNotPushed, .noNotice, .noGeneration,
    .generationReplacedAlways, .tailReceivedOnly, .tailDroppedAtOnce, .handBackOnePart,
    .handBackFromHead, .deltaFromHeadAfterLoss, .clockFactsAnew, .pruneAtHead, .salvageDropped,
    .baseAboveForkKept, .resumeByPosition, .namesBelowForkKept, .oldFloorsCount,
  ])
  func isCaught(_ mutant: Mutant) {
    let result = ProtocolRunner.hunt(
      mutant, shape: mutant.shape, trials: 1, seedsMax: 400, first: 5_000_000)
    #expect(result.seedCounts.count == 1, "\(result.text)")
  }

  /// `docs/mutants.md` lists what there is, and nothing else.
  @Test func theTableIsComplete() throws {
    let text = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../docs/mutants.md").standardized, encoding: .utf8)
    let listed = text.split(separator: "\n").compactMap { line in
      line.hasPrefix("| `") ? line.dropFirst(3).prefix { $0 != "`" } : nil
    }
    #expect(listed.map(String.init) == Mutant.allCases.filter { $0 != .none }.map(\.rawValue))
    for mutant in Mutant.allCases {
      #expect(!mutant.meaning.isEmpty, "\(mutant)")
      if mutant != .none { #expect(text.contains(mutant.meaning), "\(mutant)") }
    }
  }
}
