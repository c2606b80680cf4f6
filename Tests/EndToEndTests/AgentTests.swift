import Foundation
import TestSupport
import Testing

private let schema = "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)"

extension EndToEnd {
  struct AgentTests {
    /// Waits until a query answers as expected; the agents do the rest.
    private func wait(for expected: [[SQLValue]], _ database: String, _ sql: String) throws {
      let deadline = Date() + 30
      var last: [[SQLValue]] = []
      while Date() < deadline {
        last = try Program.sql(database, sql)
        if last == expected { return }
      }
      throw EndToEndFailure("\(database) has \(last), not \(expected)")
    }

    /// Two agents, an edit at each side, the hub away for a while: all of it arrives by itself.
    @Test func agentsKeepBranchesInStep() throws {
      let world = try World(schema: schema)
      let (a, b) = (world.path("a.db"), world.path("b.db"))
      try world.join(a, as: "A")
      try world.join(b, as: "B")
      let agents = try [a, b].map { try Program.start(["agent", $0]) }

      try Program.sql(a, "INSERT INTO note VALUES (1, '早上好')")
      try wait(for: [[.text("早上好")]], b, "SELECT body FROM note WHERE id = 1")
      try Program.sql(b, "UPDATE note SET body = 'good morning' WHERE id = 1")
      try wait(for: [[.text("good morning")]], a, "SELECT body FROM note WHERE id = 1")

      try world.kill()
      try Program.sql(a, "INSERT INTO note VALUES (2, 'while the hub was away')")
      try world.serve()
      try wait(for: [[.text("while the hub was away")]], b, "SELECT body FROM note WHERE id = 2")

      for agent in agents {
        #expect(agent.isRunning)
        agent.signal(SIGTERM)
        try expect(agent.wait(), 0)
      }
      try world.expectEqual([a, b])
    }

    /// A device that was revoked is told so, and its agent ends instead of asking for ever.
    @Test func aRevokedDeviceIsRefusedFromItsNextRequestOn() throws {
      let world = try World(schema: schema)
      let (a, b) = (world.path("a.db"), world.path("b.db"))
      try world.join(a, as: "A")
      try world.join(b, as: "B")
      try expect(Program.run(["hub", "revoke", world.hub, "A"]), 0)
      try Program.sql(a, "INSERT INTO note VALUES (1, 'stays here')")
      let refused = try Program.run(["sync", a])
      try expect(refused, 12)
      #expect(try Program.sql(a, "SELECT count(*) FROM note") == [[.integer(1)]])
      try world.sync(b)
      let agent = try Program.start(["agent", a])
      try expect(agent.wait(), 12)
    }
  }
}
