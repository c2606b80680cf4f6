import Agent
import BranchStore
import Clocks
import Deltas
import Foundation
import HubStore
import Sessions
import Storage
import TestSupport
import Testing

/// Three branches whose payments go to the hub and to no other branch.
struct UpTablesTests {
  static let sql = """
    CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v);
    CREATE TABLE payment(id INTEGER PRIMARY KEY, note TEXT)
    """
  static let policy = """
    policy: 1
    tables:
      payment:
        direction: up
        append-only: true
    """
  static let item = TableID(1)
  static let payment = TableID(2)
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch
  private let c: AgentBranch

  init() throws {
    world = try AgentWorld(Self.sql)
    try world.publish(Self.policy)
    a = try world.join("a")
    b = try world.join("b")
    c = try world.join("c")
    try a.run("INSERT INTO item VALUES (1, 'one', 1), (2, 'two', 2)")
    try world.settle(a, b, c)
  }

  /// Each branch sells something, in one transaction with its payment.
  private func sell() throws {
    for (number, branch) in [a, b, c].enumerated() {
      let id = (number + 1) * 10
      try branch.run(
        """
        BEGIN;
        INSERT INTO item VALUES (\(id), 'sold at \(branch.store.identity.branch)', 0);
        INSERT INTO payment VALUES (\(id), 'payment of \(branch.store.identity.branch)');
        COMMIT
        """)
    }
  }

  private func hubPayments() throws -> [String] { try world.hubPayments() }

  private func expectEachHasItsOwn(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(
      try hubPayments() == ["10 payment of a", "20 payment of b", "30 payment of c"],
      sourceLocation: sourceLocation)
    for (branch, own) in [(a, "10 payment of a"), (b, "20 payment of b"), (c, "30 payment of c")] {
      #expect(try branch.payments() == [own], sourceLocation: sourceLocation)
    }
    try expectLevel(a, b, c, sourceLocation: sourceLocation)
  }

  /// Everything else is the same everywhere, and nothing is left to do.
  private func expectLevel(
    _ branches: AgentBranch..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let items = try world.hubStore.digests()[0].digest
    let vector = try branches[0].store.vector()
    for branch in branches {
      #expect(try branch.store.digests()[0].digest == items, sourceLocation: sourceLocation)
      #expect(try branch.store.vector() == vector, sourceLocation: sourceLocation)
      #expect(try branch.store.outbox().isEmpty, sourceLocation: sourceLocation)
      #expect(try branch.store.gaps().isEmpty, sourceLocation: sourceLocation)
      #expect(try branch.store.ledger(openOnly: false).isEmpty, sourceLocation: sourceLocation)
    }
    #expect(try world.hubStore.lossCount() == 0, sourceLocation: sourceLocation)
  }

  // MARK: Who has what

  @Test func whatABranchWritesIsAtTheHubAndNowhereElse() throws {
    try sell()
    try world.settle(a, b, c)
    try expectEachHasItsOwn()
    // Not on a disk either: in no table, tail or staged delta.
    for (branch, others) in [(a, ["b", "c"]), (b, ["a", "c"]), (c, ["a", "b"])] {
      for suffix in ["", "-wal", "-journal"] {
        let file = try? Data(contentsOf: URL(fileURLWithPath: branch.store.path + suffix))
        for other in others {
          #expect(file?.range(of: Data("payment of \(other)".utf8)) == nil)
        }
      }
    }
  }

  /// Whose changeset has no part that others have, nobody can hand back in part.
  @Test func whatStaysAtTheHubIsSealedApart() throws {
    try sell()
    _ = try a.store.seal(wallMilliseconds: world.wall)
    #expect(try a.store.outbox().map(\.rowCount) == [1, 1])
    _ = try a.sync()
    _ = try b.sync()
    #expect(
      try world.hubDatabase().rows(
        "SELECT is_withheld FROM tributary_log ORDER BY position DESC LIMIT 4")
        == [[.integer(1)], [.integer(0)], [.integer(1)], [.integer(0)]])
  }

  @Test func aBranchThatDoesNotFollowThePolicyYetTellsAllOfWhatItMixed() throws {
    let world = try AgentWorld(Self.sql)
    let (a, b) = (try world.join("a"), try world.join("b"))
    try world.settle(a, b)
    try world.publish(Self.policy)
    try a.run("INSERT INTO item VALUES (1, 'i', 1); INSERT INTO payment VALUES (1, 'mixed')")
    try world.settle(a, b)
    #expect(try b.payments() == ["1 mixed"])
    // What others have stays with them, and what comes from now on does not go to them.
    try a.run("INSERT INTO payment VALUES (2, 'own')")
    try world.settle(a, b)
    #expect(try b.payments() == ["1 mixed"])
    #expect(try world.hubPayments() == ["1 mixed", "2 own"])
    // And is theirs to delete.
    try b.run("DELETE FROM payment")
    try world.settle(a, b)
    #expect(try a.payments() == ["1 mixed", "2 own"])
    #expect(try world.hubPayments() == ["1 mixed", "2 own"])
  }

  @Test func whoJoinsWithPaymentsBringsThemToTheHubOnly() throws {
    try sell()
    try world.settle(a, b, c)
    let d = try world.join(
      "d",
      Self.sql + """
        ; INSERT INTO item VALUES (40, 'of d', 0);
        INSERT INTO payment VALUES (10, 'payment of a'), (40, 'payment of d')
        """)
    try world.settle(d, a, b, c)
    #expect(try hubPayments().suffix(2) == ["30 payment of c", "40 payment of d"])
    #expect(try d.payments() == ["10 payment of a", "40 payment of d"])
    #expect(try a.payments() == ["10 payment of a"])
    #expect(try a.items().last == "40 of d")
    try expectLevel(a, b, c, d)
  }

  @Test func whoLeavesKeepsItsOwnAndTheHubAll() throws {
    try sell()
    try world.settle(a, b, c)
    try c.store.detach()
    #expect(try c.payments() == ["30 payment of c"])
    try a.run("INSERT INTO payment VALUES (11, 'more')")
    try world.settle(a, b)
    #expect(try hubPayments().count == 4)
  }

  // MARK: A row stays as it came first

  @Test func oneNumberOfTwoIsForPeopleAtTheHub() throws {
    try a.run("INSERT INTO payment VALUES (1, 'of a')")
    try b.run("INSERT INTO payment VALUES (1, 'of b')")
    try world.settle(a, b, c)
    #expect(try hubPayments() == ["1 of a"])
    #expect(try a.payments() == ["1 of a"])
    #expect(try b.payments() == ["1 of b"])
    let kept = try world.hubStore.conflicts(openOnly: false)
    #expect(kept.map(\.state) == [.refused])
    let texts = kept.first?.sides.map { $0.values?.map(\.text) }
    #expect(texts == [["of a"], ["of b"]])
    #expect(kept.first?.explanation.contains("its branch has what it wrote") == true)
    try expectLevel(a, b, c)
    // A person lets it stand: at the hub.
    try world.hubStore.decide(
      kept.map(\.id), .branch("b"), person: "", wallMilliseconds: world.wall)
    try world.settle(a, b, c)
    #expect(try hubPayments() == ["1 of b"])
    #expect(try a.payments() == ["1 of a"])
    #expect(try a.store.ledger(openOnly: false).isEmpty)
  }

  /// It has seen everything that the hub has, and was given none of it.
  @Test func aLaterPaymentUnderTheSameNumberReplacesNone() throws {
    try a.run("INSERT INTO payment VALUES (1, 'of a')")
    try world.settle(a, b, c)
    try b.run("INSERT INTO payment VALUES (1, 'of b')")
    try world.settle(a, b, c)
    #expect(try hubPayments() == ["1 of a"])
    #expect(try world.hubStore.conflicts(openOnly: false).count == 1)
  }

  @Test func whatItsAuthorChangesOrDeletesStaysAtTheHub() throws {
    try a.run("INSERT INTO payment VALUES (1, 'first'), (2, 'second')")
    try world.settle(a, b)
    try a.run("UPDATE payment SET note = 'other' WHERE id = 1; DELETE FROM payment WHERE id = 2")
    try world.settle(a, b)
    #expect(try hubPayments() == ["1 first", "2 second"])
    #expect(try a.payments() == ["1 other"])
    // Of the change people are told; what a branch clears away is its own matter.
    #expect(try world.hubStore.conflicts(openOnly: false).map(\.key.values) == [[.integer(1)]])
    try expectLevel(a, b)
  }

  /// One decision about rows of both kinds.
  @Test func whatPeopleDecideOfSuchARowStaysAtTheHub() throws {
    try world.publish(Self.policy + "\n  item: {rule: ask}")
    try world.settle(a, b, c)
    try a.run("INSERT INTO payment VALUES (1, 'of a'); UPDATE item SET name = 'a' WHERE id = 1")
    try b.run("INSERT INTO payment VALUES (1, 'secret'); UPDATE item SET name = 'b' WHERE id = 1")
    try world.settle(a, b, c)
    let ids = try world.hubStore.conflicts(openOnly: false).map(\.id)
    #expect(ids.count == 2)
    try world.hubStore.decide(ids, .branch("b"), person: "", wallMilliseconds: world.wall)
    try world.settle(a, b, c)
    #expect(try hubPayments() == ["1 secret"])
    #expect(try c.items().first == "1 b")
    #expect(try c.payments().isEmpty)
    #expect(try a.payments() == ["1 of a"])
    let history = try world.hubStore.history(
      of: Self.payment, key: RowKey(table: Self.payment, values: [.integer(1)]).encoded, atMost: 9)
    #expect(history.entries.count >= 2)
  }
}

extension AgentBranch {
  /// The payments as “number note”, in the order of their numbers.
  func payments() throws -> [String] {
    try rows("SELECT id || ' ' || note FROM payment ORDER BY id").map { $0[0].text }
  }
}

extension AgentWorld {
  func hubDatabase() throws -> Database {
    try Database(path: hubStore.folder + "/hub.db", mode: .readWrite)
  }

  func hubPayments() throws -> [String] {
    try hubDatabase().rows("SELECT id || ' ' || note FROM payment ORDER BY id").map { $0[0].text }
  }

  func prune() throws {
    for _ in 0..<10 {
      _ = try hubStore.prune(
        rowsAtMost: 10_000, awayBeforeMilliseconds: wall - 90 * 86_400_000)
    }
  }
}
