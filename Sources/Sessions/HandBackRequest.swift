package import Clocks

/// A part of the tail of a branch whose place is on a timeline that the hub has lost.
package struct HandBackRequest: Hashable, Sendable {
  /// Every generation that the branch knows, parents first.
  package var lineage: [LineageLink]
  /// The branch's own place: the generation of its timeline, and how far it has that.
  package var timeline: CausalContext
  /// The last generation of the path that the hub told: if the hub has opened another since, it may
  /// have lost the parts before this one.
  package var path: GenerationID
  /// Each behind those that its author had seen.
  package var entries: [HandedEntry]
  /// Whether nothing more follows.
  package var isLast: Bool
  /// The branch's version vector, with the last part; else empty.
  package var vector: [Dot]

  package init(
    lineage: [LineageLink], timeline: CausalContext, path: GenerationID,
    entries: [HandedEntry], isLast: Bool, vector: [Dot]
  ) {
    self.lineage = lineage
    self.timeline = timeline
    self.path = path
    self.entries = entries
    self.isLast = isLast
    self.vector = vector
  }
}
