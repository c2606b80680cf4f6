/// A place in the hub's log. Names the version vector of everything up to it; 0 is before all.
package struct LogPosition: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt64

  package init(_ rawValue: UInt64) { self.rawValue = rawValue }

  package static let start = LogPosition(0)

  /// The position after this one. Decoded positions lie far below the greatest number.
  package var next: LogPosition { LogPosition(rawValue + 1) }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  package var description: String { String(rawValue) }
}
