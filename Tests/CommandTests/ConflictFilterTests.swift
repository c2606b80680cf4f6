import Clocks
import Deltas
import TestSupport
import Testing

@testable import TributaryCommand

struct ConflictFilterTests {
  @Test(arguments: [("name", 1), ("city", 1), ("score", 0)])
  func whatIsDecidedAsOneIsFoundByEachColumn(column: String, count: Int) throws {
    let sides = [("Ada", "Rome"), ("Ada", "Oslo")].enumerated().map { index, values in
      ConflictSide(
        dot: Dot(replica: ReplicaID(UInt32(index + 1)), counter: 1), milliseconds: 100,
        values: [.text(values.0), .text(values.1)])
    }
    let conflict = Conflict(
      id: 1, position: LogPosition(1), key: .customer(1), columns: [ColumnID(2), ColumnID(3)],
      bases: nil, sides: sides, rule: "latest", state: .settled, explanation: "")
    let ledger = LedgerReport(conflicts: [conflict], schema: SampleSchema.schema, names: [:])
    var filter = ConflictFilter()
    filter.open = false
    (filter.table, filter.column, filter.key) = ("customer", column, nil)
    (filter.branch, filter.rule, filter.limit) = (nil, nil, nil)
    #expect(try filter.selected(ledger, undone: "").count == count)
  }
}
