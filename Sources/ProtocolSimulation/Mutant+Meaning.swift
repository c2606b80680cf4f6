extension Mutant {
  /// What goes wrong with it.
  package var meaning: String { Self.meanings[rawValue] ?? "" }

  private static let meanings = [causality, deltas, identity, tails, generations, pruning]
    .reduce(into: [:]) { $0.merge($1) { first, _ in first } }

  private static let causality = [
    "none": "Nothing.",
    "knowledgeNotClosed": "A row's base hides what the author's earlier changes had seen.",
    "contextAtPush": "A changeset has seen what the hub has when it comes.",
    "contextIgnoresDeferral": "A change of a waiting row has seen what waits.",
    "foreignContextIsOurs": "Positions of a lost timeline are taken for the log's.",
    "foreignContextIsNothing": "A context on a lost timeline has seen nothing.",
    "alsoIgnoresBase": "A row's base does not limit what was seen by name.",
    "alsoForgotten": "What was seen under other names is forgotten.",
    "chainForgotten": "A chain has not seen the chain that it continues.",
    "chainByAuthorOnly": "A chain has seen its parent, and not the parent's parent.",
    "latePlacesIgnored": "A name that comes late changes nothing for who had seen it.",
    "placesAfterMerge": "An entry is merged before its names are noted.",
    "namesInTurn": "The names of what the hub has are noted in turn with what is merged.",
    "lateChangesSilent": "Rows that late facts change are sent to nobody.",
    "seenNotTold": "What another log knew of an entry is not handed back with it.",
    "chainsToldOnce": "What an entry told of its chain says nothing for later entries.",
    "lostParentIsNone": "A chain whose predecessor is lost begins anew.",
  ]

  private static let deltas = [
    "noReplay": "Own changesets are not applied again at their places.",
    "replayOverPending": "Own changesets are applied again over later unconfirmed writes.",
    "outcomeForOthersOnly": "Outcomes of own entries are not applied.",
    "outcomeOfChangeOnly": "Contested rows have no outcome.",
    "noOutcomes": "Outcomes are not applied.",
    "deferralForgotten": "What comes for an unconfirmed row is dropped.",
    "deferralBaseMoves": "A waiting row's base moves on with each change that waits.",
    "deferralReleasedEarly": "Waiting changes are applied over unconfirmed writes.",
    "ownBlocksToAuthor": "Authors are sent their own blocks.",
    "handedWithoutBlocks": "An author is not sent its entry that another handed back.",
    "pendingOverwritten": "What comes is applied over unconfirmed writes.",
    "outboxDroppedBehindEnd": "What was accepted behind the delta's end leaves the outbox.",
    "wrongReceiver": "After a loss the delta is for its receiver, not for anyone.",
    "duplicateAccepted": "A changeset that is sent again is logged again.",
    "sealNotInApply": "What was written during a sync has seen the sync's delta.",
  ]

  private static let identity = [
    "chainNotChecked": "Any changeset is accepted from whoever has the key.",
    "headHashNotCompared": "Chains of one length count as one.",
    "countersNotCompared": "A chain shorter than the hub's is let through.",
    "dotIsIdentity": "A changeset is told by its number alone.",
    "adoptKeepsIdentity": "A copy goes on as before.",
    "adoptDropsAll": "A copy drops what it had not sent.",
    "adoptDropsJournal": "A copy drops what it had not sealed.",
    "rechainedWithoutOrigin": "A copy's changesets do not say what they were sealed as.",
    "aliasesNotPushed": "What the log has under another header leaves the chain.",
    "missingParentForgotten": "What a copy's chain continues is not looked out for.",
    "parentLinkedOnce": "A predecessor that comes late is not seen.",
    "chainPairsAbovePrefix": "A waiting row hides the chain that its author's continues.",
    "noNotice": "Nobody is told of a copy.",
    "secondChainSwallowed": "An entry that continues no chain is not logged.",
    "adoptionToldOnce": "A copy's first changeset may not say what its chain continues.",
    "numberIsName": "A number that was given out again is the same branch.",
    "knownEndsChain": "A chain ends at what the log has as another chain's.",
    "confirmedByHeader": "A copy names what it had sent by a header that the hub may not know.",
  ]

  private static let tails = [
    "tailOwnOnly": "A branch keeps only its own entries.",
    "tailReceivedOnly": "A branch keeps only what it received.",
    "tailLastPlaceOnly": "A tail knows only the last name of an entry.",
    "tailDroppedAtOnce": "Tails are dropped at once.",
    "tailDroppedAtDurable": "Tails are dropped though their names are in no backup.",
    "secondHeadersKept": "A copy keeps its own header of what the log has under another, too.",
    "confirmedNotRaised": "A backup made before a branch came over counts for its tail.",
    "handBackBackwards": "Tails are handed back latest first.",
    "handBackOnePart": "Only the first part of a tail is handed back.",
    "handBackFromHead": "A tail is handed back only above the hub's head.",
    "handedWithoutOutcomes": "Rows of entries that were handed back have no outcome.",
    "handedPlacesNotTold": "A branch does not hear where its tail is now.",
    "handBackToOldPath": "Parts of one tail go to two hubs.",
    "handBackOfPathOnly": "What has no place on the branch's path is not handed back.",
    "clockFactsAnew": "Entries that were handed back get new clock facts.",
    "clockFactsMadeUp": "A tail makes up clock facts of own entries.",
  ]

  private static let generations = [
    "noGeneration": "A restored hub goes on in its old generation.",
    "generationReplacedAlways": "A new generation replaces the last, used or not.",
    "headNotCompared": "A place beyond the head raises no suspicion.",
    "logHashNotCompared": "Log hashes are not compared.",
    "logHashOfContents": "Log hashes are of contents, without clock facts.",
    "contextsNotNamed": "Contexts are not asked for where the place is known.",
    "pathLinksOnly": "Only the generations of a branch's own path are told.",
    "ambiguityIgnored": "A branch is not told that names mean two things.",
    "ambiguityOnce": "A generation that named two histories is trusted again.",
    "sharedBelowTail": "What lies below an ambiguous tail counts as shared.",
    "namesBelowForkKept": "Other names of what is on both paths are not handed back.",
    "resumeByPosition": "A delta is resumed to a position, of whatever log.",
    "ambiguousContexts": "Contexts keep a name that means two things.",
    "ownEntriesNeverAnew": "An own entry that is missing is never asked for.",
    "halfRowsShown": "A row stands whose insertion nobody has.",
    "lossesSilent": "Losses are not reported.",
    "lossesHideEntries": "A reported loss is not asked for any more.",
    "noCompareAfterLoss": "After a loss rows are not compared.",
    "deltaFromHeadAfterLoss": "After a loss the delta begins where the branch was.",
    "baseAboveForkKept": "A waiting row's base stays above the fork.",
    "retiredFirst": "A retired branch is refused before it hands back.",
  ]

  private static let pruning = [
    "floorRaw": "A floor tells positions of a lost timeline.",
    "oldFloorsCount": "Floors told before a restore count.",
    "pruneAtHead": "All that the hub has is forgotten.",
    "pruneIgnoresFloor": "A floor tells the place, not what contexts refer to.",
    "lateUpdateResurrects": "A late update brings a forgotten row back.",
    "settledAlwaysSeen": "Settled rows count as seen by everyone.",
    "hashesPruned": "Hashes are forgotten with the log.",
    "wholeKeepsRows": "Rows that a whole state lacks stay.",
    "wholeDeletesPending": "A whole state deletes rows with unconfirmed writes.",
    "wholeNotDeferred": "A deletion by a whole state does not wait.",
    "wholeStateOld": "A whole state is older than it says.",
    "repairSeesAll": "A row that a comparison sends has seen all.",
    "salvageDropped": "What a retired branch sends is dropped.",
  ]
}
