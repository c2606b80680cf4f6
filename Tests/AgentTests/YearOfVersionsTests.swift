import Basics
import BranchStore
import Deltas
import Foundation
import Storage
import TestSupport
import Testing

@testable import HubStore

/// A shop whose branches have their application's update months apart, or never.
///
/// The program at A makes a column and a table in January and uses both; B has the update in March;
/// C goes on as it was. All write all the time, the same rows too, and the hub lets go of what all
/// have seen.
struct YearOfVersionsTests {
  private static let sql = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v INTEGER)"
  private static let update = """
    ALTER TABLE item ADD COLUMN grade TEXT DEFAULT 'plain';
    CREATE TABLE visit(item INTEGER, day TEXT, note TEXT, PRIMARY KEY (item, day));
    """
  private static let day: Int64 = 86_400_000

  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch
  private let c: AgentBranch

  init() throws {
    world = try AgentWorld(Self.sql)
    a = try world.join("a")
    b = try world.join("b")
    c = try world.join("c")
    try a.run("INSERT INTO item VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3)")
    try world.settle(a, b, c)
  }

  private func prune() throws {
    while try world.hubStore.prune(
      rowsAtMost: 10_000, awayBeforeMilliseconds: world.wall - 90 * Self.day
    ).hasMore {}
  }

  private func texts(_ database: Database, _ sql: String) throws -> [String] {
    try database.rows(sql).map { $0[0].text }
  }

  private static let items = """
    SELECT id || ' ' || ifnull(name, '-') || ' ' || v FROM item ORDER BY id
    """
  private static let grades = "SELECT id || ' ' || ifnull(grade, '-') FROM item ORDER BY id"
  private static let visits = """
    SELECT item || ' ' || day || ' ' || ifnull(note, '-') FROM visit ORDER BY item, day
    """

  private func expectNothingOpen(_ branches: AgentBranch...) throws {
    for branch in branches {
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
      #expect(try branch.store.gaps().isEmpty)
    }
  }

  @Test func januaryToMarch() throws {
    try a.run(
      """
      \(Self.update)
      UPDATE item SET grade = 'gold' WHERE id = 1;
      INSERT INTO item VALUES (4, 'four', 4, 'silver');
      INSERT INTO visit VALUES (1, 'Mon', 'first'), (2, 'Tue', 'second');
      """)
    try world.settle(a, b, c)
    world.wall += 20 * Self.day
    try prune()
    // February: B writes those rows, and some of its own, for which A has a grade, too.
    try b.run(
      """
      UPDATE item SET name = 'uno', v = 11 WHERE id = 1;
      INSERT OR REPLACE INTO item VALUES (4, 'quatre', 44);
      INSERT INTO item VALUES (5, 'five', 5);
      """)
    try c.run("UPDATE item SET v = 22 WHERE id = 2; INSERT INTO item VALUES (6, 'six', 6)")
    try world.settle(b, c, a)
    try a.run(
      """
      UPDATE item SET grade = 'tin' WHERE id IN (5, 6);
      UPDATE visit SET note = 'better' WHERE item = 2; DELETE FROM visit WHERE item = 1;
      INSERT INTO visit(item, day) VALUES (5, 'Wed');
      """)
    try world.settle(a, b, c)
    world.wall += 20 * Self.day
    try prune()
    try b.restart()
    try world.restartHub()
    try b.run("UPDATE item SET v = 55 WHERE id = 5; DELETE FROM item WHERE id = 3")
    try world.settle(b, a, c)
    world.wall += 20 * Self.day
    try prune()
    // March: without a network, B's program has the update, and all is there.
    try b.run(Self.update)
    _ = try b.store.seal(wallMilliseconds: world.wall)
    let grades = ["1 gold", "2 plain", "4 silver", "5 tin", "6 tin"]
    let visits = ["2 Tue better", "5 Wed -"]
    for database in [a.application, b.application, world.hubStore.database] {
      #expect(try texts(database, Self.grades) == grades)
      #expect(try texts(database, Self.visits) == visits)
    }
    try b.run("UPDATE item SET grade = 'lead' WHERE id = 2")
    try b.run("INSERT INTO visit VALUES (6, 'Thu', '')")
    try world.settle(b, a, c)
    #expect(try expectSame(a, b))
    #expect(try texts(a.application, Self.visits) == visits + ["6 Thu "])
    // C has what it has a place for.
    let items = ["1 uno 11", "2 two 22", "4 quatre 44", "5 five 55", "6 six 6"]
    for branch in [a, b, c] { #expect(try texts(branch.application, Self.items) == items) }
    try expectNothingOpen(a, b, c)
    #expect(try world.hubStore.conflicts(openOnly: false).isEmpty)
  }

  /// The same with programs that write by chance for a year; only A, and B from March on, grade.
  @Test(arguments: trialSeeds(10)) func aYearByChance(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var line = RoughLine(seed: seed &+ 1_000)
    var grades: [Int64: String] = [:]
    var visits: [String: String] = [:]
    try a.run(Self.update)
    let branches = [a, b, c]
    for step in 0..<300 {
      let branch = branches[Int.random(in: 0..<3, using: &generator)]
      if step == 200 { try b.run(Self.update) }
      let isNew = branch === a || branch === b && step >= 200
      try write(step, isNew, at: branch, &generator, &grades, &visits)
      if generator.chance(300) { try line.sync(branch) }
      if generator.chance(30) {
        world.wall += Int64.random(in: 1...20, using: &generator) * Self.day
      }
      if generator.chance(50) { try prune() }
      if generator.chance(20) { try world.restartHub() }
    }
    try world.settle(a, b, c)
    #expect(try expectSame(a, b))
    let items = try texts(world.hubStore.database, Self.items)
    for branch in branches { #expect(try texts(branch.application, Self.items) == items) }
    for database in [a.application, b.application, world.hubStore.database] {
      for (id, grade) in grades {
        #expect(try texts(database, "SELECT grade FROM item WHERE id = \(id)") == [grade], "\(id)")
      }
      let shown = try texts(database, "SELECT item || day || note FROM visit")
      #expect(Set(shown) == Set(visits.map { $0.key + $0.value }))
    }
    try expectNothingOpen(a, b, c)
  }

  /// A grades the rows with even numbers, B those with odd ones: whose grade is the last is known.
  private func write(
    _ step: Int, _ isNew: Bool, at branch: AgentBranch, _ generator: inout SeededGenerator,
    _ grades: inout [Int64: String], _ visits: inout [String: String]
  ) throws {
    let ids = try branch.rows("SELECT id FROM item ORDER BY id").compactMap {
      if case .integer(let id) = $0[0] { id } else { nil }
    }
    let id = ids[Int.random(in: ids.indices, using: &generator)]
    let isOwn = (id % 2 == 0) == (branch === a)
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: try branch.run("INSERT INTO item(name, v) VALUES ('n\(step)', \(step))")
    case 1: try branch.run("INSERT INTO item(id, name, v) VALUES (\(1_000 + step), 'n', \(step))")
    case 2 where !isNew || isOwn:
      let columns = isNew ? "id, name, v, grade" : "id, name, v"
      let grade = isNew ? ", grade" : ""
      try branch.run(
        "REPLACE INTO item(\(columns)) SELECT id, 'r\(step)', v\(grade) FROM item WHERE id = \(id)")
    case 3...6 where isNew && isOwn:
      try branch.run("UPDATE item SET grade = 'g\(step)' WHERE id = \(id)")
      grades[id] = "g\(step)"
    case 7 where isNew:
      let day = branch === a ? "Mon" : "Tue"
      try branch.run("INSERT OR REPLACE INTO visit VALUES (\(id), '\(day)', '\(step)')")
      visits["\(id)\(day)"] = "\(step)"
    case 8: try branch.run("UPDATE item SET name = 'u\(step)' WHERE id = \(id)")
    default: try branch.run("UPDATE item SET v = \(step) WHERE id = \(id)")
    }
  }
}
