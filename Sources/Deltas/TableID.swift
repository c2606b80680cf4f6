/// A tracked table's number in the hub's schema. Stable for the hub's life, from 1.
package struct TableID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt16
  package init(_ rawValue: UInt16) { self.rawValue = rawValue }
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  package var description: String { "t\(rawValue)" }
}
