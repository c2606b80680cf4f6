import Foundation
import TestSupport
import Testing

private let sakila = sharedData("sakila/sakila.db")

extension EndToEnd {
  @Suite(.enabled(if: sakila != nil, "needs sakila/sakila.db"))
  struct SakilaTests {
    /// Thirty application triggers: one edit is one change, arrives as it is, and echoes nowhere.
    @Test func oneEditIsOneRowAndMakesNoEcho() throws {
      let source = try #require(sakila)
      let world = try World(like: source.path)
      let a = try world.copy(source, as: "a.db")
      let b = world.path("b.db")
      try world.join(a, as: "store 1")
      try world.sync(a)
      try world.join(b, as: "store 2")
      try world.settle([a, b])
      try world.expectEqual([a, b])

      try Program.sql(a, "UPDATE customer SET first_name = '玛丽' WHERE customer_id = 17")
      let pushed = try world.sync(a)
      #expect(pushed.pushed.rows == 1)
      #expect(pushed.pulled.rows == 0)
      let pulled = try world.sync(b)
      #expect(pulled.pulled.rows == 1)
      #expect(pulled.pushed.rows == 0)

      let row = "SELECT *, typeof(last_update) FROM customer WHERE customer_id = 17"
      let written = try Program.sql(a, row)
      #expect(try Program.sql(b, row) == written)
      #expect(written.first?[2] == .text("玛丽"))
      for _ in 0..<3 {
        for database in [a, b] {
          let idle = try world.sync(database)
          #expect(idle.pushed.rows == 0)
          #expect(idle.pulled.rows == 0)
        }
      }
      try world.expectEqual([a, b])
      #expect(try world.conflicts().isEmpty)
    }
  }
}
