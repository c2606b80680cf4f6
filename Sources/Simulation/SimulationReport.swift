internal import Foundation

/// What some seeds came to together.
package struct SimulationReport: Sendable {
  package private(set) var seedCount = 0
  /// Seeds that ran twice.
  package private(set) var repeatedCount = 0
  /// Seeds in which a disk was put back or a machine copied.
  package private(set) var upheavalCount = 0
  package private(set) var failures: [SimulationOutcome] = []
  package private(set) var faults = FaultCounts()
  package private(set) var causality = Causality.Counts()
  package private(set) var kept = Kept.Counts()
  package private(set) var eventCount = 0
  /// Of all traces in their order: equal for two processes that ran the same seeds.
  package private(set) var traceDigest: UInt64 = 0

  package init() {}

  package mutating func add(_ outcome: SimulationOutcome) {
    seedCount += 1
    if outcome.wasRepeated { repeatedCount += 1 }
    if outcome.faults.hasPutBackOrCopied { upheavalCount += 1 }
    faults = faults + outcome.faults
    causality = causality + outcome.causality
    kept = kept + outcome.kept
    eventCount += outcome.eventCount
    traceDigest = traceDigest &* 0x100_0000_01b3 ^ outcome.traceDigest
    if !outcome.violations.isEmpty { failures.append(outcome) }
  }

  /// The command that repeats a seed, with its trace.
  package static func command(
    repeating seed: UInt64, _ reduction: Reduction = .nothing
  ) -> String {
    var command = "tributary-simulate engines --seed \(seed) --trace"
    if !reduction.faultsLeftOut.isEmpty {
      command += " --without \(reduction.faultsLeftOut.joined(separator: ","))"
    }
    if !reduction.eventsLeftOut.isEmpty {
      command += " --skip-events \(reduction.eventsLeftOut)"
    }
    return command
  }

  /// The report as people read it. `seconds` is what it took.
  package func text(seconds: Double) -> String {
    var lines = [
      "\(seedCount) seeds in \(String(format: "%.1f", seconds)) s:"
        + " \(perHour(seconds)) seeds per hour",
      repetition,
      "\(upheavalCount) of \(seedCount) histories had a disk put back or a machine copied",
      "\(eventCount) events; \(failures.count) seeds failed; trace digest"
        + " \(String(traceDigest, radix: 16))",
      "\(kept.changesets) changesets with \(kept.writes) written rows were acknowledged:"
        + " \(kept.checked) rows looked for, \(kept.lost) lost; \(kept.excused) were given up with"
        + " the last database that knew them",
      "\(causality.pairs) pairs of changes judged: \(causality.falseCausality) of false causality,"
        + " \(causality.spuriousConflicts) spurious conflicts",
    ]
    for (name, path) in FaultCounts.names {
      let count = String(faults[keyPath: path])
      lines.append(String(repeating: " ", count: max(0, 9 - count.count)) + count + "  " + name)
    }
    if !failures.isEmpty {
      lines.append("Failed:")
      lines += failures.map { "  " + Self.command(repeating: $0.seed) }
    }
    return lines.joined(separator: "\n")
  }

  /// How far a long run is.
  package func progress(of count: Int, seconds: Double) -> String {
    "\(seedCount) of \(count) seeds, \(failures.count) failed, \(perHour(seconds)) seeds per hour"
  }

  private var repetition: String {
    let differing = failures.count { $0.violations.contains { $0.checker == "Determinism" } }
    return "\(repeatedCount) of \(seedCount) seeds were run twice, and"
      + (differing == 0 ? " all traces agreed" : " \(differing) traces did not agree")
  }

  private func perHour(_ seconds: Double) -> Int {
    seconds > 0 ? Int(Double(seedCount) / seconds * 3_600) : 0
  }

  /// What is wrong with a seed, and how to see it again.
  package static func text(of failure: SimulationOutcome) -> String {
    var lines = ["Seed \(failure.seed) failed. Repeat it with: \(command(repeating: failure.seed))"]
    lines += failure.violations.map { "  \($0)" }
    let names = Set(failure.violations.map(\.checker))
    for checker in checkers where names.contains(checker.name) {
      lines.append("  \(checker.name) means: \(checker.promise)")
    }
    return lines.joined(separator: "\n")
  }

  /// What is left of a failing seed once what it does not need is left out.
  package static func text(of shrunk: Shrinker.Shrunk) -> String {
    let command = command(repeating: shrunk.outcome.seed, shrunk.reduction)
    return
      (["Less of it, after \(shrunk.runCount) runs: \(command)"]
      + shrunk.outcome.traceLines.map { "    \($0)" }).joined(separator: "\n")
  }
}
