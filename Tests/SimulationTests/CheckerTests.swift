import Clocks
import Deltas
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

  // MARK: Atomicity

  @Test func atomicityNoticesHalfAnExchangeAndHalfATransaction() throws {
    let found = try findings(Atomicity.self) { evidence in
      evidence.readings[0].changeCount = 2
      evidence.readings[1].brokenPairs = ["accounts 0 and 1 hold 5 and nothing"]
    }
    #expect(found.count == 2)
  }
}
