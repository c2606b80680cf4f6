/// One generation's place in a lineage: which it went on from, and where.
package struct LineageLink: Hashable, Sendable {
  package var generation: GenerationID
  /// Nil for the root.
  package var parent: GenerationID?
  /// The last position that the generation shares with its parent; `.start` for the root.
  package var fork: LogPosition

  package init(generation: GenerationID, parent: GenerationID?, fork: LogPosition) {
    self.generation = generation
    self.parent = parent
    self.fork = fork
  }
}
