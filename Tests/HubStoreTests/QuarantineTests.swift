import Basics
import Clocks
import Deltas
import HubStore
import TestSupport
import Testing

/// Rows that a unique column of the consolidated tables refuses.
@Suite struct QuarantineTests {
  private func voucher(_ code: String) -> RowKey {
    RowKey(table: SampleSchema.voucher, values: [.text(code)])
  }

  private func insert(_ code: String, _ serial: Int64, at time: Int64 = 100) -> RowChange {
    RowChange(
      key: voucher(code), kind: .insert, columns: [ColumnID(2), ColumnID(3)],
      values: [.integer(serial), .text("note \(code)")], milliseconds: time, base: nil)
  }

  private func serials(_ hub: TestHub) throws -> [RowKey: Value?] {
    try hub.tables().mapValues { $0[ColumnID(2)] }
  }

  @Test func theSecondWaitsAndBlocksNothing() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([insert("x", 1)])
    b.write([insert("y", 1), insert("z", 2)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    try hub.store.sync(&a)
    // ON CONFLICT REPLACE in the application's schema deletes nothing here.
    #expect(try serials(hub) == [voucher("x"): .integer(1), voucher("z"): .integer(2)])
    #expect(a.rows == b.rows)
    #expect(try hub.tables() == a.rows)
    let waiting = try hub.store.quarantinedRows()
    #expect(waiting.map(\.key) == [voucher("y")])
    #expect(waiting[0].values == [.integer(1), .text("note y")])
    #expect(waiting[0].reason.contains("UNIQUE"))
    let finding = try hub.store.check().last
    #expect(finding?.isOK == false)
    #expect(finding?.what.contains("voucher") == true)
    let why = try hub.store.explain(table: SampleSchema.voucher, key: voucher("y").encoded)
    #expect(!why.exists)
    #expect(why.quarantineReason != nil)
    #expect(why.cells.last?.value == .text("note y"))

    // Room is made: the row comes back by itself.
    a.write([.update(voucher("x"), [2: .integer(7)], at: 200)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(try serials(hub)[voucher("y")] == .integer(1))
    #expect(try hub.store.quarantinedRows().isEmpty)
    #expect(a.rows == b.rows)
    #expect(try hub.store.check().allSatisfy(\.isOK))
  }

  /// Whoever is told of a refused row is told it without what waits: what he writes follows that,
  /// and what had waited is in the ledger.
  @Test(arguments: [false, true]) func whatWaitedIsKeptWhenItIsWrittenOver(isTold: Bool) throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([insert("x", 1)])
    try hub.store.sync(&a)
    b.write([insert("y", 1)])
    if isTold {
      try hub.store.sync(&b)
      #expect(b.rows[voucher("y")] == nil)
    }
    let anew = RowChange(
      key: voucher("y"), kind: .insert, columns: [ColumnID(2), ColumnID(3)],
      values: [.integer(1), .text("anew")], milliseconds: 300, base: nil)
    b.write([anew])
    try hub.store.sync(&b)
    let waiting = try hub.store.quarantinedRows()
    #expect(waiting.map(\.values) == [[.integer(1), .text("anew")]])
    let kept = try hub.store.conflicts(openOnly: false).filter { $0.column != nil }
    let expected: [[Value?]] = isTold ? [[.text("anew"), .text("note y")]] : []
    #expect(kept.map { $0.values.map(\.value) } == expected)
    #expect(kept.allSatisfy { $0.state == .settled })
  }

  @Test func aDeletionOfWhatWasNotShownKeepsIt() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([insert("x", 1), insert("y", 2)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    b.write([.update(voucher("y"), [2: .integer(1), 3: .text("mine")], at: 200)])
    try hub.store.sync(&b)
    #expect(try hub.store.quarantinedRows().count == 1)
    try hub.store.sync(&a)
    a.write([.delete(voucher("y"), at: 300)])
    try hub.store.sync(&a)
    #expect(try hub.store.quarantinedRows().isEmpty)
    let kept = try hub.store.conflicts(openOnly: false).filter { $0.column != nil }
    #expect(Set(kept.compactMap { $0.values.last?.value }) == [.integer(1), .text("mine")])
  }

  @Test func rowsMayExchangeAUniqueValue() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write([insert("x", 1), insert("y", 2), insert("z", 3)])
    try hub.store.sync(&a)
    a.write([
      .update(voucher("x"), [2: .integer(2)], at: 200),
      .update(voucher("y"), [2: .integer(3)], at: 200),
      .update(voucher("z"), [2: .integer(1)], at: 200),
    ])
    try hub.store.sync(&a)
    #expect(try hub.tables() == a.rows)
    #expect(try hub.store.quarantinedRows().isEmpty)
    #expect(try hub.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func aRefusedUpdateLeavesTheTableAsItWas() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([insert("x", 1), insert("y", 2)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([insert("w", 9)])
    b.write([.update(voucher("y"), [2: .integer(9)], at: 300)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(try serials(hub)[voucher("y")] == .integer(2))
    #expect(b.rows == (try hub.tables()))
    #expect(try hub.store.quarantinedRows().map(\.values) == [[.integer(9), .text("note y")]])
    // Deleting the row ends it.
    b.write([.delete(voucher("y"), at: 400)])
    try hub.store.sync(&b)
    try hub.store.sync(&a)
    #expect(try hub.store.quarantinedRows().isEmpty)
    #expect(try serials(hub)[voucher("y")] == nil)
    #expect(a.rows == b.rows)
  }

  @Test func refusedRowsOfACoveringBlock() throws {
    let hub = try TestHub()
    hub.store.coverRowsMin = 2
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([insert("a", 1)])
    b.write([insert("b", 5), insert("c", 1), insert("d", 6)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(
      try serials(hub) == [
        voucher("a"): .integer(1), voucher("b"): .integer(5), voucher("d"): .integer(6),
      ])
    #expect(try hub.store.quarantinedRows().map(\.key) == [voucher("c")])
    a.write([.delete(voucher("a"), at: 300)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(try serials(hub)[voucher("c")] == .integer(1))
    #expect(b.rows == (try hub.tables()))
  }

  @Test func theLedgerTellsOfARefusedRowUntilItStands() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([insert("x", 1)])
    b.write([insert("y", 1, at: 150), insert("z", 2)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    let open = try #require(try hub.store.conflicts(openOnly: true).first)
    #expect(open.key == voucher("y"))
    #expect(open.column == nil)
    #expect(open.rule == "constraint")
    #expect(open.position == LogPosition(2))
    #expect(
      open.values == [
        ConflictValue(
          dot: Dot(replica: ReplicaID(1), counter: 1), milliseconds: 100, value: .integer(1)),
        ConflictValue(
          dot: Dot(replica: ReplicaID(2), counter: 1), milliseconds: 150, value: .integer(1)),
      ])
    #expect(open.explanation.hasPrefix("A constraint of table voucher refused this row"))
    #expect(!open.explanation.contains("note"))
    // Its author hears of it in the very exchange, the others with their next.
    #expect(b.ledger == [open])
    try hub.store.sync(&a)
    #expect(a.ledger == [open])

    // Refused once more, by a change of its own: that is the same conflict.
    b.write([.update(voucher("y"), [3: .text("again")], at: 180)])
    try hub.store.sync(&b)
    func refusals() throws -> [Conflict] {
      try hub.store.conflicts(openOnly: false).filter { $0.rule == "constraint" }
    }
    #expect(try refusals() == [open])

    a.write([.update(voucher("x"), [2: .integer(7)], at: 200)])
    try hub.store.sync(&a)
    let all = try refusals()
    #expect(all.map(\.id) == [open.id])
    #expect(all.map(\.state) == [.settled])
    #expect(try all.first?.position == hub.store.head())
    #expect(try hub.store.conflicts(openOnly: true).isEmpty)
    try hub.store.sync(&b)
    #expect(a.ledger.last { $0.rule == "constraint" } == all.first)
    #expect(b.ledger.last { $0.rule == "constraint" } == all.first)
    #expect(try hub.store.check().allSatisfy(\.isOK))
  }

  @Test func deletingARefusedRowSettlesItsConflict() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write([insert("x", 1), insert("y", 2)])
    try hub.store.sync(&a)
    // What stands under the row's own key, and what another row has, are both told.
    a.write([.update(voucher("y"), [2: .integer(1)], at: 300)])
    try hub.store.sync(&a)
    #expect(try hub.store.conflicts(openOnly: true).map(\.key) == [voucher("y")])
    a.write([.delete(voucher("y"), at: 400)])
    try hub.store.sync(&a)
    let settled = try hub.store.conflicts(openOnly: false)
    #expect(settled.allSatisfy { $0.state == .settled })
    let refusal = settled.first { $0.rule == "constraint" }
    #expect(refusal?.explanation.contains("deleted") == true)
  }

  @Test func everyWaitingRowGetsItsTurn() throws {
    let hub = try TestHub()
    let count = HubStoreLimits.quarantineRetryRowsMax + 10
    func code(_ prefix: String, _ number: Int) -> String { "\(prefix)\(1_000 + number)" }
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write((0..<count).map { insert(code("x", $0), Int64($0)) })
    b.write((0..<count).map { insert(code("y", $0), Int64($0)) })
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(try hub.store.quarantinedCount() == count)
    // The obstacle of the last one goes; those before it do not take all attempts.
    a.write([.delete(voucher(code("x", count - 1)), at: 300)])
    try hub.store.sync(&a)
    a.write([.insertCustomer(1, "Ada", at: 400)])
    try hub.store.sync(&a)
    #expect(try hub.store.quarantinedCount() == count - 1)
    #expect(try serials(hub)[voucher(code("y", count - 1))] == .integer(Int64(count - 1)))
  }
}
