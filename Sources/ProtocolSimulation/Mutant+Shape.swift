extension Mutant {
  /// The kind of trouble in which it shows soonest: histories that never come near the place say
  /// nothing about it.
  package var shape: HistoryShape {
    Self.shapes.first { $0.mutants.contains(self) }?.shape ?? .mixed
  }

  /// Those that are not here show in any history.
  private static let shapes: [(shape: HistoryShape, mutants: [Mutant])] = [
    (
      .restores,
      [
        .foreignContextIsOurs, .foreignContextIsNothing, .alsoForgotten, .noReplay,
        .handBackBackwards, .noGeneration, .generationReplacedAlways, .tailDroppedAtDurable,
        .tailReceivedOnly, .tailDroppedAtOnce, .handBackOnePart, .handBackFromHead,
        .wrongReceiver, .clockFactsAnew, .deltaFromHeadAfterLoss, .lossesSilent,
        .latePlacesIgnored, .placesAfterMerge, .handedWithoutBlocks, .handedWithoutOutcomes,
        .parentLinkedOnce,
      ]
    ),
    (
      .lostAnswers,
      [
        .pathLinksOnly, .contextsNotNamed, .confirmedNotRaised, .handBackToOldPath,
        .seenNotTold, .lossesHideEntries,
      ]
    ),
    (
      .wholeStates,
      [
        .clockFactsMadeUp, .handedPlacesNotTold, .wholeStateOld,
        .tailLastPlaceOnly,
        .knowledgeNotClosed, .alsoIgnoresBase, .knownEndsChain,
        .wholeKeepsRows,
      ]
    ),
    (
      .pruning,
      [
        .pruneAtHead, .hashesPruned, .wholeDeletesPending, .settledAlwaysSeen, .pruneIgnoresFloor,
        .outboxDroppedBehindEnd,
      ]
    ),
    (
      .retirement,
      [
        .salvageDropped
      ]
    ),
    (
      .copies,
      [
        .duplicateAccepted, .chainNotChecked, .adoptKeepsIdentity, .adoptDropsAll, .noNotice,
        .dotIsIdentity, .countersNotCompared, .rechainedWithoutOrigin, .adoptDropsJournal,
        .chainForgotten, .aliasesNotPushed, .headHashNotCompared, .chainPairsAbovePrefix,
        .ownEntriesNeverAnew,
      ]
    ),
    (
      .copiesAndRestores,
      [
        .tailOwnOnly, .secondChainSwallowed, .noCompareAfterLoss, .numberIsName,
      ]
    ),
    (
      .turnBacks,
      [
        .headNotCompared, .logHashNotCompared, .ambiguityIgnored, .ambiguityOnce,
        .ambiguousContexts,
      ]
    ),
    (
      .gaps,
      [
        .halfRowsShown, .repairSeesAll, .contextIgnoresDeferral, .deferralBaseMoves,
      ]
    ),
    (
      .stories,
      [
        .baseAboveForkKept, .handBackOfPathOnly, .wholeNotDeferred, .confirmedByHeader,
        .lateUpdateResurrects,
        .chainByAuthorOnly, .floorRaw, .resumeByPosition,
        .lateChangesSilent, .sharedBelowTail, .logHashOfContents,
        .namesBelowForkKept, .chainsToldOnce, .lostParentIsNone, .retiredFirst, .oldFloorsCount,
        .adoptionToldOnce, .missingParentForgotten, .namesInTurn,
        .secondHeadersKept,
      ]
    ),
  ]
}
