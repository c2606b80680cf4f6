import Foundation
import Storage
import TestSupport
import Testing

@testable import TributaryCommand

struct HubInitTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func make(_ sql: String) throws {
    try Database(path: folder.path("a.db"), mode: .create).executeScript(sql)
  }

  private func initialize(_ more: String...) async throws -> Program.Result {
    try await Program.run(["hub", "init", "hub", "--like", "a.db"] + more, in: folder.url)
  }

  private var files: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() }
  }

  @Test func everyTableWithAKeyIsTracked() async throws {
    try make("CREATE TABLE b (k PRIMARY KEY); CREATE TABLE a (k PRIMARY KEY); CREATE TABLE n (x);")
    let result = try await initialize("--json")
    #expect(result.status == 0)
    #expect(result.json?["tables"] as? [String] == ["a", "b"])
    let skipped = try #require(result.json?["skipped"] as? [[String: String]])
    #expect(skipped.map { $0["table"] } == ["n"])
    #expect(FileManager.default.fileExists(atPath: folder.path("hub/hub.db")))
    let pki = try FileManager.default.attributesOfItem(atPath: folder.path("hub/pki"))
    #expect(pki[.posixPermissions] as? Int == 0o700)
  }

  @Test func aTableWithoutKeyIsRefusedByName() async throws {
    try make("CREATE TABLE a (k PRIMARY KEY); CREATE TABLE log (x);")
    let result = try await initialize("--table", "a", "--table", "log")
    expectFailure(result, .tableWithoutKey)
    #expect(result.errors.contains("“log”"))
    #expect(try files == ["a.db"])
  }

  @Test func aTableThatIsNotThereIsRefused() async throws {
    try make("CREATE TABLE a (k PRIMARY KEY)")
    expectFailure(try await initialize("--table", "z"), .noSuchTable)
    #expect(try files == ["a.db"])
  }

  @Test func nothingIsOverwritten() async throws {
    try make("CREATE TABLE a (k PRIMARY KEY)")
    #expect(try await initialize().status == 0)
    expectFailure(try await initialize(), .alreadyExists)
  }

  @Test func aWrongHostNameLeavesNothingBehind() async throws {
    try make("CREATE TABLE a (k PRIMARY KEY)")
    expectFailure(try await initialize("--host", "no host"), .badHostName)
    #expect(try files == ["a.db"])
  }

  @Test func aTextFileIsNoDatabase() async throws {
    try Data("hello, this is no database at all".utf8)
      .write(to: folder.url.appendingPathComponent("a.db"))
    expectFailure(try await initialize(), .notADatabase)
    #expect(try files == ["a.db"])
  }

  @Test func aHubThatWasNeverServedHasNoAddress() async throws {
    try make("CREATE TABLE a (k PRIMARY KEY)")
    #expect(try await initialize().status == 0)
    let result = try await Program.run(["hub", "invite", "hub", "--branch", "A"], in: folder.url)
    expectFailure(result, .hubNeverServed)
    let given = try await Program.run(
      ["hub", "invite", "hub", "--branch", "A", "--url", "https://10.0.0.1:8443"], in: folder.url)
    #expect(given.status == 0)
    #expect(given.output.hasPrefix("trib1."))
  }
}
