import Clocks
import Deltas
import Storage
import TestSupport
import Testing

@testable import HubStore

/// What branches have told of themselves says nothing once the hub is another state of itself.
@Suite struct FloorTests {
  private func settled(_ world: World) throws -> LogPosition {
    try world.store.pruneAll(awayBefore: 0).settled
  }

  /// The hub goes back to its first backup, two branches go on with that, and then its second
  /// backup, which they were never told of, is put in place.
  private func crossed(isTold: Bool) throws -> World {
    let world = try World()
    world.write(0, [.insertCustomer(1, "a", at: 100)])
    try world.settle()
    let first = try world.backUp()
    world.write(0, [.insertCustomer(2, "b", at: 100)])
    try world.settle()
    let second = try world.backUp()
    try world.restore(first)
    world.write(0, [.insertCustomer(3, "c", at: 100)])
    try world.sync(0)
    try world.sync(1)
    try world.replaceFile(with: second)
    if isTold { try world.store.database.execute(HubSQL.clearServedBy) }
    try world.serve()
    return world
  }

  @Test func afterARestoreNothingSettlesBeforeAllHaveToldWhereTheyAre() throws {
    let world = try crossed(isTold: true)
    #expect(try settled(world) == .start)
    // It has been nowhere else, and says nothing of the others.
    try world.sync(2)
    #expect(try settled(world) == .start)
    try world.sync(0)
    #expect(try settled(world) == .start)
    try world.settle()
    #expect(try settled(world) == world.store.head())
    try expectWhole(world)
  }

  @Test func aFileThatWasPutInPlaceIsFoundOutByThoseWhoWereElsewhere() throws {
    let world = try crossed(isTold: false)
    #expect(try settled(world) == .start)
    #expect(try world.exchange(0) == .unknownPosition)
    #expect(try world.relocate(0))
    let record = try #require(try world.store.replica(world.branches[0].core.replica))
    #expect(record.floor == LogPosition(1))
    #expect(try settled(world) == .start)
    try world.sync(2)
    #expect(try settled(world) == .start)
    try world.settle()
    #expect(try settled(world) == world.store.head())
    try expectWhole(world)
  }

  @Test func aRestartForgetsNothing() throws {
    let world = try World()
    world.write(0, [.insertCustomer(1, "a", at: 100)])
    try world.settle()
    try world.restart()
    // Nobody was heard of.
    #expect(try settled(world) == .start)
    try world.sync(1)
    #expect(try settled(world) == LogPosition(1))
  }

  private func expectWhole(_ world: World) throws {
    let tables = try world.expectLevel()
    #expect(tables.count == 3)
    #expect(try world.store.conflicts(openOnly: false).isEmpty)
    #expect(try world.store.check().allSatisfy(\.isOK))
  }
}
