import Agent
import Basics
import BranchStore
import Clocks
import Deltas
import Foundation
import HubStore
import Sessions
import Storage
import TestSupport
import Testing

/// A branch's database is put back to an earlier state, or goes on twice.
struct CopiedBranchTests {
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws { (world, a, b) = try AgentWorld.withItems() }

  private func expectSettled(_ branches: AgentBranch...) throws {
    for branch in branches {
      #expect(try expectSame(branch))
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
      #expect(try branch.store.gaps().isEmpty)
    }
  }

  /// C1
  @Test func aBranchRestoredFromAnOldCopyGetsItsOwnLostWorkBack() throws {
    let copy = try world.copy(a, "restored")
    try a.run("UPDATE item SET name = 'uno' WHERE id = 1; INSERT INTO item VALUES (4, 'four', 4)")
    _ = try a.sync()
    let report = try copy.sync()
    #expect(report.outcome == .complete)
    #expect(report.newName == "a (2)")
    #expect(try copy.items() == ["1 uno", "2 two", "3 three", "4 four"])
    #expect(!report.notices.isEmpty)
    #expect(try copy.store.status().notices.count == report.notices.count)
    #expect(try copy.sync().notices.isEmpty)
    try world.settle(copy, b)
    try expectSettled(copy, b)
    #expect(try b.store.ledger(openOnly: false).isEmpty)
  }

  /// C1
  @Test(arguments: [false, true])
  func newWorkOfARestoredBranchIsKeptBesideWhatWasLost(isSealed: Bool) throws {
    let copy = try world.copy(a, "restored")
    try a.run("UPDATE item SET name = 'uno' WHERE id = 1; INSERT INTO item VALUES (4, 'four', 4)")
    _ = try a.sync()
    try copy.run("UPDATE item SET v = 'new' WHERE id = 2; INSERT INTO item VALUES (5, 'five', 5)")
    if isSealed { _ = try copy.sync { _, _ in nil } }
    #expect(try copy.sync().newName == "a (2)")
    try world.settle(copy, b)
    #expect(try b.items() == ["1 uno", "2 two", "3 three", "4 four", "5 five"])
    #expect(try b.rows("SELECT v FROM item WHERE id = 2") == [[.text("new")]])
    try expectSettled(copy, b)
    #expect(try b.store.ledger(openOnly: false).isEmpty)
  }

  /// C1
  @Test func aCopyMadeBeforeTheHubsAnswerKnowsItsOwnWorkAgain() throws {
    try a.run("UPDATE item SET name = 'sent' WHERE id = 1")
    // The hub takes it, and the answer is lost; then the copy is made.
    _ = try a.sync { _, answer in
      _ = answer()
      return nil
    }
    try a.run("UPDATE item SET name = 'sent too' WHERE id = 2")
    _ = try a.sync { _, _ in nil }
    let copy = try world.copy(a, "restored")
    try a.run("INSERT INTO item VALUES (4, 'four', 4)")
    _ = try a.sync()
    try copy.run("INSERT INTO item VALUES (5, 'five', 5)")
    #expect(try copy.sync().newName == "a (2)")
    try world.settle(copy, a, b)
    #expect(try b.items() == ["1 sent", "2 sent too", "3 three", "4 four", "5 five"])
    try expectSettled(copy, a, b)
    #expect(try b.store.ledger(openOnly: false).isEmpty)
  }

  /// C2
  @Test func aClonedDatabaseGoesOnUnderANameOfItsOwnAndBothHistoriesAreKept() throws {
    let clone = try world.copy(a, "clone")
    for round in 0..<4 {
      try a.run(
        """
        INSERT INTO item VALUES (\(10 + round), 'a\(round)', 0);
        UPDATE item SET v = 'a\(round)' WHERE id = 1
        """
      )
      try clone.run(
        """
        INSERT INTO item VALUES (\(20 + round), 'c\(round)', 0);
        UPDATE item SET name = 'c\(round)' WHERE id = 2
        """
      )
      for branch in [a, clone, b] { _ = try branch.sync() }
    }
    #expect(a.store.identity.replica != clone.store.identity.replica)
    #expect(Set([a, clone].map(\.store.identity.branch)) == ["a", "a (2)"])
    try world.settle(a, clone, b)
    try expectSettled(a, clone, b)
    #expect(try b.items().count == 11)
    #expect(try b.store.ledger(openOnly: false).isEmpty)
    // Somebody was told, at both.
    #expect(try !a.store.notices().isEmpty)
    #expect(try !clone.store.notices().isEmpty)
  }

  /// C3
  @Test func aSnapshotRevertedWhileASyncRunsIsNoticedAtTheNext() throws {
    let snapshot = try world.copy(a, "snapshot")
    try a.run("UPDATE item SET name = 'after' WHERE id = 1")
    // The machine goes back between the hub's answer and its application.
    struct Reverted: Error {}
    #expect(throws: Reverted.self) {
      _ = try a.sync { _, answer in
        _ = answer()
        throw Reverted()
      }
    }
    try snapshot.run("UPDATE item SET name = 'again' WHERE id = 2")
    #expect(try snapshot.sync().newName == "a (2)")
    try world.settle(snapshot, b)
    #expect(try b.items() == ["1 after", "2 again", "3 three"])
    try expectSettled(snapshot, b)
  }

  /// C9
  @Test func aDatabaseCopiedWithoutItsKeyAdoptsTheIdentityItEnrolsWith() throws {
    try a.run("UPDATE item SET name = 'unsent' WHERE id = 1")
    let copy = try world.copy(a, "copy")
    _ = try a.sync()
    let secret = Array("elsewhere".utf8)
    try world.hubStore.createToken(
      branch: "elsewhere", secretHash: ContentHash(of: secret), expiresMilliseconds: .max,
      wallMilliseconds: world.wall)
    let identity = try world.redeem(ForkOffer(secret: secret, name: "elsewhere"))
    let report = try copy.sync(adopting: identity)
    #expect(report.outcome == .complete)
    #expect(copy.store.identity.branch == "elsewhere")
    #expect(try BranchStore(path: copy.store.path).identity == copy.store.identity)
    try copy.run("INSERT INTO item VALUES (4, 'four', 4)")
    try world.settle(copy, a, b)
    #expect(try b.items() == ["1 unsent", "2 two", "3 three", "4 four"])
    try expectSettled(copy, a, b)
  }

  /// C7
  @Test func hubAndBranchRestoredTogetherLoseOnlyWhatNobodyHas() throws {
    try world.copyHub("copy")
    let old = try world.copy(a, "restored")
    try a.run("INSERT INTO item VALUES (4, 'lost', 4)")
    _ = try a.sync()
    try a.run("INSERT INTO item VALUES (5, 'kept', 5)")
    _ = try a.sync()
    try world.restoreHub("copy")
    // b never came after that; a's own file is gone.
    try old.run("INSERT INTO item VALUES (6, 'new', 6)")
    try world.settle(old, b)
    #expect(try b.items() == ["1 one", "2 two", "3 three", "6 new"])
    try expectSettled(old, b)
    // It is found after all.
    try world.settle(a, old, b)
    #expect(try b.items() == ["1 one", "2 two", "3 three", "4 lost", "5 kept", "6 new"])
    try expectSettled(a, old, b)
    #expect(try b.store.ledger(openOnly: false).isEmpty)
  }

  @Test(arguments: 1..<40)
  func aCrashAtAnyStepOfAnAdoptionIsMadeGood(crashAt: Int) throws {
    let copy = try world.copy(a, "clone")
    try a.run("UPDATE item SET name = 'uno' WHERE id = 1")
    _ = try a.sync()
    try copy.run(
      "UPDATE item SET name = 'dos' WHERE id = 2; INSERT INTO item VALUES (4, 'four', 4)")
    try copy.sync(crashingAt: crashAt)
    try world.settle(copy, a, b)
    #expect(try b.items() == ["1 uno", "2 dos", "3 three", "4 four"])
    try expectSettled(copy, a, b)
    #expect(try b.store.ledger(openOnly: false).isEmpty)
  }

  /// Another agent's process has given the database an identity since this one opened it.
  @Test func anAgentThatGoesOnKnowsItsNewIdentity() throws {
    let copy = try world.copy(a, "restored")
    let other = try copy.another()
    try a.run("UPDATE item SET name = 'uno' WHERE id = 1")
    _ = try a.sync()
    #expect(try other.sync().newName == "a (2)")
    try copy.run("INSERT INTO item VALUES (4, 'four', 4)")
    // As one that looks who the database is before it chooses its key.
    try copy.chooseKey()
    let report = try copy.sync()
    #expect(report.outcome == .complete)
    #expect(report.newName == nil)
    #expect(copy.store.identity == other.store.identity)
    try world.settle(copy, a, b, other)
    #expect(try b.items() == ["1 uno", "2 two", "3 three", "4 four"])
    try expectSettled(copy, a, b)
  }

  /// C11
  @Test func aRetiredBranchThatReturnsKeepsItsWorkUntilTheHubTakesIt() throws {
    try world.hubStore.retire(name: "a")
    try a.run("INSERT INTO item VALUES (4, 'late', 4)")
    guard case .refused(let refusal) = try a.sync().outcome else { throw CancellationError() }
    #expect(refusal.code == .retired)
    #expect(try a.store.outbox().count == 1)
    #expect(try world.hubStore.salvaged().count == 1)
    #expect(try a.items().contains("4 late"))
  }

  /// More than one request carries, one changeset that travels in pieces among it.
  @Test func allThatARetiredBranchHadNotSentIsKept() throws {
    try world.hubStore.retire(name: "a")
    for number in 0..<6 {
      for item in 0..<(number < 3 ? 1 : 4) {
        try a.run(
          "INSERT INTO item VALUES (\(10 + number * 4 + item), hex(randomblob(400000)), 1)")
      }
      _ = try a.store.seal(wallMilliseconds: world.wall)
    }
    let outbox = try a.store.outbox()
    #expect(outbox.count == 6)
    #expect(outbox.contains { $0.byteCount > SessionLimits.inlineBytesMax })
    // The line breaks in between.
    var count = 0
    _ = try a.sync { request, answer in
      count += 1
      return count > 4 ? nil : answer()
    }
    #expect(try world.hubStore.salvaged().count < 6)
    guard case .refused(let refusal) = try a.sync().outcome else { throw CancellationError() }
    #expect(refusal.code == .retired)
    #expect(refusal.salvage == Salvage(counter: outbox[5].counter, changesetCount: 6))
    #expect(refusal.message.contains("6 changesets"))
    #expect(try world.hubStore.salvaged().map(\.contentHash) == outbox.map(\.contentHash))
    #expect(try a.store.outbox().count == 6)
    // Another attempt sends its beginning only, and the hub says how far it has the rest.
    _ = try a.sync()
    #expect(a.requests.count == 1)
    _ = try world.hubStore.replaySalvaged(name: "a", wallMilliseconds: world.wall)
    _ = try b.sync()
    #expect(try b.items().count == a.items().count)
    #expect(try expectSame(b))
  }

  /// C8
  @Test(arguments: [-1, 1])
  func aClockTenYearsOffLosesNothing(sign: Int64) throws {
    let years: Int64 = 10 * 365 * 86_400_000
    try a.run("UPDATE item SET name = 'right' WHERE id = 1")
    _ = try a.sync()
    _ = try b.sync()
    let wall = world.wall
    world.wall += sign * years
    try b.run("UPDATE item SET name = 'clock off' WHERE id = 1")
    _ = try b.sync()
    world.wall = wall + 10_000
    try world.settle(a, b)
    #expect(try a.items() == ["1 clock off", "2 two", "3 three"])
    try expectSettled(a, b)
  }

  /// C1
  @Test func anOwnEntryThatTheFileLacksIsAskedFor() throws {
    try a.run("INSERT INTO item VALUES (4, 'four', 4)")
    _ = try a.sync()
    try a.run("INSERT INTO item VALUES (5, 'five', 5)")
    // The hub answers with an entry of the chain that the file does not have, as it may after
    // restores on both sides.
    let copy = try world.copy(a, "copy")
    _ = try a.sync()
    var answers = 0
    let report = try copy.sync { request, answer in
      guard case .exchange(let exchange) = request, answers < 1 else { return answer() }
      answers += 1
      guard case .exchange(var response) = answer() else { throw CancellationError() }
      #expect(!exchange.wantsAll)
      // It confirms nothing, so that the entry is one that the file knows nothing of.
      try copy.run("DELETE FROM tributary_outgoing; DELETE FROM tributary_outbox")
      response.accepted = []
      return .exchange(response)
    }
    #expect(report.outcome == .complete)
    #expect(
      copy.requests.contains {
        if case .exchange(let request) = $0 { request.wantsAll } else { false }
      })
    #expect(try !copy.store.standing().wantsAll)
    #expect(try copy.items() == ["1 one", "2 two", "3 three", "4 four", "5 five"])
  }
}
