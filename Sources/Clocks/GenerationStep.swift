/// One step of the path from the root of a lineage to a generation.
///
/// The generation names the positions after its fork, up to and with the fork of the next step.
package struct GenerationStep: Hashable, Sendable {
  package var generation: GenerationID
  /// The last position that the generation shares with the step before; `.start` for the root.
  package var fork: LogPosition

  package init(generation: GenerationID, fork: LogPosition) {
    self.generation = generation
    self.fork = fork
  }
}
