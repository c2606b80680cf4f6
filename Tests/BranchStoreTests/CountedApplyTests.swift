import Basics
import BranchStore
import Clocks
import Deltas
import Merging
import Storage
import TestSupport
import Testing

/// Counted updates that come in: for a branch they are updates.
struct CountedApplyTests {
  private static let cards =
    "CREATE TABLE card(id INTEGER PRIMARY KEY, owner TEXT, points INTEGER)"
  private var hub = RelayHub(generation: TestBranch.generation)
  private let near: TestBranch
  private let far: TestBranch

  init() throws {
    near = try TestBranch(Self.cards)
    far = try TestBranch(Self.cards, replica: 2)
    for branch in [near, far] { try branch.adopt([3: .counter]) }
    try near.run("INSERT INTO card VALUES (1, 'Ann', 100), (2, 'Bo', 0)")
    try near.sync(&hub)
    try far.sync(&hub)
  }

  private func points(_ branch: TestBranch) throws -> [Value] {
    try branch.rows("SELECT points FROM card ORDER BY id").map { $0[0] }
  }

  /// What the hub would say of a row that it has merged.
  private func outcome(_ points: Int64) -> RowChange {
    RowChange(
      key: RowKey(table: TableID(1), values: [.integer(1)]), kind: .insert,
      columns: [ColumnID(2), ColumnID(3)], values: [.text("Ann"), .integer(points)],
      milliseconds: 1, base: nil)
  }

  @Test mutating func theyAreAppliedAsUpdates() throws {
    try near.run("UPDATE card SET points = points + 5, owner = 'Cy' WHERE id = 1")
    try near.sync(&hub)
    #expect(try far.sync(&hub).rowCount == 1)
    #expect(
      try far.rows("SELECT * FROM card WHERE id = 1")[0][1...] == [.text("Cy"), .integer(105)])
    // What came in is no write of the receiver's.
    #expect(try far.sealed().isEmpty)
    try far.run("UPDATE card SET points = points + 1 WHERE id = 1")
    #expect(try far.sealed().map(\.brief) == ["update 1 c3=105→106"])
  }

  /// What is captured while a delta comes is sealed before it is applied: so what was there before
  /// is never somebody else's.
  @Test mutating func whatIsCapturedMeanwhileSaysWhatTheAuthorSaw() throws {
    try far.run("UPDATE card SET points = points + 7 WHERE id = 1")
    try far.sync(&hub)
    try near.run("UPDATE card SET points = points + 5 WHERE id = 1")
    try near.pull(hub)
    #expect(try near.outgoing().map(\.brief) == ["update 1 c3=100→105"])
    #expect(try points(near)[0] == .integer(105))
    // Now the hub merges both: the increment is sent, and its outcome comes back.
    try near.run("UPDATE card SET points = points + 1 WHERE id = 1")
    try near.seal()
    var accepted: [ExchangeFacts.Accepted] = []
    for (changeset, stream) in zip(try near.store.outbox(), try near.streams()) {
      let position = try hub.accept(stream)
      hub.setOutcomes([outcome(accepted.isEmpty ? 112 : 113)], at: position)
      accepted.append(
        ExchangeFacts.Accepted(
          counter: changeset.counter, contentHash: changeset.contentHash, position: position))
    }
    try near.run("UPDATE card SET points = points + 30 WHERE id = 1")
    try near.pull(hub, accepted: accepted)
    #expect(try near.outgoing().map(\.brief) == ["update 1 c3=106→136"])
    #expect(try points(near)[0] == .integer(136))
    try near.sync(&hub)
    try far.sync(&hub)
    #expect(try points(far)[0] == .integer(136))
  }

  /// Rows that wait do so as the values they came to, and are applied as one.
  @Test mutating func theyWaitAsUpdates() throws {
    try far.run("UPDATE card SET points = 990 WHERE id = 2")
    try far.sync(&hub)
    try near.run("UPDATE card SET points = 1 WHERE id = 2")
    try near.pull(hub)
    for amount in [3, 4] {
      try far.run("UPDATE card SET points = points + \(amount), owner = 'D' WHERE id = 2")
      try far.sync(&hub)
    }
    try near.pull(hub)
    #expect(try points(near)[1] == .integer(1))
    #expect(try near.store.deferredRows().map(\.changeCount) == [3])
    try near.sync(&hub)
    #expect(try points(near)[1] == .integer(1))
    #expect(try near.store.deferredRows().isEmpty)
    #expect(try near.rows("SELECT owner FROM card WHERE id = 2") == [[.text("D")]])
  }

  /// What was written uncaptured was done to what the hub has: an operation like others, that has
  /// seen none of them. Of a unit all goes along.
  @Test mutating func whatWasNotCapturedIsAnOperationOnWhatTheHubHas() throws {
    func difference(_ id: Int64, _ columns: [Difference.Column]) -> Difference {
      Difference(
        key: RowKey(table: TableID(1), values: [.integer(id)]), kind: .columns(columns))
    }
    func points(here: Int64, atHub: Value) -> Difference.Column {
      Difference.Column(ColumnID(3), here: .integer(here), atHub: atHub)
    }
    let owner = Difference.Column(ColumnID(2), here: .text("Cy"), atHub: .text("Ann"))
    try near.run(
      """
      DROP TRIGGER tributary_1_u2; DROP TRIGGER tributary_1_u3;
      UPDATE card SET points = points + 20; UPDATE card SET owner = 'Cy' WHERE id = 1
      """)
    let first = difference(1, [owner, points(here: 120, atHub: .integer(100))])
    // Written again since the comparison.
    let second = difference(2, [points(here: 19, atHub: .null)])
    #expect(try near.store.capture([first, second], wallMilliseconds: 9) == [first.key])
    let changes = try near.outgoing()
    #expect(changes.map(\.brief) == ["update 1 c2='Cy' c3=100→120"])
    #expect(changes.map(\.base) == [.start])
    try near.sync(&hub)
    try near.adopt([:], units: [[2, 3]], version: 2)
    #expect(try near.store.capture([difference(1, [owner])], wallMilliseconds: 9).count == 1)
    #expect(try near.outgoing().map(\.brief) == ["update 1 c2='Cy' c3=120"])
  }

  /// A copy of the database puts them into a chain of its own, and they stay what they are.
  @Test mutating func theyStayWhatTheyAreInAnotherChain() throws {
    try near.run("UPDATE card SET points = points + 5 WHERE id = 1")
    try near.seal()
    let before = try near.outgoing()
    try near.store.adopt(
      replica: ReplicaID(9), branch: "copy", parentHash: .zero, wallMilliseconds: 7_000)
    #expect(try near.outgoing() == before)
    #expect(before.map(\.brief) == ["update 1 c3=100→105"])
    let frames = try Streams.frames(try #require(near.streams().first))
    let header = try ChangesetHeader(payload: frames[0].payload)
    #expect(header.mayCount)
    #expect(header.origin != nil)
    #expect(try hub.accept(near.streams()[0]) == hub.head)
  }

  /// What the tail keeps of them is handed back as it came.
  @Test mutating func theTailKeepsThemAsTheyCame() throws {
    try far.run("UPDATE card SET points = points + 5 WHERE id = 1")
    try far.seal()
    let sent = try #require(try far.streams().first)
    try far.sync(&hub)
    try near.pull(hub)
    for branch in [near, far] {
      let id = try #require(try branch.store.tail(above: hub.canonical(.start)).ids.last)
      let kept = try branch.store.tailBytes(id, offset: 0, byteCount: .max)
      #expect(try Streams.readChangeset(kept) == Streams.readChangeset(sent))
    }
  }
}
