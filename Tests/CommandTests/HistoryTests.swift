import Foundation
import Storage
import TestSupport
import Testing

@testable import TributaryCommand

/// What a row was, and how far a change has got.
struct HistoryTests {
  @Test func everyValueOfARowIsTold() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    try await office.join("luohu.db", as: "罗湖支行")
    let before = try #require(try office.text("shop.db", Self.phone))
    try office.write("shop.db", "UPDATE customer SET phone = '1' WHERE customer_id = 'NS-0001'")
    // By this machine's clock, which is later than the demonstration's.
    try Database(path: office.path("luohu.db"), mode: .readWrite)
      .execute("UPDATE customer SET phone = '2' WHERE customer_id = 'NS-0001'")

    // Like a parcel: written, then sealed and accepted, then with the others.
    let written = try await office.run("why", "shop.db", "customer", "NS-0001", "--json")
    let pending = try #require((written.json?["pending"] as? [[String: Any]])?.first)
    #expect(pending["state"] as? String == "captured")
    #expect(pending["columns"] as? [String] == ["phone"])
    #expect(pending["accepted"] is NSNull)
    let branches = try #require(written.json?["branches"] as? [[String: Any]])
    #expect(branches.map { $0["name"] as? String } == ["罗湖支行"])
    #expect(branches.map { $0["has"] as? Bool } == [false])
    let text = try await office.run("why", "shop.db", "customer", "NS-0001")
    #expect(text.output.contains("phone written here"), "\(text)")
    // With its next sync a branch says what it has.
    for file in ["shop.db", "luohu.db", "luohu.db"] {
      #expect(try await office.run("sync", file).status == 0)
    }
    let atHub = try await office.run("why", "hub", "customer", "NS-0001", "--json")
    let reached = try #require(atHub.json?["branches"] as? [[String: Any]])
    #expect(reached.map { $0["has"] as? Bool } == [false, true])
    let lines = try await office.run("why", "hub", "customer", "NS-0001")
    #expect(lines.output.contains("Has not said so yet: 南山支行 (last heard of"), "\(lines)")
    #expect(try await office.run("sync", "shop.db").status == 0)
    for file in ["shop.db", "luohu.db"] { #expect(try await office.run("sync", file).status == 0) }

    let history = try await office.run("history", "hub", "customer", "NS-0001", "phone", "--json")
    #expect(history.status == 0, "\(history)")
    let entries = try #require(history.json?["entries"] as? [[String: Any]])
    #expect(entries.map { $0["branch"] as? String } == ["南山支行", "南山支行", "罗湖支行"])
    let cells = entries.compactMap { entry in
      ((entry["writes"] as? [[String: Any]])?.first?["cells"] as? [[String: Any]])?.first
    }
    #expect(cells.map { $0["value"] as? String } == [before, "1", "2"])
    #expect(cells.map { $0["stands"] as? Bool } == [true, true, true])
    #expect((entries.last?["conflicts"] as? [Any])?.count == 1)
    #expect((history.json?["unknown"] as? [Any])?.isEmpty == true)
    let table = try await office.run("history", "hub", "CUSTOMER", "NS-0001", "phone")
    #expect(table.output.contains("stands (latest, #1)"), "\(table)")
    #expect(table.output.contains("before joining"), "\(table)")

    let received = try #require(entries[1]["received"] as? String)
    let then = try await office.run(
      "history", "hub", "customer", "NS-0001", "phone", "--as-of", received, "--json")
    #expect(then.json?["exists"] as? Bool == true, "\(then)")
    #expect((then.json?["values"] as? [String: String]) == ["phone": "1"])
    let now = try await office.run(
      "history", "hub", "customer", "NS-0001", "--as-of", "2999-01-01")
    #expect(now.output.contains("'2'"), "\(now)")
    let early = try await office.run(
      "history", "hub", "customer", "NS-0001", "--as-of", "1999-12-31")
    #expect(early.output.contains("There was no such row."), "\(early)")
    expectFailure(try await office.run("history", "shop.db", "customer", "NS-0001"), .notAHub)
    expectFailure(try await office.run("history", "hub", "nothing", "1"), .noSuchTable)
    let none = try await office.run("history", "hub", "customer", "NS-9999")
    #expect(none.output.contains("never had such a row"), "\(none)")
  }

  private static let phone = "SELECT phone FROM customer WHERE customer_id = 'NS-0001'"

  /// Without the hub what is known here is told, and that the rest is not.
  @Test func withoutTheHubTheParcelIsToldAsFarAsItIsKnown() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    #expect(await office.stopServing() == 0)
    try office.write("shop.db", "UPDATE customer SET phone = '1' WHERE customer_id = 'NS-0001'")
    expectFailure(try await office.run("sync", "shop.db"), .hubUnreachable)
    let why = try await office.run("why", "shop.db", "customer", "NS-0001", "--json")
    let pending = try #require((why.json?["pending"] as? [[String: Any]])?.first)
    #expect(pending["state"] as? String == "sealed")
    #expect(pending["sealed"] is String)
    #expect(why.json?["branches"] is NSNull)
    let text = try await office.run("why", "shop.db", "customer", "NS-0001")
    #expect(text.output.contains("whether it came there is not known"), "\(text)")
    #expect(text.output.contains("Which other branches have it, only the hub knows."))
  }

  @Test(arguments: [
    ("1970-01-01", 86_399_999), ("1970-01-01T00:00", 0), ("2000-02-29T12:34:56Z", 951_827_696_000),
    ("2026-03-01T08:15:30.25Z", 1_772_352_930_250),
    ("2026-03-01 09:15:30+01:00", 1_772_352_930_000),
    ("2026-03-01T03:45:30-0430", 1_772_352_930_000), ("2026-12-31", 1_798_761_599_999),
    ("2026-03-01T08:15:30.250999Z", 1_772_352_930_250),
  ])
  func timesAreReadAsPeopleWriteThem(text: String, milliseconds: Int64) {
    #expect(PastTime(argument: text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "today", "2026", "2026-13-01", "2026-02-29", "2026-03-01T", "2026-03-01T24:00",
    "2026-03-01T08:60", "2026-03-01T08:15:61", "2026-03-01T08:15+1", "2026-03-01T08:15Zulu",
    "2026-3-1", "2026-03-01T08:15:30.", "٢٠٢٦-03-01",
  ])
  func otherTimesAreNotTaken(text: String) { #expect(PastTime(argument: text) == nil) }
}
