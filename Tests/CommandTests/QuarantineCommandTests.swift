import Foundation
import Storage
import TestSupport
import Testing

@testable import TributaryCommand

/// `tributary quarantine` at a hub where an order refers to nobody and a code is given twice.
struct QuarantineCommandTests {
  private static let sql = """
    CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, code TEXT UNIQUE);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer, item TEXT);
    """

  private func write(_ office: Office, _ file: String, _ sql: String) throws {
    try Database(path: office.path(file), mode: .readWrite).executeScript(sql)
  }

  /// Two branches at the hub `trade`, and rows that wait there.
  private func trading() async throws -> Office {
    let office = try await Office()
    for name in ["like.db", "north.db", "south.db"] {
      try Database(path: office.path(name), mode: .create).executeScript(Self.sql)
    }
    let made = try await office.run("hub", "init", "trade", "--like", "like.db")
    try #require(made.status == 0, "\(made.errors)")
    try await office.serve("trade")
    for (file, name) in [("north.db", "North"), ("south.db", "South")] {
      let token = try await office.run("hub", "invite", "trade", "--branch", name)
      let joined = try await office.run(
        "join", file, token.output.trimmingCharacters(in: .whitespacesAndNewlines))
      try #require(joined.status == 0, "\(joined.errors)")
    }
    try write(office, "north.db", "INSERT INTO customer VALUES (1, 'Li', 'A')")
    try write(
      office, "south.db",
      "INSERT INTO customer VALUES (2, 'Wu', 'A'); INSERT INTO orders VALUES (5, 17, 'tea')")
    for file in ["north.db", "south.db"] { _ = try await office.run("sync", file) }
    return office
  }

  @Test func rowsAreListedTriedAgainAndGivenUp() async throws {
    let office = try await trading()
    let listed = try await office.run("quarantine", "trade", "list", "--json")
    #expect(listed.status == ExitStatus.leftovers.rawValue)
    let rows = try #require(listed.json?["quarantine"] as? [[String: Any]])
    #expect(rows.map { $0["kind"] as? String } == ["refused", "orphan"])
    #expect(rows.map { $0["branch"] as? String } == ["South", "South"])
    #expect((rows[1]["row"] as? [String: Any])?["item"] as? String == "tea")
    #expect(
      (rows[1]["reason"] as? String)?.hasPrefix("customer refers to customer with id 17") == true)
    let text = try await office.run("quarantine", "trade", "--table", "orders")
    #expect(text.output.contains("orders 5") && !text.output.contains("customer 2"))

    let tried = try await office.run("quarantine", "trade", "retry", "orders", "5", "--json")
    #expect(tried.status == ExitStatus.leftovers.rawValue)
    #expect((tried.json?["ended"] as? [Any])?.count == 0)

    let dropped = try await office.run(
      "quarantine", "trade", "drop", "orders", "5", "--by", "Eve", "--json")
    let conflict = try #require(dropped.json?["conflict"] as? Int)
    #expect(dropped.status == 0)
    _ = try await office.run("sync", "south.db")
    #expect(try office.text("south.db", "SELECT item FROM orders") == nil)
    let undone = try await office.run("conflicts", "trade", "resolve", "\(conflict)", "--undo")
    #expect(undone.status == 0, "\(undone.errors)")
    _ = try await office.run("sync", "south.db")
    #expect(try office.text("south.db", "SELECT item FROM orders") == "tea")

    try write(office, "north.db", "UPDATE customer SET id = 17, code = NULL")
    _ = try await office.run("sync", "north.db")
    let all = try await office.run("quarantine", "trade", "retry", "--all")
    #expect(all.status == 0 && all.output == "No row is in quarantine.\n", "\(all)")
    #expect(try await office.run("quarantine", "trade").status == 0)
  }

  @Test func whatIsNotThereIsSaid() async throws {
    let office = try await Office()
    expectFailure(try await office.run("quarantine", "shop.db"), .notAHub)
    expectFailure(
      try await office.run("quarantine", "hub", "drop", "customer", "no-such-customer"),
      .notDecided)
    let wrong = [["retry"], ["drop", "customer"], ["list", "x"], ["retry", "x", "1", "--all"]]
    for words in wrong {
      let result = try await Program.run(["quarantine", "hub"] + words, in: office.folder.url)
      #expect(result.status == 64)
    }
  }
}
