internal import Basics

/// How long to wait before trying again: twice as long each time, within bounds, spread so that
/// many branches do not come back at the same moment.
package struct Backoff: Hashable, Sendable {
  /// Chosen by the caller, so that two branches wait differently and one branch repeatably.
  package let spread: UInt64

  package init(spread: UInt64) { self.spread = spread }

  /// The wait after the given number of attempts, which counts from 1.
  ///
  /// Between `backoffMillisecondsMin` and `backoffMillisecondsMax`; between half and all of the
  /// doubled wait.
  package func milliseconds(afterAttempt attempt: Int) -> Int64 {
    invariant(attempt > 0, "Attempts count from 1.")
    let least = SessionLimits.backoffMillisecondsMin
    let most = SessionLimits.backoffMillisecondsMax
    var doubled = least
    for _ in 1..<attempt where doubled < most { doubled *= 2 }
    doubled = min(doubled, most)
    var generator = SeededGenerator(seed: spread &+ UInt64(attempt))
    return max(least, doubled - Int64(generator.next() % UInt64(doubled / 2 + 1)))
  }
}
