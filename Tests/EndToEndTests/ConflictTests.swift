import TestSupport
import Testing

private let schema = """
  CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL, phone TEXT, city TEXT);
  INSERT INTO customer VALUES (17, 'Wang Fang 王芳', '0755-1', 'Shenzhen'), (18, 'Li', NULL, NULL);
  """

extension EndToEnd {
  @Suite(.enabled(if: Program.canFakeTheClock, "needs faketime"))
  struct ConflictTests {
    private func branches(_ world: World) throws -> (a: String, b: String) {
      let (a, b) = (world.path("a.db"), world.path("b.db"))
      try world.join(a, as: "南山支行")
      try world.join(b, as: "罗湖支行")
      try Program.sql(a, "INSERT INTO customer VALUES (17, 'Wang Fang 王芳', '0755-1', 'SZ')")
      try world.settle([a, b])
      return (a, b)
    }

    private func phone(_ database: String) throws -> SQLValue? {
      try Program.sql(database, "SELECT phone FROM customer WHERE id = 17").first?.first
    }

    /// The same cell at two offline branches: the later write stands, whoever syncs first.
    @Test(arguments: [[0, 1], [1, 0]])
    func theLaterWriteStandsInBothOrders(order: [Int]) throws {
      let world = try World(schema: schema)
      let (a, b) = try branches(world)
      try Program.sql(
        a, "UPDATE customer SET phone = '0755-8200' WHERE id = 17", clock: .off(by: "-2h"))
      try Program.sql(
        b, "UPDATE customer SET phone = '138-0013' WHERE id = 17", clock: .off(by: "-1h"))
      for index in order { try world.sync([a, b][index]) }
      try world.settle([a, b])
      try world.expectEqual([a, b])
      #expect(try phone(a) == .text("138-0013"))
      #expect(
        try Program.sql("\(world.hub)/hub.db", "SELECT phone FROM customer WHERE id = 17")
          == [[.text("138-0013")]])

      for place in [world.hub, a, b] {
        let conflicts = try world.conflicts(place)
        #expect(conflicts.count == 1, "\(place)")
        let conflict = try #require(conflicts.first)
        #expect(conflict.table == "customer")
        #expect(conflict.column == "phone")
        #expect(conflict.rule == "latest")
        #expect(conflict.state == "settled")
        #expect(conflict.standing == .text("138-0013"))
        let named = Set(conflict.values.map { "\($0.branch) \($0.value ?? .null)" })
        #expect(named == ["南山支行 0755-8200", "罗湖支行 138-0013"])
        let why = try Program.run(["why", place, "customer", "17", "phone"])
        try expect(why, 0)
        for part in ["南山支行", "罗湖支行", "0755-8200", "138-0013", "latest"] {
          #expect(why.output.contains(part), "\(part) is not in \(why)")
        }
      }
    }

    /// A clock that is a year ahead wins nothing against somebody who had seen its value.
    @Test func aClockAYearAheadDoesNotWin() throws {
      let world = try World(schema: schema)
      let (a, b) = try branches(world)
      let ahead = Clock.off(by: "+365d")
      try Program.sql(
        b, "UPDATE customer SET phone = 'from the future' WHERE id = 17", clock: ahead)
      let pushed = try world.sync(b, clock: ahead)
      #expect(abs(pushed.clockOffsetMilliseconds + 365 * 86_400_000) < 60_000)
      try world.sync(a)
      #expect(try phone(a) == .text("from the future"))
      try Program.sql(a, "UPDATE customer SET phone = 'seen and changed' WHERE id = 17")
      try world.sync(a)
      try world.sync(b, clock: ahead)
      try world.sync(a)
      try world.expectEqual([a, b])
      #expect(try phone(b) == .text("seen and changed"))
      #expect(try world.conflicts().isEmpty)
    }

    /// Between writes of which neither knew, the clock that is wrong is corrected.
    @Test func concurrentWritesAreComparedByCorrectedTime() throws {
      let world = try World(schema: schema)
      let (a, b) = try branches(world)
      let ahead = Clock.off(by: "+365d")
      // By the true time B writes an hour before A; by its own clock a year after.
      try Program.sql(
        b, "UPDATE customer SET phone = 'earlier' WHERE id = 17",
        clock: .off(by: "+31532400"))
      try Program.sql(
        a, "UPDATE customer SET phone = 'later' WHERE id = 17", clock: .off(by: "-600"))
      try world.sync(a)
      try world.sync(b, clock: ahead)
      try world.sync(a)
      try world.expectEqual([a, b])
      #expect(try phone(b) == .text("later"))
      #expect(try world.conflicts().count == 1)
    }
  }
}
