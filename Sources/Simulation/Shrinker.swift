/// Leaves out of a failing seed what its failure does not need: faults one by one, then events in
/// ever smaller runs, as long as the same checker complains.
///
/// Zeller and Hildebrandt, “Simplifying and isolating failure-inducing input”, IEEE TSE 2002.
package struct Shrinker {
  private let runner: SimulationRunner
  /// Runs that may be spent on one failure.
  package static let runsMax = 150

  package init(_ runner: SimulationRunner) { self.runner = runner }

  /// What is left of a failure, with its trace.
  package struct Shrunk {
    package var reduction: Reduction
    package var outcome: SimulationOutcome
    package var runCount: Int
  }

  package func shrink(_ failure: SimulationOutcome) throws -> Shrunk {
    let wanted = failure.violations.first?.checker ?? ""
    var runCount = 0
    func outcome(_ reduction: Reduction) throws -> SimulationOutcome? {
      guard runCount < Self.runsMax else { return nil }
      runCount += 1
      let outcome = try SimulationRunner(
        folder: runner.folder, keepsTrace: true, reduction: reduction,
        breaksHubAt: runner.breaksHubAt
      ).run(failure.seed)
      return outcome.violations.contains { $0.checker == wanted } ? outcome : nil
    }
    var best = runner.reduction
    guard var last = try outcome(best) else {
      return Shrunk(reduction: best, outcome: failure, runCount: runCount)
    }
    for name in SimulationPlan.faultNames where !best.faultsLeftOut.contains(name) {
      var next = best
      next.faultsLeftOut.append(name)
      if let found = try outcome(next) { (best, last) = (next, found) }
    }
    var length = max(1, last.eventCount / 2)
    while runCount < Self.runsMax {
      var start = 1
      while start <= last.eventCount, runCount < Self.runsMax {
        let range = start...(start + length - 1)
        start += length
        guard !range.allSatisfy({ best.eventsLeftOut.contains($0) }) else { continue }
        var next = best
        next.eventsLeftOut = best.eventsLeftOut.adding(range)
        if let found = try outcome(next) { (best, last) = (next, found) }
      }
      if length == 1 { break }
      length = max(1, length / 2)
    }
    return Shrunk(reduction: best, outcome: last, runCount: runCount)
  }
}
