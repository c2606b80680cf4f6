package import Basics
package import Clocks

/// What stands at the head of a changeset. Its blocks follow, then a `ChangesetTrailer`.
package struct ChangesetHeader: Hashable, Sendable {
  package var dot: Dot
  /// The hash of the chain's changeset before this one; zero before the first.
  package var previous: ContentHash
  package var context: CausalContext
  package var timestamp: HybridTimestamp
  package var schemaFingerprint: ContentHash
  /// Rows that were there before the branch joined: they carry no time of their own and yield to
  /// any captured edit.
  package var isBaseline: Bool
  /// The hash that the same changes were first sealed with, where a copy has put them into a chain
  /// of its own since. Whoever has that changeset has this one.
  package var origin: ContentHash?
  /// Whether its updates may be counted ones. In others none is.
  package var mayCount: Bool

  package init(
    dot: Dot, previous: ContentHash, context: CausalContext, timestamp: HybridTimestamp,
    schemaFingerprint: ContentHash, isBaseline: Bool, origin: ContentHash? = nil,
    mayCount: Bool = false
  ) {
    self.dot = dot
    self.previous = previous
    self.context = context
    self.timestamp = timestamp
    self.schemaFingerprint = schemaFingerprint
    self.isBaseline = isBaseline
    self.origin = origin
    self.mayCount = mayCount
  }
}
