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

  /// Where nothing stood, a refused change is not said to stand against its own branch.
  @Test(arguments: [false, true]) func aRefusedChangeSaysWhoseValueStands(isNew: Bool) throws {
    let refused = Dot(replica: ReplicaID(1), counter: 7)
    let sides = [
      ConflictSide(
        dot: isNew ? refused : Dot(replica: ReplicaID(2), counter: 1), milliseconds: 100,
        values: isNew ? nil : [.text("Ada")]),
      ConflictSide(dot: refused, milliseconds: 200, values: [.text("Eva")]),
    ]
    let conflict = Conflict(
      id: 1, position: LogPosition(1), key: .customer(1), columns: [ColumnID(2)], bases: nil,
      sides: sides, rule: "authority", state: .refused, explanation: "")
    let ledger = LedgerReport(
      conflicts: [conflict], schema: SampleSchema.schema,
      names: [ReplicaID(1): "north", ReplicaID(2): "south"])
    let lines = ledger.lines(style: .plain)
    let stands = try #require(lines.first { $0.contains("stands") })
    #expect(!stands.contains("north"))
    #expect(stands.contains(isNew ? "nobody" : "south"))
    #expect(stands.contains(isNew ? "nothing" : "Ada"))
    #expect(lines.contains { $0.contains("overruled") && $0.contains("north") })
  }

  /// It is about no column, though the entry has the values of all.
  @Test func aRowThatADeletionTookIsShownWhole() throws {
    let sides = [nil, [Value.text("Ada"), .text("Rome")]].enumerated().map { index, values in
      ConflictSide(
        dot: Dot(replica: ReplicaID(UInt32(index + 1)), counter: 1), milliseconds: 100,
        values: values)
    }
    let conflict = Conflict(
      id: 1, position: LogPosition(1), key: .customer(1), columns: [ColumnID(2), ColumnID(3)],
      bases: nil, sides: sides, rule: Conflict.deletionRule, state: .settled, explanation: "")
    let ledger = LedgerReport(conflicts: [conflict], schema: SampleSchema.schema, names: [:])
    let lines = ledger.lines(style: .plain).joined(separator: "\n")
    #expect(lines.contains("(the row)") && lines.contains("name 'Ada', city 'Rome'"))
    #expect(lines.contains("deleted"))
    var filter = ConflictFilter()
    filter.open = false
    (filter.table, filter.column, filter.key) = ("customer", "city", nil)
    (filter.branch, filter.rule, filter.limit) = (nil, nil, nil)
    #expect(try filter.selected(ledger, undone: "").isEmpty)
  }
}
