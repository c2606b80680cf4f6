package import Clocks

/// The generations of the hub's log, and how far it goes.
package struct PathResponse: Hashable, Sendable {
  /// The root first.
  package var steps: [GenerationStep]
  package var head: LogPosition
  /// Whether names above the true fork may be wrong, because the hub's log was turned back within a
  /// generation: then the branch hands back its whole tail.
  package var isAmbiguous: Bool

  package init(steps: [GenerationStep], head: LogPosition, isAmbiguous: Bool = false) {
    self.steps = steps
    self.head = head
    self.isAmbiguous = isAmbiguous
  }
}
