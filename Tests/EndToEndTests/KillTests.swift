import Basics
import Foundation
import TestSupport
import Testing

private let schema = """
  CREATE TABLE note (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, amount INTEGER);
  CREATE TABLE line (note TEXT NOT NULL, number INTEGER NOT NULL, text TEXT,
    PRIMARY KEY (note, number)) WITHOUT ROWID;
  CREATE TABLE arrival (value);
  CREATE TRIGGER note_arrives AFTER INSERT ON note BEGIN
    INSERT INTO arrival VALUES (NEW.title), (NEW.body); END;
  CREATE TRIGGER note_changes AFTER UPDATE OF body ON note BEGIN
    INSERT INTO arrival VALUES (NEW.body); END;
  """

extension EndToEnd {
  struct KillTests {
    static let killCount = 200

    /// Syncs and the hub are killed at random moments. Nothing acknowledged is lost, nothing is
    /// applied twice, and at the end all have the same.
    @Test(arguments: [20_260_101 as UInt64])
    func nothingIsLostAndNothingTwice(seed: UInt64) throws {
      var battle = try Battle(seed: seed)
      var rounds = 0
      while battle.syncKills + battle.hubKills < Self.killCount {
        rounds += 1
        try #require(rounds < 4 * Self.killCount, "The kills come too late: syncs are done before.")
        try battle.round()
      }
      #expect(battle.syncKills > 20)
      #expect(battle.hubKills > 20)
      try battle.finish()
    }
  }
}

/// Two branches with writers that go on, a hub, and a hand that kills.
private struct Battle {
  private let world: World
  private var random: SeededGenerator
  private let databases: [String]
  private let writers: [Child]
  private var linesSent = [0, 0]
  private var confirmed: [String: UInt64] = [:]
  /// How long an undisturbed sync takes here; kills fall within it.
  private var syncMilliseconds = 400
  private(set) var syncKills = 0
  private(set) var hubKills = 0

  init(seed: UInt64) throws {
    random = SeededGenerator(seed: seed)
    let world = try World(schema: schema)
    self.world = world
    databases = [world.path("a.db"), world.path("b.db")]
    for (database, name) in zip(databases, ["A", "B"]) { try world.join(database, as: name) }
    _ = try world.copy(URL(fileURLWithPath: databases[0]), as: "before.db")
    writers = try zip(databases, ["A", "B"]).map { database, prefix in
      try Child(
        "python3",
        [
          Program.script("writer.py"), database, "--log", world.path("\(prefix).log"), "--seed",
          "\(seed)", "--prefix", prefix, "--own-only", "--paced", "--journal",
          prefix == "A" ? "wal" : "delete",
        ])
    }
  }

  /// A transaction at each branch, then a sync of one of them that is perhaps cut short.
  mutating func round() throws {
    for (index, writer) in writers.enumerated() {
      try writer.send("go")
      linesSent[index] += 1
    }
    let database = databases[Int.random(in: 0..<2, using: &random)]
    let moment = Int.random(in: 0...syncMilliseconds, using: &random)
    let sync = try Program.start(["sync", database, "--json"])
    let began = Date()
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<5:
      if !sync.ends(withinMilliseconds: moment) {
        sync.signal(SIGKILL)
        _ = try sync.wait()
        syncKills += 1
      }
    case 5..<9:
      if !sync.ends(withinMilliseconds: moment) { hubKills += 1 }
      try world.kill()
      try world.serve()
      try expectDone(sync.wait())
      try expectNothingForgotten()
    default:
      try expectDone(sync.wait())
      syncMilliseconds = max(20, Int(Date().timeIntervalSince(began) * 1000))
      try expectNothingForgotten()
    }
  }

  /// A sync that nobody killed ends well, or says that the hub was away.
  private func expectDone(_ ended: Ended) throws {
    try #require(ended.status == 0 || ended.status == 5, "\(ended)")
  }

  /// What the hub has confirmed it has, also after its death.
  private mutating func expectNothingForgotten() throws {
    let vector = try world.vector().vector
    for (branch, count) in confirmed {
      #expect((vector[branch] ?? 0) >= count, "the hub has forgotten changesets of \(branch)")
    }
    confirmed = vector
  }

  mutating func finish() throws {
    for (index, writer) in writers.enumerated() {
      try writer.closeInput()
      try expect(writer.wait(), 0)
      #expect(writer.output.split(separator: "\n").count == linesSent[index])
    }
    try world.settle(databases)
    try expectNothingForgotten()
    try world.expectEqual(databases)
    #expect(try world.conflicts().isEmpty, "each branch edits only its own rows")
    for database in databases {
      let account = try world.account(
        for: ["A.log", "B.log"].map(world.path), at: database, before: world.path("before.db"))
      #expect(account.writes > EndToEnd.KillTests.killCount)
      let twice = try Program.sql(
        database, "SELECT value, count(*) FROM arrival GROUP BY value HAVING count(*) > 1")
      #expect(twice == [], "applied twice at \(database)")
      let check = try Program.sql(database, "PRAGMA integrity_check")
      #expect(check == [[.text("ok")]])
    }
    let arrived = try Program.sql(
      databases[1], "SELECT count(*) FROM arrival WHERE value LIKE 'A-%'")
    #expect(arrived != [[.integer(0)]], "the trigger sees what arrives")
  }
}
