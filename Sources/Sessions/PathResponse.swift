package import Clocks

/// The generations of the hub's log, and how far it goes.
package struct PathResponse: Hashable, Sendable {
  /// The root first.
  package var steps: [GenerationStep]
  package var head: LogPosition

  package init(steps: [GenerationStep], head: LogPosition) {
    self.steps = steps
    self.head = head
  }
}
