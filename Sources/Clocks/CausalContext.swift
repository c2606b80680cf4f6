/// What the author of a changeset had seen when it was made, besides its own earlier changesets.
///
/// Branches learn only from the hub, which accepts changesets in one order. So every context a
/// branch can have is the vector at one position, and travels as that position: 24 bytes whatever
/// the number of branches, and exact.
package struct CausalContext: Hashable, Sendable {
  package let generation: GenerationID
  package let position: LogPosition

  package init(generation: GenerationID, position: LogPosition) {
    self.generation = generation
    self.position = position
  }
}
