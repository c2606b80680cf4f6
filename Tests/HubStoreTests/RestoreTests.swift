import Basics
import Clocks
import Deltas
import Merging
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Generations, lost timelines and what branches hand back.
@Suite struct RestoreTests {
  private func insert(_ id: Int64, _ name: String = "Ada", at milliseconds: Int64 = 100)
    -> RowChange
  {
    .insertCustomer(id, name, at: milliseconds)
  }

  // MARK: Generations

  @Test func aRestartWithoutNewsKeepsNames() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.sync(0)
    let place = world.branches[0].place
    let path = try world.store.path()
    try world.restart()
    try world.restart()
    #expect(try world.store.path().count == path.count + 1)
    #expect(try world.store.place(at: LogPosition(1)) == place)
    #expect(try world.exchange(0) == .done)
    #expect(world.branches[0].place == place)
    // What is half fetched goes on.
    let plan = try world.store.plan(from: .start, to: place, receiver: ReplicaID(2))
    #expect(plan == .log(from: .start, to: LogPosition(1), receiver: ReplicaID(2)))
  }

  @Test func newEntriesHaveTheNewName() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.restart()
    world.write(0, [insert(2)])
    try world.sync(0)
    let first = try world.store.place(at: LogPosition(1))
    let second = try world.store.place(at: LogPosition(2))
    #expect(first.generation != second.generation)
    #expect(
      try world.store.steps(after: first, upTo: LogPosition(2))
        == [GenerationStep(generation: second.generation, fork: LogPosition(1))])
    #expect(try world.store.steps(after: second, upTo: LogPosition(2)).isEmpty)
    #expect(try world.store.path().first?.generation == world.store.hubID)
  }

  @Test func aStateThatWasPutBackGoesOnAboveTheNumbersThatItMayHaveGiven() throws {
    let world = try World()
    #expect(try world.branches[world.enrol("before")].core.replica == ReplicaID(4))
    try world.restart()
    #expect(try world.branches[world.enrol("restarted")].core.replica == ReplicaID(5))
    try world.store.database.execute(HubSQL.updateServedBy, [.blob([1])])
    try world.store.noticeReplacement()
    let first = try world.branches[world.enrol("replaced")].core.replica.rawValue
    #expect((106...1_129).contains(first))
    // From a backup, which names no service; and a file that whoever serves it has doubts about.
    try world.store.database.execute(HubSQL.clearServedBy)
    try world.restart()
    let second = try world.branches[world.enrol("restored")].core.replica.rawValue
    #expect((first + 101...first + 1_124).contains(second))
    try world.store.doubtFloors()
    try world.store.startServing { world.random($0) }
    let third = try world.branches[world.enrol("copied")].core.replica.rawValue
    #expect((second + 101...second + 1_124).contains(third))
    try world.restart()
    #expect(try world.branches[world.enrol("last")].core.replica.rawValue == third + 1)
  }

  @Test func dataReplacedUnderAServingHubOpenAGeneration() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.sync(0)
    let before = try world.store.generation()
    try world.store.database.execute(HubSQL.updateServedBy, [.blob([1])])
    world.write(0, [insert(2)])
    try world.sync(0)
    #expect(try world.store.generation() != before)
    #expect(
      try world.store.place(at: LogPosition(2)).generation == world.store.generation())
    let now = try world.store.generation()
    try world.store.noticeReplacement()
    #expect(try world.store.generation() == now)
  }

  @Test func theLogHashChainsContentsAndClockFacts() throws {
    let world = try World()
    var hash = ContentHash.zero
    #expect(try world.store.logHash(at: .start) == hash)
    for id in 1...3 {
      let content = world.write(0, [insert(Int64(id))])
      try world.sync(0)
      var entry = ByteWriter()
      entry.write(contentsOf: hash.bytes + content.bytes)
      entry.writeSignedVarint(0)
      entry.writeSignedVarint(TestHub.now)
      hash = ContentHash(of: entry.bytes)
      #expect(try world.store.logHash(at: LogPosition(UInt64(id))) == hash)
    }
    #expect(try world.store.logHash(at: LogPosition(4)) == nil)
  }

  // MARK: Lost timelines

  @Test func oneBranchGivesBackWhatWasLost() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.backUp()
    world.write(0, [insert(2)])
    try world.sync(0)
    world.write(0, [.update(.customer(2), [2: .text("Eve")], at: 300)])
    try world.sync(0)
    try world.restore(0)
    #expect(try world.store.head() == LogPosition(1))
    #expect(try world.exchange(0) == .unknownPosition)
    try world.settle()
    #expect(try world.store.head() == LogPosition(3))
    #expect(try world.store.losses().isEmpty)
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
    let tables = try world.expectLevel()
    #expect(tables[.customer(2)]?[ColumnID(2)] == .text("Eve"))
    #expect(try world.store.check().allSatisfy(\.isOK))
  }

  @Test func twoBranchesWithDifferentLengthsGiveBackTheRest() throws {
    let world = try World()
    try world.backUp()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.sync(1)
    world.write(2, [insert(2)])
    try world.sync(2)
    world.write(1, [insert(3)])
    try world.restore(0)
    try world.sync(1)
    // The third has more of the same timeline: nobody has named that yet.
    #expect(try world.exchange(2) == .unknownPosition)
    try world.settle()
    #expect(try world.store.head() == LogPosition(3))
    #expect(try world.store.losses().isEmpty)
    let tables = try world.expectLevel()
    #expect(tables.count == 3)
  }

  @Test func twoRestoresInARowLoseNoName() throws {
    let world = try World()
    try world.backUp()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.sync(1)
    try world.restore(0)
    try world.sync(0)
    world.write(0, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.sync(0)
    try world.restore(0)
    // It had seen the first under its first name only.
    world.write(1, [.update(.customer(1), [3: .text("Rome")], at: 300)])
    try world.settle()
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
    #expect(try world.store.head() == LogPosition(3))
    let tables = try world.expectLevel()
    #expect(tables[.customer(1)]?[ColumnID(3)] == .text("Rome"))
  }

  @Test func aHoleIsALossUntilSomebodyHasIt() throws {
    let world = try World()
    try world.backUp()
    let first = world.write(0, [insert(1)])
    try world.sync(0)
    try world.sync(1)
    world.write(1, [insert(2)])
    try world.sync(1)
    try world.restore(0)
    world.branches[1].tail.removeAll { $0.contentHash == first }
    #expect(try world.exchange(1) == .unknownPosition)
    _ = try world.relocate(1)
    let losses = try world.store.losses()
    #expect(losses.map(\.place.position) == [LogPosition(1)])
    #expect(losses.map(\.toldBy) == [ReplicaID(2)])
    #expect(losses.map(\.names) == ["branch 1: changeset 1"])
    #expect(try world.store.lossCount() == 1)
    // What it has seen it may go on from: nobody else is waited for.
    #expect(try world.exchange(1) == .done)
    try world.sync(0)
    #expect(try world.store.losses().isEmpty)
    #expect(try world.store.head() == LogPosition(2))
  }

  @Test func aChangesetThatTheLogHasGetsItsPlacesOnly() throws {
    let world = try World()
    try world.backUp()
    world.write(0, [insert(1)])
    #expect(try world.exchange(0, isLossy: true) == .answerLost)
    try world.sync(1)
    try world.restore(0)
    // Its author sends it as if for the first time, …
    try world.sync(0)
    #expect(try world.store.head() == LogPosition(1))
    // … then another hands it back.
    world.write(1, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.sync(1)
    #expect(try world.store.head() == LogPosition(2))
    let seen = try #require(try world.store.log.entry(LogPosition(2))?.seen)
    #expect(seen.upTo == .start)
    #expect(seen.others.map(\.position) == [LogPosition(1)])
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func whoHadNotSeenAnEntryIsConcurrentWithIt() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.settle()
    try world.backUp()
    world.write(0, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.sync(0)
    world.write(1, [.update(.customer(1), [2: .text("Cy")], at: 300)])
    try world.restore(0)
    try world.settle()
    #expect(try world.store.conflicts(openOnly: false).count == 1)
    let tables = try world.expectLevel()
    #expect(tables[.customer(1)]?[ColumnID(2)] == .text("Cy"))
  }

  @Test func whatWasSeenOnAPathThatWasLeftIsReadThere() throws {
    let world = try World(branches: 3)
    world.write(0, [insert(1)])
    try world.settle()
    try world.backUp()
    let left = try world.store.generation()
    world.write(1, [insert(2)])
    try world.sync(1)
    try world.sync(0)
    let writing = world.write(0, [.update(.customer(1), [2: .text("Cy")], at: 300)])
    try world.restore(0)
    let unseen = world.write(2, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.sync(2)
    try world.sync(0)
    #expect(try world.store.conflicts(openOnly: false).count == 1)
    // As after a whole state: of the entry the branch knows what its own header says.
    let index = try #require(
      world.branches[0].tail.firstIndex { $0.contentHash == writing })
    world.branches[0].tail[index].seen = ToldSeen(generation: left, upTo: LogPosition(2))
    world.branches[0].tail.removeAll { $0.contentHash == unseen }
    try world.restore(0)
    try world.sync(0)
    try world.settle()
    #expect(try world.store.conflicts(openOnly: false).count == 1)
    try world.expectLevel()
  }

  @Test func anAuthorWithoutItsOwnEntryGetsItsBlocks() throws {
    let world = try World()
    try world.backUp()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.sync(1)
    try world.restore(0)
    try world.sync(1)
    let delta = try world.store.wholeDelta(ReplicaID(1))
    let parts = try Streams.readDelta(delta)
    #expect(parts.contains { if case .block = $0 { true } else { false } })
  }

  @Test func aTimelineWithTwoMeaningsIsToldApart() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.settle()
    let snapshot = try world.backUp()
    world.write(0, [insert(2, "lost")])
    try world.sync(0)
    // Memory and disk go back together: nobody begins to serve.
    let service = try #require(world.store.service)
    try world.replaceFile(with: snapshot)
    world.store.service = service
    world.write(1, [insert(3, "new")])
    try world.sync(1)
    #expect(try world.store.head() == LogPosition(2))
    #expect(try !world.store.isAmbiguous())
    // Both have been at the same place, but the log's hash differs.
    #expect(try world.exchange(0) == .unknownPosition)
    #expect(try world.store.isAmbiguous())
    let told = world.branches[0].place
    _ = try world.relocate(0)
    let place = world.branches[0].place
    #expect(place.position == told.position)
    #expect(place.generation != told.generation)
    try world.settle()
    #expect(try world.store.head() == LogPosition(3))
    let tables = try world.expectLevel()
    #expect(tables.count == 3)
  }

  @Test func whatIsLoggedTwiceAlikeIsToldApartByItsClockFacts() throws {
    let world = try World()
    world.write(1, [insert(1, "late")])
    world.write(0, [insert(1, "early")])
    try world.sync(0)
    let snapshot = try world.backUp()
    let request = (outbox: world.branches[1].core.outbox, contact: world.branches[1].contact)
    try world.sync(1)
    let first = try world.store.logHash(at: LogPosition(2))
    // Memory and disk go back together, and a double of the request comes an hour late.
    let service = try #require(world.store.service)
    try world.replaceFile(with: snapshot)
    world.store.service = service
    var contact = request.contact
    contact.clockOffsetMilliseconds += 3_600_000
    contact.receivedMilliseconds += 3_600_000
    _ = try world.store.accept(request.outbox.map { .inline($0.bytes) }, from: contact)
    #expect(try world.store.head() == LogPosition(2))
    #expect(try world.store.logHash(at: LogPosition(2)) != first)
    try world.settle()
    #expect(try world.store.isAmbiguous())
    #expect(try world.expectLevel().count == 1)
  }

  /// The log could not be synced, so a changeset was refused; a copy of the disk has it all the
  /// same, at a place that the hub would have given to the next.
  @Test func whatAFailedCommitCalledItsEntriesByIsNotGivenToOthers() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.settle()
    let before = try world.backUp()
    let name = try world.store.generation()
    world.write(1, [insert(2, "refused")])
    // What the copy has: the commit went through there.
    let copied = world.branches[1]
    try world.sync(1)
    let copy = try world.backUp()
    let service = try #require(world.store.service)
    try world.replaceFile(with: before)
    world.store.service = service
    world.branches[1] = copied
    // What the hub has: it did not.
    world.store.database.onStep = { step in
      if step == .beforeCommit { throw StorageError(code: 1034, message: "disk I/O error") }
    }
    #expect(throws: HubStoreError.self) { try world.exchange(1) }
    world.store.database.onStep = nil
    // Each request begins with this: the name that is told is the one that is used.
    try world.store.noticeReplacement()
    let told = try world.store.generation()
    #expect(told != name)
    let third = world.write(0, [insert(3, "taken")])
    try world.sync(0)
    #expect(try world.store.loggedChangeset(third)?.position == LogPosition(2))
    #expect(try world.store.generation() == told)
    // The copy is put back, and serves: what the hub had taken is handed back.
    try world.restore(copy)
    try world.settle()
    #expect(try world.store.loggedChangeset(third) != nil)
    #expect(try world.store.lossCount() == 0)
    #expect(try world.expectLevel().count == 3)
  }

  @Test func partsForALaterPathAreRefused() throws {
    let world = try World()
    try world.backUp()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.restore(0)
    var batch = try #require(
      world.branches[0].batches(
        for: try world.store.path(), head: try world.store.head(), names: world.names
      ).first)
    batch.path = try world.store.generation()
    try world.restart()
    #expect(throws: HubStoreError.refused(.unknownPosition)) {
      _ = try world.store.handBack(
        batch, from: ReplicaID(1), wallMilliseconds: TestHub.now)
    }
  }

  @Test func placesThatNobodyNamedAreAskedForWithTheirContexts() throws {
    let world = try World()
    try world.backUp()
    let first = world.write(0, [insert(1)])
    try world.sync(0)
    try world.sync(1)
    world.write(1, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.restore(0)
    // It is on the new path already, but what it sends had seen the old one.
    let here = try world.store.place(at: .start)
    world.branches[1].core.move(to: here, shared: .start)
    world.branches[1].logHash = nil
    #expect(try world.exchange(1) == .unknownPosition)
    try world.sync(0)
    #expect(try world.store.loggedChangeset(first) != nil)
    #expect(try world.exchange(1) == .done)
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func numbersAreNotGivenOutAgain() throws {
    let world = try World()
    try world.backUp()
    let late = try world.enrol("late")
    let replica = world.branches[late].core.replica
    world.write(late, [insert(9)])
    try world.sync(late)
    try world.sync(0)
    try world.restore(0)
    try world.sync(0)
    #expect(try world.store.replica(replica)?.state == .past)
    #expect(try world.store.replica(replica)?.name == "late")
    let next = try world.enrol("next")
    #expect(world.branches[next].core.replica > replica)
    // The device itself needs an identity of its own, and keeps what it had.
    try world.sync(late)
    #expect(world.branches[late].core.replica != replica)
    #expect(world.names[world.branches[late].core.replica] == "late (2)")
    #expect(try world.store.check().allSatisfy(\.isOK))
  }

  @Test func aRowThatARepairDeletesStaysGone() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.settle()
    world.write(1, [.delete(.customer(1), at: 200)])
    try world.sync(1)
    // The same again, as what a comparison found: as if it had seen nothing.
    world.write(1, [.delete(.customer(1), at: 300, base: .start)])
    try world.settle()
    #expect(try world.store.digestsByRow().isEmpty)
    for branch in world.branches { #expect(branch.core.rows.isEmpty) }
  }

  /// What is settled is known by where everybody was, not by an entry that wrote it.
  @Test func whoHasSeenAnEntryHasNotSeenWhatIsSettledThere() throws {
    let world = try World()
    world.write(0, [insert(1)])
    try world.settle()
    try world.backUp()
    world.write(1, [insert(2)])
    try world.sync(1)
    try world.sync(0)
    try world.restore(0)
    world.write(2, [.update(.customer(1), [2: .text("Cy")], at: 200)])
    try world.sync(2)
    try world.sync(1)
    // Its author has seen the entry that the log has at 3 by now, not the one at 2.
    world.write(0, [.update(.customer(1), [2: .text("Bo")], at: 300)])
    try world.store.database.executeScript(
      """
      UPDATE tributary_hub SET pruned_settled = 3, pruned_stable = 1;
      DELETE FROM tributary_row;
      DELETE FROM tributary_cover;
      """)
    #expect(try world.exchange(0) == .done)
    let seen = try #require(try world.store.log.entry(LogPosition(4))?.seen)
    #expect(seen.upTo == LogPosition(1))
    #expect(seen.others.map(\.position) == [LogPosition(3)])
    let conflicts = try world.store.conflicts(openOnly: true)
    #expect(conflicts.map(\.key) == [.customer(1)])
  }

  /// What the branch has a part of is of a log that is no more.
  @Test func aDeltaForAnyoneGoesToTheHead() throws {
    let world = try World()
    try world.backUp()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.restore(0)
    world.write(1, [insert(2)])
    try world.sync(1)
    #expect(try world.relocate(0))
    var contact = world.branches[0].contact
    contact.resumeTo = LogPosition(1)
    #expect(
      try world.store.accept([], from: contact).plan
        == .log(from: .start, to: LogPosition(2), receiver: .hub))
    contact = world.branches[1].contact
    contact.integrated = CausalContext(generation: world.store.hubID, position: .start)
    contact.logHash = nil
    contact.resumeTo = LogPosition(1)
    #expect(try world.store.accept([], from: contact).plan.to == LogPosition(1))
    contact.wantsAll = true
    #expect(
      try world.store.accept([], from: contact).plan
        == .log(from: .start, to: LogPosition(2), receiver: .hub))
  }
}
