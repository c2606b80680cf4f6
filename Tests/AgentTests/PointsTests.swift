import Basics
import BranchStore
import Deltas
import Foundation
import Policies
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Points that five branches give and take by plain SQL, without a network for most of the time.
struct PointsTests {
  private static let customers = 1...4 as ClosedRange<Int64>

  /// A customer's points, and bookings whose trigger changes them.
  private static let sql = """
    CREATE TABLE customer(
      id INTEGER PRIMARY KEY, name TEXT, points INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE booking(id TEXT PRIMARY KEY, customer INTEGER, points INTEGER);
    CREATE TRIGGER booking_counts AFTER INSERT ON booking BEGIN
      UPDATE customer SET points = points + NEW.points WHERE id = NEW.customer;
    END;
    """

  private static let policy = """
    policy: 1
    tables:
      customer:
        columns:
          points: counter
      booking:
        append-only: true
    """

  private let world: AgentWorld

  init() throws {
    world = try AgentWorld(Self.sql)
    try world.publish(Self.policy)
  }

  private func points(_ database: Database) throws -> [Int64: Int64] {
    try database.rows("SELECT id, points FROM customer").reduce(into: [:]) { result, row in
      guard case .integer(let id) = row[0], case .integer(let points) = row[1] else { return }
      result[id] = points
    }
  }

  /// One transaction of a program, and what it gives to whom.
  private func transaction(
    _ number: Int, at branch: AgentBranch, _ generator: inout SeededGenerator
  ) throws -> (sql: String, given: [Int64: Int64]) {
    let id = Int64.random(in: Self.customers, using: &generator)
    let given: Int64 = .random(in: -50...50, using: &generator)
    let other = Int64.random(in: Self.customers, using: &generator)
    let add = "UPDATE customer SET points = points + \(given) WHERE id = \(id)"
    switch Int.random(in: 0..<10, using: &generator) {
    case 0:
      return ("UPDATE customer SET points = points - \(given) WHERE id = \(id)", [id: -given])
    case 1:
      return (
        """
        INSERT INTO customer(id, points) VALUES (\(id), \(given))
        ON CONFLICT (id) DO UPDATE SET points = points + excluded.points
        """, [id: given]
      )
    case 2: return ("INSERT INTO booking VALUES ('b\(number)', \(id), \(given))", [id: given])
    case 3:
      // As of programs that calculate for themselves.
      let now = try points(branch.application)[id] ?? 0
      return ("UPDATE customer SET points = \(now + given) WHERE id = \(id)", [id: given])
    case 4:
      return (
        "UPDATE customer SET points = points + \(given)",
        Dictionary(uniqueKeysWithValues: Self.customers.map { ($0, given) })
      )
    case 5:
      return (
        """
        BEGIN; \(add); SAVEPOINT s; UPDATE customer SET points = 0; ROLLBACK TO s; RELEASE s;
        UPDATE customer SET points = points - \(given) WHERE id = \(other); COMMIT
        """, id == other ? [:] : [id: given, other: -given]
      )
    case 6: return ("BEGIN; \(add); ROLLBACK", [:])
    case 7: return ("\(add); UPDATE customer SET name = 'n\(number)' WHERE id = \(id)", [id: given])
    default: return (add, [id: given])
    }
  }

  /// What is written between a database's joining and its first sync is captured as the policy
  /// says, if whoever joined has asked for that: else it stands for itself.
  @Test(arguments: [false, true]) func thePolicyHoldsFromTheFirstWriteOn(isKnown: Bool) throws {
    let rows = Self.sql + "INSERT INTO customer VALUES (1, 'c1', 100)"
    let first = try world.join("first", rows)
    _ = try first.sync()
    let branches = try ["north", "south"].map { name in
      try world.attach(
        name, as: world.enrol(name), rows, knowsPolicy: isKnown, isKnown: { _, _ in true })
    }
    for branch in branches {
      #expect(try branch.store.policy().version == (isKnown ? 1 : 0))
      #expect(try branch.store.check().allSatisfy(\.isOK))
    }
    try branches[0].run("UPDATE customer SET points = points + 10")
    try branches[1].run("UPDATE customer SET points = points + 25")
    try world.settle(first, branches[0], branches[1])
    #expect(try points(world.hubStore.database) == [1: isKnown ? 135 : 125])
    #expect(try expectSame(first, branches[0], branches[1]))
  }

  /// One that this program cannot follow does not stand in the way of joining.
  @Test func aPolicyThatCannotBeFollowedIsLeftForTheFirstSync() throws {
    let path = world.folder.path("north.db")
    let replica = try world.enrol("north")
    let store = try BranchStore.attach(
      path: path,
      identity: BranchIdentity(
        replica: replica, branch: "north", hubURL: "https://hub.example",
        generation: world.generation),
      schema: world.hubStore.schema, wallMilliseconds: world.wall,
      policy: ToldPolicy(version: 7, encoded: [0xff]))
    #expect(try store.policy().version == 0)
  }

  /// Programs write at five branches; lines are rough, agents die, the hub begins anew and prunes.
  @Test(arguments: trialSeeds(8))
  func aThousandIncrementsAndDecrementsAreExactEverywhere(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var line = RoughLine(seed: seed &+ 1_000)
    let branches = try (1...5).map { try world.join("branch \($0)", Self.sql) }
    var truth: [Int64: Int64] = [:]
    for id in Self.customers {
      try branches[0].run("INSERT INTO customer VALUES (\(id), 'c\(id)', \(id * 100))")
      truth[id] = id * 100
    }
    for branch in branches { _ = try branch.sync() }
    var offlineUntil = [Int](repeating: 0, count: branches.count)
    for number in 0..<1_000 {
      let index = Int.random(in: branches.indices, using: &generator)
      let branch = branches[index]
      let (sql, given) = try transaction(number, at: branch, &generator)
      if generator.chance(100) {
        try Database(path: branch.store.path, mode: .readWrite).executeScript(sql)
      } else {
        try branch.run(sql)
      }
      truth.merge(given) { $0 + $1 }
      if generator.chance(15) {
        offlineUntil[index] = number + Int.random(in: 50...400, using: &generator)
      }
      if generator.chance(250), offlineUntil[index] <= number { try line.sync(branch) }
      if generator.chance(10) { try world.restartHub() }
      if generator.chance(10) {
        _ = try world.hubStore.prune(rowsAtMost: 10_000, awayBeforeMilliseconds: 0)
      }
    }
    for _ in 0..<3 { for branch in branches { _ = try branch.sync() } }
    #expect(try points(world.hubStore.database) == truth)
    for branch in branches {
      #expect(try points(branch.application) == truth, "\(branch.store.identity.branch)")
      #expect(try branch.store.outbox().isEmpty && branch.store.deferredRows().isEmpty)
    }
    let hub = try world.hubStore.digests().map(\.digest)
    #expect(try branches.allSatisfy { try $0.store.digests().map(\.digest) == hub })
    let overruled = try world.hubStore.conflicts(openOnly: false).filter {
      $0.columns == [ColumnID(3)]
    }
    #expect(overruled.isEmpty, "Nobody is overruled where all counts.")
  }
}
