import ProtocolSimulation
import Testing

/// Each checker finds what it is for: bugs planted into the model are caught.
@Suite struct MutantTests {
  @Test(arguments: [
    Mutant.contextAtPush, .contextIgnoresDeferral, .foreignContextIsOurs, .alsoForgotten, .noReplay,
    .noOutcomes, .deferralForgotten, .deferralReleasedEarly,
    .duplicateAccepted, .sealNotInApply, .chainNotChecked, .countersNotCompared, .dotIsIdentity,
    .adoptKeepsIdentity, .adoptDropsAll, .rechainedWithoutOrigin, .noNotice, .noGeneration,
    .generationReplacedAlways, .tailReceivedOnly, .tailDroppedAtOnce, .handBackOnePart,
    .handBackFromHead, .noCompareAfterLoss, .deltaFromHeadAfterLoss, .wholeStateOld,
  ])
  func isCaught(_ mutant: Mutant) {
    let result = ProtocolRunner.hunt(
      mutant, shape: .mixed, trials: 1, seedsMax: 400, first: 5_000_000)
    #expect(result.seedCounts.count == 1, "\(result.text)")
  }
}
