import Foundation

/// The seeds of a test by chance: from 1, as many as usual, or `TRIBUTARY_TRIALS=FIRST-LAST`.
package func trialSeeds(_ usual: UInt64) -> ClosedRange<UInt64> {
  let asked = (ProcessInfo.processInfo.environment["TRIBUTARY_TRIALS"] ?? "")
    .split(separator: "-").compactMap { UInt64($0) }
  guard let first = asked.first, let last = asked.last, first <= last else { return 1...usual }
  return first...last
}
