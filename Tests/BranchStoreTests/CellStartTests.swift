import Deltas
import Testing

@testable import BranchStore

/// Where a cell's writes begin, in whatever order a journal has them.
struct CellStartTests {
  /// Each walk over three values, up to four writes long, in each order of its writes.
  @Test func theBeginningIsFoundInAnyOrder() {
    var walks: [[Int64]] = [[0], [1], [2]]
    var checked = 0
    for _ in 1...4 {
      walks = walks.flatMap { walk in
        (0..<3).filter { $0 != walk[walk.count - 1] }.map { walk + [$0] }
      }
      for walk in walks {
        let writes = Array(zip(walk, walk.dropFirst()))
        let expected = walk[0] == walk[walk.count - 1] ? nil : Value.integer(walk[0])
        for order in Self.orders(writes.count) {
          var start = CellStart()
          for index in order {
            start.take(was: .integer(writes[index].0), became: .integer(writes[index].1))
          }
          #expect(start.value == expected, "\(walk) \(order)")
          #expect(!start.isUnknown)
          checked += 1
        }
      }
    }
    #expect(checked == 6 + 12 * 2 + 24 * 6 + 48 * 24)
  }

  private static func orders(_ count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return orders(count - 1).flatMap { order in
      (0...order.count).map { place in
        Array(order[..<place]) + [count - 1] + Array(order[place...])
      }
    }
  }

  @Test func whatSaysNothingIsNoticedAndForgotten() {
    var start = CellStart()
    start.take(was: .integer(1), became: .integer(2))
    start.take(was: .null, became: .null)
    #expect(start.isUnknown)
    start.reset()
    #expect(!start.isUnknown)
    #expect(start.value == nil)
    // Equal for SQLite's `=`, and two values.
    start.take(was: .integer(1), became: .real(1))
    #expect(start.value == .integer(1))
  }
}
