import Basics
import Clocks
import Deltas
import HubStore
import Merging
import TestSupport
import Testing

/// Conflicts that wait for a person, and whoever answers them by writing.
@Suite struct QuestionTests {
  private static let policy = TablePolicy(
    rules: [ColumnID(2): .ask, ColumnID(3): .ask], deletes: .ask)

  private func makeHub(_ policy: TablePolicy = policy) throws -> TestHub {
    let hub = try TestHub()
    let tables = [SampleSchema.customer: policy, SampleSchema.membership: policy.ofRows]
    _ = try hub.store.publish(
      try MergePolicy(tables: tables), source: "", wallMilliseconds: TestHub.now)
    return hub
  }

  /// A hub at which branches 1 and 2 gave customer 1 different names.
  private func asked() throws -> (TestHub, [ImitatedBranch]) {
    let hub = try makeHub()
    var branches = [hub.branch(1), hub.branch(2), hub.branch(3)]
    branches[0].write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try syncAll(hub, &branches)
    branches[0].write([.update(.customer(1), [2: .text("Ada L.")], at: 300)])
    branches[1].write([.update(.customer(1), [2: .text("Lady Ada")], at: 400)])
    try syncAll(hub, &branches)
    #expect(try hub.store.conflicts(openOnly: true).count == 1)
    return (hub, branches)
  }

  private func syncAll(_ hub: TestHub, _ branches: inout [ImitatedBranch]) throws {
    for _ in 0..<2 {
      for index in branches.indices { try hub.store.sync(&branches[index]) }
    }
  }

  @Test func whoHasSeenItAndWritesItAnewDecides() throws {
    var (hub, branches) = try asked()
    branches[2].write([.update(.customer(1), [2: .text("Augusta")], at: 500)])
    try syncAll(hub, &branches)
    let entry = try #require(try hub.store.conflicts(openOnly: false).first)
    #expect(entry.state == .decided && entry.rule == "ask")
    #expect(entry.sides.map(\.dot.replica.rawValue) == [3, 2, 1])
    #expect(entry.sides[0].milliseconds == 500)
    #expect(entry.sides[0].values == [.text("Augusta")])
    #expect(entry.explanation.hasSuffix("and that decides it."))
    #expect(try entry.position == hub.store.head())
    for branch in branches { #expect(branch.ledger.last == entry) }
    // There is nothing of a person's to take back; deciding otherwise goes on as ever.
    #expect(throws: HubStoreError.notDecided(.nothingToUndo(entry.id))) {
      try hub.store.undoDecisions([entry.id], person: "", wallMilliseconds: TestHub.now)
    }
    try hub.store.decide(
      [entry.id], .branch("branch 1"), person: "", wallMilliseconds: TestHub.now)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Ada L."))
    try hub.store.undoDecisions([entry.id], person: "", wallMilliseconds: TestHub.now)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(2)] == .text("Augusta"))
    // Everybody is told with that changeset what stands again.
    var again = entry
    again.position = try hub.store.head()
    #expect(try hub.store.conflicts(openOnly: false) == [again])
    try syncAll(hub, &branches)
    for branch in branches { #expect(branch.ledger.last == again) }
  }

  /// Some programs write whole rows, whichever field was changed.
  @Test func aRowWrittenAnewAnswersOnlyWhatItChanges() throws {
    var (hub, branches) = try asked()
    branches[2].write([.insertCustomer(1, "Lady Ada", "Paris", 1, at: 500)])
    try syncAll(hub, &branches)
    #expect(try hub.tables()[.customer(1)]?[ColumnID(3)] == .text("Paris"))
    #expect(try hub.store.conflicts(openOnly: true).count == 1)
    branches[2].write([.insertCustomer(1, "Augusta", "Paris", 1, at: 600)])
    try syncAll(hub, &branches)
    #expect(try hub.store.conflicts(openOnly: true).isEmpty)
  }

  @Test func decisionsTakenBackAreAskedAgain() throws {
    var (hub, branches) = try asked()
    let id = try hub.store.conflicts(openOnly: true)[0].id
    try hub.store.decide([id], .branch("branch 1"), person: "", wallMilliseconds: TestHub.now)
    // Had seen the question, and not that it was decided and is open again.
    branches[2].write([.update(.customer(1), [2: .text("Augusta")], at: 500)])
    try hub.store.undoDecisions([id], person: "", wallMilliseconds: TestHub.now)
    try syncAll(hub, &branches)
    #expect(try hub.store.conflicts(openOnly: true).count == 2)
    branches[2].write([.update(.customer(1), [2: .text("Augusta King")], at: 600)])
    try syncAll(hub, &branches)
    #expect(try hub.store.conflicts(openOnly: true).isEmpty)
  }

  @Test func whoMayNotWriteItDecidesNothing() throws {
    var policy = Self.policy
    policy.authorities = [ColumnID(2): .only([ReplicaID(1), ReplicaID(2)])]
    var (hub, branches) = try asked()
    _ = try hub.store.publish(
      try MergePolicy(tables: [SampleSchema.customer: policy]), source: "",
      wallMilliseconds: TestHub.now)
    branches[2].write([.update(.customer(1), [2: .text("Augusta")], at: 500)])
    try syncAll(hub, &branches)
    #expect(try hub.store.conflicts(openOnly: true).count == 1)
    branches[0].write([.update(.customer(1), [2: .text("Augusta")], at: 600)])
    try syncAll(hub, &branches)
    #expect(try hub.store.conflicts(openOnly: true).isEmpty)
  }

  /// Whatever way changes take, what is open is the same; and it is open only as long as what
  /// stands was written by somebody who had not seen it.
  @Test(arguments: 0..<40 as Range<UInt64>) func whatIsOpenWasNotAnswered(seed: UInt64) throws {
    let hub = try makeHub()
    let covering = try makeHub()
    covering.store.coverRowsMin = 1
    let slow = try makeHub()
    slow.store.takesShortcuts = false
    slow.store.coverRowsMin = .max
    let branches = (1...3).map { hub.branch($0) }
    var history = RandomHistory(seed: seed &+ 7_000_000, branches: branches)
    var seen: [LogPosition: [RowKey: LogPosition]] = [:]
    let push = { (push: RandomHistory.Push) -> (delta: [UInt8], to: LogPosition) in
      let acceptances = try [hub.store, covering.store, slow.store].map { try $0.push(push) }
      #expect(acceptances[0] == acceptances[1] && acceptances[0] == acceptances[2])
      for (entry, sealed) in zip(acceptances[0].entries, push.sealed)
      where entry.isNew && !sealed.header.isBaseline {
        for change in try Streams.readChangeset(sealed.bytes).changes {
          seen[entry.position, default: [:]][change.key] =
            change.base ?? sealed.header.context.position
        }
      }
      let to = acceptances[0].deltaTo
      return (
        try hub.store.wholeDelta(push.branch.replica, from: push.branch.position, to: to), to
      )
    }
    try history.run(steps: 80, push)
    try history.settle(push)
    let ledger = try hub.store.conflicts(openOnly: false)
    #expect(try covering.store.conflicts(openOnly: false) == ledger)
    #expect(try slow.store.conflicts(openOnly: false) == ledger)
    for branch in history.branches { #expect(branch.rows == (try hub.tables())) }
    for entry in ledger where !entry.isOfRow {
      let cells = try hub.store.explain(table: entry.key.table, key: entry.key.encoded)
      let standing = cells.cells.first { $0.column == entry.columns[0] }
      // That a cell was written with what it held says nothing.
      guard let standing, entry.state == .open, standing.value != entry.sides[0].values?[0],
        let base = seen[standing.position]?[entry.key]
      else { continue }
      #expect(base < entry.position, "\(entry)")
    }
  }
}

extension TablePolicy {
  /// For tables without columns.
  fileprivate var ofRows: TablePolicy { TablePolicy(deletes: deletes) }
}
