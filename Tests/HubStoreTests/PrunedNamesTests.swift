import Clocks
import Deltas
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Names that entries have besides: on lost timelines, and in chains that have the same changes.
@Suite struct PrunedNamesTests {
  private func count(_ world: World, _ table: String) throws -> Int64? {
    try world.store.database.integer("SELECT count(*) FROM \(table)")
  }

  private func expectWhole(_ world: World) throws {
    try world.expectLevel()
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
    #expect(try world.store.check().allSatisfy(\.isOK))
  }

  /// What was lost, handed back, changed and deleted since.
  private func restored() throws -> World {
    let world = try World()
    try world.backUp()
    world.write(0, [.insertCustomer(1, "a", at: 100), .insertCustomer(2, "b", at: 100)])
    try world.settle()
    try world.restore(0)
    try world.settle()
    world.write(1, [.delete(.customer(1), at: 200)])
    try world.settle()
    return world
  }

  @Test func placesGoOnceEverybodyHasTheEntry() throws {
    let world = try restored()
    #expect(try count(world, "tributary_place") == 1)
    // Whoever has told of less may still name what it has by the lost timeline.
    try world.store.database.execute("UPDATE tributary_replica SET floor = 0 WHERE id = 3")
    try world.store.pruneAll()
    #expect(try count(world, "tributary_place") == 1)
    try world.sync(2)
    #expect(try world.store.pruneAll().nameCount == 1)
    #expect(try count(world, "tributary_place") == 0)
    world.write(2, [.update(.customer(2), [2: .text("c")], at: 300)])
    try world.settle()
    try expectWhole(world)
  }

  @Test func whatWasLetGoOfIsNotLoggedAgain() throws {
    let world = try restored()
    try world.store.pruneAll()
    let before = try world.store.digestsByRow()
    let head = try world.store.head()
    #expect(try count(world, "tributary_log") == 1)
    for index in world.branches.indices {
      let batches = world.branches[index].batches(
        for: try world.store.path(), head: head, isAmbiguous: true, names: world.names)
      #expect(batches.contains { !$0.entries.isEmpty })
      for batch in batches {
        _ = try world.store.handBack(
          batch, from: world.branches[index].core.replica, wallMilliseconds: TestHub.now)
      }
    }
    #expect(try world.store.head() == head)
    #expect(try world.store.digestsByRow() == before)
    try world.settle()
    try expectWhole(world)
  }

  /// Who was given it by another hub of the same log has no name for it that this one knows.
  @Test func theLastOfAChainThatWasLetGoOfIsKnownByItsHash() throws {
    let world = try restored()
    try world.store.pruneAll()
    let head = try world.store.head()
    let batches = world.branches[0].batches(
      for: try world.store.path(), head: head, isAmbiguous: true, names: world.names)
    var positions: [LogPosition] = []
    for var batch in batches {
      for index in batch.entries.indices { batch.entries[index].places = [] }
      positions += try world.store.handBack(
        batch, from: world.branches[0].core.replica, wallMilliseconds: TestHub.now
      ).positions
    }
    #expect(positions.contains(LogPosition(1)))
    #expect(try world.store.head() == head)
    try world.settle()
    try expectWhole(world)
  }

  /// Somebody still stands on the lost timeline, and names what he has of it.
  @Test func whatWasLetGoOfIsNotLost() throws {
    let world = try World()
    try world.backUp()
    world.write(0, [.insertCustomer(1, "a", at: 100), .insertCustomer(2, "b", at: 100)])
    try world.settle()
    let lost = world.branches[0].place
    try world.restore(0)
    try world.settle()
    world.write(1, [.delete(.customer(1), at: 200)])
    try world.settle()
    try world.store.pruneAll()
    #expect(try count(world, "tributary_place") == 0)
    let batches = world.branches[0].batches(
      for: try world.store.path(), head: try world.store.head(), isAmbiguous: true,
      names: world.names)
    for var batch in batches {
      batch.timeline = lost
      #expect(
        try world.store.handBack(
          batch, from: world.branches[0].core.replica, wallMilliseconds: TestHub.now
        ).lossCount == 0)
    }
    #expect(try world.store.losses() == [])
    try world.store.pruneAll()
    #expect(try count(world, "tributary_place") == 1)
    try world.settle()
    try world.store.pruneAll()
    #expect(try count(world, "tributary_place") == 0)
    try expectWhole(world)
  }

  @Test func otherNamesInChainsGoOnceTheirChainsHaveGoneOn() throws {
    let world = try World(branches: 1)
    world.write(0, [.insertCustomer(1, "a", at: 100)])
    try world.sync(0)
    world.write(0, [.insertCustomer(2, "b", at: 100)])
    world.write(0, [.insertCustomer(3, "c", at: 100)])
    let copy = world.copy(0)
    world.write(0, [.insertCustomer(4, "d", at: 100)])
    try world.sync(0)
    try world.sync(copy)
    #expect(try count(world, "tributary_alias") == 2)
    try world.settle()
    try world.store.pruneAll()
    // Its answer may have been lost: the changesets would come again.
    #expect(try count(world, "tributary_alias") == 2)
    world.write(copy, [.insertCustomer(5, "e", at: 100)])
    try world.settle()
    try world.store.pruneAll()
    #expect(try count(world, "tributary_alias") == 0)
    try expectWhole(world)
    world.write(copy, [.update(.customer(2), [2: .text("x")], at: 200)])
    try world.settle()
    try expectWhole(world)
    #expect(world.branches[copy].core.counter == 4)
  }
}
