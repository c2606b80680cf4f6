import Basics
import Clocks
import Deltas
import Merging
import TestSupport
import Testing

@testable import HubStore

/// Chains, copies of databases, retired branches.
@Suite struct CopyTests {
  private func insert(_ id: Int64, _ name: String = "Ada", at milliseconds: Int64 = 100)
    -> RowChange
  {
    .insertCustomer(id, name, at: milliseconds)
  }

  @Test func bothCopiesKeepTheirChanges() throws {
    let world = try World(branches: 1)
    world.write(0, [insert(1)])
    try world.sync(0)
    let copy = world.copy(0)
    world.write(0, [insert(2)])
    world.write(copy, [insert(3)])
    try world.sync(0)
    #expect(try world.exchange(copy) == .chainBroken)
    try world.settle()
    #expect(world.branches[copy].core.replica == ReplicaID(2))
    #expect(try world.store.names()[ReplicaID(2)] == "branch 1 (2)")
    let tables = try world.expectLevel()
    #expect(tables.count == 3)
    // The copy's chain continues the other's: what went before is seen.
    #expect(
      try world.store.replica(ReplicaID(2))?.parent == Dot(replica: ReplicaID(1), counter: 1))
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func aCopyThatIsBehindIsRefusedThoughItSendsNothing() throws {
    let world = try World(branches: 1)
    world.write(0, [insert(1)])
    let copy = world.copy(0)
    try world.sync(0)
    // Its outbox begins with what the hub has: all that it sends is known.
    world.write(0, [insert(2)])
    try world.sync(0)
    #expect(try world.exchange(copy) == .chainBroken)
    try world.settle()
    #expect(try world.store.head() == LogPosition(2))
    #expect(world.branches[copy].core.rows == (try world.store.digestsByRow()))
  }

  @Test func theSameChangesInTwoChainsAreLoggedOnce() throws {
    let world = try World(branches: 1)
    world.write(0, [insert(1)])
    try world.sync(0)
    world.write(0, [insert(2)])
    let first = world.copy(0)
    let second = world.copy(0)
    world.write(0, [insert(5)])
    try world.sync(0)
    // Both copies have the second insertion in their outboxes, under other names by now.
    world.write(first, [insert(3)])
    world.write(second, [insert(4)])
    try world.settle()
    #expect(try world.store.head() == LogPosition(5))
    let replica = world.branches[second].core.replica
    let entry = try #require(
      try world.store.loggedChangeset(Dot(replica: replica, counter: 2)))
    let own = try #require(try world.store.loggedChangeset(Dot(replica: replica, counter: 1)))
    #expect(own.position == LogPosition(2))
    // What is in the log under another name was seen.
    let seen = try #require(try world.store.log.entry(entry.position)?.seen)
    #expect(seen.knowledge(base: .start).contains(LogPosition(2)))
    #expect(try world.store.check().allSatisfy(\.isOK))
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func oneChangesetMayBeInTwoChainsUnderTheNameOfAnother() throws {
    let world = try World(branches: 2)
    world.write(0, [insert(1)])
    try world.settle()
    world.write(0, [insert(2)])
    let other = world.copy(0)
    world.write(0, [insert(3)])
    let copy = world.copy(0)
    world.write(other, [insert(4)])
    try world.sync(other)
    // Under its new name the log has the first as an alias, and the second is new.
    try world.fork(copy)
    try world.backUp()
    #expect(try world.exchange(copy, isLossy: true) == .answerLost)
    try world.sync(1)
    try world.restore(0)
    // The second comes as what another copy made of it, then from a tail without the first.
    try world.sync(0)
    try world.sync(1)
    try world.sync(copy)
    try world.settle()
    let tables = try world.expectLevel()
    #expect(tables.count == 4)
    #expect(try world.store.check().allSatisfy(\.isOK))
  }

  @Test func adoptingTwiceIsAdoptingOnce() throws {
    let world = try World(branches: 1)
    let hash = world.write(0, [insert(1)])
    try world.sync(0)
    let replica = world.branches[try world.enrol("copy")].core.replica
    let confirmed = ChainPoint(counter: 1, contentHash: hash)
    for _ in 0..<2 {
      let parent = try world.store.adopt(
        replica, after: ReplicaID(1), confirmed: confirmed, wallMilliseconds: TestHub.now)
      #expect(parent == hash)
    }
    #expect(try world.store.notices().count == 2)
    #expect(
      try world.store.adopt(
        replica, after: ReplicaID(1), confirmed: ChainPoint(counter: 7, contentHash: .zero),
        wallMilliseconds: TestHub.now) == .zero)
  }

  @Test func whatAChainContinuesIsNotSeenByAnotherOfItsNumber() throws {
    let world = try World(branches: 2)
    let snapshot = try world.backUp()
    let first = try world.enrol("copy")
    let replica = world.branches[first].core.replica
    let others = world.write(first, [insert(2)])
    try world.sync(first)
    let parent = world.write(0, [insert(1)])
    try world.sync(0)
    try world.sync(1)
    try world.restore(snapshot)
    // Another copy gets the number and the name. The log lacks what its chain continues.
    let second = try world.enrol("copy")
    #expect(world.branches[second].core.replica == replica)
    let told = try world.store.adopt(
      replica, after: ReplicaID(1), confirmed: ChainPoint(counter: 1, contentHash: parent),
      wallMilliseconds: TestHub.now)
    #expect(told == parent)
    try world.branches[second].core.adopt(replica, previous: told)
    let own = world.write(second, [insert(3)])
    // What the other one of the number had written comes back, and then what this one continues.
    try world.sync(1)
    #expect(try world.exchange(second) == .done)
    let late = try #require(try world.store.loggedChangeset(parent)).position
    for (hash, hasSeen) in [(others, false), (own, true)] {
      let entry = try #require(try world.store.loggedChangeset(hash))
      let seen = try #require(try world.store.log.entry(entry.position)?.seen)
      #expect(seen.knowledge(base: .start).contains(late) == hasSeen)
    }
    #expect(try world.store.check().allSatisfy(\.isOK))
  }

  @Test func bothAreToldUntilTheyHaveNotedIt() throws {
    let world = try World(branches: 1)
    world.write(0, [insert(1)])
    let copy = world.copy(0)
    try world.sync(0)
    world.write(0, [insert(2)])
    try world.sync(0)
    try world.sync(copy)
    for replica in [ReplicaID(1), ReplicaID(2)] {
      let notices = try world.store.notices(for: replica, after: 0, atMost: 10)
      #expect(notices.count == 1)
      #expect(notices[0].text.contains("“branch 1 (2)”"))
      #expect(
        try world.store.notices(for: replica, after: notices[0].number, atMost: 10).isEmpty)
    }
  }

  @Test func offersCountUp() throws {
    let world = try World(branches: 1)
    let names = try (0..<3).map { _ in
      try world.store.offerIdentity(
        to: ReplicaID(1), named: "?", random: world.random, wallMilliseconds: TestHub.now
      ).name
    }
    #expect(names == ["branch 1 (2)", "branch 1 (3)", "branch 1 (4)"])
    let stranger = try world.store.offerIdentity(
      to: ReplicaID(9), named: "Berlin (2)", random: world.random, wallMilliseconds: TestHub.now)
    #expect(stranger.name == "Berlin (2)")
  }

  @Test func anEntryWhosePlaceIsTakenOpensAChainOfItsOwn() throws {
    let world = try World(branches: 2)
    world.write(0, [insert(1)])
    try world.settle()
    try world.backUp()
    let old = world.copy(0)
    world.write(0, [insert(2, "first")])
    world.write(0, [insert(3, "second")])
    try world.sync(0)
    try world.sync(1)
    try world.restore(0)
    // An older state of the database goes on at the restored hub, under the same name.
    world.write(old, [insert(4, "other")])
    try world.sync(old)
    try world.sync(1)
    let lost = try world.store.branch(named: "branch 1 (lost 1)")
    #expect(lost.state == .past)
    #expect(lost.parent == Dot(replica: ReplicaID(1), counter: 1))
    #expect(lost.chainCounter == 2)
    try world.settle()
    let tables = try world.expectLevel()
    #expect(tables.count == 4)
    #expect(try world.store.check().allSatisfy(\.isOK))
  }

  @Test func aParentThatComesLateIsLinked() throws {
    let world = try World(branches: 2)
    try world.backUp()
    let first = world.write(0, [insert(1)])
    world.write(0, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.sync(0)
    try world.sync(1)
    try world.restore(0)
    world.branches[1].tail.removeAll { $0.contentHash == first }
    try world.sync(1)
    let orphan = try world.store.branch(named: "branch 1 (lost 1)")
    #expect(orphan.parent == nil)
    try world.sync(0)
    let linked = try world.store.branch(named: "branch 1 (lost 1)")
    #expect(linked.parent == Dot(replica: ReplicaID(1), counter: 1))
    let position = try #require(try world.store.loggedChangeset(first)?.position)
    let seen = try #require(try world.store.log.entry(LogPosition(1))?.seen)
    #expect(seen.knowledge(base: nil).contains(position))
    try world.settle()
    try world.expectLevel()
  }

  @Test func anAuthorWhoseEntriesCameOutOfOrderIsNoCopy() throws {
    let world = try World(branches: 2)
    try world.backUp()
    let first = world.write(0, [insert(1)])
    world.write(0, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    world.write(0, [insert(2)])
    try world.sync(0)
    try world.sync(1)
    try world.restore(0)
    world.branches[1].tail.removeAll { $0.contentHash == first }
    try world.sync(1)
    #expect(try world.store.branch(named: "branch 1 (lost 1)").chainCounter == 2)
    world.write(0, [insert(3)])
    try world.sync(0)
    #expect(world.branches[0].core.replica == ReplicaID(1))
    #expect(try world.store.branch(named: "branch 1").chainCounter == 4)
    try world.settle()
    #expect(try world.expectLevel().count == 3)
    #expect(try world.store.head() == LogPosition(4))
    #expect(try world.store.check().allSatisfy(\.isOK))
  }

  @Test func aParentThatComesLateAsAnothersChangesetIsLinked() throws {
    let world = try World(branches: 2)
    try world.backUp()
    let first = world.write(0, [insert(1)])
    let copy = world.copy(0)
    world.write(0, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.sync(0)
    try world.sync(1)
    world.write(copy, [insert(3)])
    try world.sync(copy)
    try world.restore(0)
    for index in [1, copy] {
      world.branches[index].tail.removeAll { $0.contentHash == first }
    }
    try world.sync(1)
    #expect(try world.store.branch(named: "branch 1 (lost 1)").parent == nil)
    // The copy has it under a name of its own.
    try world.sync(copy)
    #expect(try world.store.loggedChangeset(first) == nil)
    let position = try #require(try world.store.position(ofOrigin: first))
    let linked = try world.store.branch(named: "branch 1 (lost 1)")
    #expect(try linked.parent == world.store.log.entry(position)?.dot)
    let seen = try #require(try world.store.log.entry(LogPosition(1))?.seen)
    #expect(seen.knowledge(base: nil).contains(position))
    try world.settle()
    try world.expectLevel()
  }

  // MARK: Retired

  @Test func whatARetiredBranchSendsIsKeptApart() throws {
    let world = try World(branches: 2)
    world.write(0, [insert(1)])
    try world.settle()
    try world.store.retire(name: "branch 1")
    world.write(0, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    world.write(0, [insert(2)])
    for _ in 0..<2 {
      #expect(
        throws: ChangesetRefusal.retired(KeptApart(counter: 3, changesetCount: 2))
      ) { _ = try world.exchange(0) }
    }
    #expect(try world.store.head() == LogPosition(1))
    let kept = try world.store.salvaged()
    #expect(kept.map(\.counter) == [2, 3])
    #expect(kept.map(\.name) == ["branch 1", "branch 1"])
    #expect(try world.store.replaySalvaged(name: "branch 1", wallMilliseconds: TestHub.now) == 2)
    #expect(try world.store.salvaged().isEmpty)
    #expect(try world.store.head() == LogPosition(3))
    try world.sync(1)
    #expect(world.branches[1].core.rows == (try world.store.digestsByRow()))
    #expect(world.branches[1].core.rows.count == 2)
    #expect(try world.store.replaySalvaged(name: "branch 1", wallMilliseconds: TestHub.now) == 0)
  }

  /// It may have what nobody else has.
  @Test func aRetiredBranchHandsBackBeforeItIsRefused() throws {
    let world = try World(branches: 2)
    let backup = try world.backUp()
    world.write(0, [insert(1)])
    try world.sync(0)
    world.write(0, [.update(.customer(1), [2: .text("Bo")], at: 200)])
    try world.restore(backup)
    try world.store.retire(name: "branch 1")
    #expect(try world.exchange(0) == .unknownPosition)
    _ = try world.relocate(0)
    #expect(try world.store.head() == LogPosition(1))
    #expect(
      throws: ChangesetRefusal.retired(KeptApart(counter: 2, changesetCount: 1))
    ) { _ = try world.exchange(0) }
    try world.store.replaySalvaged(name: "branch 1", wallMilliseconds: TestHub.now)
    try world.sync(1)
    #expect(world.branches[1].core.rows == (try world.store.digestsByRow()))
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func whatIsKeptApartCanBeThrownAway() throws {
    let world = try World(branches: 1)
    try world.store.retire(name: "branch 1")
    world.write(0, [insert(1)])
    #expect(
      throws: ChangesetRefusal.retired(KeptApart(counter: 1, changesetCount: 1))
    ) { _ = try world.exchange(0) }
    #expect(try world.store.dropSalvaged(name: "branch 1") == 1)
    #expect(try world.store.salvaged().isEmpty)
    #expect(throws: HubStoreError.branchUnknown("nobody")) {
      try world.store.retire(name: "nobody")
    }
  }

  @Test func strangersMayHandBackButNotExchange() throws {
    let world = try World(branches: 2)
    try world.backUp()
    world.write(0, [insert(1)])
    try world.sync(0)
    try world.restore(0)
    world.branches[0].isStranger = true
    #expect(try world.exchange(0) == .unknownPosition)
    _ = try world.relocate(0)
    #expect(try world.store.head() == LogPosition(1))
    #expect(try world.exchange(0) == .chainBroken)
    try world.settle()
    #expect(world.branches[0].core.rows == (try world.store.digestsByRow()))
  }
}
