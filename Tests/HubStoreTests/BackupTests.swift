import Clocks
import Deltas
import Foundation
import Storage
import TestSupport
import Testing

@testable import HubStore

@Suite struct BackupTests {
  private let hub: TestHub
  private let folder: TemporaryFolder
  private let file: String
  private static let now = TestHub.now

  init() throws {
    hub = try TestHub()
    folder = try TemporaryFolder()
    file = folder.path("hub.backup")
    try Self.writeKeys(of: "this hub", to: hub.store.folder)
  }

  private static func writeKeys(of owner: String, to hub: String) throws {
    let pki = URL(fileURLWithPath: hub + "/pki")
    try FileManager.default.createDirectory(at: pki, withIntermediateDirectories: true)
    for name in ["ca.pem", "ca.key", "server.pem", "server.key", "server.key.7.new"] {
      let file = pki.appendingPathComponent(name)
      try Data("\(name) of \(owner)".utf8).write(to: file)
      let mode = name.hasSuffix(".key") ? 0o600 : 0o644
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
    }
  }

  private func error(_ body: () throws -> Void) -> HubBackupError? {
    do {
      try body()
    } catch let error as HubBackupError {
      return error
    } catch {
      Issue.record("\(error)")
    }
    return nil
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  private func mode(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  /// A hub of the same tables that is another.
  private func stranger() throws -> HubStore {
    let path = folder.path("stranger")
    try HubStore.create(
      folder: path, like: SampleSchema.schema, generation: GenerationID(high: 1, low: 1),
      hostNames: [], wallMilliseconds: 0)
    return try HubStore(folder: path)
  }

  /// A hub with some rows, its backup, then more rows.
  private func backedUp() throws -> (branch: ImitatedBranch, facts: HubStore.Backup) {
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    a.write([.insertCustomer(2, "Bob", at: 100)])
    try hub.store.sync(&a)
    let facts = try hub.store.backup(to: file, wallMilliseconds: Self.now)
    a.write([.insertCustomer(3, "Eve", at: 100)])
    try hub.store.sync(&a)
    return (a, facts)
  }

  @Test func aBackupIsAPlainFileForItsOwner() throws {
    let (_, facts) = try backedUp()
    #expect(
      facts
        == HubStore.Backup(
          number: 1,
          place: CausalContext(generation: TestHub.generation, position: LogPosition(2)),
          milliseconds: Self.now))
    #expect(try hub.store.lastBackup() == facts)
    #expect(try names(folder.url.path) == ["hub.backup"])
    #expect(try mode(file) == 0o600)
    let backup = try Database(path: file, mode: .readOnly)
    #expect(try backup.rows("PRAGMA journal_mode")[0] == [.text("delete")])
    #expect(try backup.rows("PRAGMA integrity_check") == [[.text("ok")]])
    #expect(try backup.integer("SELECT count(*) FROM customer") == 2)
    #expect(
      try backup.rows("SELECT path, mode FROM tributary_backup_file ORDER BY path") == [
        [.text("pki/ca.key"), .integer(0o600)], [.text("pki/ca.pem"), .integer(0o644)],
        [.text("pki/server.key"), .integer(0o600)], [.text("pki/server.pem"), .integer(0o644)],
      ])
    // The hub's own file has no keys in it.
    let own = try hub.database().integer(
      "SELECT count(*) FROM sqlite_schema WHERE name = 'tributary_backup_file'")
    #expect(own == 0)
  }

  @Test func theNextOneReplacesIt() throws {
    _ = try backedUp()
    // As a process that died leaves it.
    try Data("half".utf8).write(to: URL(fileURLWithPath: file + ".tmp"))
    let second = try hub.store.backup(to: file, wallMilliseconds: Self.now + 1)
    #expect(second.number == 2)
    #expect(second.place.position == LogPosition(3))
    #expect(try hub.store.lastBackup() == second)
    #expect(try names(folder.url.path) == ["hub.backup"])
    let restored = folder.path("restored")
    _ = try HubStore.restore(file, into: restored, isServed: false)
    #expect(try HubStore(folder: restored).lastBackup() == second)
  }

  @Test func nothingElseIsOverwritten() throws {
    let other = folder.path("other")
    try Data("somebody's".utf8).write(to: URL(fileURLWithPath: other))
    func backup(_ path: String) -> HubBackupError? {
      error { _ = try hub.store.backup(to: path, wallMilliseconds: Self.now) }
    }
    #expect(backup(other) == .targetTaken(path: other))
    let own = hub.store.folder + "/hub.db"
    #expect(backup(own) == .targetTaken(path: own))
    #expect(backup(folder.url.path) == .targetTaken(path: folder.url.path))
    let stranger = try stranger()
    try Self.writeKeys(of: "another", to: stranger.folder)
    _ = try stranger.backup(to: file, wallMilliseconds: Self.now)
    #expect(backup(file) == .targetTaken(path: file))
    let nowhere = folder.path("none/file")
    guard case .cannotWrite? = backup(nowhere) else {
      Issue.record("a folder that is not there was written to")
      return
    }
    #expect(try String(contentsOfFile: other, encoding: .utf8) == "somebody's")
    #expect(try hub.store.lastBackup().number == 0)
  }

  @Test func twoAtATimeDoNotMix() throws {
    let first = try BackupTarget(path: file)
    let refused = error { _ = try hub.store.backup(to: file, wallMilliseconds: 0) }
    #expect(refused == .targetInUse(path: file))
    withExtendedLifetime(first) {}
  }

  @Test func aDamagedStoreIsNotCalledABackup() throws {
    let (_, facts) = try backedUp()
    let before = try Data(contentsOf: URL(fileURLWithPath: file))
    // An index that lacks a row: what quick_check is for is told from what it is not.
    let store = hub.store.folder + "/hub.db"
    let database = try Database(path: store, mode: .readWrite)
    _ = try database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    let page = try #require(
      try database.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'tributary_log_frame'"))
    let size = try #require(try database.integer("PRAGMA page_size"))
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: store))
    try handle.seek(toOffset: UInt64((page - 1) * size))
    try handle.write(contentsOf: Data(repeating: 0xff, count: Int(size)))
    try handle.close()
    let reopened = try HubStore(folder: hub.store.folder)
    guard case .storeDamaged? = error({ _ = try reopened.backup(to: file, wallMilliseconds: 0) })
    else {
      Issue.record("a damaged store was backed up")
      return
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
    #expect(try names(folder.url.path) == ["hub.backup"])
    // The same hub, so its folder may be restored: there is something to restore it from.
    let restored = try HubStore.restore(file, into: hub.store.folder, isServed: false)
    #expect(restored.backup == facts)
    #expect(try HubStore(folder: hub.store.folder).check().allSatisfy(\.isOK))
  }

  @Test func restoresIntoANewFolder() throws {
    let (_, facts) = try backedUp()
    let place = folder.path("restored")
    let restored = try HubStore.restore(file, into: place, isServed: false)
    #expect(restored == RestoreFacts(backup: facts, replacedPosition: nil, putAside: nil))
    #expect(try names(place) == ["hub.db", "pki", "staging"])
    #expect(try mode(place) == 0o700)
    #expect(try names(place + "/pki") == ["ca.key", "ca.pem", "server.key", "server.pem"])
    #expect(try mode(place + "/pki/ca.key") == 0o600)
    #expect(try mode(place + "/pki/ca.pem") == 0o644)
    let store = try HubStore(folder: place)
    #expect(try store.check().allSatisfy(\.isOK))
    #expect(try store.head() == LogPosition(2))
    #expect(try store.lastBackup() == facts)
    let database = try Database(path: place + "/hub.db", mode: .readOnly)
    #expect(try database.rows("PRAGMA journal_mode")[0] == [.text("wal")])
    #expect(try database.integer("SELECT count(*) FROM customer") == 2)
    let keys = "SELECT count(*) FROM sqlite_schema WHERE name = 'tributary_backup_file'"
    #expect(try database.integer(keys) == 0)
  }

  @Test func theSameHubIsSetBackUnderItsReaders() throws {
    let (_, facts) = try backedUp()
    let open = try HubStore(folder: hub.store.folder)
    #expect(try open.head() == LogPosition(3))
    let reader = try hub.database()
    let count = "SELECT count(*) FROM customer"
    try reader.readTransaction {
      #expect(try reader.integer(count) == 3)
      let restored = try HubStore.restore(file, into: hub.store.folder, isServed: true)
      #expect(
        restored == RestoreFacts(backup: facts, replacedPosition: LogPosition(3), putAside: nil))
      #expect(try reader.integer(count) == 3)
    }
    #expect(try reader.integer(count) == 2)
    #expect(try open.head() == LogPosition(2))
    #expect(try open.check().allSatisfy(\.isOK))
    #expect(try HubStore(folder: hub.store.folder).head() == LogPosition(2))
  }

  @Test func whatIsStagedStays() throws {
    _ = try backedUp()
    let staged = URL(fileURLWithPath: hub.store.folder + "/staging/1-9-of-somebody")
    try Data("half an upload".utf8).write(to: staged)
    _ = try HubStore.restore(file, into: hub.store.folder, isServed: true)
    #expect(try Data(contentsOf: staged) == Data("half an upload".utf8))
  }

  @Test func aLostOrUnreadableStoreIsReplacedAndKept() throws {
    let (_, facts) = try backedUp()
    let place = folder.path("restored")
    _ = try HubStore.restore(file, into: place, isServed: false)
    let store = place + "/hub.db"
    try FileManager.default.removeItem(atPath: store)
    #expect(
      error { _ = try HubStore.restore(file, into: place, isServed: true) }
        == .damagedWhileServed(path: place))
    // A log of the store that is gone must not be read into the new one.
    try Data(repeating: 7, count: 4096).write(to: URL(fileURLWithPath: store + "-wal"))
    _ = try HubStore.restore(file, into: place, isServed: false)
    #expect(try HubStore(folder: place).check().allSatisfy(\.isOK))

    try Data("this was a store once, before the disk".utf8).write(to: URL(fileURLWithPath: store))
    for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: store + suffix) }
    let restored = try HubStore.restore(file, into: place, isServed: false)
    #expect(restored.putAside == store + ".damaged-1")
    #expect(restored.backup == facts)
    #expect(try HubStore(folder: place).check().allSatisfy(\.isOK))
    #expect(
      try String(contentsOfFile: store + ".damaged-1", encoding: .utf8).hasPrefix("this was"))
  }

  @Test func othersFoldersAreRefused() throws {
    _ = try backedUp()
    func restore(_ place: String) -> HubBackupError? {
      error { _ = try HubStore.restore(file, into: place, isServed: false) }
    }
    let stranger = try stranger()
    let other = stranger.folder
    #expect(restore(other) == .otherHub(path: other))
    try Self.writeKeys(of: "another", to: other)
    try FileManager.default.removeItem(atPath: other + "/hub.db")
    #expect(restore(other) == .otherHub(path: other))
    let full = folder.path("full")
    try FileManager.default.createDirectory(atPath: full, withIntermediateDirectories: true)
    try Data().write(to: URL(fileURLWithPath: full + "/letter.txt"))
    #expect(restore(full) == .folderNotEmpty(path: full, name: "letter.txt"))
    try FileManager.default.removeItem(atPath: full + "/letter.txt")
    try Data("a letter that is not a store of any hub".utf8)
      .write(to: URL(fileURLWithPath: full + "/hub.db"))
    #expect(restore(full) == .folderNotEmpty(path: full, name: "hub.db"))
  }

  @Test func whatIsNoBackupIsRefused() throws {
    _ = try backedUp()
    let place = folder.path("restored")
    func restore(_ file: String) -> HubBackupError? {
      let found = error { _ = try HubStore.restore(file, into: place, isServed: false) }
      #expect(!FileManager.default.fileExists(atPath: place))
      return found
    }
    let own = hub.store.folder + "/hub.db"
    #expect(restore(own) == .notABackup(path: own, isHub: true))
    let text = folder.path("text")
    try Data("no database at all, but long enough to be read as one".utf8)
      .write(to: URL(fileURLWithPath: text))
    #expect(restore(text) == .notABackup(path: text, isHub: false))
    let none = folder.path("none")
    guard case .cannotRead? = restore(none) else {
      Issue.record("a file that is not there was restored")
      return
    }
    func altered(_ name: String, _ sql: String) throws -> String {
      let copy = folder.path(name)
      try FileManager.default.copyItem(atPath: file, toPath: copy)
      try Database(path: copy, mode: .readWrite).executeScript(sql)
      return copy
    }
    let newer = try altered("newer", "UPDATE tributary_hub SET format = 99")
    #expect(restore(newer) == .unsupportedFormat(99, path: newer))
    let evil = try altered(
      "evil", "INSERT INTO tributary_backup_file VALUES ('../evil.key', 420, x'00')")
    guard case .backupDamaged? = restore(evil) else {
      Issue.record("a file outside the folder would have been written")
      return
    }
    let keyless = try altered("keyless", "DELETE FROM tributary_backup_file")
    guard case .backupDamaged? = restore(keyless) else {
      Issue.record("a backup without keys was restored")
      return
    }
  }
}
