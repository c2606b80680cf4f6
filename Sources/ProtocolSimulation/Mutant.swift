/// Bugs that can be planted into the model of the protocol. The first is none.
package enum Mutant: String, CaseIterable, Sendable {
  case none
  // What a changeset has seen.
  case knowledgeNotClosed, contextAtPush, contextIgnoresDeferral, foreignContextIsOurs,
    foreignContextIsNothing
  case alsoIgnoresBase, alsoForgotten, chainForgotten, chainByAuthorOnly, latePlacesIgnored,
    placesAfterMerge, namesInTurn, lateChangesSilent
  case seenNotTold
  // Deltas.
  case noReplay, replayOverPending, outcomeForOthersOnly, outcomeOfChangeOnly
  case noOutcomes, deferralForgotten, deferralBaseMoves, deferralReleasedEarly, ownBlocksToAuthor
  case handedWithoutBlocks, pendingOverwritten, outboxDroppedBehindEnd, wrongReceiver
  case duplicateAccepted, sealNotInApply
  // Identity.
  case chainNotChecked, headHashNotCompared, countersNotCompared, dotIsIdentity, adoptKeepsIdentity
  case adoptDropsAll, rechainedWithoutOrigin, aliasesNotPushed,
    parentLinkedOnce, chainPairsAbovePrefix, adoptDropsJournal, noNotice
  case secondChainSwallowed, adoptionToldOnce, numberIsName, knownEndsChain,
    missingParentForgotten
  // Generations, tails and handing back.
  case noGeneration, generationReplacedAlways, headNotCompared, logHashNotCompared,
    logHashOfContents
  case tailOwnOnly, tailReceivedOnly, tailLastPlaceOnly, tailDroppedAtOnce, tailDroppedAtDurable,
    secondHeadersKept
  case confirmedNotRaised, handBackBackwards, handBackOnePart, handBackFromHead
  case handedWithoutOutcomes, handedPlacesNotTold, contextsNotNamed, pathLinksOnly,
    ambiguityIgnored, ambiguityOnce, sharedBelowTail, namesBelowForkKept, resumeByPosition,
    ambiguousContexts,
    ownEntriesNeverAnew, handBackToOldPath, handBackOfPathOnly, halfRowsShown, lossesSilent,
    lossesHideEntries, noCompareAfterLoss, deltaFromHeadAfterLoss
  case baseAboveForkKept, clockFactsAnew, clockFactsMadeUp, floorRaw
  case confirmedByHeader, chainsToldOnce, lostParentIsNone, retiredFirst
  // Pruning and the whole state.
  case oldFloorsCount
  case pruneAtHead, pruneIgnoresFloor, lateUpdateResurrects
  case settledAlwaysSeen, hashesPruned, wholeKeepsRows, wholeDeletesPending, wholeNotDeferred
  case wholeStateOld
  // Others.
  case repairSeesAll, salvageDropped

  /// An own entry that a branch is to replay and does not have leaves it where it is.
  ///
  /// Normally it asks once more, for everything. That covers a hub which leaves the blocks out for
  /// the wrong branch, so those bugs are planted with this one.
  var neverAsksAnew: Bool {
    [.ownEntriesNeverAnew, .handedWithoutBlocks, .wrongReceiver].contains(self)
  }

  /// What an entry had seen of the chains that its own continues says nothing for later entries.
  ///
  /// That later entries ask the earlier ones covers a hub which looks at one parent only, so that
  /// is planted with this one.
  var tellsChainsOnce: Bool { [.chainsToldOnce, .chainByAuthorOnly].contains(self) }

  /// A row whose insertion nobody has stands with what is known of it.
  ///
  /// That such rows are hidden covers a late update of a forgotten row, so that is planted with
  /// this one.
  var showsHalfRows: Bool { [.halfRowsShown, .lateUpdateResurrects].contains(self) }
}
