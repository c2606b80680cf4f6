import Foundation
import Storage
import TestSupport
import Testing

@testable import TributaryCommand

struct PolicyCheckTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    let tables = projectFolder.appendingPathComponent("deploy/policy.example.sql")
    try Database(path: folder.path("shop.db"), mode: .create)
      .executeScript(String(contentsOf: tables, encoding: .utf8))
    let example = projectFolder.appendingPathComponent("deploy/policy.example.yaml")
    try FileManager.default.copyItem(atPath: example.path, toPath: folder.path("shops.yaml"))
  }

  private func check(_ arguments: String...) async throws -> Program.Result {
    try await Program.run(["policy", "check"] + arguments, in: folder.url)
  }

  private func write(_ text: String) throws {
    try text.write(toFile: folder.path("new.yaml"), atomically: true, encoding: .utf8)
  }

  @Test func theExampleIsToldInWords() async throws {
    let result = try await check("shops.yaml", "--like", "shop.db")
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.isEmpty)
    #expect(result.output.hasPrefix("shops.yaml is a policy for 7 tables.\n"))
    #expect(result.output.contains("\n  points: what is added and taken away adds up\n"))
    #expect(
      result.output.contains(
        "\n  tier: what headquarters, head-office or else nanshan wrote stands\n"))
    #expect(
      result.output.hasSuffix(
        "Not checked, since a database does not know the branches: head-office, nanshan.\n"))
  }

  @Test func aHubKnowsItsBranches() async throws {
    let made = try await Program.run(["hub", "init", "hub", "--like", "shop.db"], in: folder.url)
    #expect(made.status == 0)
    let result = try await check("shops.yaml", "hub")
    #expect(result.status == 0)
    #expect(result.errors.contains("shops.yaml:28:37: warning: Branch “nanshan”"), "\(result)")
    let json = try #require(try await check("shops.yaml", "hub", "--json").json)
    #expect(json["valid"] as? Bool == true)
    #expect(json["absentBranches"] as? [String] == ["head-office", "nanshan"])
    #expect((json["tables"] as? [Any])?.count == 7)
  }

  @Test func allErrorsAreToldWithTheirPlaces() async throws {
    try write(
      "policy: 1\ntables:\n  custmers: {}\n  orders:\n    columns: {remark: linse, id: first}\n")
    let result = try await check("new.yaml", "--like", "shop.db")
    expectFailure(result, .badPolicy)
    let lines = result.errors.split(separator: "\n")
    #expect(lines.count == 6, "\(result.errors)")
    #expect(lines[0].hasPrefix("new.yaml:3:3: error: Nothing was decided for table “custmers”"))
    #expect(lines[1].hasPrefix("new.yaml:5:23: error: No rule was set"))
    #expect(lines[2].hasPrefix("new.yaml:5:30: error: Nothing was set for column “id”"))
    #expect(lines[3] == "tributary: new.yaml is no policy. [bad-policy]")
    #expect(lines[4] == "  It has 3 errors.")
    let json = try await check("new.yaml", "--like", "shop.db", "--json")
    #expect(json.status == 1)
    #expect(json.json?["valid"] as? Bool == false)
    let remarks = try #require(json.json?["remarks"] as? [[String: Any]])
    #expect(remarks.map { $0["line"] as? Int } == [3, 5, 5])
  }

  @Test func aPolicyIsForSomeTables() async throws {
    #expect(try await check("shops.yaml").status == 64)
    #expect(try await check("shops.yaml", "hub", "--like", "shop.db").status == 64)
    expectFailure(try await check("shops.yaml", "hub"), .notAHub)
    expectFailure(try await check("shops.yaml", "--like", "none.db"), .cannotOpen)
    expectFailure(try await check("none.yaml", "--like", "shop.db"), .cannotOpen)
    expectFailure(try await check(".", "--like", "shop.db"), .cannotOpen)
  }

  @Test func whatIsNoTextAtAllIsRefused() async throws {
    let data = try await check("shop.db", "--like", "shop.db")
    expectFailure(data, .badPolicy)
    #expect(data.errors.contains("  It has 1 error.\n"), "\(data)")
    expectFailure(try await check("/dev/zero", "--like", "shop.db"), .badPolicy)
  }
}
