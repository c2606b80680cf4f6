import Deltas
import TestSupport
import Testing

@Suite struct ValueOrderTests {
  @Test func theOrderIsTotal() {
    let values = EdgeValues.all
    for left in values {
      for right in values {
        let (before, after) = (Value.precedes(left, right), Value.precedes(right, left))
        if left == right ? before || after : before == after {
          Issue.record("\(left) and \(right): \(before), \(after)")
        }
      }
    }
  }

  @Test func theOrderIsTransitive() {
    let values = EdgeValues.all.sorted(by: Value.precedes)
    for (index, left) in values.enumerated() {
      for right in values[(index + 1)...] where !Value.precedes(left, right) {
        Issue.record("\(left) is sorted before \(right) and does not precede it")
      }
    }
  }

  @Test func classesComeInTheOrderOfSQLite() {
    let ascending: [Value] = [
      .null, .real(-.infinity), .integer(.min), .integer(-1), .real(-0.5), .integer(0), .real(0.0),
      .real(-0.0), .real(0.5), .integer(1), .real(1.0), .integer(.max), .real(.infinity), .text(""),
      .text("A"), .text("a"), .text("aa"), .text("b"), .blob([]), .blob([0]), .blob([0, 0]),
      .blob([1]),
    ]
    for (left, right) in zip(ascending, ascending.dropFirst()) {
      #expect(Value.precedes(left, right), "\(left) \(right)")
    }
  }

  @Test func largeNumbersCompareExactly() {
    let exact: Int64 = 1 << 53
    #expect(Value.precedes(.real(0x1p53), .integer(exact + 1)))
    #expect(!Value.precedes(.integer(exact + 1), .real(0x1p53)))
    #expect(Value.precedes(.integer(exact), .real(0x1p53)))
    #expect(Value.precedes(.integer(exact + 1), .real(0x1p53 + 2)))
    #expect(Value.precedes(.integer(.max), .real(0x1p63)))
    #expect(Value.precedes(.integer(.min), .real(-0x1p63)))
    #expect(Value.precedes(.real(-0x1p64), .integer(.min)))
    #expect(Value.precedes(.integer(-2), .real(-1.5)))
    #expect(Value.precedes(.real(-1.5), .integer(-1)))
  }
}
