import Basics
import Clocks
import Deltas
import Merging
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Random histories with restores and copies, held to the truth: for each changeset the explicit
/// set of all that its author had seen.
@Suite struct TruthTests {
  @Test(arguments: UInt64(0)..<60) func restoredHubsKnowWhatAuthorsHadSeen(seed: UInt64) throws {
    try run(seed: seed, copies: false)
  }

  @Test(arguments: UInt64(1_000)..<1_040) func copiesKnowWhatTheyHadSeen(seed: UInt64) throws {
    try run(seed: seed, copies: true)
  }

  /// Tails that branches have dropped are losses; nobody is ever thought to have seen what it had
  /// not.
  @Test(arguments: UInt64(2_000)..<2_030) func holesHideButNeverLie(seed: UInt64) throws {
    try run(seed: seed, copies: true, holes: true)
  }

  private func run(seed: UInt64, copies: Bool, holes: Bool = false) throws {
    let world = try World(seed: seed)
    for step in 0..<60 {
      let index = world.pick(world.branches.count)
      switch world.pick(100) {
      case 0..<45: write(index, step, in: world)
      case 45..<85: try world.sync(index, isLossy: true)
      case 85..<90: try world.backUp()
      case 90..<93 where world.backupCount > 0: try world.restore(world.pick(world.backupCount))
      case 93..<95: try world.restart()
      case 97..<100 where holes && !world.branches[index].tail.isEmpty:
        world.branches[index].tail.remove(at: world.pick(world.branches[index].tail.count))
      case 95..<97 where copies && world.branches.count < 5: _ = world.copy(index)
      default: break
      }
    }
    try world.settle()
    try check(world, seed: seed, holes: holes)
  }

  private func write(_ index: Int, _ step: Int, in world: World) {
    let key = RowKey.customer(Int64(world.pick(4)))
    world.now += Int64(world.pick(20)) - 5
    let change: RowChange
    if world.branches[index].core.rows[key] == nil {
      change = .insertCustomer(Int64(key.values[0].asInteger), "w\(step)", at: world.now)
    } else if world.chance(150) {
      change = .delete(key, at: world.now)
    } else {
      change = .update(key, [2: .text("w\(step)")], at: world.now)
    }
    world.write(index, [change])
  }

  private func check(_ world: World, seed: UInt64, holes: Bool) throws {
    let store = world.store
    let head = try store.head()
    var hashes: [LogPosition: ContentHash] = [:]
    var position = LogPosition.start
    while position < head {
      position = position.next
      let facts = try #require(try store.log.facts(position))
      hashes[position] = world.origin(of: facts.contentHash)
    }
    #expect(Set(hashes.values).count == hashes.count, "one changeset twice, seed \(seed)")
    for (later, hash) in hashes {
      let entry = try #require(try store.log.entry(later))
      let seen = Set(try #require(world.truth[hash]).map(world.origin))
      for (earlier, other) in hashes where earlier != later {
        let dot = try #require(try store.log.entry(earlier)?.dot)
        let says =
          entry.seen.knowledge(base: nil).contains(earlier)
          || (dot.replica == entry.dot.replica && dot.counter < entry.dot.counter)
        #expect(
          says == seen.contains(other) || (holes && !says),
          "\(dot) at \(earlier) seen by \(entry.dot) at \(later): \(says), seed \(seed)")
      }
    }
    #expect(try store.check().allSatisfy(\.isOK))
    guard !holes else { return }
    let logged = Set(hashes.values)
    let tables = try store.digestsByRow()
    for branch in world.branches {
      #expect(
        Set(branch.seen.map(world.origin)).isSubset(of: logged), "a changeset is lost, seed \(seed)"
      )
      #expect(branch.core.rows == tables, "branch \(branch.core.replica) differs, seed \(seed)")
    }
    #expect(try store.losses().isEmpty)
  }
}

extension HubStore {
  /// Everything that all tables show.
  func digestsByRow() throws -> [RowKey: [ColumnID: Value]] {
    var result: [RowKey: [ColumnID: Value]] = [:]
    for table in schema.tables {
      for row in try database.rows(TableSQL(table).selectAllByKeyOrder) {
        let keyCount = table.keyColumns.count
        result[RowKey(table: table.id, values: Array(row.prefix(keyCount)))] =
          Dictionary(uniqueKeysWithValues: zip(table.valueColumns, row.dropFirst(keyCount)))
      }
    }
    return result
  }
}
