import Foundation
import TestSupport
import Testing

@testable import TributaryCommand

/// Two branches and a hub, from the first command to the last, and the shapes of the documents.
struct JourneyTests {
  private static func keys(_ value: Any?) -> Set<String> {
    Set((value as? [String: Any])?.keys.map { $0 } ?? [])
  }

  @Test func twoBranchesBecomeOneState() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    try await office.join("luohu.db", as: "罗湖支行")
    try office.write(
      "shop.db", "UPDATE customer SET phone = '1' WHERE customer_id = 'NS-0001'")
    try office.write(
      "luohu.db", "UPDATE customer SET phone = '2' WHERE customer_id = 'NS-0001'")
    try office.write(
      "luohu.db", "UPDATE contact SET role = 'Chief' WHERE customer_id = 'LH-0001' AND number = 2")

    let status = try await office.run("status", "shop.db", "--json")
    #expect(
      Self.keys(status.json).isSuperset(of: [
        "branch", "hub", "pending", "lastSync", "openConflicts", "quarantined", "position",
        "generation", "clockOffsetMilliseconds",
      ]))
    #expect(status.json?["branch"] as? String == "南山支行")
    let pending = try #require(status.json?["pending"] as? [String: Any])
    #expect(pending["rows"] as? Int == 1)
    let oldest = try #require(pending["oldest"] as? String)
    #expect(oldest.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)

    try await Self.expectSyncDocument(try await office.run("sync", "shop.db", "--json"), pushed: 1)
    try await Self.expectSyncDocument(try await office.run("sync", "luohu.db", "--json"), pushed: 2)
    try await Self.expectSyncDocument(try await office.run("sync", "shop.db", "--json"), pushed: 0)
    let digests = try await office.digest("hub")
    #expect(try await office.digest("shop.db") == digests)
    #expect(try await office.digest("luohu.db") == digests)
    let verified = try await office.run("verify", "luohu.db", "--json")
    #expect(verified.status == 0)
    #expect(verified.json?["equal"] as? Bool == true)
    for place in ["hub", "shop.db", "luohu.db"] { try await Self.expectLedger(office, place) }
    try await Self.expectWhy(office)
    try await Self.expectDecisions(office)
  }

  /// A person at headquarters decides otherwise, and takes that back.
  private static func expectDecisions(_ office: Office) async throws {
    func phones() async throws -> [String?] {
      var phones: [String?] = []
      for branch in ["shop.db", "luohu.db"] {
        #expect(try await office.run("sync", branch).status == 0)
        phones.append(
          try office.text(branch, "SELECT phone FROM customer WHERE customer_id = 'NS-0001'"))
      }
      return phones
    }
    let listed = try await office.run(
      "conflicts", "hub", "--table", "Customer", "--column", "phone", "--branch", "南山支行",
      "--rule", "latest", "--key", "NS-0001", "--limit", "3", "--json")
    let conflict = try #require((listed.json?["conflicts"] as? [[String: Any]])?.first)
    let id = String(try #require(conflict["id"] as? Int))
    expectFailure(
      try await office.run("conflicts", "shop.db", "resolve", id, "--take", "南山支行"), .notAHub)
    expectFailure(
      try await office.run("conflicts", "hub", "resolve", id, "--take", "B"), .notDecided)
    expectFailure(try await office.run("conflicts", "hub", "resolve", "99", "--undo"), .notDecided)
    let decided = try await office.run(
      "conflicts", "hub", "resolve", "--all", "--table", "customer", "--take", "南山支行", "--by",
      "Wang", "--json")
    #expect(decided.status == 0, "\(decided)")
    #expect(decided.json?["decided"] as? [Int] == [try #require(Int(id))])
    #expect(try await phones() == ["1", "1"])
    let shown = try await office.run("conflicts", "luohu.db", "show", id)
    #expect(shown.output.contains("Wang decided: what 南山支行 did stands."), "\(shown)")
    #expect(try await office.run("conflicts", "hub", "resolve", id, "--value", "3").status == 0)
    #expect(try await phones() == ["3", "3"])
    for _ in 0..<2 {
      #expect(try await office.run("conflicts", "hub", "resolve", id, "--undo").status == 0)
    }
    #expect(try await phones() == ["2", "2"])
    expectFailure(try await office.run("conflicts", "hub", "resolve", id, "--undo"), .notDecided)
  }

  private static func expectSyncDocument(_ result: Program.Result, pushed: Int) async throws {
    #expect(result.status == 0, "\(result)")
    #expect(
      keys(result.json).isSuperset(of: [
        "pushed", "pulled", "conflicts", "quarantined", "clockOffsetMilliseconds", "roundTrips",
        "elapsedMilliseconds",
      ]))
    #expect(keys(result.json?["pushed"]) == ["changesets", "rows", "bytes"])
    #expect(keys(result.json?["pulled"]) == ["rows", "bytes"])
    #expect(keys(result.json?["conflicts"]) == ["open", "settled"])
    #expect((result.json?["pushed"] as? [String: Int])?["rows"] == pushed)
  }

  private static func expectLedger(_ office: Office, _ place: String) async throws {
    let result = try await office.run("conflicts", place, "--json")
    #expect(result.status == 0)
    let conflicts = try #require(result.json?["conflicts"] as? [[String: Any]])
    #expect(conflicts.count == 1)
    let conflict = try #require(conflicts.first)
    #expect(
      keys(conflict).isSuperset(of: [
        "id", "table", "key", "column", "base", "values", "standing", "rule", "state",
      ]))
    #expect(conflict["key"] as? String == "NS-0001")
    #expect(conflict["column"] as? String == "phone")
    #expect(conflict["standing"] as? String == "2")
    #expect(conflict["state"] as? String == "settled")
    let values = try #require(conflict["values"] as? [[String: Any]])
    #expect(values.map { $0["branch"] as? String } == ["罗湖支行", "南山支行"])
    #expect(values.map { $0["value"] as? String } == ["2", "1"])
    #expect(values.allSatisfy { $0["at"] is String })
    let open = try await office.run("conflicts", place, "--open", "--json")
    #expect((open.json?["conflicts"] as? [Any])?.isEmpty == true)
  }

  private static func expectWhy(_ office: Office) async throws {
    for place in ["hub", "shop.db"] {
      let result = try await office.run("why", place, "customer", "NS-0001", "phone", "--json")
      #expect(result.status == 0, "\(result)")
      let cell = try #require((result.json?["cells"] as? [[String: Any]])?.first)
      #expect(cell["branch"] as? String == "罗湖支行")
      #expect(cell["value"] as? String == "2")
      #expect(cell["rule"] as? String == "latest")
      #expect((result.json?["conflicts"] as? [Any])?.count == 1)
    }
    let composite = try await office.run("why", "shop.db", "CONTACT", "[\"LH-0001\", 2]", "role")
    #expect(composite.status == 0)
    #expect(composite.output.contains("'Chief'"))
    #expect(composite.output.contains("罗湖支行"))
    expectFailure(try await office.run("why", "hub", "nothing", "1"), .noSuchTable)
    expectFailure(try await office.run("why", "hub", "customer", "1", "nothing"), .noSuchColumn)
    expectFailure(try await office.run("why", "hub", "contact", "LH-0001"), .badKey)
    let none = try await office.run("why", "hub", "customer", "NS-9999")
    #expect(none.status == 0)
    #expect(none.output.contains("no such row"))
  }

  @Test func theHubKnowsItsBranches() async throws {
    let office = try await Office()
    let empty = try await office.run("hub", "branches", "hub", "--json")
    #expect((empty.json?["branches"] as? [Any])?.isEmpty == true)
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    try await office.join("b.db", as: "B")
    let result = try await office.run("hub", "branches", "hub", "--json")
    let branches = try #require(result.json?["branches"] as? [[String: Any]])
    #expect(branches.map { $0["name"] as? String } == ["南山支行", "B"])
    for branch in branches {
      #expect(
        Self.keys(branch).isSuperset(of: [
          "name", "state", "lastContact", "lastCompleteSync", "pendingDown",
          "clockOffsetMilliseconds",
        ]))
      #expect(branch["state"] as? String == "active")
      #expect(branch["pendingDown"] as? Int == 0)
    }
    let vector = try await office.run("hub", "vector", "hub", "--json")
    #expect(vector.json?["vector"] as? [String: Int] == ["南山支行": 2])
    #expect(vector.json?["position"] as? Int == 2)
    let start = try await office.run("hub", "vector", "hub", "--at", "0", "--json")
    #expect((start.json?["vector"] as? [String: Int])?.isEmpty == true)
    expectFailure(try await office.run("hub", "vector", "hub", "--at", "3"), .noSuchPosition)

    expectFailure(try await office.run("hub", "revoke", "hub", "Nobody"), .noSuchBranch)
    #expect(try await office.run("hub", "revoke", "hub", "B").status == 0)
    expectFailure(try await office.run("sync", "b.db"), .revoked)
    expectFailure(
      try await office.run("hub", "invite", "hub", "--branch", "南山支行"), .nameTaken)
  }

  @Test func withoutTheHubWorkGoesOn() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    #expect(await office.stopServing() == 0)
    try office.write("shop.db", "DELETE FROM customer WHERE customer_id = 'NS-0002'")
    expectFailure(try await office.run("sync", "shop.db"), .hubUnreachable)
    #expect(try await office.run("status", "shop.db").status == 0)
    let why = try await office.run("why", "shop.db", "customer", "NS-0002", "--json")
    #expect(why.status == 5)
    #expect((why.json?["pending"] as? [Any])?.isEmpty == false)
    #expect(why.errors.contains("[hub-unreachable]"))
    let doctor = try await office.run("doctor", "shop.db")
    #expect(doctor.status == 6)
    #expect(doctor.output.contains("problem"))
  }

  @Test func anotherHubAtTheSameAddressGetsNothing() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    #expect(await office.stopServing() == 0)
    #expect(try await office.run("hub", "init", "other", "--like", "shop.db").status == 0)
    try await office.serve("other", at: String(office.url.dropFirst("https://".count)))
    try office.write("shop.db", "DELETE FROM contact")
    expectFailure(try await office.run("sync", "shop.db"), .untrustedHub)
    let status = try await office.run("status", "shop.db", "--json")
    #expect((status.json?["pending"] as? [String: Any])?["rows"] as? Int == 16)
  }

  @Test func leavingLeavesNoTrace() async throws {
    let office = try await Office()
    try FileManager.default.copyItem(
      atPath: office.path("shop.db"), toPath: office.path("before.db"))
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    #expect(try await office.run("doctor", "shop.db").status == 0)
    #expect(try await office.run("doctor", "hub").status == 0)
    try office.write("shop.db", "UPDATE visit SET report = '' WHERE 0")
    #expect(try await office.run("leave", "shop.db").status == 0)
    #expect(!FileManager.default.fileExists(atPath: office.path("shop.db-tributary")))
    expectFailure(try await office.run("sync", "shop.db"), .notABranch)
    let schemas = try ["before.db", "shop.db"].map { try Self.schema(office.path($0)) }
    #expect(schemas[0] == schemas[1])
    #expect(try await office.run("leave", "shop.db").status == 10)
  }
}
