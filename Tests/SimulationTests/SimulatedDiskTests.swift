import Basics
import Deltas
import Foundation
import Storage
import Testing

@testable import Simulation

/// Plain SQLite on a disk that fails in every way it can.
struct SimulatedDiskTests {
  private let folder = "/tributary-disk-\(UUID().uuidString)"

  private func disk(_ seed: UInt64 = 1) throws -> SimulatedDisk {
    try SimulatedDisk(folder: folder, seed: seed)
  }

  private var path: String { folder + "/test.db" }

  private func open(journal: String, synchronous: String = "EXTRA") throws -> Database {
    let database = try Database(path: path, mode: .create, busyTimeoutMilliseconds: 0)
    try database.executeScript(
      "PRAGMA journal_mode = \(journal); PRAGMA synchronous = \(synchronous);"
        + "PRAGMA cache_size = 5; PRAGMA wal_autocheckpoint = 20")
    return database
  }

  /// Every row of a transaction holds its number; each transaction rewrites some earlier rows.
  private static let schema = """
    CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER NOT NULL, filling BLOB);
    CREATE TABLE last (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL);
    INSERT INTO last VALUES (1, 0);
    """

  private func write(_ number: Int, to database: Database) throws {
    try database.transaction {
      for place in 0..<4 {
        try database.execute(
          "INSERT OR REPLACE INTO t VALUES (?1, ?2, zeroblob(700))",
          [.integer(Int64((number * 7 + place * 13) % 40)), .integer(Int64(number))])
      }
      try database.execute("UPDATE last SET number = ?1", [.integer(Int64(number))])
    }
  }

  private func integrity() throws -> String {
    let database = try Database(path: path, mode: .readWrite, busyTimeoutMilliseconds: 0)
    return try database.rows("PRAGMA integrity_check").first?.first?.shown ?? "nothing"
  }

  private func lastNumber() throws -> Int {
    let database = try Database(path: path, mode: .readWrite, busyTimeoutMilliseconds: 0)
    return Int(try database.integer("SELECT number FROM last") ?? -1)
  }

  /// Writes until the power is cut at an operation, and tells the last transaction whose commit
  /// returned.
  private func writeUntilDark(
    _ disk: SimulatedDisk, journal: String, synchronous: String, operation: Int
  ) throws -> Int {
    var committed = 0
    do {
      let database = try open(journal: journal, synchronous: synchronous)
      try database.executeScript(Self.schema)
      disk.arm(.cutsPower, at: .any, after: operation)
      for number in 1...200 {
        do { try write(number, to: database) } catch { break }
        committed = number
      }
    }
    #expect(!disk.hasPower)
    return committed
  }

  private func isSound(after committed: Int) -> Bool {
    guard (try? integrity()) == "ok", let number = try? lastNumber() else { return false }
    return number == committed || number == committed + 1
  }

  private static let survivals: [SimulatedDisk.Survival] = [
    .init(lost: 1_000), .init(lost: 500), .init(lost: 200, torn: 600),
    .init(lost: 0, torn: 1_000), .init(lost: 0, isInOrder: true),
  ]

  @Test(arguments: ["WAL", "DELETE", "TRUNCATE", "PERSIST"])
  func whatWasCommittedSurvivesEveryPowerLoss(journal: String) throws {
    for operation in stride(from: 0, to: 400, by: 3) {
      let survival = Self.survivals[operation % Self.survivals.count]
      let disk = try disk(UInt64(operation))
      let committed = try writeUntilDark(
        disk, journal: journal, synchronous: "EXTRA", operation: operation)
      disk.restorePower(survival)
      #expect(isSound(after: committed), "operation \(operation), \(survival)")
    }
  }

  /// Where the promise does not hold it must be seen not to hold.
  @Test(arguments: ["WAL", "DELETE"])
  func aDiskThatLiesBreaksThePromise(journal: String) throws {
    var brokenCount = 0
    for operation in stride(from: 100, to: 400, by: 7) {
      let disk = try disk(UInt64(operation))
      disk.setLying(true)
      let committed = try writeUntilDark(
        disk, journal: journal, synchronous: "EXTRA", operation: operation)
      disk.restorePower(.init(lost: 500))
      if !isSound(after: committed) { brokenCount += 1 }
    }
    #expect(brokenCount > 20)
  }

  @Test(arguments: ["WAL", "DELETE"])
  func withoutSyncingThePromiseBreaks(journal: String) throws {
    var brokenCount = 0
    for operation in stride(from: 100, to: 400, by: 7) {
      let disk = try disk(UInt64(operation))
      let committed = try writeUntilDark(
        disk, journal: journal, synchronous: "OFF", operation: operation)
      disk.restorePower(.init(lost: 500))
      if !isSound(after: committed) { brokenCount += 1 }
    }
    #expect(brokenCount > 10)
  }

  /// A journal's removal is the commit, and FULL does not sync the folder.
  @Test func aRemovedJournalComesBackUnlessTheFolderIsSynced() throws {
    func lostCommits(_ synchronous: String, isLate: Bool) throws -> Int {
      var count = 0
      for operation in 40..<140 {
        let disk = try disk(UInt64(operation))
        disk.setLateNames(isLate)
        let committed = try writeUntilDark(
          disk, journal: "DELETE", synchronous: synchronous, operation: operation)
        disk.restorePower(.init(lost: 1_000))
        #expect(try integrity() == "ok")
        if try lastNumber() < committed { count += 1 }
      }
      return count
    }
    #expect(try lostCommits("FULL", isLate: true) > 0)
    #expect(try lostCommits("FULL", isLate: false) == 0)
    #expect(try lostCommits("EXTRA", isLate: true) == 0)
  }

  /// A6: the n-th operation of each kind, once and for ever.
  @Test(arguments: ["WAL", "DELETE"], [true, false])
  func aFailedOperationIsToldAndHarmsNothing(journal: String, isForEver: Bool) throws {
    let kinds: [SimulatedDisk.Operations] = [
      .read, .write, .sync, .truncate, .open, .delete, .lock,
    ]
    var failureCount = 0
    for kind in kinds {
      for skipped in stride(from: 0, to: 60, by: 4) {
        let disk = try disk(UInt64(skipped))
        var committed = 0
        do {
          let database = try open(journal: journal)
          try database.executeScript(Self.schema)
          disk.arm(.fails(isForEver: isForEver), at: kind, after: skipped)
          for number in 1...30 {
            do { try write(number, to: database) } catch {
              failureCount += 1
              break
            }
            committed = number
          }
          disk.disarm()
        }
        #expect(isSound(after: committed), "\(journal) \(kind.rawValue) \(skipped)")
      }
    }
    #expect(failureCount > 30)
  }

  /// A4: no room, then room again.
  @Test(arguments: ["WAL", "DELETE"])
  func aFullDiskRefusesAndGoesOn(journal: String) throws {
    let disk = try disk()
    let database = try open(journal: journal)
    try database.executeScript(Self.schema)
    disk.setCapacity(disk.byteCount + 9_000)
    var committed = 0
    #expect(throws: StorageError.diskFull) {
      for number in 1...100 {
        try write(number, to: database)
        committed = number
      }
    }
    #expect(try database.integer("SELECT number FROM last") == Int64(committed))
    disk.setCapacity(nil)
    try write(committed + 1, to: database)
    #expect(try integrity() == "ok")
    #expect(try lastNumber() == committed + 1)
  }

  /// A1: a process dies at every operation; the others go on.
  @Test(arguments: ["WAL", "DELETE"])
  func aKilledProcessHarmsNobody(journal: String) throws {
    for operation in 0..<120 {
      let disk = try disk(UInt64(operation))
      let survivor = try open(journal: journal)
      try survivor.executeScript(Self.schema)
      var committed = 0
      try disk.acting(as: .agent) {
        let database = try open(journal: journal)
        disk.arm(.kills, at: .any, of: .agent, after: operation)
        for number in 1...40 {
          do { try write(number, to: database) } catch { break }
          committed = number
        }
        disk.kill(.agent)
      }
      disk.revive(.agent)
      let there = Int(try survivor.integer("SELECT number FROM last") ?? -1)
      #expect(there == committed || there == committed + 1)
      try write(100, to: survivor)
      #expect(try integrity() == "ok")
    }
  }

  /// Three connections in WAL mode: one writes, one waits, one reads what was there.
  @Test func connectionsSeeEachOtherAsOnARealDisk() throws {
    let disk = try disk()
    let writer = try open(journal: "WAL")
    try writer.executeScript(Self.schema)
    let other = try open(journal: "WAL")
    try writer.transaction {
      try writer.execute("UPDATE last SET number = 5")
      #expect(try other.integer("SELECT number FROM last") == 0)
      #expect(throws: StorageError.locked) { try write(1, to: other) }
    }
    #expect(try other.integer("SELECT number FROM last") == 5)
    #expect(disk.unsyncedCount >= 0)
  }

  @Test func anImageIsACopyThatGoesItsOwnWay() throws {
    let disk = try disk()
    var image: SimulatedDisk.Image?
    do {
      let database = try open(journal: "WAL")
      try database.executeScript(Self.schema)
      try write(1, to: database)
      image = try disk.image()
      try write(2, to: database)
      disk.put(try #require(image))
      #expect(throws: StorageError.self) { try write(3, to: database) }
    }
    #expect(try lastNumber() == 1)
    let clone = try SimulatedDisk(folder: folder + "-clone", seed: 2)
    clone.put(try #require(image))
    let copy = try Database(path: folder + "-clone/test.db", mode: .readWrite)
    try write(9, to: copy)
    #expect(try lastNumber() == 1)
    #expect(try copy.integer("SELECT number FROM last") == 9)
  }

  /// A7: damage to the file is found by SQLite's own check, where it has one.
  @Test func damageIsFound() throws {
    let disk = try disk()
    do {
      let database = try open(journal: "DELETE")
      try database.executeScript(Self.schema)
      for number in 1...30 { try write(number, to: database) }
    }
    let sound = try disk.image()
    #expect(disk.clear(8_192..<12_288, inFile: "test.db"))
    #expect((try? integrity()) != "ok")
    disk.put(sound)
    #expect(disk.shorten("test.db", to: disk.byteCount(ofFile: "test.db") / 2))
    #expect((try? integrity()) != "ok")
    disk.put(sound)
    #expect(try integrity() == "ok")
    #expect(disk.flipBit(0, inFile: "test.db"))
    #expect((try? integrity()) == nil)
  }

  /// A bit in the write-ahead log takes back what came after it, and no more.
  @Test func aDamagedLogEndsWhereTheDamageIs() throws {
    let disk = try disk()
    var image: SimulatedDisk.Image?
    do {
      let database = try open(journal: "WAL")
      try database.executeScript("PRAGMA wal_autocheckpoint = 0;" + Self.schema)
      for number in 1...10 { try write(number, to: database) }
      image = try disk.image()
    }
    disk.put(try #require(image))
    let size = disk.byteCount(ofFile: "test.db-wal")
    #expect(disk.flipBit(8 * (size - 100), inFile: "test.db-wal"))
    #expect(try integrity() == "ok")
    #expect(try lastNumber() == 9)
  }

  @Test func filesElsewhereAreNotTouched() throws {
    let disk = try disk()
    disk.cutPower()
    let real = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).db"
    defer { try? FileManager.default.removeItem(atPath: real) }
    let database = try Database(path: real, mode: .create)
    try database.executeScript(Self.schema)
    #expect(FileManager.default.fileExists(atPath: real))
    #expect(!FileManager.default.fileExists(atPath: folder))
  }
}
