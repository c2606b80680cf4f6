import Basics
import Clocks
import Testing

@Suite struct HybridLogicalClockTests {
  static let replica = ReplicaID(1)
  static let step = HybridLogicalClock.backwardStepMillisecondsMax

  /// All walks of four wall times, among them small steps back, no step and large ones.
  @Test func timestampsAscendUnlessTheClockIsSetFarBack() {
    let times: [Int64] = [0, 1, 2, Self.step, Self.step + 1, Self.step + 2, 2 * Self.step + 3]
    for a in times {
      for b in times {
        for c in times {
          for d in times {
            var clock = HybridLogicalClock(replica: Self.replica)
            for wall in [a, b, c, d] {
              let before = clock.last
              let issued = clock.issue(wallMilliseconds: wall)
              let isFarBack =
                before.milliseconds.subtractingReportingOverflow(wall).partialValue > Self.step
                && before.milliseconds != .min
              if isFarBack ? issued.milliseconds != wall : issued <= before {
                Issue.record("\(before) then \(issued) at \(wall) of \([a, b, c, d])")
              }
              if issued.milliseconds < wall { Issue.record("\(issued) lies behind \(wall)") }
              if issued.replica != Self.replica || clock.last != issued {
                Issue.record("\(issued) is not the clock's own")
              }
            }
          }
        }
      }
    }
  }

  @Test func whatIsIssuedLiesAboveWhatWasSeen() {
    let walls: [Int64] = [0, 5, 1_000]
    for wall in walls {
      for ahead in [-1_000, -1, 0, 1, Self.step] {
        for counter in [UInt32(0), 1, 7] {
          var clock = HybridLogicalClock(replica: Self.replica)
          _ = clock.issue(wallMilliseconds: wall)
          let seen = HybridTimestamp(
            milliseconds: wall + ahead, counter: counter, replica: ReplicaID(2))
          clock.observe(seen, wallMilliseconds: wall)
          #expect(clock.issue(wallMilliseconds: wall) > seen)
        }
      }
    }
  }

  @Test func aTimeFromFarAheadIsNotFollowed() {
    var clock = HybridLogicalClock(replica: Self.replica)
    _ = clock.issue(wallMilliseconds: 1_000)
    let year: Int64 = 365 * 86_400_000
    for far in [1_000 + Self.step + 1, 1_000 + year, .max] {
      clock.observe(
        HybridTimestamp(milliseconds: far, counter: .max, replica: ReplicaID(2)),
        wallMilliseconds: 1_000)
    }
    #expect(clock.issue(wallMilliseconds: 1_001).milliseconds == 1_001)
  }

  @Test func aClockThatWasAYearAheadComesBack() {
    let year: Int64 = 365 * 86_400_000
    var clock = HybridLogicalClock(replica: Self.replica)
    _ = clock.issue(wallMilliseconds: year)
    #expect(clock.issue(wallMilliseconds: 5).milliseconds == 5)
  }

  @Test func aUsedUpCounterGoesOnWithTheMilliseconds() {
    let last = HybridTimestamp(milliseconds: 9, counter: .max, replica: Self.replica)
    var clock = HybridLogicalClock(replica: Self.replica, last: last)
    let next = clock.issue(wallMilliseconds: 9)
    #expect(next == HybridTimestamp(milliseconds: 10, counter: 0, replica: Self.replica))
  }

  /// Whatever a machine or a message says of the time, the clock goes on.
  @Test func noTimeIsATrap() {
    let edges: [Int64] = [.min, .min + 1, -1, 0, 1, .max - 1, .max]
    for last in edges {
      for wall in edges {
        for other in edges {
          for counter in [UInt32(0), .max] {
            var clock = HybridLogicalClock(
              replica: Self.replica,
              last: HybridTimestamp(milliseconds: last, counter: counter, replica: Self.replica))
            clock.observe(
              HybridTimestamp(milliseconds: other, counter: counter, replica: ReplicaID(2)),
              wallMilliseconds: wall)
            _ = clock.issue(wallMilliseconds: wall)
          }
        }
      }
    }
  }

  @Test func timestampsAreTotallyOrdered() {
    let all = [Int64(-1), 0, 1].flatMap { milliseconds in
      [UInt32(0), 1].flatMap { counter in
        [UInt32(1), 2].map {
          HybridTimestamp(milliseconds: milliseconds, counter: counter, replica: ReplicaID($0))
        }
      }
    }
    for (index, left) in all.enumerated() {
      for (other, right) in all.enumerated() { #expect((left < right) == (index < other)) }
    }
  }
}
