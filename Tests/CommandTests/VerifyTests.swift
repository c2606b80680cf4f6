import Foundation
import Storage
import TestSupport
import Testing

@testable import TributaryCommand

extension JourneyTests {
  static func schema(_ path: String) throws -> [String] {
    try Database(path: path, mode: .readOnly)
      .rows("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name").map { "\($0)" }
  }
}

struct VerifyTests {
  @Test func whatTriggersDidNotSeeIsNamed() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    // At the hub, beside the engine: what no trigger of the branch can see.
    try office.write(
      "hub/hub.db",
      """
      UPDATE customer SET phone = 'it''s' WHERE customer_id = 'NS-0001';
      DELETE FROM contact WHERE customer_id = 'LH-0001' AND number = 2;
      INSERT INTO visit VALUES ('V', 'NS-0001', '', '', NULL)
      """)
    let result = try await office.run("verify", "shop.db")
    #expect(result.status == 6)
    #expect(result.output.contains("3 rows differ."))
    #expect(
      result.output.contains(
        "NS-0001  phone: '0755-5550-0101' here, 'it''s' at the hub"))
    #expect(result.output.contains("[\"LH-0001\", 2]  is only here"))
    #expect(result.output.contains("V  is only at the hub"))
    let document = try await office.run("verify", "shop.db", "--json")
    #expect(document.status == 6)
    #expect((document.json?["differences"] as? [Any])?.count == 3)
  }

  @Test func whatAConstraintRefusesIsLeftOver() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    try await office.join("b.db", as: "B")
    // B alone insists that no two customers share a telephone.
    try office.write("b.db", "CREATE UNIQUE INDEX own ON customer (phone)")
    try office.write(
      "shop.db", "UPDATE customer SET phone = '0755-5550-0102' WHERE customer_id = 'NS-0001'")
    #expect(try await office.run("sync", "shop.db").status == 0)
    let result = try await office.run("sync", "b.db", "--json")
    #expect(result.status == 3)
    #expect(result.json?["quarantined"] as? Int == 1)
    #expect(try await office.run("status", "b.db", "--json").json?["quarantined"] as? Int == 1)
    let why = try await office.run("why", "b.db", "customer", "NS-0001", "--json")
    #expect((why.json?["quarantine"] as? String)?.isEmpty == false)
    let doctor = try await office.run("doctor", "b.db", "--json")
    #expect(doctor.status == 6)
    #expect(doctor.json?["ok"] as? Bool == false)
    // The row that stands in the way goes, and all is well.
    try office.write("b.db", "UPDATE customer SET phone = NULL WHERE customer_id = 'NS-0002'")
    #expect(try await office.run("sync", "b.db").status == 0)
    #expect(try await office.run("sync", "shop.db").status == 0)
    #expect(try await office.digest("b.db") == office.digest("shop.db"))
  }
}
