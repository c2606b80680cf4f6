internal import Basics

/// What one history came to.
package struct ProtocolOutcome: Sendable {
  package var seed: UInt64
  package var shape: HistoryShape
  package var violations: [ProtocolViolation]
  package var digest: UInt64
  package var traceLines: [String]
  package var eventCount: Int
  package var spurious: [String: Int]
  package var needless: [String: Int]
}

/// Runs histories.
package enum ProtocolRunner {
  package static func run(
    seed: UInt64, shape: HistoryShape = .mixed, mutant: Mutant = .none, keepsTrace: Bool = false,
    options: HistoryOptions? = nil, events: [HistoryEvent]? = nil
  ) -> ProtocolOutcome {
    let options = options ?? HistoryOptions(seed: seed, shape: shape)
    let events = events ?? options.history(seed: seed)
    let world = ProtocolWorld(seed: seed, options: options, mutant: mutant, keepsTrace: keepsTrace)
    world.run(events)
    if world.violations.isEmpty { world.drain() }
    if world.violations.isEmpty { world.checkEnd() }
    var digest = world.digest
    for branch in world.devices {
      digest = mixed(digest, branch.logHash &+ UInt64(branch.tail.count))
    }
    return ProtocolOutcome(
      seed: seed, shape: shape, violations: world.violations, digest: digest,
      traceLines: world.trace,
      eventCount: events.count, spurious: world.truth.spurious, needless: world.truth.needless)
  }

  /// Runs seeds one after the other.
  package static func run(
    seeds: some Sequence<UInt64>, shape: HistoryShape = .mixed, mutant: Mutant = .none
  ) -> ProtocolReport {
    var report = ProtocolReport()
    for seed in seeds { report.add(run(seed: seed, shape: shape, mutant: mutant), mutant: mutant) }
    return report
  }

  /// Looks for a planted bug, in each trial from another seed on, until it is caught.
  package static func hunt(
    _ mutant: Mutant, shape: HistoryShape, trials: Int, seedsMax: Int, first: UInt64
  ) -> MutantResult {
    var result = MutantResult(mutant: mutant, seedCounts: [], trialCount: trials, oracles: [:])
    for trial in 0..<trials {
      for count in 1...seedsMax {
        let seed = first &+ UInt64(trial) &* 1_000_000 &+ UInt64(count)
        let outcome = run(seed: seed, shape: shape, mutant: mutant)
        guard let violation = outcome.violations.first else { continue }
        result.seedCounts.append(count)
        result.oracles[violation.oracle.rawValue, default: 0] += 1
        break
      }
    }
    result.seedCounts.sort()
    return result
  }

  /// The history of a seed with all events left out that the failure does not need.
  package static func shrunk(
    seed: UInt64, shape: HistoryShape = .mixed, mutant: Mutant = .none
  ) -> [HistoryEvent] {
    var events = HistoryOptions(seed: seed, shape: shape).history(seed: seed)
    guard
      let oracle = run(seed: seed, shape: shape, mutant: mutant, events: events)
        .violations.first?.oracle
    else { return events }
    var size = max(1, events.count / 2)
    while true {
      var start = 0
      var isProgress = false
      while start < events.count {
        var fewer = events
        fewer.removeSubrange(start..<min(start + size, events.count))
        let outcome = run(seed: seed, shape: shape, mutant: mutant, events: fewer)
        if outcome.violations.first?.oracle == oracle {
          events = fewer
          isProgress = true
        } else {
          start += size
        }
      }
      if size > 1 { size /= 2 } else if !isProgress { return events }
    }
  }
}
