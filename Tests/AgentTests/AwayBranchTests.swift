import Agent
import BranchStore
import Clocks
import Deltas
import Hub
import Sessions
import Storage
import TestSupport
import Testing

@testable import HubStore

/// A branch returns after the hub has pruned what it would need to go on from its place.
struct AwayBranchTests {
  private let day: Int64 = 86_400_000
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws {
    world = try AgentWorld(AgentWorld.items)
    a = try world.join("a")
    b = try world.join("b")
    try a.run(
      "INSERT INTO item VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3), (4, 'four', 4)")
    try world.settle(a, b)
    try b.run("UPDATE item SET v = 0 WHERE id = 4")
    try world.settle(b, a)
  }

  private func prune() throws {
    for _ in 0..<10 {
      _ = try world.hubStore.prune(
        rowsAtMost: 10_000, awayBeforeMilliseconds: world.wall - 90 * day)
    }
  }

  /// C10
  @Test func aBranchAwayFor400DaysIsRebasedAndKeepsItsUnsentWork() throws {
    try a.run(
      """
      UPDATE item SET name = 'mine' WHERE id = 1;
      UPDATE item SET name = 'late' WHERE id = 2;
      INSERT INTO item VALUES (9, 'nine', 9);
      """)
    for number in 0..<5 {
      try b.run(
        """
        UPDATE item SET v = 'b\(number)' WHERE id = 1;
        INSERT INTO item VALUES (\(20 + number), 'b', 0)
        """
      )
      _ = try b.sync()
    }
    try b.run("DELETE FROM item WHERE id IN (2, 3)")
    _ = try b.sync()
    world.wall += 400 * day
    _ = try b.sync()
    try prune()
    let report = try a.sync()
    #expect(report.outcome == .complete)
    #expect(report.isRebased)
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    #expect(try a.rows("SELECT name, v FROM item WHERE id = 1") == [[.text("mine"), .text("b4")]])
    #expect(try a.rows("SELECT name FROM item WHERE id = 9") == [[.text("nine")]])
    // Its edit of a row that is gone is a conflict for people, and brings nothing back.
    #expect(try a.rows("SELECT 1 FROM item WHERE id IN (2, 3)").isEmpty)
    #expect(try a.store.ledger(openOnly: true).contains { $0.key.values == [.integer(2)] })
    #expect(try a.store.outbox().isEmpty)
    #expect(try a.store.deferredRows().isEmpty)
  }

  /// The whole state has no open conflict. Who took it in is told all the same what was open when
  /// the hub's copy was made.
  @Test(arguments: [false, true])
  func whatWasDecidedBeforeAWholeStateIsOpenAgain(wasTold: Bool) throws {
    try world.publish("policy: 1\ntables:\n  item:\n    columns:\n      name: ask\n")
    let c = try world.join("c")
    try world.settle(a, b, c)
    try a.run("UPDATE item SET name = 'a' WHERE id = 3")
    try b.run("UPDATE item SET name = 'b' WHERE id = 3")
    try world.settle(a, b)
    if wasTold { _ = try c.sync() }
    let asked = try world.hubStore.conflicts(openOnly: true)
    #expect(asked.count == 1)
    try world.copyHub("copy")
    try world.hubStore.decide(
      asked.map(\.id), .branch("a"), person: "", wallMilliseconds: world.wall)
    world.wall += 400 * day
    try world.settle(a, b)
    try prune()
    #expect(try c.sync().isRebased)
    let decided = try world.hubStore.conflicts(openOnly: false)
    #expect(decided.map(\.state) == [.decided])
    #expect(try c.store.ledger(openOnly: false) == decided)
    try world.restoreHub("copy")
    try world.settle(a, b, c)
    #expect(try expectSame(a, b, c))
    #expect(try world.hubStore.conflicts(openOnly: false) == asked)
    for branch in [a, b, c] { #expect(try branch.store.ledger(openOnly: false) == asked) }
  }

  /// What is settled for good is not told with a whole state.
  @Test func whatWasSettledIsNoPartOfAWholeState() throws {
    let c = try world.join("c")
    try world.settle(a, b, c)
    try a.run("UPDATE item SET name = 'a' WHERE id = 3")
    try b.run("UPDATE item SET name = 'b' WHERE id = 3")
    world.wall += 400 * day
    try world.settle(a, b)
    try prune()
    #expect(try c.sync().isRebased)
    #expect(try world.hubStore.conflicts(openOnly: false).map(\.state) == [.settled])
    #expect(try c.store.ledger(openOnly: false).isEmpty)
  }

  /// Capture had a gap, so what only this branch has is sent: but not what was deleted so long ago
  /// that the hub has forgotten it.
  @Test func aRepairAfterAWholeStateBringsNothingBack() throws {
    try b.run("DELETE FROM item WHERE id = 2")
    for number in 0..<5 {
      try b.run("INSERT INTO item VALUES (\(20 + number), 'b', 0)")
      _ = try b.sync()
    }
    world.wall += 400 * day
    _ = try b.sync()
    try prune()
    try a.run("DROP TRIGGER tributary_1_i; DROP TRIGGER tributary_1_d")
    let report = try a.sync()
    #expect(report.isRebased)
    #expect(!report.repairedTriggers.isEmpty)
    try world.settle(a, b)
    #expect(try expectSame(a, b))
    #expect(try a.rows("SELECT 1 FROM item WHERE id = 2").isEmpty)
    // Nothing of it is lost: people have it before them, on every side.
    for branch in [a, b] {
      let kept = try branch.store.ledger(openOnly: true).filter { $0.key.values == [.integer(2)] }
      #expect(kept.map { $0.values.map(\.value) }.contains([nil, .text(Array("two".utf8))]))
    }
    #expect(try a.store.gaps().isEmpty)
    // Who is level and has a row that nobody else has wrote it.
    try a.run("DROP TRIGGER tributary_1_i; INSERT INTO item VALUES (2, 'again', 0)")
    try world.settle(a, b)
    #expect(try b.items().contains("2 again"))
    #expect(try expectSame(a, b))
  }

  /// A whole state has no entries; what the hub says of its own is in the answer.
  @Test func whatItSendsKeepsItsTimeThroughARestore() throws {
    try world.backUpHub("before")
    try a.run("UPDATE item SET name = 'mine' WHERE id = 1")
    try b.run("UPDATE item SET v = 'b' WHERE id = 1")
    _ = try b.sync()
    world.wall += 400 * day
    _ = try b.sync()
    try prune()
    let report = try a.sync { [world, a] request, answer in
      // Its clock is an hour ahead.
      guard case .exchange(var exchange) = request else { return answer() }
      exchange.wallMilliseconds += 3_600_000
      return world.hub.handle(
        .exchange(exchange), from: a.store.identity.replica, wallMilliseconds: world.wall)
    }
    #expect(report.isRebased)
    let head = try world.hubStore.head()
    let own = Dot(replica: a.store.identity.replica, counter: 2)
    #expect(try world.hubStore.loggedChangeset(own)?.position == head)
    let facts = try #require(try world.hubStore.clockFacts(at: head))
    #expect(facts.offset == -3_600_000)
    world.wall += day
    try world.restoreHub("before")
    #expect(try a.sync().isRelocated)
    let again = try #require(try world.hubStore.loggedChangeset(own)?.position)
    let kept = try #require(try world.hubStore.clockFacts(at: again))
    #expect(kept == facts)
    try world.settle(b, a)
    #expect(try expectSame(a, b))
  }

  @Test func aNewBranchTakesTheWholeState() throws {
    world.wall += 400 * day
    try world.settle(a, b)
    try prune()
    let c = try world.join("c")
    let report = try c.sync()
    #expect(!report.isRebased)
    #expect(try expectSame(a, b, c))
    try c.run("UPDATE item SET name = 'c' WHERE id = 3")
    try world.settle(c, a, b)
    #expect(try expectSame(a, b, c))
    #expect(try a.store.ledger(openOnly: false).isEmpty)
  }

  /// The first sync of a branch that has written before, and goes on writing while it runs: one
  /// write for each of its messages. Returns whether it got a whole state.
  private func firstSync(
    of branch: AgentBranch, in world: AgentWorld, writing writes: [String],
    clockAheadMilliseconds ahead: Int64 = 0
  ) throws -> Bool {
    var writes = writes
    var wasWhole = false
    _ = try branch.sync { request, answer in
      guard case .exchange(var exchange) = request else { return answer() }
      exchange.wallMilliseconds += ahead
      let response = world.hub.handle(
        .exchange(exchange), from: branch.store.identity.replica, wallMilliseconds: world.wall)
      if case .exchange(let answered) = response, answered.isWholeState { wasWhole = true }
      if !writes.isEmpty { try branch.run(writes.removeFirst()) }
      return response
    }
    return wasWhole
  }

  /// The values that the hub's ledger has of item 7.
  private func kept(in world: AgentWorld) throws -> [Value?] {
    try world.hubStore.conflicts(openOnly: false).filter { $0.key.values == [.integer(7)] }
      .flatMap { $0.values.map(\.value) }
  }

  /// A branch that has integrated nothing writes under the key of a row that was deleted, while a
  /// whole state comes. Nothing waits for its row then, and what it writes later counts as having
  /// seen the deletion: but what it wrote first does not, and comes before.
  @Test(arguments: [false, true], [0, 3_600_000])
  func whatIsWrittenWhileTheFirstWholeStateComesIsNotLost(
    isForgotten: Bool, clockAheadMilliseconds: Int64
  ) throws {
    try b.run("INSERT INTO item VALUES (7, 'first', 7)")
    if isForgotten {
      try world.settle(b, a)
      try b.run("DELETE FROM item WHERE id = 7")
    }
    world.wall += 400 * day
    try world.settle(b, a)
    try prune()
    if !isForgotten {
      try b.run("DELETE FROM item WHERE id = 7")
      try world.settle(b, a)
    }
    let c = try world.join("c")
    try c.run("INSERT INTO item VALUES (50, 'c', 0)")
    #expect(
      try firstSync(
        of: c, in: world,
        writing: [
          "INSERT INTO item VALUES (7, 'unsent', 8)",
          "UPDATE item SET name = 'later' WHERE id = 7",
        ], clockAheadMilliseconds: clockAheadMilliseconds))
    try world.settle(c, a, b)
    #expect(try expectSame(a, b, c))
    #expect(
      try c.rows("SELECT name, v FROM item WHERE id = 7")
        == [[.text(Array("later".utf8)), .integer(8)]])
    #expect(try kept(in: world).contains(.text(Array("unsent".utf8))) == !isForgotten)
  }

  /// The same under the key of a row that a constraint keeps out of the hub's tables, and so out of
  /// the whole state.
  @Test func aRowInQuarantineIsNotOverwrittenSilentlyByWhoGetsItsFirstWholeState() throws {
    let world = try AgentWorld(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, v)")
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (2, 'two', 2)")
    try world.settle(a, b)
    world.wall += 400 * day
    try world.settle(a, b)
    while try world.hubStore.prune(rowsAtMost: 10_000, awayBeforeMilliseconds: 0).hasMore {}
    try a.run("INSERT INTO item VALUES (1, 'x', 1)")
    try b.run("INSERT INTO item VALUES (7, 'x', 'held back')")
    try world.settle(a, b)
    #expect(try world.hubStore.quarantinedRows().map(\.key.values) == [[.integer(7)]])
    let c = try world.join("c")
    try c.run("INSERT INTO item VALUES (50, 'c', 0)")
    #expect(
      try firstSync(
        of: c, in: world,
        writing: [
          "INSERT INTO item VALUES (7, 'unsent', 8)",
          "UPDATE item SET name = 'later', v = 9 WHERE id = 7",
        ]))
    try world.settle(c, a, b)
    #expect(try expectSame(a, b, c))
    #expect(try c.items().contains("7 later"))
    let kept = try kept(in: world)
    for text in ["x", "held back"] {
      #expect(kept.contains(.text(Array(text.utf8))))
    }
  }

  /// A whole state lacks a row whose deletion the restored hub has lost. What is written to that
  /// row meanwhile changes nothing at the branch: who inserts it there has not seen it.
  @Test func aRowThatIsInsertedWhereItIsMissingDoesNotOverwriteWhatCameForIt() throws {
    try a.run("INSERT INTO item VALUES (7, 'first', 7)")
    let c = try world.join("c")
    try world.settle(a, b)
    try world.copyHub("before")
    try b.run("DELETE FROM item WHERE id = 7")
    world.wall += 400 * day
    try world.settle(b)
    try prune()
    _ = try c.sync()
    #expect(try c.rows("SELECT 1 FROM item WHERE id = 7").isEmpty)
    try world.restoreHub("before")
    try a.run("UPDATE item SET name = 'unseen' WHERE id = 7")
    _ = try a.sync()
    // The network goes when tables are to be compared.
    let report = try c.sync { request, answer in
      if case .compare = request { return nil }
      return answer()
    }
    #expect(report.isRelocated)
    #expect(try !c.store.gaps().isEmpty)
    #expect(try c.rows("SELECT 1 FROM item WHERE id = 7").isEmpty)
    try c.run("INSERT INTO item VALUES (7, 'mine', 8)")
    try world.settle(c, a, b)
    try world.settle(c, a, b)
    #expect(try expectSame(a, b, c))
    let rows = try c.rows("SELECT name FROM item WHERE id = 7")
    let kept = try kept(in: world)
    for text in ["unseen", "mine"] {
      let value = Value.text(Array(text.utf8))
      #expect(rows.joined().contains(value) || kept.contains(value))
    }
  }
}
