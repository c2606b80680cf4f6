internal import Basics

/// What issues hybrid timestamps at one replica.
///
/// Small steps back of the wall clock are bridged by counting on. A large step back is followed:
/// causality does not depend on the clock here, and a clock that was once a year ahead must not
/// date a year of later work wrongly.
package struct HybridLogicalClock: Hashable, Sendable {
  package let replica: ReplicaID
  /// The last timestamp issued or taken note of.
  package private(set) var last: HybridTimestamp

  /// A step back by more than this is taken for a corrected clock and followed.
  package static let backwardStepMillisecondsMax: Int64 = 60_000
  /// Once the counter is used up, the milliseconds go on by one.
  package static let counterMax = UInt32.max

  package init(replica: ReplicaID, last: HybridTimestamp? = nil) {
    self.replica = replica
    self.last = last ?? HybridTimestamp(milliseconds: .min, counter: 0, replica: replica)
  }

  /// The next timestamp, given what the wall clock says.
  ///
  /// Above every timestamp issued or seen, unless the wall clock was set back by more than
  /// `backwardStepMillisecondsMax`.
  package mutating func issue(wallMilliseconds: Int64) -> HybridTimestamp {
    let (gap, overflow) = last.milliseconds.subtractingReportingOverflow(wallMilliseconds)
    let goesOn = gap < 0 || overflow || gap > Self.backwardStepMillisecondsMax
    if goesOn {
      last = HybridTimestamp(milliseconds: wallMilliseconds, counter: 0, replica: replica)
    } else if last.counter < Self.counterMax {
      last = HybridTimestamp(
        milliseconds: last.milliseconds, counter: last.counter + 1, replica: replica)
    } else {
      last = HybridTimestamp(
        milliseconds: last.milliseconds.addingSaturating(1), counter: 0, replica: replica)
    }
    return last
  }

  /// Takes note of a timestamp from elsewhere, so that what is issued next lies above it.
  ///
  /// One that lies further ahead of the wall clock than the bridged step is ignored: it would be
  /// left behind again at the next issue.
  package mutating func observe(_ other: HybridTimestamp, wallMilliseconds: Int64) {
    let (ahead, overflow) = other.milliseconds.subtractingReportingOverflow(wallMilliseconds)
    guard !overflow, ahead <= Self.backwardStepMillisecondsMax else { return }
    guard (other.milliseconds, other.counter) > (last.milliseconds, last.counter) else { return }
    last = HybridTimestamp(
      milliseconds: other.milliseconds, counter: other.counter, replica: replica)
  }
}
