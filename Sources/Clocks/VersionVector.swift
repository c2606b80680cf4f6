/// What a replica has seen: for each replica, the counter of the last changeset seen from it.
///
/// Counters have no gaps, so one number per replica says it all. An absent replica counts as 0,
/// and zeroes are never stored, so equal histories are equal values.
///
/// Parker et al., "Detection of mutual inconsistency in distributed systems", IEEE TSE 1983.
package struct VersionVector: Hashable, Sendable {
  private var counters: [ReplicaID: UInt64]

  package init() { counters = [:] }

  package init(_ entries: some Sequence<Dot>) {
    self.init()
    for dot in entries { include(dot) }
  }

  package subscript(_ replica: ReplicaID) -> UInt64 { counters[replica] ?? 0 }

  package var isEmpty: Bool { counters.isEmpty }

  /// The last dot seen of each replica, in the order of the replicas. O(n log n).
  package var dots: [Dot] {
    counters.keys.sorted().map { Dot(replica: $0, counter: self[$0]) }
  }

  /// Whether the changeset of this dot has been seen.
  package func contains(_ dot: Dot) -> Bool { dot.counter <= self[dot.replica] }

  /// Raises one replica's counter to the dot's, and never lowers it.
  package mutating func include(_ dot: Dot) {
    guard dot.counter > self[dot.replica] else { return }
    counters[dot.replica] = dot.counter
  }

  /// The least vector that includes both. Commutative, associative, idempotent. O(n).
  package mutating func join(_ other: VersionVector) {
    counters.merge(other.counters) { max($0, $1) }
  }

  /// The least vector that includes both.
  package func joined(_ other: VersionVector) -> VersionVector {
    var result = self
    result.join(other)
    return result
  }

  /// What this vector has that the other lacks: the entries that differ and are higher here.
  package func difference(from other: VersionVector) -> VersionVector {
    VersionVector(dots.filter { !other.contains($0) })
  }

  /// How this history stands to the other. O(n).
  package func order(to other: VersionVector) -> CausalOrder {
    let someHere = counters.contains { $0.value > other[$0.key] }
    let someThere = other.counters.contains { $0.value > self[$0.key] }
    switch (someHere, someThere) {
    case (false, false): return .equal
    case (false, true): return .before
    case (true, false): return .after
    case (true, true): return .concurrent
    }
  }
}
