import Foundation
import TestSupport
import Testing

@testable import TributaryCommand

struct ServeTests {
  @Test(arguments: [SIGTERM, SIGINT])
  func serveStopsAsAsked(signal: Int32) async throws {
    let office = try await Office()
    let hub = try Program.start(
      ["hub", "serve", "hub", "--listen", "127.0.0.1:0"], in: office.folder.url)
    let line = await hub.firstLine()
    #expect(line.wholeMatch(of: /ready https:\/\/127\.0\.0\.1:\d+/) != nil)
    hub.signal(signal)
    let result = await hub.finish()
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
  }

  @Test func anAddressServesOnce() async throws {
    let office = try await Office()
    try await office.serve()
    let address = String(office.url.dropFirst("https://".count))
    #expect(try await office.run("hub", "init", "other", "--like", "shop.db").status == 0)
    expectFailure(
      try await office.run("hub", "serve", "other", "--listen", address), .addressInUse)
  }

  @Test func theAgentSyncsBothWaysAndStopsAsAsked() async throws {
    let office = try await Office()
    try await office.serve()
    try await office.join("shop.db", as: "南山支行")
    try await office.join("b.db", as: "B")
    let agent = try Program.start(["agent", "shop.db"], in: office.folder.url)
    try office.write("shop.db", "UPDATE customer SET note = 'n' WHERE customer_id = 'NS-0001'")
    try await eventually { try await office.run("sync", "b.db", "--json").json?.pulledRows == 1 }
    try office.write("b.db", "UPDATE customer SET note = 'm' WHERE customer_id = 'NS-0001'")
    #expect(try await office.run("sync", "b.db").status == 0)
    try await eventually { try await office.digest("shop.db") == office.digest("b.db") }
    agent.signal(SIGTERM)
    let result = await agent.finish()
    #expect(result.status == 0)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("Synced."))
  }

  /// Looks again and again, as somebody at the branch would, for at most half a minute.
  private func eventually(
    _ isSo: () async throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < deadline {
      if try await isSo() { return }
    }
    Issue.record("It never came to be.", sourceLocation: sourceLocation)
  }
}

extension [String: Any] {
  fileprivate var pulledRows: Int? { (self["pulled"] as? [String: Int])?["rows"] }
}
