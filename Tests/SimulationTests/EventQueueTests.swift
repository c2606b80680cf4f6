import Basics
import Storage
import TestSupport
import Testing

@testable import Simulation

struct EventQueueTests {
  @Test func eventsComeInTheOrderOfTimeThenOfTheDrawnTieBreak() {
    var generator = SeededGenerator(seed: 3)
    var queue = EventQueue<Int>()
    var expected: [(Int64, UInt64, Int)] = []
    for number in 0..<500 {
      let milliseconds = Int64.random(in: 0..<40, using: &generator)
      let tieBreak = UInt64.random(in: 0..<4, using: &generator)
      queue.add(number, at: milliseconds, tieBreak: tieBreak)
      expected.append((milliseconds, tieBreak, number))
    }
    expected.sort { $0 < $1 }
    var found: [Int] = []
    while let (_, event) = queue.next() { found.append(event) }
    #expect(found == expected.map(\.2))
    #expect(queue.isEmpty)
  }

  @Test func unwantedEventsAreTakenOut() {
    var queue = EventQueue<Int>()
    for number in 0..<10 { queue.add(number, at: Int64(number), tieBreak: 0) }
    queue.removeAll { $0.isMultiple(of: 2) }
    var found: [Int] = []
    while let (_, event) = queue.next() { found.append(event) }
    #expect(found == [1, 3, 5, 7, 9])
  }

  /// SQLite's 'now' is the virtual clock's, to the millisecond, on this thread.
  @Test func theProgramsClockIsVirtual() throws {
    let folder = try TemporaryFolder()
    for milliseconds: Int64 in [0, 1_750_000_000_123, 4_000_000_000_999, -86_400_000 * 365] {
      SQLiteClock.set(milliseconds)
      let database = try Database(path: folder.path("clock.db"), mode: .create)
      let now = try database.integer(
        "SELECT CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)")
      #expect(now == milliseconds)
    }
    SQLiteClock.set(nil)
  }
}
