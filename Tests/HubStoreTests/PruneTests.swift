import Clocks
import Deltas
import HubStore
import Storage
import TestSupport
import Testing

/// What the hub lets go of, and what it still knows afterwards.
@Suite struct PruneTests {
  static let away = TestHub.now + 1_000
  static let later = TestHub.now + 2_000

  /// Two branches that are level, and one that was last heard of before them.
  private func level() throws -> (hub: TestHub, near: [ImitatedBranch], far: ImitatedBranch) {
    let hub = try TestHub()
    var near = [hub.branch(1), hub.branch(2)]
    var far = hub.branch(3)
    near[0].write((1...40).map { .insertCustomer($0, "n\($0)", "Rome", 0, at: 100) })
    try hub.store.sync(&near[0])
    try hub.store.sync(&far)
    try hub.store.sync(&far)
    try hub.store.sync(&near[1])
    near[1].write([.update(.customer(1), [2: .text("b")], at: 200)])
    for _ in 0..<3 {
      for index in near.indices { try hub.store.sync(&near[index], at: Self.later) }
    }
    return (hub, near, far)
  }

  private func count(_ hub: TestHub, _ table: String) throws -> Int64? {
    try hub.database().integer("SELECT count(*) FROM \(table)")
  }

  @Test func aBranchThatIsAwayHoldsBackWhatIsSettled() throws {
    var (hub, near, _) = try level()
    near[0].write([.delete(.customer(2), at: 300), .insertCustomer(41, "new", at: 300)])
    for _ in 0..<2 {
      for index in near.indices { try hub.store.sync(&near[index], at: Self.later) }
    }
    let report = try hub.store.pruneAll(awayBefore: Self.away)
    #expect(report.settled == LogPosition(1))
    #expect(report.stable == LogPosition(3))
    // Its place stays in the log, and what came after it keeps its record.
    #expect(try count(hub, "tributary_log") == 3)
    #expect(try count(hub, "tributary_log_frame") == 0)
    #expect(try count(hub, "tributary_cover") == 0)
    #expect(try count(hub, "tributary_row") == 2)
    #expect(try hub.store.pruneAll(awayBefore: 0).settled == LogPosition(1))
  }

  @Test func nothingIsPrunedBeforeAnybodyHasToldAnything() throws {
    let hub = try TestHub()
    #expect(try hub.store.pruneAll() == PruneReport())
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "a", at: 100)])
    try hub.store.sync(&a)
    #expect(try hub.store.pruneAll() == PruneReport())
    // What is on its way holds back what it had not seen.
    try hub.store.sync(&a)
    var b = hub.branch(2)
    try hub.store.sync(&b)
    a.write([.update(.customer(1), [2: .text("x")], at: 200)])
    try hub.store.push(a)
    try hub.store.sync(&b)
    try hub.store.push(b)
    #expect(try hub.store.pruneAll().settled == LogPosition(1))
  }

  @Test func aBranchThatReturnsConflictsOnlyWithWhatHasChanged() throws {
    var (hub, near, far) = try level()
    try hub.store.pruneAll(awayBefore: Self.away)
    far.write([
      .update(.customer(1), [2: .text("late")], at: 150),
      .update(.customer(5), [2: .text("mine")], at: 150),
    ])
    try hub.store.sync(&far, at: Self.later)
    let conflicts = try hub.store.conflicts(openOnly: false)
    #expect(conflicts.map(\.key) == [.customer(1)], "\(conflicts)")
    #expect(conflicts.first?.values.map(\.value) == [.text("b"), .text("late")])
    try hub.store.sync(&near[0])
    #expect(far.rows == (try hub.tables()))
    #expect(near[0].rows == far.rows)
    #expect(far.rows[.customer(1)]?[ColumnID(2)] == .text("b"))
    #expect(far.rows[.customer(5)]?[ColumnID(2)] == .text("mine"))
  }

  @Test func aLateUpdateOfADeletedRowBringsNothingBack() throws {
    var (hub, near, far) = try level()
    near[0].write([.delete(.customer(7), at: 300)])
    for _ in 0..<3 {
      for index in near.indices { try hub.store.sync(&near[index], at: Self.later) }
    }
    try hub.store.pruneAll(awayBefore: Self.away)
    #expect(
      try hub.store.explain(table: SampleSchema.customer, key: RowKey.customer(7).encoded).cells
        .isEmpty)
    far.write([.update(.customer(7), [2: .text("late"), 4: .integer(9)], at: 350)])
    try hub.store.sync(&far, at: Self.later)
    #expect(try hub.tables()[.customer(7)] == nil)
    #expect(far.rows[.customer(7)] == nil)
    #expect(far.rows == (try hub.tables()))
    let open = try hub.store.conflicts(openOnly: true)
    #expect(open.map(\.column) == [ColumnID(4), ColumnID(2)])
    #expect(open.map { $0.values.map(\.value) } == [[nil, .integer(9)], [nil, .text("late")]])
    // Everybody hears of it, and of nothing else.
    try hub.store.sync(&near[1], at: Self.later)
    #expect(near[1].rows == far.rows)
    #expect(near[1].ledger.filter { $0.state == .open }.count == 2)
    // An insertion is a row of its own.
    far.write([.insertCustomer(7, "again", at: 400)])
    try hub.store.sync(&far, at: Self.later)
    #expect(try hub.tables()[.customer(7)]?[ColumnID(2)] == .text("again"))
  }

  /// Two branches were away: one deletes the row that is gone, the other updates it.
  @Test(arguments: [false, true])
  func aLateUpdateBringsNothingBackThoughTheRowIsDeletedAgain(isDeletedFirst: Bool) throws {
    var (hub, near, far) = try level()
    var other = hub.branch(try hub.enrol("other").rawValue)
    for _ in 0..<2 { try hub.store.sync(&other) }
    near[0].write([.delete(.customer(7), at: 300)])
    for _ in 0..<3 {
      for index in near.indices { try hub.store.sync(&near[index], at: Self.later) }
    }
    #expect(try hub.store.pruneAll(awayBefore: Self.away).stable == LogPosition(3))
    far.write([.update(.customer(7), [2: .text("late"), 4: .integer(9)], at: 350)])
    other.write([.delete(.customer(7), at: 340)])
    if isDeletedFirst { try hub.store.sync(&other, at: Self.later) }
    try hub.store.sync(&far, at: Self.later)
    try hub.store.sync(&other, at: Self.later)
    let open = try hub.store.conflicts(openOnly: true)
    #expect(open.map { $0.values.map(\.value) } == [[nil, .integer(9)], [nil, .text("late")]])
    for _ in 0..<3 {
      for index in near.indices { try hub.store.sync(&near[index], at: Self.later) }
      try hub.store.sync(&far, at: Self.later)
      try hub.store.sync(&other, at: Self.later)
    }
    for branch in near + [far, other] { #expect(branch.rows == (try hub.tables())) }
    // Nothing is kept for a row that nobody can complete.
    try hub.store.pruneAll()
    #expect(try count(hub, "tributary_row") == 0)
  }

  /// The insertion is lost, and only what changed the row is left: an old copy may bring the rest.
  @Test func whatNeverCameWholeIsKeptForItsRest() throws {
    var (hub, near, far) = try level()
    func syncAll() throws {
      for _ in 0..<3 {
        for index in near.indices { try hub.store.sync(&near[index], at: Self.later) }
        try hub.store.sync(&far, at: Self.later)
      }
    }
    try syncAll()
    near[0].write([.update(.customer(77), [2: .text("later")], at: 300)])
    try syncAll()
    try hub.store.pruneAll()
    var kept = try hub.store.metadata()
    #expect([kept.recordCount, kept.partialCount, kept.entryCount] == [1, 1, 1])
    #expect(try hub.tables()[.customer(77)] == nil)
    #expect(try hub.store.conflicts(openOnly: true).map(\.rule) == ["part of a row"])
    far.write([.insertCustomer(77, "earlier", "Rome", 7, at: 100, base: .start)])
    try syncAll()
    #expect(try hub.tables()[.customer(77)]?[ColumnID(3)] == .text("Rome"))
    #expect(try !hub.store.conflicts(openOnly: true).map(\.rule).contains("part of a row"))
    try hub.store.pruneAll()
    kept = try hub.store.metadata()
    #expect([kept.recordCount, kept.partialCount] == [0, 0])
  }

  /// What was never integrated has not seen a settled row, whoever wrote that.
  @Test func whatIsSettledStandsAgainstWhatHasNotSeenIt() throws {
    var (hub, near, far) = try level()
    try hub.store.sync(&far)
    try hub.store.sync(&far)
    try hub.store.pruneAll()
    #expect(try count(hub, "tributary_row") == 0)
    let now = TestHub.now
    near[0].write([
      .update(.customer(1), [2: .text("older")], at: now - 1, base: .start),
      .update(.customer(3), [2: .text("newer")], at: now + 5_000, base: .start),
      .delete(.customer(4), at: now + 5_000, base: .start),
      .insertCustomer(5, "other", "Rome", 0, at: now - 1, base: .start),
    ])
    try hub.store.sync(&near[0], at: now + 9_000)
    let rows = try hub.tables()
    #expect(rows[.customer(1)]?[ColumnID(2)] == .text("b"))
    #expect(rows[.customer(3)]?[ColumnID(2)] == .text("newer"))
    #expect(rows[.customer(4)] != nil)
    #expect(rows[.customer(5)]?[ColumnID(2)] == .text("n5"))
    #expect(near[0].rows == rows)
    let conflicts = try hub.store.conflicts(openOnly: false)
    #expect(Set(conflicts.map(\.key)) == Set([1, 3, 4, 5].map { .customer($0) }))
    #expect(conflicts.allSatisfy { $0.values.contains { $0.dot.replica == .hub } })
    #expect(conflicts.allSatisfy { $0.state == .open })
    let told = try hub.store.explain(
      table: SampleSchema.customer, key: RowKey.customer(3).encoded)
    #expect(told.cells.contains { $0.branch.hasPrefix("hub, before position") })
    #expect(told.cells.contains { $0.branch == "branch 1" })
  }

  @Test func aJoiningBranchsCopiesAddNothing() throws {
    var (hub, near, far) = try level()
    try hub.store.sync(&far)
    try hub.store.sync(&far)
    try hub.store.pruneAll()
    var late = hub.branch(try hub.enrol("late").rawValue)
    let same = near[0].rows.filter { $0.key.table == SampleSchema.customer }.keys.sorted {
      $0.encoded.lexicographicallyPrecedes($1.encoded)
    }
    late.write(
      same.map { key in
        RowChange(
          key: key, kind: .insert, columns: [2, 3, 4].map { ColumnID($0) },
          values: [2, 3, 4].map { near[0].rows[key]![ColumnID($0)]! }, milliseconds: 1, base: nil)
      }, isBaseline: true)
    late.write(
      [
        .insertCustomer(2, "other", at: 1),
        .insertCustomer(99, "own", at: 1),
      ], isBaseline: true)
    let acceptance = try hub.store.push(late)
    #expect(acceptance.plan.isWholeState)
    let rows = try hub.tables()
    #expect(rows[.customer(2)]?[ColumnID(2)] == .text("n2"))
    #expect(rows[.customer(99)]?[ColumnID(2)] == .text("own"))
    try late.apply(
      try hub.store.delta(acceptance.plan, offset: 0, byteCount: .max).bytes,
      upTo: acceptance.deltaTo)
    #expect(late.rows == rows)
    try hub.store.sync(&near[0])
    #expect(near[0].rows == rows)
    let conflicts = try hub.store.conflicts(openOnly: false)
    #expect(conflicts.map(\.key) == [.customer(2), .customer(2)])
  }

  /// A block of new rows among settled ones must not claim them.
  @Test func blocksAmongSettledRowsCoverNothing() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(50, "old", at: 100)])
    for _ in 0..<3 {
      try hub.store.sync(&a)
      try hub.store.sync(&b)
    }
    try hub.store.pruneAll()
    a.write((1...40).map { .insertCustomer($0, "a", at: 200) })
    a.write((60...99).map { .insertCustomer($0, "a", at: 200) })
    a.write(
      (41...49).map { .insertCustomer($0, "a", at: 200) }
        + (51...59).map { .insertCustomer($0, "a", at: 200) }
        + (100...140).map { .insertCustomer($0, "a", at: 200) })
    try hub.store.sync(&a)
    #expect(try count(hub, "tributary_cover") == 2)
    #expect(try hub.store.check().allSatisfy(\.isOK))
    let told = try hub.store.explain(
      table: SampleSchema.customer, key: RowKey.customer(50).encoded)
    #expect(told.cells.allSatisfy { $0.branch == "hub, before position 1" })
  }

  @Test func aChangesetThatComesAgainIsKnownByItsChain() throws {
    let hub = try TestHub()
    var (a, b) = (hub.branch(1), hub.branch(2))
    let first = a.write([.insertCustomer(1, "a", at: 100)])
    let second = a.write([.update(.customer(1), [2: .text("b")], at: 200)])
    try hub.store.sync(&a)
    b.write([.insertCustomer(2, "b", at: 100)])
    for _ in 0..<3 {
      try hub.store.sync(&b)
      try hub.store.sync(&a)
    }
    try hub.store.pruneAll()
    #expect(try count(hub, "tributary_log") == 1)
    let before = try hub.tables()
    let again = try hub.store.push(a, [second])
    #expect(again.entries.map(\.isNew) == [false])
    #expect(again.entries.map(\.position) == [LogPosition(2)])
    #expect(try hub.tables() == before)
    #expect(try hub.store.head() == LogPosition(3))
    // Of what came before that nobody can say any more whether it is the same.
    #expect(throws: HubStoreError.refused(.chainBroken(expectedCounter: 3, counter: 1))) {
      try hub.store.push(a, [first])
    }
    a.write([.update(.customer(1), [2: .text("c")], at: 300)])
    #expect(try hub.store.push(a).entries.map(\.isNew) == [true])
  }

  @Test func vectorsReachBackToWhatWasPruned() throws {
    let (hub, _, _) = try level()
    try hub.store.pruneAll(awayBefore: Self.away)
    let head = try hub.store.vector(at: LogPosition(2))
    #expect(head.dots.map(\.counter) == [1, 1])
    #expect(try hub.store.vector(at: .start).isEmpty)
    var (other, near, far) = try level()
    try other.store.sync(&far)
    try other.store.sync(&far)
    near[0].write([.delete(.customer(1), at: 400)])
    try other.store.sync(&near[0])
    try other.store.pruneAll()
    #expect(try other.store.vector(at: LogPosition(3)).dots.map(\.counter) == [2, 1])
    #expect(try other.store.vector(at: LogPosition(1)).dots.map(\.counter) == [1])
    #expect(
      try other.store.vectorDifference(from: LogPosition(2), to: LogPosition(3))
        == [Dot(replica: ReplicaID(1), counter: 2)])
    #expect(
      try other.store.vectorDifference(from: .start, to: LogPosition(3)).map(\.counter) == [2, 1])
  }
}
