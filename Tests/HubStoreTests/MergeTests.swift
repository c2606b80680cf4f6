import Basics
import Clocks
import Deltas
import HubStore
import TestSupport
import Testing

/// What concurrent changes come to at the hub.
@Suite struct MergeTests {
  /// A hub at which branches 1 and 2 both have customer 1.
  private func settled() throws -> (TestHub, ImitatedBranch, ImitatedBranch) {
    let hub = try TestHub()
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    return (hub, a, b)
  }

  private func values(_ conflict: Conflict) -> [Value?] { conflict.values.map(\.value) }

  @Test func concurrentEditsInBothOrders() throws {
    var seen: [[Conflict]] = []
    for isReversed in [false, true] {
      var (hub, a, b) = try settled()
      a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
      b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
      if isReversed {
        try hub.store.sync(&b)
        try hub.store.sync(&a)
      } else {
        try hub.store.sync(&a)
        try hub.store.sync(&b)
      }
      try hub.store.sync(&a)
      try hub.store.sync(&b)
      let tables = try hub.tables()
      #expect(tables[.customer(1)]?[ColumnID(3)] == .text("Rome"))
      #expect(a.rows == tables)
      #expect(b.rows == tables)
      let conflicts = try hub.store.conflicts(openOnly: false)
      #expect(conflicts.count == 1)
      #expect(conflicts[0].id == 1)
      #expect(conflicts[0].column == ColumnID(3))
      #expect(values(conflicts[0]) == [.text("Rome"), .text("Paris")])
      #expect(conflicts[0].base == .text("London"))
      #expect(conflicts[0].rule == "latest")
      #expect(conflicts[0].state == .settled)
      #expect(try hub.store.conflicts(openOnly: true).isEmpty)
      #expect(a.ledger == conflicts)
      #expect(b.ledger == conflicts)
      seen.append(conflicts)
    }
    #expect(seen[0].map(\.values) == seen[1].map(\.values))
  }

  /// Where a branch's triggers were off when a row came in, the hub gets to see an update first.
  @Test func aRowThatNeverCameWholeIsNotTakenFromItsAuthor() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write([.update(.customer(9), [3: .text("Paris")], at: 300)])
    try hub.store.push(a)
    var frames = FrameReader()
    frames.append(try hub.store.wholeDelta(a.replica))
    var types: [FrameType] = []
    while let frame = try frames.next() { types.append(frame.type) }
    #expect(types.first == .deltaHeader)
    #expect(!types.contains(.outcome))
  }

  @Test func aRowOfWhichThereIsOnlyAPartIsNotThere() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.update(.customer(9), [3: .text("Paris"), 4: .integer(4)], at: 300)])
    a.write([.update(.customer(8), [3: .text("Rome")], at: 300)])
    try hub.store.push(a)
    #expect(try hub.tables().isEmpty)
    let open = try hub.store.conflicts(openOnly: true)
    #expect(open.map(\.key) == [.customer(8), .customer(9), .customer(9)])
    #expect(open.map { $0.values.map(\.value) }.first == [nil, .text("Rome")])
    #expect(
      try hub.store.explain(table: SampleSchema.customer, key: RowKey.customer(9).encoded).exists
        == false)
    // The insertion comes after all, from somebody who had not seen the change.
    b.write([
      .insertCustomer(9, "nine", "Rome", 1, at: 100), .delete(.customer(8), at: 400, base: .start),
    ])
    try hub.store.sync(&b)
    try hub.store.sync(&a)
    let row = try #require(try hub.tables()[.customer(9)])
    #expect(
      row == [ColumnID(2): .text("nine"), ColumnID(3): .text("Paris"), ColumnID(4): .integer(4)])
    #expect(b.rows == (try hub.tables()) && a.rows == b.rows)
    let left = try hub.store.conflicts(openOnly: true)
    #expect(
      left.map(\.key) == [.customer(8)], "A deletion that had not seen it leaves it as it is.")
  }

  @Test func whoHadSeenTheOtherStandsWhateverTheClock() throws {
    var (hub, a, b) = try settled()
    let year: Int64 = 365 * 86_400_000
    a.write([.update(.customer(1), [3: .text("Paris")], at: TestHub.now + year)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    b.write([.update(.customer(1), [3: .text("Rome")], at: TestHub.now)])
    try hub.store.sync(&b)
    try hub.store.sync(&a)
    #expect(a.rows[.customer(1)]?[ColumnID(3)] == .text("Rome"))
    #expect(try hub.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func differentColumnsDoNotConflict() throws {
    var (hub, a, b) = try settled()
    a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
    b.write([.update(.customer(1), [2: .text("Eve")], at: 200)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    try hub.store.sync(&a)
    let expected: [ColumnID: Value] = [
      ColumnID(2): .text("Eve"), ColumnID(3): .text("Paris"), ColumnID(4): .integer(1),
    ]
    #expect(try hub.tables()[.customer(1)] == expected)
    #expect(a.rows[.customer(1)] == expected)
    #expect(b.rows[.customer(1)] == expected)
    #expect(try hub.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func identicalEditsAreNoConflict() throws {
    var (hub, a, b) = try settled()
    a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
    b.write([.update(.customer(1), [3: .text("Paris")], at: 400)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(try hub.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func updateBeatsDeleteAndBringsTheWholeRowBack() throws {
    for isReversed in [false, true] {
      var (hub, a, b) = try settled()
      a.write([.delete(.customer(1), at: 500)])
      b.write([.update(.customer(1), [3: .text("Rome")], at: 200)])
      if isReversed { try hub.store.sync(&b) }
      try hub.store.sync(&a)
      if !isReversed { #expect(try hub.tables().isEmpty) }
      try hub.store.sync(&b)
      try hub.store.sync(&a)
      let expected: [ColumnID: Value] = [
        ColumnID(2): .text("Ada"), ColumnID(3): .text("Rome"), ColumnID(4): .integer(1),
      ]
      #expect(try hub.tables() == [.customer(1): expected])
      #expect(a.rows == [.customer(1): expected])
      #expect(b.rows == [.customer(1): expected])
      let conflicts = try hub.store.conflicts(openOnly: false)
      #expect(conflicts.count == 1)
      #expect(conflicts[0].column == nil)
      #expect(conflicts[0].values.last?.value == nil)
      #expect(conflicts[0].values.last?.dot == Dot(replica: ReplicaID(1), counter: 2))
    }
  }

  @Test func deleteAndDeleteIsDeleted() throws {
    var (hub, a, b) = try settled()
    a.write([.delete(.customer(1), at: 500)])
    b.write([.delete(.customer(1), at: 600)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    try hub.store.sync(&a)
    #expect(try hub.tables().isEmpty)
    #expect(a.rows.isEmpty && b.rows.isEmpty)
    #expect(try hub.store.conflicts(openOnly: false).isEmpty)
    let why = try hub.store.explain(
      table: SampleSchema.customer, key: RowKey.customer(1).encoded)
    #expect(!why.exists)
    #expect(why.cells.map(\.dot) == [Dot(replica: ReplicaID(2), counter: 1)])
    // And a row may come to be there again.
    a.write([.insertCustomer(1, "Zoe", at: 700)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(b.rows == a.rows)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Zoe"))
  }

  @Test func deletingWhatTheHubNeverHadLeavesATombstone() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.seal([.delete(.customer(1), at: 100)])
    try hub.store.push(a)
    #expect(try hub.tables().isEmpty)
    let why = try hub.store.explain(
      table: SampleSchema.customer, key: RowKey.customer(1).encoded)
    #expect(why.cells.count == 1)
    // An insertion that had not seen the deletion stands.
    var b = hub.branch(2)
    b.write([.insertCustomer(1, "Bob", at: 50)])
    try hub.store.sync(&b)
    #expect(try hub.tables().count == 1)
  }

  // MARK: Rows that were there before

  @Test func identicalCopiesAddNothing() throws {
    let hub = try TestHub()
    let rows = (1...200).map { RowChange.insertCustomer($0, "Ada \($0)", at: 100) }
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write(rows, isBaseline: true)
    b.write(rows, isBaseline: true)
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(try hub.tables() == a.rows)
    #expect(try hub.store.conflicts(openOnly: false).isEmpty)
    let why = try hub.store.explain(
      table: SampleSchema.customer, key: RowKey.customer(7).encoded)
    #expect(Set(why.cells.map(\.dot.replica)) == [ReplicaID(1)])
    #expect(why.cells.allSatisfy { $0.milliseconds == nil })
    // Nothing is contested: nothing comes back to the second.
    let delta = try Streams.readDelta(try hub.store.wholeDelta(ReplicaID(2), from: LogPosition(1)))
    #expect(delta.count == 3)
    // Nor does anybody else hear of rows that added nothing.
    let others = try Streams.readDelta(
      try hub.store.wholeDelta(ReplicaID(3), from: LogPosition(1)))
    #expect(others.count == 5)
    #expect(!others.contains { if case .block = $0 { true } else { false } })
  }

  @Test func baselinesYieldToEditsAndTheFirstStands() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([.insertCustomer(1, "Ada", "London", at: 100)], isBaseline: true)
    b.write([.insertCustomer(1, "Ada", "Leeds", at: 900)], isBaseline: true)
    b.write([.update(.customer(1), [2: .text("Eve")], at: 1)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    try hub.store.sync(&a)
    let expected: [ColumnID: Value] = [
      ColumnID(2): .text("Eve"), ColumnID(3): .text("London"), ColumnID(4): .integer(0),
    ]
    #expect(try hub.tables() == [.customer(1): expected])
    #expect(a.rows == b.rows)
    let conflicts = try hub.store.conflicts(openOnly: false)
    #expect(conflicts.map(\.column) == [ColumnID(2), ColumnID(3)])
    #expect(values(conflicts[0]) == [.text("Eve"), .text("Ada")])
    #expect(values(conflicts[1]) == [.text("London"), .text("Leeds")])
    // Ids ascend; the newest comes first.
    #expect(conflicts.map(\.id) == [2, 1])
  }

  @Test func theBaseOfAConflictIsWhatBothHadSeen() throws {
    var (hub, a, b) = try settled()
    // A writes twice without hearing of B.
    a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    a.write([.update(.customer(1), [3: .text("Oslo")], at: 310)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 320)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(try hub.store.conflicts(openOnly: false).map(\.base) == [.text("Paris")])
    // The base is the outcome of a merge.
    try hub.store.sync(&a)
    a.write([.update(.customer(1), [3: .text("Bern")], at: 400)])
    b.write([.update(.customer(1), [3: .text("Kyiv")], at: 390)])
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    #expect(try hub.store.conflicts(openOnly: false)[0].base == .text("Rome"))
  }

  @Test func manyConflictsTakeSeveralFrames() throws {
    let hub = try TestHub()
    let name = String(repeating: "x", count: 300)
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write((1...2_000).map { .insertCustomer($0, "a\($0)\(name)", at: 100) })
    b.write((1...2_000).map { .insertCustomer($0, "b\($0)\(name)", at: 200) })
    try hub.store.sync(&a)
    try hub.store.sync(&b)
    let parts = try Streams.readDelta(try hub.store.wholeDelta(ReplicaID(1), from: LogPosition(1)))
    var outcomeRows = 0
    var frames = 0
    for part in parts {
      if case .outcome(let block) = part { outcomeRows += block.rowCount }
      if case .conflicts = part { frames += 1 }
    }
    #expect(outcomeRows == 2_000)
    #expect(frames > 1)
    try hub.store.sync(&a)
    #expect(a.ledger.count == 2_000)
    #expect(a.rows == b.rows)
    #expect(
      try hub.store.conflicts(openOnly: false, atMost: 5).map(\.id) == [
        2000, 1999, 1998, 1997, 1996,
      ])
  }
}
