/// The short name of one changeset: whose it is, and its number there.
///
/// Counters start at 1 and have no gaps. A dot is not an identity: a restored database can reuse
/// a counter, and only the content hash tells the two apart.
package struct Dot: Hashable, Sendable, CustomStringConvertible {
  package let replica: ReplicaID
  package let counter: UInt64

  package init(replica: ReplicaID, counter: UInt64) {
    self.replica = replica
    self.counter = counter
  }

  package var description: String { "\(replica).\(counter)" }
}
