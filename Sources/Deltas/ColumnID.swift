/// A column's number in its table, in the hub's schema. Stable for the hub's life, from 1.
package struct ColumnID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt16
  package init(_ rawValue: UInt16) { self.rawValue = rawValue }
  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  package var description: String { "c\(rawValue)" }
}
