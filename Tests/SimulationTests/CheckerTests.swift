import Basics
import BranchStore
import Clocks
import Deltas
import HubStore
import Testing

@testable import Simulation

/// Each checker, given the evidence of a sound run in which one thing was then broken.
struct CheckerTests {
  /// One sound run, made once.
  private static let sound: Evidence? =
    try? SimulationRunner(folder: SimulationRunner.fastestFolder).run(soundSeed).evidence
  /// A seed of ordinary size: conflicts, deletions, several branches, no refused rows.
  private static let soundSeed: UInt64 = 1

  private func evidence() throws -> Evidence { try #require(Self.sound) }

  /// What a checker says after something was broken. It must have been content before.
  private func findings(
    _ checker: any Checker.Type, afterBreaking breakIt: (inout Evidence) throws -> Void
  ) throws -> [Violation] {
    var evidence = try evidence()
    #expect(checker.violations(in: evidence) == [])
    try breakIt(&evidence)
    return checker.violations(in: evidence)
  }

  @Test func theSoundRunIsWorthBreaking() throws {
    let evidence = try evidence()
    #expect(evidence.world.log.count > 20)
    #expect(evidence.hub.ledger.count > 10)
    #expect(evidence.readings.count > 20)
    #expect(!evidence.hasRefusals)
    let counts = Causality.judge(evidence).counts
    #expect(counts.pairs > 200)
    #expect(counts.falseCausality == 0 && counts.spuriousConflicts == 0)
  }

  // MARK: Convergence

  @Test func convergenceNoticesARowThatDiffers() throws {
    let found = try findings(Convergence.self) { evidence in
      let replica = try #require(evidence.branches.keys.min())
      let key = try #require(evidence.hub.rows.first { !$0.value.isEmpty }?.key)
      evidence.branches[replica]?.rows[key]?[0] = .text("other")
    }
    #expect(found.count == 1)
  }

  @Test func convergenceNoticesARowTooFewAndOneTooMany() throws {
    let found = try findings(Convergence.self) { evidence in
      let replica = try #require(evidence.branches.keys.min())
      let key = try #require(evidence.hub.rows.keys.first)
      evidence.branches[replica]?.rows[key] = nil
      evidence.branches[replica]?.rows[RowKey(table: key.table, values: [.integer(-1)])] = []
    }
    #expect(found.count == 2)
  }

  @Test func convergenceNoticesDigestsLedgersPositionsAndLeftovers() throws {
    let found = try findings(Convergence.self) { evidence in
      let replica = try #require(evidence.branches.keys.min())
      evidence.branches[replica]?.digests[0] += "0"
      evidence.branches[replica]?.ledger.removeLast()
      evidence.branches[replica]?.position = .start
      evidence.branches[replica]?.outgoingCount = 1
      evidence.branches[replica]?.deferredCount = 1
    }
    #expect(found.count == 5)
  }

  @Test func convergenceSaysWhatOfALedgerDiffers() throws {
    let found = try findings(Convergence.self) { evidence in
      let replica = try #require(evidence.branches.keys.min())
      let last = try #require(evidence.branches[replica]?.ledger.indices.last)
      evidence.branches[replica]?.ledger[last].state = .refused
      evidence.branches[replica]?.ledger[last].sides[0].milliseconds = nil
      evidence.branches[replica]?.ledger.removeFirst()
    }
    #expect(found.count == 1)
    let sentence = try #require(found.first).sentence
    #expect(sentence.contains("otherwise than the hub: sides ("))
    #expect(sentence.contains("at no time"))
    #expect(sentence.contains("; state refused, not "))
    #expect(!sentence.contains("rule"))
    #expect(sentence.hasSuffix(" So it is with 1 others."))
  }

  // MARK: LostUpdate

  @Test func lostUpdateNoticesAValueThatIsNowhere() throws {
    let found = try findings(LostUpdate.self) { evidence in
      // A value that stands, that nobody has overwritten or ever met, is gone.
      let met = Set(evidence.hub.ledger.map(\.key))
      let row = try #require(
        evidence.hub.rows.first { key, row in
          !row.isEmpty && !met.contains(key)
        })
      evidence.hub.rows[row.key] = row.value.map { _ in .text("something else") }
    }
    #expect(!found.isEmpty)
  }

  @Test func lostUpdateNoticesALedgerThatForgets() throws {
    let found = try findings(LostUpdate.self) { $0.hub.ledger.removeAll() }
    #expect(!found.isEmpty)
  }

  /// The ledger, with everything in it by the hub, as of rows that were settled.
  private func settle(_ evidence: inout Evidence, at position: LogPosition) {
    for index in evidence.hub.ledger.indices {
      for place in evidence.hub.ledger[index].sides.indices {
        evidence.hub.ledger[index].sides[place].dot = Dot(
          replica: .hub, counter: position.rawValue)
      }
    }
  }

  @Test func lostUpdateFindsTheValuesOfSettledRowsWithoutTheirAuthors() throws {
    var evidence = try evidence()
    settle(&evidence, at: evidence.world.head)
    #expect(LostUpdate.violations(in: evidence) == [])
  }

  @Test func lostUpdateAsksForWhatWasWrittenAfterARowWasSettled() throws {
    let found = try findings(LostUpdate.self) { settle(&$0, at: LogPosition(1)) }
    #expect(!found.isEmpty)
  }

  @Test func lostUpdateNoticesARowThatVanished() throws {
    let found = try findings(LostUpdate.self) { evidence in
      evidence.hub.rows.removeAll()
    }
    #expect(!found.isEmpty)
  }

  @Test func lostUpdateNoticesADeletionThatDidNotHappen() throws {
    let found = try findings(LostUpdate.self) { evidence in
      let world = evidence.world
      let deleted = try #require(
        world.writes.last { $0.kind == .delete && !$0.isMoot && evidence.hub.rows[$0.key] == nil })
      let count = world.schema.table(deleted.key.table)?.valueColumns.count ?? 0
      evidence.hub.rows[deleted.key] = [Value](repeating: .text("back"), count: count)
      evidence.hub.ledger.removeAll { $0.column == nil }
    }
    #expect(!found.isEmpty)
  }

  /// What was never captured is missed by its value, whatever the engine knows of it.
  @Test func lostUpdateNoticesAWriteThatWasNotCaptured() throws {
    let found = try findings(LostUpdate.self) { evidence in
      let key = try #require(evidence.hub.rows.first { !$0.value.isEmpty }?.key)
      let column = try #require(evidence.world.schema.table(key.table)?.valueColumns.first)
      evidence.world.writes.append(
        WorldWrite(
          branch: ReplicaID(1), key: key, kind: .update, values: [column: .text("unheard of")],
          hadRow: true, base: evidence.world.head, wallMilliseconds: 0, counter: nil))
    }
    #expect(found.count == 1)
  }

  // MARK: Causality

  private func breakClaims(
    _ evidence: inout Evidence, _ change: (WorldChange) -> LogPosition
  ) {
    for (key, history) in evidence.world.changes {
      evidence.world.changes[key] = history.map {
        var altered = $0
        altered.claimedBase = change($0)
        return altered
      }
    }
  }

  @Test func causalityNoticesClaimsOfHavingSeenTooMuch() throws {
    var evidence = try evidence()
    // A context stamped when the changeset was sent, not when it was made.
    breakClaims(&evidence) { LogPosition($0.position.rawValue - 1) }
    let (counts, found) = Causality.judge(evidence)
    #expect(counts.falseCausality > 0 && counts.spuriousConflicts == 0)
    #expect(!found.isEmpty)
  }

  @Test func causalityNoticesClaimsOfHavingSeenTooLittle() throws {
    var evidence = try evidence()
    breakClaims(&evidence) { _ in .start }
    let (counts, found) = Causality.judge(evidence)
    #expect(counts.falseCausality == 0 && counts.spuriousConflicts > 0)
    #expect(!found.isEmpty)
  }

  @Test func causalityNoticesAMissingAndAnInventedConflict() throws {
    var evidence = try evidence()
    var conflict = evidence.hub.ledger.removeFirst()
    #expect(Causality.judge(evidence).counts.falseCausality == 1)
    evidence.hub.ledger.append(conflict)
    conflict.position = .start
    evidence.hub.ledger.append(conflict)
    let counts = Causality.judge(evidence).counts
    #expect(counts.falseCausality == 0 && counts.spuriousConflicts == 1)
  }

  // MARK: WinnerIsFunctionOfSet

  @Test func winnerNoticesAValueThatHistoryDoesNotSay() throws {
    let found = try findings(WinnerIsFunctionOfSet.self) { evidence in
      let key = try #require(evidence.hub.rows.first { !$0.value.isEmpty }?.key)
      evidence.hub.rows[key]?[0] = .text("the one that came last")
    }
    #expect(found.count == 1)
  }

  @Test func winnerNoticesARowThatShouldNotStand() throws {
    let found = try findings(WinnerIsFunctionOfSet.self) { evidence in
      let world = evidence.world
      let dead = try #require(
        world.changes.keys.first { world.row($0, at: world.head) == nil })
      evidence.hub.rows[dead] = []
    }
    #expect(found.count == 1)
  }

  // MARK: ExactlyOnce

  @Test func exactlyOnceNoticesAChangesetThatIsThereTwice() throws {
    let found = try findings(ExactlyOnce.self) { evidence in
      var again = evidence.world.log[3]
      again.entry.position = evidence.world.head.next
      evidence.world.log.append(again)
    }
    #expect(found.count == 2)
  }

  @Test func exactlyOnceNoticesAChangesetThatIsNotThere() throws {
    let found = try findings(ExactlyOnce.self) { $0.world.log.removeLast() }
    #expect(found.count == 1)
  }

  @Test func exactlyOnceNoticesAChainOutOfOrder() throws {
    let found = try findings(ExactlyOnce.self) { evidence in
      let replica = evidence.world.log[0].entry.dot.replica
      let own = evidence.world.log.indices.filter {
        evidence.world.log[$0].entry.dot.replica == replica
      }
      evidence.world.log.swapAt(own[0], own[1])
    }
    #expect(!found.isEmpty)
  }

  // MARK: Kept

  @Test func keptNoticesAValueThatIsNowhere() throws {
    let found = try findings(Kept.self) { evidence in
      let met = Set(evidence.hub.ledger.map(\.key))
      let row = try #require(
        evidence.hub.rows.first { key, row in !row.isEmpty && !met.contains(key) })
      evidence.hub.rows[row.key] = row.value.map { _ in .text("something else") }
    }
    #expect(!found.isEmpty)
  }

  @Test func keptNoticesALedgerThatForgets() throws {
    let found = try findings(Kept.self) { $0.hub.ledger.removeAll() }
    #expect(!found.isEmpty)
  }

  /// What only a machine knew that is gone need not be kept; what another one has got must be.
  @Test func keptAsksForWhatSomebodyIntactKnows() throws {
    let found = try findings(Kept.self) { evidence in
      evidence.hub.rows = [:]
      evidence.hub.ledger = []
      evidence.history.log = []
      evidence.history.holdings = [:]
    }
    #expect(found.isEmpty)
  }

  // MARK: NoResurrection

  @Test func noResurrectionNoticesAValueThatComesBack() throws {
    let found = try findings(NoResurrection.self) { evidence in
      let history = evidence.history
      let met = Set(evidence.hub.ledger.map(\.key))
      let replaced = Kept.replacedCells(history, history.surviving)
      let old = try #require(
        replaced.first { old in
          let write = history.writes[old.write]
          return evidence.hub.rows[write.key] != nil && !met.contains(write.key)
            && write.values[old.column] != nil
        })
      let write = history.writes[old.write]
      let columns = try #require(history.schema.table(write.key.table)?.valueColumns)
      let place = try #require(columns.firstIndex(of: old.column))
      evidence.hub.rows[write.key]?[place] = try #require(write.values[old.column])
    }
    #expect(!found.isEmpty)
  }

  /// What else there is to a row that was deleted uncaptured, and whose insertion came in again.
  private enum Circumstance: CaseIterable {
    case nothing, deletionIsCaptured, tableIsNotCompared, nothingCameIn, deletionIsLogged
    case programInsertedIt
  }

  /// Nothing tells such a row from a new one; in all other circumstances it has come back.
  @Test(arguments: Circumstance.allCases)
  private func whatWasDeletedUncapturedMayComeInAgain(_ circumstance: Circumstance) throws {
    let machine = MachineID(1)
    var (history, insertion, deletion) = try deletedRow(
      isDeletionCaptured: circumstance == .deletionIsCaptured)
    let key = insertion.key
    let rows: Rows = [key: insertion.values + [.null, .null]]
    if circumstance == .programInsertedIt {
      history.commit(
        [
          WorldWrite(
            branch: ReplicaID(1), key: key, kind: .insert, values: [:], hadRow: false, base: .start,
            wallMilliseconds: 3_000)
        ], at: machine)
    }
    history.noteOvertaken(
      rows, wroteTo: circumstance == .nothingCameIn ? [] : [key],
      comparing: circumstance == .tableIsNotCompared ? [] : [key.table], at: machine)
    if circumstance == .deletionIsLogged {
      history.logged(
        History.LogEntry(
          dot: Dot(replica: ReplicaID(1), counter: 1), contentHash: ContentHash(of: [1]),
          writes: history.writes(in: [deletion], of: [machine])))
    }
    let found = try findings(NoResurrection.self) { evidence in
      evidence.history = history
      (evidence.hub.rows, evidence.hub.ledger) = (rows, [])
    }
    #expect(found.isEmpty == (circumstance == .nothing))
  }

  // MARK: History

  /// A history in which one machine wrote a cell twice.
  private func twoWrites() throws -> (History, key: RowKey, column: ColumnID) {
    let schema = try evidence().world.schema
    let table = try #require(schema.table(named: "customer"))
    let column = try #require(table.valueColumns.first)
    let key = RowKey(table: table.id, values: [.integer(1)])
    var history = History(schema: schema)
    history.holdings[MachineID(1)] = History.Holdings()
    for (value, before) in [("old", nil), ("new", "old")] as [(String, String?)] {
      let row = before.map { [Value.text(Array($0.utf8)), .null, .null] }
      history.commit(
        [
          WorldWrite(
            branch: ReplicaID(1), key: key, kind: before == nil ? .insert : .update,
            values: [column: .text(Array(value.utf8))], hadRow: before != nil, base: .start,
            wallMilliseconds: 0, before: row)
        ], at: MachineID(1))
    }
    return (history, key, column)
  }

  /// A history in which one machine wrote a row and deleted it, and what says so in a log.
  private func deletedRow(
    isDeletionCaptured: Bool = true
  ) throws -> (History, insertion: RowChange, deletion: RowChange) {
    let schema = try evidence().world.schema
    let table = try #require(schema.table(named: "customer"))
    let column = try #require(table.valueColumns.first)
    let key = RowKey(table: table.id, values: [.integer(1)])
    let value = Value.text(Array("old".utf8))
    var history = History(schema: schema)
    history.holdings[MachineID(1)] = History.Holdings()
    for (kind, milliseconds) in [(.insert, 1_000), (.delete, 2_000)] as [(ChangeKind, Int64)] {
      let isInsertion = kind == .insert
      history.commit(
        [
          WorldWrite(
            branch: ReplicaID(1), key: key, kind: kind, values: isInsertion ? [column: value] : [:],
            hadRow: !isInsertion, base: .start, wallMilliseconds: milliseconds,
            isCaptured: isInsertion || isDeletionCaptured,
            before: isInsertion ? nil : [value, .null, .null])
        ], at: MachineID(1))
    }
    let insertion = RowChange(
      key: key, kind: .insert, columns: [column], values: [value], milliseconds: 1_000, base: nil)
    let deletion = RowChange(
      key: key, kind: .delete, columns: [], values: [], milliseconds: 2_000, base: nil)
    return (history, insertion, deletion)
  }

  @Test func aDeletionThatIsFoundLaterIsTheOneThatItsMachineMade() throws {
    let (history, _, deletion) = try deletedRow()
    var late = deletion
    late.milliseconds = 90_000
    #expect(history.writes(in: [deletion], of: []) == [1])
    #expect(history.writes(in: [late], of: [MachineID(1)]) == [1])
    #expect(history.writes(in: [late], of: [MachineID(2)]) == [])
  }

  /// Of a deletion that the hub has let go of nothing is left that a copy of before could meet.
  @Test(arguments: [(1, false), (2, true)] as [(UInt64, Bool)])
  func whatAForgottenDeletionReplacedMayComeBack(stable: UInt64, mayComeBack: Bool) throws {
    var (history, insertion, deletion) = try deletedRow()
    for (counter, change) in [(1, insertion), (2, deletion)] as [(UInt64, RowChange)] {
      history.logged(
        History.LogEntry(
          dot: Dot(replica: ReplicaID(1), counter: counter),
          contentHash: ContentHash(of: [UInt8(counter)]),
          writes: history.writes(in: [change], of: [MachineID(1)])))
    }
    history.willLog(insertion, forgottenUpTo: LogPosition(stable))
    #expect(history.isForgotten(1) == mayComeBack)
  }

  @Test func historyNoticesAMachineThatGoesBack() throws {
    var (history, key, _) = try twoWrites()
    let none = Ledger([])
    history.look(
      at: [key: [.text(Array("new".utf8)), .null, .null]], and: none, of: MachineID(1))
    #expect(history.violations.isEmpty)
    history.look(
      at: [key: [.text(Array("old".utf8)), .null, .null]], and: none, of: MachineID(1))
    #expect(history.violations.map(\.checker) == ["MonotonicReads"])
  }

  @Test func historyDoesNotWonderAtWhatIsOnItsWayToTheLedger() throws {
    var (history, key, column) = try twoWrites()
    var ledger = Ledger([])
    ledger.add(
      RowChange(
        key: key, kind: .update, columns: [column], values: [.text(Array("new".utf8))],
        milliseconds: 0, base: nil))
    for value in ["new", "old"] {
      history.look(
        at: [key: [.text(Array(value.utf8)), .null, .null]], and: ledger, of: MachineID(1))
    }
    #expect(history.violations.isEmpty)
  }

  @Test func historyTellsOfManyCellsInOneOrder() throws {
    let schema = try evidence().world.schema
    let table = try #require(schema.table(named: "customer"))
    let column = try #require(table.valueColumns.first)
    let keys = (1...12).map { RowKey(table: table.id, values: [.integer($0)]) }
    func row(_ key: RowKey, _ state: String) -> [Value] {
      [.text(Array("\(state) \(key.values)".utf8)), .null, .null]
    }
    var history = History(schema: schema)
    history.holdings[MachineID(1)] = History.Holdings()
    for state in ["old", "new"] {
      history.commit(
        keys.map { key in
          WorldWrite(
            branch: ReplicaID(1), key: key, kind: state == "old" ? .insert : .update,
            values: [column: row(key, state)[0]], hadRow: state == "new", base: .start,
            wallMilliseconds: 0, before: state == "old" ? nil : row(key, "old"))
        }, at: MachineID(1))
    }
    history.look(
      at: Dictionary(uniqueKeysWithValues: keys.map { ($0, row($0, "old")) }), and: Ledger([]),
      of: MachineID(1))
    let sentences = history.violations.map(\.sentence)
    #expect(sentences.count == keys.count)
    #expect(sentences == sentences.sorted())
  }

  @Test func historyNoticesTwoContentsUnderOneName() throws {
    var (history, _, _) = try twoWrites()
    let dot = Dot(replica: ReplicaID(1), counter: 1)
    for content in [1, 2] as [UInt8] {
      history.logged(
        History.LogEntry(dot: dot, contentHash: ContentHash(of: [content]), writes: []))
    }
    #expect(history.violations.map(\.checker) == ["Identity"])
  }

  @Test func historyNoticesOneContentUnderTwoNames() throws {
    var (history, _, _) = try twoWrites()
    for counter in [1, 2] as [UInt64] {
      history.logged(
        History.LogEntry(
          dot: Dot(replica: ReplicaID(1), counter: counter), contentHash: ContentHash(of: [1]),
          writes: []))
    }
    #expect(history.violations.map(\.checker) == ["Identity"])
  }

  // MARK: BoundedMetadata

  @Test func boundedMetadataNoticesWhateverStays() throws {
    let breaks: [(inout Remains) throws -> Void] = [
      { $0.hub.recordCount += 1 }, { $0.hub.entryCount += 1 }, { $0.hub.framedCount += 1 },
      { $0.hub.coverCount += 1 }, { $0.hub.placeCount += 1 },
      { $0.hub.aliasCount = $0.chainCount + 1 },
      { $0.branches[MachineID(1)]?.journaledCount += 1 },
      { $0.branches[MachineID(1)]?.outgoingCount += 1 },
      { $0.branches[MachineID(1)]?.deferredCount += 1 },
      { $0.branches[MachineID(1)]?.tailCount += 1 },
      { $0.branches[MachineID(1)]?.gapCount += 1 },
      { $0.stagedCounts[MachineID(1)] = 1 },
    ]
    for breakIt in breaks {
      let found = try findings(BoundedMetadata.self) { evidence in
        var remains = try #require(evidence.remains)
        try breakIt(&remains)
        evidence.remains = remains
      }
      #expect(found.count == 1)
    }
  }

  /// A copy's whole chain may be second names, and nothing come after it.
  @Test func secondNamesAreKeptUntilTheLogGoesOn() throws {
    var evidence = try evidence()
    let chainCount = try #require(evidence.remains?.chainCount)
    evidence.remains?.hub.aliasCount = chainCount + 6
    evidence.remains?.hub.lateAliasCount = 6
    #expect(BoundedMetadata.violations(in: evidence) == [])
  }

  @Test func whatNeverCameWholeIsKept() throws {
    var evidence = try evidence()
    evidence.remains?.hub.recordCount += 1
    evidence.remains?.hub.partialCount += 1
    #expect(BoundedMetadata.violations(in: evidence) == [])
  }

  @Test func aHubWithoutBranchesKeepsWhatItHas() throws {
    var evidence = try evidence()
    evidence.remains?.hub.recordCount += 1
    evidence.remains?.branches = [:]
    #expect(BoundedMetadata.violations(in: evidence) == [])
  }

  // MARK: Notices

  /// Machine 2 was a copy of machine 1, and both were told.
  private func copied(_ evidence: inout Evidence) throws {
    let original = try #require(evidence.notices.identities[MachineID(1)])
    let copy = ReplicaID(99)
    evidence.notices.identities[MachineID(2)] = copy
    evidence.notices.names.insert("branch 1 (2)")
    evidence.notices.forks[copy] = Notices.Fork(from: original, name: "branch 1 (2)")
    for number in 1...2 {
      evidence.notices.texts[MachineID(number)] = ["One of them is “branch 1 (2)” from now on."]
    }
  }

  @Test func noticesAreExpectedAtBothDatabases() throws {
    for number in 1...2 {
      let found = try findings(Notices.self) { evidence in
        try copied(&evidence)
        #expect(Notices.violations(in: evidence) == [])
        evidence.notices.texts[MachineID(number)] = []
      }
      #expect(found.count == 1)
    }
  }

  @Test func noticesWithoutACauseAreNoticed() throws {
    let found = try findings(Notices.self) {
      $0.notices.texts[MachineID(1)] = ["One of them is “branch 1 (2)” from now on."]
    }
    #expect(found.count == 1)
  }

  @Test func noticesOfLossesAreWrongWhereTheLogHasWhatIsCalledLost() throws {
    let found = try findings(Notices.self) { evidence in
      let entry = try #require(evidence.history.log.last)
      let place = CausalContext(
        generation: GenerationID(high: 1, low: 2), position: LogPosition(5))
      evidence.notices.losses[place] = .some(entry)
      evidence.notices.handedPlaces = [place]
    }
    #expect(found.count == 1)
  }

  @Test func aPlaceThatNobodyWasToldCanBeALoss() throws {
    var evidence = try evidence()
    let entry = try #require(evidence.history.log.last)
    let place = CausalContext(generation: GenerationID(high: 1, low: 2), position: LogPosition(5))
    evidence.notices.losses[place] = .some(entry)
    #expect(Notices.violations(in: evidence) == [])
  }

  // MARK: Atomicity

  @Test func atomicityNoticesHalfAnExchangeAndHalfATransaction() throws {
    let found = try findings(Atomicity.self) { evidence in
      evidence.readings[0].changeCount = 2
      evidence.readings[1].brokenPairs = ["accounts 0 and 1 hold 5 and nothing"]
    }
    #expect(found.count == 2)
  }
}
