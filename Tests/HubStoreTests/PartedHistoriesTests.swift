import Basics
import Clocks
import Deltas
import TestSupport
import Testing

@testable import HubStore

/// What a hub that lost its end, or went back with its memory, makes of tails that do not reach all
/// the way down to what it has.
@Suite struct PartedHistoriesTests {
  private func insert(_ id: Int64, _ name: String = "Ada", at milliseconds: Int64 = 100)
    -> RowChange
  {
    .insertCustomer(id, name, at: milliseconds)
  }

  private func update(_ id: Int64, _ name: String, at milliseconds: Int64) -> RowChange {
    // As if the row waited from the beginning on.
    .update(.customer(id), [2: .text(name)], at: milliseconds, base: .start)
  }

  /// The hub's memory and disk go back to a snapshot, and it goes on without knowing.
  private func turnBack(_ world: World, to snapshot: Int) throws {
    let service = try #require(world.store.service)
    try world.replaceFile(with: snapshot)
    world.store.service = service
  }

  @Test(arguments: [1, 2])
  func aTailAboveTheForkSharesNothingBelow(entriesKept: Int) throws {
    let world = try World()
    let snapshot = try world.backUp()
    for (id, name) in [(1, "One"), (2, "Lost"), (4, "Four")] {
      world.write(0, [insert(Int64(id), name)])
      try world.sync(0)
    }
    try turnBack(world, to: snapshot)
    world.write(1, [insert(2, "New", at: 200)])
    try world.sync(1)
    world.branches[0].tail.removeFirst(3 - entriesKept)
    #expect(try world.exchange(0) == .unknownPosition)
    _ = try world.relocate(0)
    // What it deletes is what it had; the other history's row it never saw.
    world.write(0, [.delete(.customer(2), at: 300)])
    try world.sync(0)
    try world.sync(1)
    let row = world.branches[1].core.rows[.customer(2)]
    #expect(row?[ColumnID(2)] == .text("New"))
    #expect(try world.store.lossCount() == 3 - entriesKept)
  }

  @Test func whatABranchToldThisLogToHaveIsShared() throws {
    let world = try World()
    for id in [1, 2] {
      world.write(0, [insert(Int64(id))])
      try world.sync(0)
    }
    try world.sync(0)
    let snapshot = try world.backUp()
    world.write(0, [insert(3)])
    try world.sync(0)
    try turnBack(world, to: snapshot)
    world.write(1, [insert(4)])
    try world.sync(1)
    world.branches[0].tail.removeFirst(2)
    try world.settle()
    #expect(try world.expectLevel().count == 4)
    #expect(try world.store.lossCount() == 0)
  }

  @Test func aTailOfNothingIsToldApartToo() throws {
    let world = try World()
    let snapshot = try world.backUp()
    world.write(0, [insert(1, "Lost")])
    try world.sync(0)
    try turnBack(world, to: snapshot)
    world.write(1, [insert(2, "New")])
    try world.sync(1)
    world.branches[0].tail = []
    try world.sync(0)
    #expect(try world.store.lossCount() == 1)
    #expect(try world.exchange(0) == .done)
  }

  @Test func anEntryWithoutItsPredecessorIsBehindTheOnesBefore() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.backUp()
    let lost = world.write(0, [insert(2)])
    try world.sync(0)
    world.write(0, [update(1, "Bo", at: 200)])
    try world.sync(0)
    world.branches[0].tail.removeAll { $0.contentHash == lost }
    try world.restore(0)
    try world.sync(0)
    #expect(try world.store.lossCount() == 1)
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
    try world.sync(1)
    #expect(world.branches[1].core.rows[.customer(1)]?[ColumnID(2)] == .text("Bo"))
  }

  @Test func aRowThatWaitedHasNotSeenWhatIsNamedLater() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.sync(1)
    try world.backUp()
    let late = world.write(1, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.sync(1)
    try world.sync(0)
    // The row waited for another change: the changeset has seen the update, the row has not.
    let base = LogPosition(1)
    world.write(0, [.update(.customer(1), [2: .text("Cy")], at: 300, base: base)])
    world.branches[0].tail.removeAll { $0.contentHash == late }
    try world.restore(0)
    try world.sync(0)
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
    try world.sync(1)
    #expect(try world.store.conflicts(openOnly: false).count == 1)
    #expect(world.branches[1].core.rows[.customer(1)]?[ColumnID(2)] == .text("Cy"))
  }

  @Test func aChainGoesOnKnowingWhatOneOfItsEntriesWasTold() throws {
    let world = try World()
    let first = world.write(0, [insert(1)])
    let copy = world.copy(0)
    try world.sync(0)
    world.write(0, [insert(2)])
    try world.sync(0)
    try world.backUp()
    world.write(copy, [insert(3)])
    try world.sync(copy)
    try world.sync(copy)
    // Its first changeset is the original's under another name: only the log knew.
    world.branches[copy].tail.removeAll { world.origin(of: $0.contentHash) == first }
    try world.restore(0)
    world.write(copy, [update(1, "Bo", at: 200)])
    try world.sync(copy)
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
    #expect(
      world.branches[copy].core.rows[.customer(1)]?[ColumnID(2)] == .text("Bo"))
  }

  @Test func aCopyIsKnownByWhatItsLastChangesetWasFirst() throws {
    let world = try World()
    try world.backUp()
    let first = world.write(0, [insert(1)])
    let copy = world.copy(0)
    try world.sync(0)
    world.write(0, [insert(2)])
    try world.sync(0)
    world.write(copy, [insert(3)])
    try world.sync(copy)
    // The log gets it back under the header that the copy gave it.
    world.branches[copy].tail.removeAll { $0.contentHash == first }
    try world.restore(0)
    try world.sync(copy)
    #expect(try world.store.loggedChangeset(first) == nil)
    let replica = world.branches[0].core.replica
    let next = try world.enrol("next")
    let parent = try world.store.adopt(
      world.branches[next].core.replica, after: replica,
      confirmed: ChainPoint(counter: 1, contentHash: first), wallMilliseconds: TestHub.now)
    #expect(parent == first)
  }

  @Test func anEntryIsBehindWhatItsCopySentUnderAnotherHeader() throws {
    let world = try World()
    let first = world.write(0, [insert(1)])
    let copy = world.copy(0)
    try world.sync(0)
    try world.backUp()
    world.write(0, [insert(2)])
    try world.sync(0)
    world.write(copy, [update(1, "Bo", at: 200)])
    // The log has the first already, as the other sealed it.
    try world.sync(copy)
    #expect(world.branches[copy].core.replica != world.branches[0].core.replica)
    try world.restore(0)
    // What the copy keeps of that is what the log had.
    world.branches[copy].tail.removeAll { $0.dot.counter == 1 && $0.contentHash != first }
    try world.sync(copy)
    #expect(try world.store.head() == LogPosition(3))
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func whatTheLogHasIsNamedBeforeSomethingIsMerged() throws {
    let world = try World()
    try world.backUp()
    let first = world.write(0, [insert(1)])
    try world.sync(0)
    try world.backUp()
    try world.sync(1)
    try world.restore(0)
    try world.sync(1)
    world.write(1, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.sync(1)
    let last = world.write(2, [insert(1, "Cy", at: 300)])
    try world.sync(2)
    // This hub has the first, and not the name by which the second knew it.
    world.branches[1].tail.removeAll { $0.contentHash == first }
    try world.restore(1)
    try world.sync(1)
    let store = world.store
    var batch = try #require(
      world.branches[2].batches(
        for: try store.path(), head: try store.head(), size: 3, names: world.names
      ).first)
    #expect(batch.entries.count == 3)
    batch.entries.reverse()
    let taken = try store.handBack(
      batch, from: world.branches[2].core.replica, wallMilliseconds: TestHub.now)
    #expect(taken.positions == [LogPosition(3), LogPosition(2), LogPosition(1)])
    #expect(try store.loggedChangeset(last)?.position == LogPosition(3))
    let found = try store.conflicts(openOnly: false).filter { $0.position == LogPosition(3) }
    #expect(!found.isEmpty)
    let authors = Set(found.flatMap { $0.values.map(\.dot.replica) })
    #expect(authors == [ReplicaID(2), ReplicaID(3)])
  }

  @Test func aRetiredBranchHandsBackBeforeItsWorkIsKeptApart() throws {
    let world = try World()
    let snapshot = try world.backUp()
    world.write(0, [insert(1)])
    try world.sync(0)
    try turnBack(world, to: snapshot)
    world.write(1, [insert(2, "New")])
    try world.sync(1)
    try world.store.retire(name: try #require(world.names[world.branches[0].core.replica]))
    world.write(0, [.delete(.customer(2), at: 300)])
    #expect(try world.exchange(0) == .unknownPosition)
    #expect(try world.store.salvaged().isEmpty)
    _ = try world.relocate(0)
    #expect(throws: ChangesetRefusal.self) { _ = try world.exchange(0) }
    #expect(try world.store.salvaged().count == 1)
  }
}
