/// A time close to the wall clock that never lies behind anything its issuer had seen.
///
/// Total: milliseconds since 1970 in UTC, then the counter, then the replica.
/// Kulkarni et al., "Logical physical clocks", OPODIS 2014.
package struct HybridTimestamp: Hashable, Comparable, Sendable {
  package let milliseconds: Int64
  package let counter: UInt32
  package let replica: ReplicaID

  package init(milliseconds: Int64, counter: UInt32, replica: ReplicaID) {
    self.milliseconds = milliseconds
    self.counter = counter
    self.replica = replica
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.milliseconds, left.counter, left.replica)
      < (right.milliseconds, right.counter, right.replica)
  }
}
