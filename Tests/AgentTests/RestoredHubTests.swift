import Agent
import BranchStore
import Clocks
import Deltas
import HubStore
import Sessions
import Storage
import TestSupport
import Testing

/// The hub is put back to an earlier state: what branches have of the rest returns.
struct RestoredHubTests {
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws { (world, a, b) = try AgentWorld.withItems() }

  private func expectNothingLost() throws {
    #expect(try expectSame(a, b))
    #expect(try world.hubStore.lossCount() == 0)
    #expect(try a.store.ledger(openOnly: false).isEmpty)
    #expect(try b.store.ledger(openOnly: false).isEmpty)
    for branch in [a, b] {
      #expect(try branch.store.gaps().isEmpty)
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
    }
  }

  /// The hub has the policy of the backup again; each branch that knew a later one says so, once.
  @Test(arguments: [false, true]) func anOlderPolicyIsTold(hadOne: Bool) throws {
    func publish(_ rule: String) throws {
      try world.publish("policy: 1\ntables:\n  item:\n    columns: {v: \(rule)}")
    }
    if hadOne { try publish("first") }
    try world.backUpHub("backup")
    try publish("counter")
    for branch in [a, b] { #expect(try branch.sync().notices.isEmpty) }
    try world.restoreHub("backup")
    let version: UInt64 = hadOne ? 1 : 0
    let told = try a.sync().notices.map(\.text)
    #expect(told.count == 1)
    #expect(told.first?.contains("this branch had version \(version + 1)") ?? false)
    #expect(told.first?.contains("tributary policy publish") ?? false)
    #expect(try a.store.policy().version == version)
    #expect(try a.store.notices().map(\.text) == told)
    #expect(try a.sync().notices.isEmpty)
    // Published again it is the same, and nothing is to be said.
    try publish("counter")
    for branch in [a, b] { #expect(try branch.sync().notices.isEmpty) }
    #expect(try a.store.policy().contentHash == b.store.policy().contentHash)
    #expect(try a.store.policy().version == version + 1)
    try expectNothingLost()
  }

  /// C4
  @Test func aHubRestoredFromAnOldBackupGetsBackOwnAndReceivedWork() throws {
    try world.backUpHub("backup")
    try world.settle(a, b)
    #expect(try a.store.tailSize().entryCount == 0)
    try a.run("UPDATE item SET name = 'uno' WHERE id = 1; INSERT INTO item VALUES (4, 'four', 4)")
    _ = try a.sync()
    try a.run("DELETE FROM item WHERE id = 2")
    try world.settle(a, b)
    try b.run("UPDATE item SET name = 'tres' WHERE id = 3")
    _ = try b.sync()
    let before = try world.hubStore.head()
    try world.restoreHub("backup")
    #expect(try world.hubStore.head() < before)
    // b alone hands back everything: its own, and what it has received.
    #expect(try b.sync().isRelocated)
    #expect(try world.hubStore.head() == before)
    #expect(try b.items() == ["1 uno", "3 tres", "4 four"])
    _ = try a.sync()
    #expect(try a.items() == ["1 uno", "3 tres", "4 four"])
    try expectNothingLost()
  }

  /// One sync comes through, however the hub is put back under it.
  @Test func theHubIsPutBackOnceMoreWhileItIsHandedWhatItLost() throws {
    try world.copyHub("copy")
    try a.run("UPDATE item SET name = 'uno' WHERE id = 1; INSERT INTO item VALUES (4, 'four', 4)")
    try world.settle(a, b)
    try world.restoreHub("copy")
    var isPutBack = false
    let report = try b.sync { request, ask in
      if case .handBack = request, !isPutBack {
        isPutBack = true
        try world.restoreHub("copy")
      }
      return ask()
    }
    #expect(isPutBack)
    #expect(report.outcome == .complete && report.isRelocated)
    try world.settle(a, b)
    #expect(try b.items() == a.items())
    #expect(try a.items().contains("4 four"))
    try expectNothingLost()
  }

  @Test func workOfBothSidesAfterARestoreMergesWithWhatIsHandedBack() throws {
    try world.copyHub("copy")
    try a.run("UPDATE item SET name = 'from a' WHERE id = 1")
    try world.settle(a, b)
    try world.restoreHub("copy")
    let c = try world.join("c")
    _ = try c.sync()
    // c has seen neither, and b has seen a's.
    try c.run("UPDATE item SET v = 'from c' WHERE id = 1; INSERT INTO item VALUES (9, 'c', 9)")
    _ = try c.sync()
    try b.run("UPDATE item SET name = 'from b' WHERE id = 1")
    try world.settle(b, a, c)
    #expect(try a.items() == ["1 from b", "2 two", "3 three", "9 c"])
    #expect(try expectSame(a, b, c))
    #expect(try world.hubStore.lossCount() == 0)
    let ledger = try a.store.ledger(openOnly: false)
    #expect(try b.store.ledger(openOnly: false) == ledger)
    #expect(ledger.isEmpty)
  }

  /// C6
  @Test func twoRestoresInARowForgetNoPlace() throws {
    try world.copyHub("first")
    try a.run("UPDATE item SET name = 'a1' WHERE id = 1")
    try world.settle(a, b)
    try world.restoreHub("first")
    _ = try a.sync()
    try world.copyHub("second")
    try b.run("UPDATE item SET name = 'b2' WHERE id = 1; INSERT INTO item VALUES (5, 'b', 5)")
    try world.settle(b, a)
    try a.run("UPDATE item SET name = 'a3' WHERE id = 1")
    _ = try a.sync()
    try world.restoreHub("second")
    try world.settle(a, b)
    #expect(try b.items() == ["1 a3", "2 two", "3 three", "5 b"])
    try expectNothingLost()
    try world.restoreHub("first")
    try world.settle(b, a)
    #expect(try a.items() == ["1 a3", "2 two", "3 three", "5 b"])
    try expectNothingLost()
  }

  @Test func aBranchWhoseWorkAnotherHandedBackLearnsWhereThePathWentOn() throws {
    let c = try world.join("c")
    try world.settle(a, b, c)
    try world.copyHub("twin")
    try c.run("INSERT INTO item VALUES (4, 'c4', 4); UPDATE item SET v = 'c' WHERE id = 1")
    _ = try c.sync()
    try world.copyHub("first")
    try world.restoreHub("twin")
    try b.run("UPDATE item SET name = 'b' WHERE id = 2")
    _ = try b.sync()
    try a.run("UPDATE item SET name = 'a' WHERE id = 1")
    try world.settle(a, b)
    // The first serves again, behind its own fork from the twin, and a need not hand back any more.
    try world.restoreHub("first")
    _ = try b.sync()
    #expect(try a.sync().isRelocated)
    #expect(try a.items() == ["1 a", "2 b", "3 three", "4 c4"])
    #expect(try a.store.lineage() == b.store.lineage())
    try world.settle(c, a, b)
    #expect(try expectSame(a, b, c))
    try expectNothingLost()
  }

  /// C4
  @Test func unsentWorkThatRefersToTheLostStretchStaysWhatItWas() throws {
    try world.copyHub("copy")
    try a.run("UPDATE item SET name = 'a1' WHERE id = 1; DELETE FROM item WHERE id = 2")
    try world.settle(a, b)
    // Sealed and captured on top of what the hub is about to lose.
    try b.run("UPDATE item SET name = 'b1' WHERE id = 1")
    _ = try b.sync { _, _ in nil }
    try b.run("UPDATE item SET v = 'b2' WHERE id = 3; INSERT INTO item VALUES (7, 'b7', 7)")
    try world.restoreHub("copy")
    try world.settle(b, a)
    #expect(try a.items() == ["1 b1", "3 three", "7 b7"])
    try expectNothingLost()
  }

  /// C7
  @Test func whatNobodyHasIsLostAndNamedAndTheRestIsSent() throws {
    try world.copyHub("copy")
    try a.run("INSERT INTO item VALUES (4, 'four', 4); UPDATE item SET v = 9 WHERE id = 1")
    _ = try a.sync()
    try a.run("INSERT INTO item VALUES (5, 'five', 5)")
    _ = try a.sync()
    _ = try b.sync()
    // Neither has the first changeset any more.
    for branch in [a, b] {
      try branch.run("DELETE FROM tributary_tail_place WHERE position = 2")
    }
    try world.restoreHub("copy")
    let report = try a.sync()
    #expect(try world.hubStore.lossCount() == 1)
    // Its rows are in the branches' tables, and come back from there.
    #expect(report.repair?.sent.count == 2)
    _ = try b.sync()
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    #expect(try a.items() == ["1 one", "2 two", "3 three", "4 four", "5 five"])
    #expect(try a.rows("SELECT v FROM item WHERE id = 1") == [[.integer(9)]])
    #expect(try world.hubStore.digests().map(\.digest) == a.store.digests().map(\.digest))
  }

  @Test func aRestartWithoutNewsCostsNothing() throws {
    try a.run("INSERT INTO item VALUES (4, 'four', 4)")
    _ = try a.sync()
    let place = try a.store.place()
    for _ in 0..<3 { try world.restartHub() }
    let report = try a.sync()
    #expect(!report.isRelocated)
    #expect(report.roundTrips == 1)
    #expect(try a.store.place() == place)
    _ = try b.sync()
    try expectNothingLost()
  }

  @Test func largeEntriesAreHandedBackInPieces() throws {
    try world.copyHub("copy")
    try a.run(
      """
      WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        INSERT INTO item SELECT i, 'row', randomblob(5000) FROM n
      """)
    _ = try a.sync()
    try a.run("UPDATE item SET name = 'after' WHERE id = 1")
    _ = try a.sync()
    try world.restoreHub("copy")
    var count = 0
    // Every third request, or its answer, is lost.
    let report = try a.sync { _, answer in
      count += 1
      if count % 3 == 0 { return nil }
      let response = answer()
      return count % 7 == 0 ? nil : response
    }
    #expect(report.outcome == .complete)
    #expect(a.requests.contains { if case .upload = $0 { true } else { false } })
    _ = try b.sync()
    try expectNothingLost()
    #expect(try b.rows("SELECT count(*) FROM item") == [[.integer(494)]])
  }

  @Test(arguments: 1..<40)
  func aCrashAtAnyStepOfARelocationIsMadeGood(crashAt: Int) throws {
    struct Crash: Error {}
    try world.copyHub("copy")
    try a.run("UPDATE item SET name = 'a1' WHERE id = 1; DELETE FROM item WHERE id = 2")
    try world.settle(a, b)
    try b.run("UPDATE item SET name = 'b1' WHERE id = 1; INSERT INTO item VALUES (7, 'b7', 7)")
    try world.restoreHub("copy")
    var step = 0
    for branch in [b, a] {
      branch.store.database.onStep = { _ in
        step += 1
        if step == crashAt { throw Crash() }
      }
      do { _ = try branch.sync() } catch is Crash {
        try branch.restart()
        _ = try branch.sync()
      }
      branch.store.database.onStep = nil
    }
    try world.settle(b, a)
    #expect(try a.items() == ["1 b1", "3 three", "7 b7"])
    try expectNothingLost()
  }

  @Test func conflictsOfALostStretchGiveWayToThoseOfTheNew() throws {
    try world.copyHub("copy")
    try a.run("UPDATE item SET name = 'a' WHERE id = 1")
    try b.run("UPDATE item SET name = 'b' WHERE id = 1")
    try world.settle(a, b)
    #expect(try a.store.ledger(openOnly: false).count == 1)
    try world.restoreHub("copy")
    let c = try world.join("c")
    _ = try c.sync()
    try c.run("UPDATE item SET name = 'c' WHERE id = 3")
    _ = try c.sync()
    try b.run("UPDATE item SET name = 'bb' WHERE id = 3")
    try world.settle(a, b, c)
    let ledger = try a.store.ledger(openOnly: false)
    #expect(try expectSame(a, b, c))
    #expect(try b.store.ledger(openOnly: false) == ledger)
    #expect(try world.hubStore.conflicts(openOnly: false) == ledger)
    #expect(ledger.count == 2)
  }

  /// The decision comes back as a change, and the conflict is what it was when the copy was made.
  @Test func whatWasDecidedAfterTheCopyIsOpenAgainEverywhere() throws {
    try world.publish("policy: 1\ntables:\n  item:\n    columns:\n      name: ask\n")
    try a.run("UPDATE item SET name = 'a' WHERE id = 3")
    try b.run("UPDATE item SET name = 'b' WHERE id = 3")
    try world.settle(a, b)
    let asked = try world.hubStore.conflicts(openOnly: true)
    #expect(asked.count == 1)
    try world.copyHub("copy")
    try world.hubStore.decide(
      asked.map(\.id), .branch("a"), person: "", wallMilliseconds: world.wall)
    try world.settle(a, b)
    #expect(try a.store.ledger(openOnly: false).map(\.state) == [.decided])
    try world.restoreHub("copy")
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    #expect(try world.hubStore.conflicts(openOnly: false) == asked)
    #expect(try a.store.ledger(openOnly: false) == asked)
    #expect(try b.store.ledger(openOnly: false) == asked)
  }

  /// C3
  @Test(arguments: [false, true])
  func aHubWhoseMachineWasTurnedBackWhileItServedIsToldApart(isBehind: Bool) throws {
    try world.copyHub("snapshot")
    try a.run("INSERT INTO item VALUES (4, 'lost', 4)")
    _ = try a.sync()
    // Sealed on top of what will have two meanings, and not sent.
    try a.run(
      "INSERT INTO item VALUES (5, 'unsent', 5); UPDATE item SET name = 'found' WHERE id = 4")
    _ = try a.sync { _, _ in nil }
    try world.turnBackHub("snapshot")
    if !isBehind {
      // The same place, another history.
      try b.run("INSERT INTO item VALUES (6, 'other', 6)")
      _ = try b.sync()
    }
    let report = try a.sync()
    #expect(report.outcome == .complete)
    #expect(report.isRelocated)
    try world.settle(a, b)
    let other = isBehind ? [] : ["6 other"]
    #expect(try b.items() == ["1 one", "2 two", "3 three", "4 found", "5 unsent"] + other)
    try expectNothingLost()
  }
}
