import Basics
import BranchStore
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

/// What a branch has of the hub's ledger, whatever becomes of the hub.
struct LedgerTests {
  private static let customers =
    "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, phone TEXT)"
  private static let key = RowKey(table: TableID(1), values: [.integer(1)])
  private var hub = RelayHub(generation: TestBranch.generation)
  private let a: TestBranch

  init() throws { a = try TestBranch(Self.customers) }

  /// The hub takes one more changeset, and says of conflicts what their states are.
  @discardableResult
  private mutating func say(_ states: [UInt64: ConflictState]) throws -> [Conflict] {
    let position = try hub.write(
      [.update(Self.key, [2: .text("x")], at: 1)], by: ReplicaID(2),
      fingerprint: a.schema.fingerprint)
    let said = states.sorted { $0.key < $1.key }.map { conflict($0, $1, at: position) }
    hub.setOutcomes([], conflicts: said, at: position)
    return said
  }

  private func conflict(
    _ id: UInt64, _ state: ConflictState, at position: LogPosition
  ) -> Conflict {
    Conflict(
      id: id, position: position, key: Self.key, column: ColumnID(2), base: nil,
      values: (1...2).map {
        ConflictValue(
          dot: Dot(replica: ReplicaID(2), counter: UInt64($0)), milliseconds: 1,
          value: .integer(Int64($0)))
      }, rule: "ask", state: state, explanation: "It is \(state).")
  }

  private func expect(
    _ ledger: [Conflict], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(try a.store.ledger(openOnly: false) == ledger, sourceLocation: sourceLocation)
    let open = ledger.filter { $0.state == .open }
    #expect(try a.store.ledger(openOnly: true) == open, sourceLocation: sourceLocation)
    let status = try a.store.status()
    #expect(status.openConflictCount == open.count, sourceLocation: sourceLocation)
    #expect(
      status.settledConflictCount == ledger.filter { $0.state == .settled }.count,
      sourceLocation: sourceLocation)
  }

  @Test mutating func whatWasSaidBeforeABackupStandsAgain() throws {
    let first = try say([1: .open, 2: .settled])
    try a.pull(hub)
    hub.backUp()
    let later = try say([1: .decided, 3: .open])
    try a.pull(hub)
    try expect([later[1], first[1], later[0]])
    hub.restore(opening: GenerationID(high: 1, low: 1))
    try a.pull(hub)
    try expect(first.reversed())
    // The number is given out again.
    let anew = try say([3: .settled])
    try a.pull(hub)
    try expect(anew + first.reversed())
  }

  /// In one delta, and after two restores in a row.
  @Test mutating func conflictsAreSaidAnewMoreThanOnce() throws {
    let first = try say([1: .open])
    hub.backUp()
    try say([1: .decided])
    try say([1: .open])
    let settled = try say([1: .settled])
    try a.pull(hub)
    try expect(settled)
    hub.restore(opening: GenerationID(high: 1, low: 1))
    try a.pull(hub)
    try expect(first)
    let decided = try say([1: .decided])
    try a.pull(hub)
    try expect(decided)
    hub.restore(opening: GenerationID(high: 1, low: 2))
    try a.pull(hub)
    try expect(first)
  }

  @Test mutating func ofWhatIsSaidVeryOftenTheFirstIsKept() throws {
    let first = try say([1: .open])
    hub.backUp()
    var last = first
    for number in 0..<100 { last = try say([1: number.isMultiple(of: 2) ? .decided : .open]) }
    try a.pull(hub)
    try expect(last)
    #expect(
      try a.rows("SELECT length(bytes) < 4000 FROM tributary_ledger") == [[.integer(1)]])
    hub.restore(opening: GenerationID(high: 1, low: 1))
    try a.pull(hub)
    try expect(first)
  }

  @Test mutating func whatAWholeStateHasNoMoreIsOpenAgain() throws {
    let first = try say([1: .open, 2: .open])
    try a.pull(hub)
    hub.backUp()
    // The branch is not told what the first came to.
    try say([1: .decided])
    try say([:])
    try a.rebase(hub, rows: [], conflicts: [first[1]])
    try expect([first[1]])
    let settled = try say([2: .settled])
    try a.pull(hub)
    try expect(settled)
    #expect(try a.store.metadata().conflictCount == 2)
    hub.restore(opening: GenerationID(high: 1, low: 1))
    try a.pull(hub)
    try expect(first.reversed())
  }
}
