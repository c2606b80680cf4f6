internal import Clocks

/// What a hub's log is named by.
///
/// The path are the hub's own generations, from the root to the one that names new entries. Each
/// names the positions after its fork, up to and with the fork of the next. The lineage has
/// generations besides: those of timelines that this hub lost.
struct HubTimeline: Hashable, Sendable {
  let lineage: Lineage
  /// The root first.
  let path: [GenerationStep]

  /// The generation that names new entries.
  let current: GenerationStep

  init(lineage: Lineage, current: GenerationID) {
    self.lineage = lineage
    path = lineage.path(to: current)
    self.current = path.last ?? GenerationStep(generation: current, fork: .start)
  }

  /// The canonical name of a position of the log.
  func place(at position: LogPosition) -> CausalContext {
    lineage.canonical(CausalContext(generation: current.generation, position: position))
  }

  /// A stretch of another timeline that this hub's log does not have under that name.
  struct Stretch: Hashable, Sendable {
    let generation: GenerationID
    /// The positions after this one, …
    let after: LogPosition
    /// … up to this one.
    let upTo: LogPosition

    var positionCount: UInt64 { upTo.rawValue - after.rawValue }
  }

  /// The last place that another timeline shares with the log, and what it has above; nil if the
  /// place is of a generation that is not known.
  func meet(
    _ place: CausalContext, head: LogPosition
  ) -> (shared: CausalContext, lost: [Stretch])? {
    let here = CausalContext(generation: current.generation, position: head)
    guard let shared = lineage.common(place, here) else { return nil }
    var lost: [Stretch] = []
    let steps = lineage.path(to: place.generation)
    for (index, step) in steps.enumerated() {
      let end = index + 1 < steps.count ? steps[index + 1].fork : place.position
      let after = max(step.fork, shared.position)
      let upTo = min(end, place.position)
      if after < upTo {
        lost.append(Stretch(generation: step.generation, after: after, upTo: upTo))
      }
    }
    return (shared, lost)
  }

  /// The steps of the path that come after the generation of a branch's place, or all for a branch
  /// that has none.
  ///
  /// Where the path does not have that generation, the one from which the branch's own went on
  /// comes first: the branch could not tell otherwise which of those it knows the next belongs to.
  func steps(after place: CausalContext?, head: LogPosition) -> [GenerationStep] {
    guard let place, let shared = meet(place, head: head)?.shared,
      let index = path.firstIndex(where: { $0.generation == shared.generation })
    else { return path }
    let isOnPath = lineage.canonical(place).generation == shared.generation
    return Array(path[(isOnPath ? index + 1 : index)...])
  }
}
