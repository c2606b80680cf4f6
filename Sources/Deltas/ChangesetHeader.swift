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

  package init(
    dot: Dot, previous: ContentHash, context: CausalContext, timestamp: HybridTimestamp,
    schemaFingerprint: ContentHash, isBaseline: Bool
  ) {
    self.dot = dot
    self.previous = previous
    self.context = context
    self.timestamp = timestamp
    self.schemaFingerprint = schemaFingerprint
    self.isBaseline = isBaseline
  }
}
