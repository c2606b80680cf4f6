/// What is left out of a seed.
package struct Reduction: Hashable, Sendable {
  /// Names of `SimulationPlan.faultNames`.
  package var faultsLeftOut: [String]
  package var eventsLeftOut: EventSelection

  package init(faultsLeftOut: [String] = [], eventsLeftOut: EventSelection = .none) {
    self.faultsLeftOut = faultsLeftOut
    self.eventsLeftOut = eventsLeftOut
  }

  package static let nothing = Reduction()
}

/// Numbers of events.
package struct EventSelection: Hashable, Sendable, CustomStringConvertible {
  package private(set) var ranges: [ClosedRange<Int>]

  package static let none = EventSelection(ranges: [])

  package init(ranges: [ClosedRange<Int>]) { self.ranges = ranges }

  /// Numbers and ranges: `12,30-44`.
  package init?(_ text: String) {
    ranges = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends[0], ends.count <= 2, let last = ends[ends.count - 1], first <= last
      else { return nil }
      ranges.append(first...last)
    }
  }

  package func contains(_ number: Int) -> Bool { ranges.contains { $0.contains(number) } }

  package var isEmpty: Bool { ranges.isEmpty }

  package func adding(_ range: ClosedRange<Int>) -> Self {
    var sorted = (ranges + [range]).sorted { $0.lowerBound < $1.lowerBound }
    var merged: [ClosedRange<Int>] = []
    while !sorted.isEmpty {
      let next = sorted.removeFirst()
      if let last = merged.last, last.upperBound + 1 >= next.lowerBound {
        merged[merged.count - 1] =
          last.lowerBound...max(last.upperBound, next.upperBound)
      } else {
        merged.append(next)
      }
    }
    return EventSelection(ranges: merged)
  }

  package var description: String {
    ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}
