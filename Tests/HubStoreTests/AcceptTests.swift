import Basics
import Clocks
import Deltas
import HubStore
import Storage
import TestSupport
import Testing

@Suite struct AcceptTests {
  private func refusal(_ body: () throws -> Void) -> ChangesetRefusal? {
    do {
      try body()
    } catch HubStoreError.refused(let refusal) {
      return refusal
    } catch {}
    return nil
  }

  @Test func acceptsAndShows() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write([
      .insertCustomer(1, "陈小明", "深圳", at: 100), .insertCustomer(2, "Ada", "London", at: 100),
    ])
    let acceptance = try hub.store.push(a)
    #expect(acceptance.entries.map(\.position) == [LogPosition(1)])
    #expect(acceptance.entries.map(\.isNew) == [true])
    #expect(acceptance.entries[0].rowCount == 2)
    #expect(try hub.tables() == a.rows)
    let rows = try hub.database().rows("SELECT name FROM customer ORDER BY id")
    #expect(rows == [[.text("陈小明")], [.text("Ada")]])
    #expect(
      try hub.store.vector(at: LogPosition(1)).dots == [Dot(replica: ReplicaID(1), counter: 1)])
    #expect(try hub.store.vector(at: .start).isEmpty)
  }

  @Test func repeatedPushesChangeNothing() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    try hub.store.push(a)
    a.write([.update(.customer(1), [2: .text("Ada L.")], at: 200)])
    // The first answer was lost: both come, the first for the second time.
    let acceptance = try hub.store.push(a)
    #expect(acceptance.entries.map(\.isNew) == [false, true])
    #expect(acceptance.entries.map(\.position) == [LogPosition(1), LogPosition(2)])
    let again = try hub.store.push(a)
    #expect(again.entries.map(\.isNew) == [false, false])
    #expect(try hub.store.head() == LogPosition(2))
    #expect(try hub.tables() == a.rows)
    #expect(try hub.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func refusesBrokenChains() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    var copy = a
    a.write([.insertCustomer(1, "Ada", at: 100)])
    copy.write([.insertCustomer(2, "Bob", at: 100)])
    try hub.store.push(a)
    #expect(
      refusal { try hub.store.push(copy) } == .chainBroken(expectedCounter: 2, counter: 1))
    copy.write([.insertCustomer(3, "Cy", at: 100)])
    let second = copy.outbox[1]
    #expect(
      refusal {
        _ = try hub.store.accept([.inline(second.bytes)], from: contact(copy))
      } == .chainBroken(expectedCounter: 2, counter: 2))
    // A gap.
    a.write([.insertCustomer(4, "Di", at: 100)])
    a.write([.insertCustomer(5, "Ed", at: 100)])
    let third = a.outbox[2]
    #expect(
      refusal {
        _ = try hub.store.accept([.inline(third.bytes)], from: contact(a))
      } == .chainBroken(expectedCounter: 2, counter: 3))
    #expect(try hub.store.head() == LogPosition(1))
    #expect(try hub.tables().count == 1)
  }

  private func contact(_ branch: ImitatedBranch) -> Contact {
    Contact(
      replica: branch.replica, integrated: branch.integrated, clockOffsetMilliseconds: 0,
      receivedMilliseconds: TestHub.now)
  }

  @Test func refusesStrangers() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    let sealed = a.write([.insertCustomer(1, "Ada", at: 100)])
    var other = contact(a)
    other.replica = ReplicaID(2)
    #expect(
      refusal { _ = try hub.store.accept([.inline(sealed.bytes)], from: other) } == .notTheAuthors)
    other.replica = ReplicaID(9)
    #expect(
      refusal { _ = try hub.store.accept([.inline(sealed.bytes)], from: other) }
        == .unknownReplica)
    try hub.store.revoke(name: "branch 1")
    #expect(refusal { try hub.store.push(a) } == .revoked)
    #expect(try hub.store.head() == .start)
  }

  @Test func refusesUnknownPositions() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    let ahead = CausalContext(generation: TestHub.generation, position: LogPosition(5))
    a.seal([.insertCustomer(1, "Ada", at: 100)], context: ahead)
    #expect(refusal { try hub.store.push(a) } == .unknownPosition)
    var b = hub.branch(2)
    let elsewhere = CausalContext(generation: GenerationID(high: 1, low: 1), position: .start)
    b.seal([.insertCustomer(1, "Ada", at: 100)], context: elsewhere)
    #expect(refusal { try hub.store.push(b) } == .unknownPosition)
    var asking = contact(hub.branch(3))
    asking.integrated = elsewhere
    #expect(refusal { _ = try hub.store.accept([], from: asking) } == .unknownPosition)
  }

  @Test func refusesRowsThatDoNotFit() throws {
    let hub = try TestHub()
    func refused(_ change: RowChange) -> Bool {
      var a = hub.branch(1)
      a.seal([change])
      if case .malformed = refusal({ try hub.store.push(a) }) { return true }
      return false
    }
    var change = RowChange.insertCustomer(1, "Ada", at: 100)
    change.columns[2] = ColumnID(9)
    #expect(refused(change))
    #expect(refused(.update(.customer(1), [9: .null], at: 100)))
    #expect(refused(.update(.customer(1), [1: .null], at: 100)))
    #expect(refused(.delete(RowKey(table: TableID(40), values: [.integer(1)]), at: 100)))
    let key = RowKey(table: SampleSchema.customer, values: [.integer(1), .integer(2)])
    #expect(refused(.delete(key, at: 100)))
    #expect(refused(.insertCustomer(1, "Ada", at: 100, base: LogPosition(3))))
    #expect(try hub.tables().isEmpty)
  }

  @Test func keepsNothingOfAnExchangeWithADamagedChangeset() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write((0..<50).map { .insertCustomer($0, "Ada", at: 100) })
    a.write([.insertCustomer(100, "Bob", at: 100)])
    let good = a.outbox.map(\.bytes)
    for index in stride(from: 0, to: good[1].count, by: 7) {
      var bad = good[1]
      bad[index] ^= 0x20
      #expect(
        refusal {
          _ = try hub.store.accept([.inline(good[0]), .inline(bad)], from: contact(a))
        } != nil)
    }
    for count in stride(from: 0, to: good[1].count, by: 7) {
      #expect(
        refusal {
          _ = try hub.store.accept(
            [.inline(good[0]), .inline(Array(good[1].prefix(count)))], from: contact(a))
        } != nil)
    }
    #expect(try hub.store.head() == .start)
    #expect(try hub.tables().isEmpty)
    #expect(
      refusal {
        _ = try hub.store.accept([.inline(good[0] + good[0])], from: contact(a))
      } != nil)
    try hub.store.push(a)
    #expect(try hub.tables() == a.rows)
  }

  @Test func refusesCompressionBombs() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    let sealed = a.write([.insertCustomer(1, "Ada", at: 100)])
    var frames = try Streams.frames(sealed.bytes)
    // A block that claims to have a terabyte, and one that has more zeroes than it says.
    let zeroes = [UInt8](repeating: 0, count: 39 << 20)
    var claim = ByteWriter()
    claim.writeVarint(UInt64(1) << 40)
    claim.write(contentsOf: Compression.compress(zeroes))
    var bomb = ByteWriter()
    bomb.writeVarint(UInt64(1) << 10)
    bomb.write(contentsOf: Compression.compress(zeroes))
    var honest = ByteWriter()
    honest.writeVarint(zeroes.count)
    honest.write(contentsOf: Compression.compress(zeroes))
    frames[1].payload = claim.bytes
    let refused = refusal {
      _ = try hub.store.accept([.inline(frames.flatMap(\.encoded))], from: contact(a))
    }
    guard case .tooLarge? = refused else {
      Issue.record("\(String(describing: refused))")
      return
    }
    for payload in [claim.bytes, bomb.bytes, honest.bytes] {
      frames[1].payload = payload
      #expect(
        refusal {
          _ = try hub.store.accept([.inline(frames.flatMap(\.encoded))], from: contact(a))
        } != nil)
    }
    #expect(try hub.store.head() == .start)
  }

  @Test func correctsTimesAndNeverPassesTheReceipt() throws {
    let hub = try TestHub()
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 5_000), .insertCustomer(2, "Bob", at: 9_000)])
    try hub.store.push(a, offset: 1_000, at: 7_000)
    let first = try hub.store.explain(
      table: SampleSchema.customer, key: RowKey.customer(1).encoded)
    #expect(first.cells.allSatisfy { $0.milliseconds == 6_000 })
    let second = try hub.store.explain(
      table: SampleSchema.customer, key: RowKey.customer(2).encoded)
    #expect(second.cells.allSatisfy { $0.milliseconds == 7_000 })
    var b = hub.branch(2)
    b.write([.insertCustomer(3, "Cy", at: .max), .insertCustomer(4, "Di", at: .min)])
    try hub.store.push(b, offset: .max, at: 7_000)
  }

  @Test func everyCrashLeavesAllOrNothing() throws {
    struct Crash: Error {}
    for step in [Database.Step.begin, .beforeCommit, .afterCommit] {
      let hub = try TestHub()
      var a = hub.branch(1)
      a.write([.insertCustomer(1, "Ada", at: 100)])
      try hub.store.sync(&a)
      a.write([.update(.customer(1), [2: .text("Eve")], at: 200)])
      a.write((10..<80).map { .insertCustomer($0, "x", at: 200) })
      let before = try hub.tables()
      hub.store.onStep = { if $0 == step { throw Crash() } }
      #expect(throws: Crash.self) { try hub.store.push(a) }
      let store = try hub.reopened()
      let isDone = step == .afterCommit
      #expect(try hub.tables() == (isDone ? a.rows : before))
      #expect(try store.head() == LogPosition(isDone ? 3 : 1))
      let entries = try store.push(a).entries
      #expect(entries.map(\.isNew) == [!isDone, !isDone])
      #expect(try hub.tables() == a.rows)
      #expect(try store.check().allSatisfy(\.isOK))
      // The same store may go on, too.
      hub.store.onStep = nil
      #expect(try hub.store.push(a).entries.map(\.isNew) == [false, false])
    }
  }
}
