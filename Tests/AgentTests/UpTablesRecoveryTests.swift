import Agent
import BranchStore
import Clocks
import Deltas
import Foundation
import Hub
import HubStore
import Merging
import Sessions
import Storage
import TestSupport
import Testing

/// What becomes of rows that stay at the hub where something is put back, pruned, copied, compared
/// or told otherwise.
struct UpTablesRecoveryTests {
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws {
    world = try AgentWorld(UpTablesTests.sql)
    try world.publish(UpTablesTests.policy)
    a = try world.join("a")
    b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'one', 1), (2, 'two', 2)")
    try world.settle(a, b)
  }

  private func expectLevel(
    payments: [String], losses: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(try world.hubPayments() == payments, sourceLocation: sourceLocation)
    let items = try world.hubStore.digests()[0].digest
    for branch in [a, b] {
      #expect(try branch.store.digests()[0].digest == items, sourceLocation: sourceLocation)
      #expect(try branch.store.outbox().isEmpty, sourceLocation: sourceLocation)
      #expect(try branch.store.gaps().isEmpty, sourceLocation: sourceLocation)
      #expect(try branch.store.ledger(openOnly: false).isEmpty, sourceLocation: sourceLocation)
    }
    #expect(try world.hubStore.lossCount() == losses, sourceLocation: sourceLocation)
    #expect(try world.hubStore.check().allSatisfy(\.isOK), sourceLocation: sourceLocation)
  }

  /// The hub tells nothing of its rows, so those that SQLite numbered in a copy are new ones.
  @Test func aCopyBooksUnderNumbersOfItsOwn() throws {
    let first = try world.join("first", ownKeys: .newNumbers)
    try first.run("INSERT INTO payment(note) VALUES ('before')")
    _ = try first.sync()
    let copy = try world.copy(first, "copy")
    try first.run("INSERT INTO payment(note) VALUES ('of the first')")
    _ = try first.sync()
    try copy.run("INSERT INTO payment(note) VALUES ('of the copy')")
    _ = try copy.sync()
    try world.settle(copy, first)
    let notes = "SELECT note FROM payment ORDER BY 1"
    let all = try world.hubDatabase().rows(notes).map { $0[0].text }
    #expect(all == ["before", "of the copy", "of the first"])
    #expect(try copy.rows(notes).map { $0[0].text } == ["before", "of the copy"])
    #expect(try copy.store.outbox().isEmpty)
    #expect(try world.hubStore.conflicts(openOnly: false).isEmpty)
  }

  // MARK: A hub that was restored

  @Test(arguments: [false, true])
  func aRestoredHubGetsBackAllPayments(othersComeFirst: Bool) throws {
    try world.backUpHub("backup")
    try a.run("INSERT INTO item VALUES (3, 'a', 0); INSERT INTO payment VALUES (1, 'of a')")
    try b.run("INSERT INTO item VALUES (4, 'b', 0); INSERT INTO payment VALUES (2, 'of b')")
    try world.settle(a, b)
    try a.run("INSERT INTO payment VALUES (3, 'more')")
    try world.settle(a, b)
    try world.restoreHub("backup")
    #expect(try world.hubPayments().isEmpty)
    if othersComeFirst {
      #expect(try b.sync().isRelocated)
      // Until its author names it, what nobody else has counts as lost.
      #expect(try world.hubStore.lossCount() > 0)
      #expect(try world.hubPayments() == ["2 of b"])
    }
    try world.settle(a, b)
    try expectLevel(payments: ["1 of a", "2 of b", "3 more"])
    #expect(try a.payments() == ["1 of a", "3 more"])
    #expect(try b.payments() == ["2 of b"])
    #expect(try a.store.vector() == b.store.vector())
    // Once more, on top of what was handed back.
    try a.run("INSERT INTO payment VALUES (5, 'after')")
    try world.settle(a, b)
    try world.restoreHub("backup")
    try world.settle(b, a)
    try expectLevel(payments: ["1 of a", "2 of b", "3 more", "5 after"])
    #expect(try b.payments() == ["2 of b"])
  }

  @Test func aHubWhoseMachineWasTurnedBackGetsBackAllPayments() throws {
    try world.copyHub("snapshot")
    try a.run("INSERT INTO payment VALUES (1, 'of a')")
    try b.run("INSERT INTO payment VALUES (2, 'of b')")
    try world.settle(a, b)
    try world.turnBackHub("snapshot")
    try world.settle(b, a)
    // Neither has what the other's stretch began with, so the two are not known to be one: what
    // each has of it under its own name is missing under the other's.
    try expectLevel(payments: ["1 of a", "2 of b"], losses: 2)
    #expect(try a.payments() == ["1 of a"])
    #expect(try b.payments() == ["2 of b"])
  }

  /// What is in no tail any more comes from the table, when somebody asks for it.
  @Test func allRowsAreSentAgainWhereARepairIsAskedFor() throws {
    try world.copyHub("old")
    try a.run("INSERT INTO payment VALUES (1, 'of a'), (2, 'too')")
    try world.settle(a, b)
    try world.backUpHub("backup")
    try a.run("INSERT INTO item VALUES (3, 'i', 0)")
    try world.settle(a, b)
    #expect(try a.store.tailSize().entryCount < 3)
    try world.restoreHub("old")
    try world.settle(a, b)
    #expect(try world.hubPayments().isEmpty)
    #expect(try world.hubStore.lossCount() > 0)
    let report = try a.sync(isComparingAll: true)
    #expect(report.outcome == .complete)
    #expect(report.repair?.tables == ["item"])
    #expect(try world.hubPayments() == ["1 of a", "2 too"])
    // What the hub has adds nothing.
    _ = try a.sync(isComparingAll: true)
    try world.settle(a, b)
    #expect(try b.payments().isEmpty)
    #expect(try world.hubStore.conflicts(openOnly: false).isEmpty)
  }

  // MARK: Whole states

  @Test func aWholeStateTakesNobodysOwnAndBringsNoneOfOthers() throws {
    try a.run("INSERT INTO payment VALUES (1, 'of a'), (2, 'too')")
    try world.settle(a, b)
    try a.run("INSERT INTO payment VALUES (3, 'unsent')")
    for number in 0..<5 {
      try b.run(
        """
        INSERT INTO item VALUES (\(20 + number), 'b', 0);
        INSERT INTO payment VALUES (\(20 + number), 'of b')
        """)
      _ = try b.sync()
    }
    world.wall += 400 * 86_400_000
    _ = try b.sync()
    try world.prune()
    #expect(try a.sync().isRebased)
    try world.settle(b, a)
    #expect(try a.payments() == ["1 of a", "2 too", "3 unsent"])
    #expect(try world.hubPayments().count == 8)
    try world.prune()
    let c = try world.join("c")
    _ = try c.sync()
    #expect(try c.items() == a.items())
    #expect(try c.payments().isEmpty)
    #expect(try a.store.digests()[0].digest == c.store.digests()[0].digest)
    #expect(try a.store.gaps().isEmpty)
  }

  /// The answer that brings the whole state tells of the policy, too: the branch has the former.
  @Test func aWholeStateSaysItselfWhatItLeavesOut() throws {
    let world = try AgentWorld(UpTablesTests.sql)
    let (a, b) = (try world.join("a"), try world.join("b"))
    try a.run("INSERT INTO payment VALUES (1, 'of a')")
    try world.settle(a, b)
    try world.publish(UpTablesTests.policy)
    for number in 0..<5 {
      try b.run("INSERT INTO item VALUES (\(number), 'b', 0)")
      _ = try b.sync()
    }
    world.wall += 400 * 86_400_000
    _ = try b.sync()
    try world.prune()
    #expect(try a.store.policy().version == 0)
    #expect(try a.sync().isRebased)
    #expect(try a.payments() == ["1 of a"])
    #expect(try a.store.policy().version == 1)
  }

  // MARK: Comparing

  @Test func theHubComparesNoneShowsNoneAndNobodyAsks() throws {
    try a.run("INSERT INTO payment VALUES (1, 'of a')")
    try world.settle(a, b)
    let key = RowKey(table: UpTablesTests.payment, values: [.integer(1)]).encoded
    let requests: [HubRequest] = [
      .compare(CompareRequest(table: UpTablesTests.payment, bits: 0, buckets: [])),
      .fetchRows(FetchRowsRequest(table: UpTablesTests.payment, keys: [key])),
      .explain(ExplainRequest(table: UpTablesTests.payment, key: key)),
    ]
    for request in requests {
      for answer in [
        world.hub.handle(request, from: b.store.identity.replica, wallMilliseconds: world.wall),
        world.hub.preview(request),
      ] {
        guard case .refused(let refusal) = answer else {
          Issue.record("\(request) was answered")
          continue
        }
        #expect([.withheld, .notAllowed].contains(refusal.code))
      }
    }
    let (comparison, tables) = try b.compare()
    #expect(tables.map(\.table.name) == ["item"])
    #expect(comparison.withheld == [UpTablesTests.payment])
    #expect(comparison.notCompared == ["Rows of table “payment” stay at the hub."])
    // A damaged disk: the hub's rows are taken, and of these there are none to take.
    try a.store.distrustRows()
    #expect(try a.store.gaps().map(\.table) == [UpTablesTests.item])
    let report = try a.sync()
    #expect(report.outcome == .complete)
    #expect(try a.payments() == ["1 of a"])
    try expectLevel(payments: ["1 of a"])
  }

  @Test func whatWasWrittenUncapturedComesToTheHub() throws {
    try a.run("INSERT INTO payment VALUES (1, 'of a')")
    try world.settle(a, b)
    try a.run("DROP TRIGGER tributary_2_i; INSERT INTO payment VALUES (2, 'uncaptured')")
    let report = try a.sync()
    #expect(!report.repairedTriggers.isEmpty)
    try world.settle(a, b)
    try expectLevel(payments: ["1 of a", "2 uncaptured"])
    #expect(try b.payments().isEmpty)
    #expect(try world.hubStore.conflicts(openOnly: false).isEmpty)
  }

  // MARK: Copies

  @Test func aCopyGoesOnWithWhatItHasAndLacksWhatTheHubKeepsToItself() throws {
    try a.run("INSERT INTO payment VALUES (1, 'before')")
    try world.settle(a, b)
    let copy = try world.copy(a, "restored")
    try a.run("INSERT INTO item VALUES (3, 'i', 0); INSERT INTO payment VALUES (2, 'since')")
    _ = try a.sync()
    try copy.run("INSERT INTO payment VALUES (7, 'of the copy')")
    let report = try copy.sync()
    #expect(report.newName == "a (2)")
    #expect(report.notices.contains { $0.text.contains("payment") })
    try world.settle(copy, b)
    #expect(try world.hubPayments() == ["1 before", "2 since", "7 of the copy"])
    #expect(try copy.payments() == ["1 before", "7 of the copy"])
    #expect(try copy.items().last == "3 i")
    #expect(try world.hubStore.conflicts(openOnly: false).isEmpty)
  }

  // MARK: Another policy

  @Test func whatStayedAtTheHubIsNotToldLater() throws {
    let both = "policy: 1"
    // No row yet.
    try world.publish(both)
    try world.publish(UpTablesTests.policy)
    try a.run("INSERT INTO payment VALUES (1, 'of a')")
    try world.settle(a, b)
    #expect(throws: HubStoreError.rowsWithheld(table: "payment")) { try world.publish(both) }
    #expect(throws: HubStoreError.rowsWithheld(table: "payment")) {
      _ = try world.hubStore.publishAnew(
        try MergePolicy(tables: [:]), source: "", sampleMax: 0, wallMilliseconds: world.wall)
    }
    #expect(try world.hubStore.policyInForce()?.version == 3)
  }

  /// It knows nothing of what it was told since, and branches say so.
  @Test func aHubFromBeforeThePolicyTellsAllAndPeopleHearOfIt() throws {
    let world = try AgentWorld(UpTablesTests.sql)
    let (a, b) = (try world.join("a"), try world.join("b"))
    try world.settle(a, b)
    try world.backUpHub("before")
    try world.publish(UpTablesTests.policy)
    try world.settle(a, b)
    try a.run("INSERT INTO payment VALUES (1, 'of a')")
    try b.run("INSERT INTO payment VALUES (2, 'of b')")
    try world.settle(a, b)
    try world.restoreHub("before")
    try world.settle(b, a)
    for branch in [a, b] {
      let notices = try branch.store.status().notices
      #expect(notices.contains { $0.text.contains("“payment” to itself") })
    }
    // What is told is the same everywhere.
    #expect(try expectSame(a, b))
    #expect(try a.payments() == ["1 of a", "2 of b"])
    try world.publish(UpTablesTests.policy)
    try world.settle(a, b)
    try a.run("INSERT INTO payment VALUES (3, 'more')")
    try world.settle(a, b)
    #expect(try b.payments() == ["1 of a", "2 of b"])
    #expect(try world.hubPayments().count == 3)
    #expect(try world.hubStore.lossCount() == 0)
  }

  @Test func aWholeStateOfBeforeThePolicyIsNotHandedOut() throws {
    let world = try AgentWorld(UpTablesTests.sql)
    let a = try world.join("a")
    try a.run("INSERT INTO payment VALUES (1, 'of a'); INSERT INTO item VALUES (1, 'i', 1)")
    try world.settle(a)
    try a.run("INSERT INTO item VALUES (2, 'i', 1)")
    try world.settle(a)
    try world.prune()
    let b = try world.join("b")
    _ = try b.sync()
    #expect(try b.payments() == ["1 of a"])
    try world.publish(UpTablesTests.policy)
    let c = try world.join("c")
    _ = try c.sync()
    #expect(try c.payments().isEmpty)
    #expect(try c.items() == b.items())
  }
}
