/// A replica's number, issued by the hub's registry once and never reused.
///
/// The hub itself is 0; branches count from 1.
package struct ReplicaID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let rawValue: UInt32

  package init(_ rawValue: UInt32) { self.rawValue = rawValue }

  package static let hub = ReplicaID(0)

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  package var description: String { "r\(rawValue)" }
}
