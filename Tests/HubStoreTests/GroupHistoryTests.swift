import Basics
import Clocks
import Deltas
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// Groups of an order and its lines: which of them stand is a function of what was done, in
/// whatever order the hub hears of it.
@Suite struct GroupHistoryTests {
  @Test(arguments: 0..<40 as Range<UInt64>, [DeleteRule.lose, .win])
  func allOrdersOfArrivalComeToTheSame(seed: UInt64, deletes: DeleteRule) throws {
    let story = try GroupStory(seed: seed, deletes: deletes)
    let wanted = story.standing
    var first: [RowKey: [ColumnID: Value]]?
    for order in story.arrivals {
      let hub = try story.arrived(order)
      let tables = try hub.tables()
      let (found, meant) = (story.names(tables.keys), story.names(wanted))
      #expect(found == meant, "arrived as \(order):\n\(story.text)")
      let isSame = tables == first ?? tables
      #expect(isSame, "arrived as \(order):\n\(story.text)")
      first = first ?? tables
      // Nothing is lost: what does not stand is kept with all of its row.
      let ledger = try hub.store.conflicts(openOnly: false)
      for (key, dot) in story.overruled {
        let isKept = ledger.contains { conflict in
          conflict.key == key
            && conflict.sides.contains {
              $0.dot == dot && $0.values?.count == conflict.columns.count
            }
        }
        #expect(isKept, "\(story.names([key])) by \(dot), arrived as \(order):\n\(story.text)")
      }
      guard found == meant, isSame else { return }
    }
    // Everybody gets that, and what refers to nothing is listed.
    let hub = try story.arrived(story.arrivals[Int(seed) % story.arrivals.count])
    var branches = story.branches
    for _ in 0..<2 {
      for index in branches.indices { try hub.store.sync(&branches[index]) }
    }
    for branch in branches { #expect(branch.rows == first, "\(story.text)") }
    #expect(try hub.tables() == first)
    let findings = try hub.store.check().filter { $0.what.hasPrefix("The list of rows") }
    #expect(findings.isEmpty)
  }

  /// What is forgotten once everybody has it changes nothing, nor do the ways that are quicker.
  @Test(arguments: 0..<12 as Range<UInt64>, [DeleteRule.lose, .win])
  func pruningAndShortcutsChangeNothing(seed: UInt64, deletes: DeleteRule) throws {
    var stories: [GroupStory] = []
    for _ in 0..<3 {
      stories.append(try GroupStory(seed: seed, deletes: deletes, isApart: false))
    }
    stories[1].shop.store.takesShortcuts = false
    stories[2].shop.store.coverRowsMin = 1
    for index in stories.indices { try stories[index].walk(steps: 60, prunes: index == 0) }
    let tables = try stories[0].shop.hub.tables()
    for story in stories.dropFirst() { #expect(try story.shop.hub.tables() == tables) }
    // What is kept of groups is forgotten with their rows.
    while try stories[0].shop.store.prune(
      rowsAtMost: 50, awayBeforeMilliseconds: 0
    ).hasMore {}
    let database = try stories[0].shop.hub.database()
    for name in ["tributary_top", "tributary_member"] {
      #expect(try database.integer("SELECT count(*) FROM \(name)") == 0)
    }
  }
}
