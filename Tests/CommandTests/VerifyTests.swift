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
}
