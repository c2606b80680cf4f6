import Agent
import Basics
import BranchStore
import Clocks
import Deltas
import HubStore
import Sessions
import Storage
import TestSupport
import Testing

/// Troubles that do not come alone, and what people do with one row at the same time.
@Suite struct HardTimesTests {
  private let world: AgentWorld

  init() throws {
    world = try AgentWorld("CREATE TABLE item(id INTEGER PRIMARY KEY, v, w TEXT)")
  }

  /// Three crashes, each while what the one before left is made good.
  @Test(arguments: [1, 2, 4, 7, 11], [1, 2, 3, 5, 8])
  func crashesDuringRecoveryAreMadeGoodToo(first: Int, second: Int) throws {
    struct Crash: Error {}
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'one', NULL), (2, 'two', NULL)")
    try b.run("INSERT INTO item VALUES (3, 'three', NULL)")
    _ = try b.sync()
    for (number, crashAt) in [first, second, 1].enumerated() {
      var step = 0
      a.store.database.onStep = { _ in
        step += 1
        if step == crashAt { throw Crash() }
      }
      do { _ = try a.sync() } catch is Crash {
        try a.run("UPDATE item SET v = 'after \(number)' WHERE id = 1")
      }
    }
    a.store.database.onStep = nil
    for branch in [a, b, a] { _ = try branch.sync() }
    #expect(try expectSame(a, b))
    #expect(try b.rows("SELECT count(*) FROM item") == [[.integer(3)]])
    #expect(try a.store.ledger(openOnly: false).isEmpty)
  }

  /// Of a hundred messages two get through, and of these one loses its answer: the hub has done
  /// it, and the branch does not know.
  @Test func twoMessagesInAHundredAreEnough() throws {
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'one', NULL), (2, 'two', NULL)")
    try b.run("INSERT INTO item VALUES (3, 'three', NULL)")
    var generator = SeededGenerator(seed: 99)
    let line: AgentBranch.Network = { _, answer in
      guard generator.chance(20) else { return nil }
      let answered = answer()
      return generator.chance(500) ? answered : nil
    }
    var contacts = 0
    while try !expectSame(a, b), contacts < 1_000 {
      _ = try a.sync(line)
      _ = try b.sync(line)
      contacts += 1
    }
    #expect(try expectSame(a, b))
    #expect(try a.rows("SELECT count(*) FROM item") == [[.integer(3)]])
    #expect(try a.store.ledger(openOnly: false).isEmpty)
  }

  /// What got through is not sent again: a line that breaks after some messages brings a large
  /// transfer on all the same, each time.
  @Test(arguments: [3, 4, 6]) func eachContactBringsALargeTransferOn(messages: Int) throws {
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, randomblob(5000000), NULL)")
    func contacts(_ branch: AgentBranch, until isDone: () throws -> Bool) throws -> Int {
      var contacts = 0
      while try !isDone(), contacts < 20 {
        contacts += 1
        var left = messages
        _ = try branch.sync { _, answer in
          guard left > 0 else { return nil }
          left -= 1
          return answer()
        }
      }
      return contacts
    }
    let sending = try contacts(a) {
      try a.store.outbox().isEmpty && world.hubStore.head() > .start
    }
    let receiving = try contacts(b) { try expectSame(a, b) }
    // Five pieces, and a contact more for what stands before and behind them.
    #expect(sending <= 6 && receiving <= 6)
    #expect(try expectSame(a, b))
  }

  @Test func everyEdgeValueTravelsByteForByte() throws {
    let a = try world.join("a")
    let b = try world.join("b")
    for (id, value) in EdgeValues.all.enumerated() {
      try a.application.execute(
        "INSERT INTO item VALUES (?1, ?2, NULL)", [.integer(Int64(id)), value])
    }
    _ = try a.sync()
    _ = try b.sync()
    let written = try a.rows("SELECT id, typeof(v), v FROM item ORDER BY id")
    #expect(try b.rows("SELECT id, typeof(v), v FROM item ORDER BY id") == written)
    #expect(written.count == EdgeValues.all.count)
    #expect(try expectSame(a, b))
    // Each takes another's value, and that goes back.
    try b.run("UPDATE item SET v = (SELECT v FROM item AS o WHERE o.id = item.id + 3)")
    _ = try b.sync()
    _ = try a.sync()
    let back = try b.rows("SELECT id, typeof(v), v FROM item ORDER BY id")
    #expect(try a.rows("SELECT id, typeof(v), v FROM item ORDER BY id") == back)
    #expect(try expectSame(a, b))
  }

  /// No SQL tells the zeroes apart, so no trigger can; a comparison with the hub does.
  @Test func theSignOfZeroAloneIsNoEditButADifference() throws {
    let a = try world.join("a")
    try a.run("INSERT INTO item VALUES (1, 0.0, NULL)")
    _ = try a.sync()
    try a.run("UPDATE item SET v = -0.0")
    _ = try a.sync()
    #expect(try a.store.outbox().isEmpty && world.hubStore.head() == LogPosition(1))
    #expect(try !expectSame(a))
    try a.run("UPDATE item SET v = 1.0")
    _ = try a.sync()
    #expect(try expectSame(a))
  }

  /// What two branches can do to one row that both have, and how many rows stand afterwards.
  private static let encounters: [(left: String, right: String, rowCount: Int64, conflicts: Int)] =
    [
      ("DELETE FROM item", "DELETE FROM item", 0, 0),
      ("DELETE FROM item", "UPDATE item SET v = 'b'", 1, 1),
      ("DELETE FROM item; INSERT INTO item VALUES (1, 'again', 'w')", "DELETE FROM item", 1, 1),
      ("UPDATE item SET v = 'same'", "UPDATE item SET v = 'same'", 1, 0),
      ("UPDATE item SET v = 'a'", "UPDATE item SET w = 'b'", 1, 0),
      ("UPDATE item SET v = 'a'", "UPDATE item SET v = 'b'", 1, 1),
    ]

  @Test(arguments: encounters.indices, [false, true])
  func oneRowAtTwoBranches(index: Int, isRightFirst: Bool) throws {
    let encounter = Self.encounters[index]
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'one', NULL)")
    for branch in [a, b] { _ = try branch.sync() }
    try a.run(encounter.left)
    try b.run(encounter.right)
    for branch in isRightFirst ? [b, a, b] : [a, b, a] { _ = try branch.sync() }
    #expect(try expectSame(a, b))
    for branch in [a, b] {
      #expect(try branch.rows("SELECT count(*) FROM item") == [[.integer(encounter.rowCount)]])
      #expect(try branch.store.ledger(openOnly: false).count == encounter.conflicts)
    }
  }

  /// Each makes a row under a key of which it cannot know that the other takes it too.
  @Test(arguments: [false, true]) func twoRowsUnderOneKeyAreConcurrent(isRightFirst: Bool) throws {
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'of a', 'w')")
    try b.run("INSERT INTO item VALUES (1, 'of b', 'w')")
    for branch in isRightFirst ? [b, a, b] : [a, b, a] { _ = try branch.sync() }
    #expect(try expectSame(a, b))
    for branch in [a, b] {
      // The value that does not stand is in the ledger; the column with equal values is no matter.
      #expect(try branch.store.ledger(openOnly: false).count == 1)
      #expect(try branch.rows("SELECT count(*) FROM item") == [[.integer(1)]])
    }
  }

  /// A row that was deleted and made anew is another one: nothing of the old deletion holds for it.
  @Test func aRowThatWasMadeAnewIsNotDeletedByAnOldDeletion() throws {
    let a = try world.join("a")
    let b = try world.join("b")
    try a.run("INSERT INTO item VALUES (1, 'one', NULL)")
    for branch in [a, b] { _ = try branch.sync() }
    try a.run("DELETE FROM item")
    for branch in [a, b] { _ = try branch.sync() }
    try b.run("INSERT INTO item VALUES (1, 'anew', NULL)")
    for branch in [b, a, b] { _ = try branch.sync() }
    #expect(try expectSame(a, b))
    #expect(try a.rows("SELECT v FROM item") == [[.text("anew")]])
    #expect(try a.store.ledger(openOnly: false).isEmpty)
  }
}
